"""One connection to an address that was checked, under one deadline. Used by `cloud.http` only.

Name → addresses (each checked) → socket to exactly one of them → TLS for the name. There is no
second look-up between check and connect, so a name that changes its mind (DNS rebinding) gains
nothing. Plain sockets and not urllib3's pool: the Lambda runtime's urllib3 is 1.26 and ours 2.x,
and neither bounds a whole exchange by one deadline.
"""

from __future__ import annotations

import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any

from chalicelib.core.addresses import (
    LOOPBACKS,
    Address,
    Network,
    Target,
    is_localhost,
    refusal,
    target_refusal,
)
from chalicelib.core.steps import StepFailed

Resolver = Callable[..., Sequence[Any]]
"""Called like `socket.getaddrinfo(host, port, family, type)` and answers like it."""

_SEND_BYTES = 16_384
"""One TLS record: a timeout bounds one send, so no send may be larger than that."""


class Deadline:
    """A moment for a whole exchange. `seconds` from now by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, always above zero. Raises StepFailed `timeout`."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.over()
        return left

    def over(self) -> StepFailed:
        return StepFailed("timeout", f"no complete answer within {self._seconds:g} s")


def checked_addresses(
    target: Target, allowed: Sequence[Network], resolver: Resolver, deadline: Deadline
) -> list[Address]:
    """Every address of the target's host, all of them allowed: one that is not refuses the host.

    Raises StepFailed `address_not_allowed` (final), `connection_failed` or `timeout`.
    """
    refused = target_refusal(target, allowed)
    if refused is not None:
        raise StepFailed("address_not_allowed", f"the URL leads to {refused}", retryable=False)
    if target.address is not None:
        return [target.address]
    if is_localhost(target.host):
        # Never asked of a resolver (RFC 6761), so no answer can take it elsewhere.
        return [address for address in LOOPBACKS if refusal(address, allowed) is None]
    found = _resolve(target, resolver, deadline)
    for address in found:
        refused = refusal(address, allowed)
        if refused is not None:
            raise StepFailed(
                "address_not_allowed", f"{target.host} resolves to {refused}", retryable=False
            )
    return found


def _resolve(target: Target, resolver: Resolver, deadline: Deadline) -> list[Address]:
    # getaddrinfo knows no timeout: it runs beside, and is left behind when it takes too long.
    answers: queue.SimpleQueue[Sequence[Any] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(resolver(target.host, target.port, 0, socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.remaining())
    except queue.Empty:
        raise deadline.over() from None
    if isinstance(answer, Exception) or not answer:
        raise StepFailed("connection_failed", f"{target.host} cannot be resolved")
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in answer))


def connect(
    target: Target,
    addresses: Sequence[Address],
    tls: Callable[[], ssl.SSLContext],
    deadline: Deadline,
) -> socket.socket:
    """A connected socket, with verified TLS for https. `addresses` are tried in order, each with
    its share of the time. Raises StepFailed `connection_failed`, `tls_failed` or `timeout`."""
    raw = _first_that_answers(target, addresses, deadline)
    try:
        return _secured(raw, target, tls, deadline) if target.scheme == "https" else raw
    except StepFailed:
        raw.close()
        raise


def _secured(
    raw: socket.socket, target: Target, tls: Callable[[], ssl.SSLContext], deadline: Deadline
) -> socket.socket:
    # The timeout of a handshake covers the whole of it, not each of its reads.
    raw.settimeout(deadline.remaining())
    try:
        return tls().wrap_socket(raw, server_hostname=target.host)
    except ssl.SSLCertVerificationError as error:
        message = f"{target.host} has no valid certificate: {error.verify_message}"
        raise StepFailed("tls_failed", message, retryable=False) from error
    except ssl.SSLError as error:
        raise StepFailed("tls_failed", f"no TLS with {target.host}: {error.reason}") from error
    except TimeoutError:
        raise deadline.over() from None
    except OSError as error:
        raise failed(target, error) from error


def _first_that_answers(
    target: Target, addresses: Sequence[Address], deadline: Deadline
) -> socket.socket:
    problem: OSError | None = None
    for index, address in enumerate(addresses):
        share = deadline.remaining() / (len(addresses) - index)
        try:
            return _connected(address, target.port, share)
        except OSError as error:
            problem = error
    if isinstance(problem, TimeoutError):
        raise deadline.over()
    raise failed(target, problem)


def _connected(address: Address, port: int, timeout_seconds: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_seconds)
        sock.connect((str(address), port))
    except OSError:
        sock.close()
        raise
    return sock


def failed(target: Target, error: object) -> StepFailed:
    """The one sentence for a connection that broke, refused or spoke no HTTP."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return StepFailed("connection_failed", f"{target.scheme}://{target.authority}: {reason}")


class TimedStream:
    """A socket as `http.client.HTTPResponse` wants it, where every byte counts against the deadline
    and against `max_bytes`, whatever the peer's framing claims."""

    def __init__(self, sock: socket.socket, deadline: Deadline, max_bytes: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._max_bytes = max_bytes

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._sock.settimeout(self._deadline.remaining())
            view = view[self._sock.send(view[:_SEND_BYTES]) :]

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._deadline, self._max_bytes))


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline, max_bytes: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._left = max_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.remaining())
        count = self._sock.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise StepFailed("too_large", "the answer is too large", retryable=False)
        return count
