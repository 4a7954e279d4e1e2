"""Outbound HTTP reaches what it may, over real sockets, and cannot be talked into anything else."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from outbound_servers import LOOPBACK, redirect, reply, serving

from chalicelib.cloud.http import HttpAnswer, OutboundHttp
from chalicelib.core.steps import StepFailed


def refused(
    code: str, http: OutboundHttp, url: str, method: str = "GET", **more: Any
) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        http.request(method, url, **more)
    assert caught.value.code == code, caught.value
    return caught.value


class Names:
    """A resolver with one list of addresses per question, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *_: Any) -> list[Any]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(0, 0, 0, "", (address, port)) for address in answer]


@pytest.fixture
def http() -> OutboundHttp:
    return OutboundHttp(LOOPBACK, user_agent="runyard/test")


def test_an_answer_carries_status_headers_body_and_final_url(http: OutboundHttp) -> None:
    answer = reply("201 Created", b"hello", "X-A: 1", "X-A: 2", "Set-Cookie: a=1", "Set-Cookie: b")
    with serving({"/x?q=1": answer}) as server:
        got = http.request("GET", server.url("/x?q=1#part"))
        expected = {"x-a": "1, 2", "set-cookie": "a=1\nb", "content-length": "5"}
        assert got == HttpAnswer(201, expected, b"hello", server.url("/x?q=1"))


def test_our_own_headers_are_complete_and_the_authors_replace_only_the_harmless_ones(
    http: OutboundHttp,
) -> None:
    with serving({"/": reply("200 OK")}) as server:
        http.request("POST", server.url(), headers={"User-Agent": "mine", "X": "ü"}, body=b"abc")
        http.request("GET", server.url())
        sent = server.requests[0].headers
        assert sent["host"] == f"127.0.0.1:{server.port}"
        assert (sent["user-agent"], sent["content-length"]) == ("mine", "3")
        assert (sent["connection"], sent["x"]) == ("close", "ü".encode().decode("latin-1"))
        assert server.requests[0].body == b"abc"
        assert server.requests[1].headers["user-agent"] == "runyard/test"


@pytest.mark.parametrize(
    ("answer", "method", "status", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET", 204, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "HEAD", 200, b""),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n",
            "HEAD",
            200,
            b"",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
            "GET",
            200,
            b"abcde",
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", "GET", 200, b"until the end"),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            "PUT",
            200,
            b"x",
        ),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", "DELETE", 500, b"no"),
    ],
    ids=["204", "HEAD", "HEAD gzip", "chunked", "until close", "100 first", "500"],
)
def test_every_framing_of_an_answer_is_read(
    http: OutboundHttp, answer: bytes, method: str, status: int, body: bytes
) -> None:
    with serving({"/": answer}) as server:
        got = http.request(method, server.url())
        assert (got.status, got.body) == (status, body)


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/",
        "http://0xa9fea9fe/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://metadata.google.internal/",
        "http://10.0.0.1/",
        "http://0/",
    ],
)
def test_a_redirect_to_a_forbidden_address_is_refused(http: OutboundHttp, location: str) -> None:
    with serving({"/": redirect(302, location)}) as server:
        failure = refused("address_not_allowed", http, server.url())
        assert not failure.retryable


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://u:p@127.0.0.1/", "http://[::1/"]
)
def test_a_redirect_to_something_else_than_a_plain_http_url_is_refused(
    http: OutboundHttp, location: str
) -> None:
    with serving({"/": redirect(302, location)}) as server:
        assert not refused("invalid_url", http, server.url()).retryable


def test_without_an_allowance_not_even_loopback_is_reached() -> None:
    with serving({"/": reply("200 OK")}) as server:
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
            refused("address_not_allowed", OutboundHttp(), f"http://{host}:{server.port}/")
        assert server.connections == 0


def test_localhost_means_the_allowed_loopback_and_no_resolver_is_asked() -> None:
    names = Names(["169.254.169.254"])
    with serving({"/": reply("200 OK")}) as server:
        http = OutboundHttp(LOOPBACK, resolver=names)
        assert http.request("GET", f"http://localhost:{server.port}/").status == 200
        assert server.requests[0].headers["host"] == f"localhost:{server.port}"
    assert names.asked == 0


def test_dns_rebinding_gains_nothing_the_checked_address_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[Any] = []

    class Recorder(socket.socket):
        def connect(self, address: Any) -> None:
            connected.append(address)
            raise ConnectionRefusedError("not in a test")

    monkeypatch.setattr("socket.socket", Recorder)
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    refused("connection_failed", OutboundHttp(resolver=names), "http://rebind.test:81/")
    assert connected == [("8.8.8.8", 81)]
    assert names.asked == 1


