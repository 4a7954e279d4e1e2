"""Outbound HTTP ends in time and within its size, whatever the server does."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from outbound_servers import LOOPBACK, Server, drip, flood, redirect, reply, serving

from chalicelib.cloud.http import OutboundHttp
from chalicelib.core.steps import StepFailed

OK = b"HTTP/1.1 200 OK\r\n"


def code_of(url: str, *, http: OutboundHttp | None = None, **more: Any) -> tuple[str, bool]:
    with pytest.raises(StepFailed) as caught:
        (http or OutboundHttp(LOOPBACK)).request("GET", url, **more)
    return caught.value.code, caught.value.retryable


def silent(sock: object, server: Server) -> None:
    server.stopping.wait()


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        drip(b"", b"H"),
        drip(OK + b"X-A: ", b"a"),
        drip(OK, b"X: 1\r\n"),
        drip(OK + b"Content-Length: 100000\r\n\r\n", b"a"),
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silent", "status", "header", "headers", "body", "chunks", "continues"],
)
def test_a_slow_server_meets_the_deadline(answer: Callable[..., None]) -> None:
    with serving({"/": answer}) as server:
        began = time.monotonic()
        assert code_of(server.url(), timeout_seconds=0.5) == ("timeout", True)
        assert time.monotonic() - began < 30


def test_the_deadline_is_one_for_all_hops() -> None:
    def slow_redirect(sock: Any, server: Server) -> None:
        server.stopping.wait(0.2)
        sock.sendall(redirect(302, "/"))

    with serving({"/": slow_redirect}) as server:
        assert code_of(server.url(), timeout_seconds=0.5, follow_redirects=100) == ("timeout", True)
        assert len(server.requests) <= 3


def test_a_slow_resolver_meets_the_deadline() -> None:
    released = threading.Event()

    def resolver(*_: Any) -> Any:
        released.wait()
        return []

    http = OutboundHttp(LOOPBACK, resolver=resolver)
    assert code_of("http://slow.test/", http=http, timeout_seconds=0.2) == ("timeout", True)
    released.set()


def test_a_tls_handshake_that_never_comes_meets_the_deadline() -> None:
    # The kernel accepts the connection, nobody else does.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        assert code_of(url, timeout_seconds=0.3) == ("timeout", True)


def test_a_server_that_does_not_read_meets_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        began = time.monotonic()
        assert code_of(url, body=bytes(20_000_000), timeout_seconds=0.5) == ("timeout", True)
        assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "answer",
    [
        reply("200 OK", b"a" * 1001),
        OK + b"\r\n" + b"a" * 1001,
        OK + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"a" * 1001 + b"\r\n0\r\n\r\n",
        flood(OK + b"Content-Length: 999999999999\r\n\r\n", b"a" * 4096),
        flood(OK + b"\r\n", b"a" * 4096),
        flood(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"3e8\r\n" + b"a" * 1000 + b"\r\n"),
        flood(OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", b"a" * 4096),
        flood(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: " + b"a" * 60_000 + b"\r\n"),
    ],
    ids=[
        "length",
        "one more",
        "one more chunked",
        "huge length",
        "until close",
        "chunks",
        "negative chunk",
        "trailers",
    ],
)
def test_an_answer_over_the_limit_is_refused_while_it_streams(answer: Any) -> None:
    with serving({"/": answer}) as server:
        assert code_of(server.url(), max_bytes=1000) == ("too_large", False)


def test_an_answer_of_exactly_the_limit_is_read() -> None:
    packed = gzip.compress(b"a" * 1000)
    answers = {
        "/": reply("200 OK", b"a" * 1000),
        "/z": reply("200 OK", packed, "Content-Encoding: gzip"),
    }
    with serving(answers) as server:
        for path in answers:
            got = OutboundHttp(LOOPBACK).request("GET", server.url(path), max_bytes=1000)
            assert got.body == b"a" * 1000


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compression_bomb_stops_at_the_limit_in_memory_too(coding: str) -> None:
    zeros = bytes(200_000_000)
    bomb = gzip.compress(zeros, 1) if coding == "gzip" else zlib.compress(zeros, 1)
    del zeros
    with serving({"/": reply("200 OK", bomb, f"Content-Encoding: {coding}")}) as server:
        tracemalloc.start()
        try:
            assert code_of(server.url(), max_bytes=1_000_000) == ("too_large", False)
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


TEXT = b"the same text again and again " * 9000


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("X-GZIP", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:])),
        ("gzip", gzip.compress(TEXT) + bytes(100)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("identity", TEXT),
    ],
    ids=["gzip", "x-gzip", "members", "padded", "zlib", "bare deflate", "identity"],
)
def test_compressed_answers_are_decompressed(coding: str, packed: bytes) -> None:
    with serving({"/": reply("200 OK", packed, f"Content-Encoding: {coding}")}) as server:
        assert OutboundHttp(LOOPBACK).request("GET", server.url()).body == TEXT


def test_a_coding_nobody_asked_for_is_left_as_it_is() -> None:
    with serving({"/": reply("200 OK", b"\x00br", "Content-Encoding: br")}) as server:
        assert OutboundHttp(LOOPBACK).request("GET", server.url()).body == b"\x00br"


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(TEXT)[:-20], b"not gzip", gzip.compress(b"") * 2000],
    ids=["cut off", "none", "endless members"],
)
def test_a_body_that_does_not_decompress_is_a_failed_connection(packed: bytes) -> None:
    with serving({"/": reply("200 OK", packed, "Content-Encoding: gzip")}) as server:
        assert code_of(server.url()) == ("connection_failed", True)


def test_an_answer_that_comes_before_the_body_was_read_counts_although_sending_breaks_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.recv(100)
                sock.sendall(reply("413 Too Large"))

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        got = OutboundHttp(LOOPBACK).request("POST", url, body=bytes(20_000_000))
        assert got.status == 413
        thread.join(timeout=5)