def test_a_name_is_checked_again_on_every_hop() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    with serving({"/": redirect(302, "/again"), "/again": reply("200 OK")}) as server:
        http = OutboundHttp(LOOPBACK, resolver=names)
        refused("address_not_allowed", http, f"http://rebind.test:{server.port}/")
        assert [request.path for request in server.requests] == ["/"]


@pytest.mark.parametrize("answer", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"]])
def test_one_forbidden_address_among_allowed_ones_refuses_the_name(answer: list[str]) -> None:
    with serving({"/": reply("200 OK")}) as server:
        http = OutboundHttp(LOOPBACK, resolver=Names(answer))
        refused("address_not_allowed", http, f"http://mixed.test:{server.port}/")
        assert server.connections == 0


def test_the_next_checked_address_is_tried_when_one_does_not_answer() -> None:
    with serving({"/": reply("200 OK")}) as server:
        http = OutboundHttp(LOOPBACK, resolver=Names(["127.0.0.9", "127.0.0.1"]))
        assert http.request("GET", f"http://two.test:{server.port}/").status == 200


def test_proxies_in_the_environment_are_not_looked_at(
    http: OutboundHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving({"/": reply("200 OK")}) as server:
        assert http.request("GET", server.url()).status == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X", "a\r\nEvil: 1"),
        ("X", "a\nEvil: 1"),
        ("X", "a\0"),
        ("X\r\nEvil", "1"),
        ("X Y", "1"),
        ("", "1"),
        ("Host", "169.254.169.254"),
        ("Transfer-Encoding", "chunked"),
        ("content-length", "0"),
        ("Connection", "keep-alive"),
    ],
)
def test_headers_that_inject_or_are_ours_are_refused_before_anything_is_sent(
    http: OutboundHttp, name: str, value: str
) -> None:
    with serving({"/": reply("200 OK")}) as server:
        assert not refused("invalid_header", http, server.url(), headers={name: value}).retryable
        assert server.connections == 0


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: 1", "gopher://x/", ""]
)
def test_a_url_that_is_none_is_refused(http: OutboundHttp, url: str) -> None:
    assert not refused("invalid_url", http, url).retryable


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "get", "GET /x HTTP/1.1\r\nX:"])
def test_only_the_known_methods_are_sent(http: OutboundHttp, method: str) -> None:
    refused("invalid_method", http, "http://127.0.0.1/", method)


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
    ],
)
def test_redirects_change_the_method_as_browsers_do(
    http: OutboundHttp, status: int, method: str, then: str
) -> None:
    with serving({"/": redirect(status, "/end"), "/end": reply("200 OK")}) as server:
        body = None if method == "HEAD" else b"data"
        answer = http.request(method, server.url(), headers={"Content-Type": "x/y"}, body=body)
        last = server.requests[-1]
        assert (last.method, answer.url) == (then, server.url("/end"))
        kept = then == method and body is not None
        assert last.body == (b"data" if kept else b"")
        assert ("content-type" in last.headers) == (then == method)


def test_credentials_follow_a_redirect_within_an_origin_and_never_to_another(
    http: OutboundHttp,
) -> None:
    secrets = {"Authorization": "Bearer s", "Cookie": "c", "X-Vault-Token": "v", "Accept": "a/b"}
    with serving({"/end": reply("200 OK")}) as other:
        hops = {"/": redirect(307, "/same"), "/same": redirect(307, other.url("/end"))}
        with serving(hops) as server:
            http.request("GET", server.url(), headers=secrets)
            same, crossed = server.requests[1].headers, other.requests[0].headers
    assert {same[name.lower()] for name in secrets} == {"Bearer s", "c", "v", "a/b"}
    assert {name for name in crossed if name in {n.lower() for n in secrets}} == {"accept"}


def test_redirects_are_counted_and_with_none_allowed_the_redirect_is_the_answer(
    http: OutboundHttp,
) -> None:
    with serving({"/": redirect(302, "/")}) as server:
        assert not refused("too_many_redirects", http, server.url()).retryable
        assert len(server.requests) == 6
        assert http.request("GET", server.url(), follow_redirects=0).status == 302


def test_a_redirect_to_raw_utf8_is_followed(http: OutboundHttp) -> None:
    with serving({"/": redirect(302, "/ü x"), "/%C3%BC%20x": reply("200 OK")}) as server:
        assert http.request("GET", server.url()).url == server.url("/%C3%BC%20x")


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"],
    ids=["hangs up", "not HTTP", "ends early"],
)
def test_an_answer_that_is_broken_is_a_failed_connection(http: OutboundHttp, answer: bytes) -> None:
    with serving({"/": answer}) as server:
        assert refused("connection_failed", http, server.url()).retryable


def test_a_closed_port_and_an_unknown_name_are_failed_connections(http: OutboundHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert refused("connection_failed", http, f"http://127.0.0.1:{port}/").retryable

    def unknown(*_: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    refused("connection_failed", OutboundHttp(resolver=unknown), "http://nowhere.test/")
