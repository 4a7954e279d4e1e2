"""Outbound HTTP that cannot be talked into reaching what it must not (server-side request forgery).

Every hop, redirects included: parse the URL, resolve once, check every address, connect to exactly
a checked one, verify TLS for the name. One deadline and one size limit hold over all of it.
Proxies from the environment are not looked at. Nothing is kept alive or cached.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.parse import quote, urljoin

from chalicelib.cloud.http_body import read_body
from chalicelib.cloud.http_connection import (
    Deadline,
    Resolver,
    TimedStream,
    checked_addresses,
    connect,
    failed,
)
from chalicelib.core.addresses import Network, Target, parse_url
from chalicelib.core.http_headers import header_name_problem, header_value_problem
from chalicelib.core.steps import StepFailed

MAX_BYTES = 5_000_000
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_REDIRECTS = (301, 302, 303, 307, 308)
_CROSS_ORIGIN = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "content-language",
        "content-type",
        "user-agent",
    }
)
"""The headers that follow a redirect to another origin. Any other may be a credential: besides
Authorization and Cookie there are X-Api-Key, Private-Token, X-Vault-Token and no end of names."""
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer. Header names are lower case; a repeated one's values are joined by `, ` (those of
    `set-cookie` by a line break). `body` is decompressed. `url` is where the last hop went."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes | None


class OutboundHttp:
    """The one way out. `allowed` are the stage's networks; the resolver and the TLS context are for
    tests and for private authorities. Safe to keep for the life of a process."""

    def __init__(
        self,
        allowed: Sequence[Network] = (),
        *,
        resolver: Resolver = socket.getaddrinfo,
        tls: ssl.SSLContext | None = None,
        user_agent: str = "runyard",
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver
        self._given_tls = tls
        self._user_agent = user_agent

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_seconds: float = 30.0,
        max_bytes: int = MAX_BYTES,
        follow_redirects: int = 5,
    ) -> HttpAnswer:
        """Sends one request and reads the whole answer, whatever its status.

        `timeout_seconds` bounds everything together: names, connections, redirects, reading.
        `follow_redirects` is how many are followed; with 0 a redirect is the answer.

        Raises StepFailed: `address_not_allowed`, `invalid_url`, `invalid_header`, `too_large`,
        `too_many_redirects` (all final), `connection_failed`, `timeout` (worth another try),
        `tls_failed` (final where the certificate is wrong).
        """
        if method not in METHODS:
            raise StepFailed("invalid_method", f"{method!r} is not a method", retryable=False)
        headers = headers or {}
        for name, value in headers.items():
            problem = header_name_problem(name) or header_value_problem(value)
            if problem is not None:
                raise StepFailed("invalid_header", problem, retryable=False)
        deadline = Deadline(timeout_seconds)
        request = _Request(method, _parsed(url), headers, body)
        hops = 0
        while True:
            answer = self._exchange(request, deadline, max_bytes, follow_redirects > 0)
            if isinstance(answer, HttpAnswer):
                return answer
            hops += 1
            if hops > follow_redirects:
                message = (
                    f"more than {follow_redirects} redirects, the last to {answer.target.public}"
                )
                raise StepFailed("too_many_redirects", message, retryable=False)
            request = answer

    def _exchange(
        self, request: _Request, deadline: Deadline, max_bytes: int, follow: bool
    ) -> HttpAnswer | _Request:
        """One hop: the answer, or the request that a redirect asks for."""
        target = request.target
        addresses = checked_addresses(target, self._allowed, self._resolver, deadline)
        sock = connect(target, addresses, lambda: self._tls, deadline)
        try:
            # Chunks of one byte are six on the wire, and headers come on top.
            stream = TimedStream(sock, deadline, 8 * max_bytes + 1_000_000)
            _send(stream, self._head(request), request.body)
            # HTTPResponse needs nothing of a socket but its makefile.
            with HTTPResponse(cast(socket.socket, stream), method=request.method) as response:
                response.begin()
                location = response.headers.get("Location")
                if follow and response.status in _REDIRECTS and location:
                    return _redirected(request, response.status, location)
                body = read_body(response, max_bytes)
                return HttpAnswer(response.status, _joined(response), body, target.url)
        except TimeoutError:
            raise deadline.over() from None
        except ssl.SSLError as error:
            raise StepFailed("tls_failed", f"TLS with {target.host} broke off") from error
        except (HTTPException, OSError) as error:
            raise failed(target, error) from error
        finally:
            sock.close()

    def _head(self, request: _Request) -> bytes:
        sent = {
            "host": request.target.authority,
            "user-agent": self._user_agent,
            "accept": "*/*",
            "accept-encoding": "gzip, deflate",
        }
        sent |= {name.lower(): value for name, value in request.headers.items()}
        sent["connection"] = "close"
        if request.body is not None or request.method in ("POST", "PUT", "PATCH"):
            sent["content-length"] = str(len(request.body or b""))
        lines = [f"{request.method} {request.target.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in sent.items()]
        return "\r\n".join([*lines, "", ""]).encode()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Made when first needed: loading the authorities takes about 20 ms.
        return self._given_tls or ssl.create_default_context()


def _send(stream: TimedStream, head: bytes, body: bytes | None) -> None:
    try:
        stream.sendall(head + (body or b""))
    except ConnectionError:
        # A server may answer (413, 401) and hang up before it has read everything: read its answer.
        return


def _parsed(url: str) -> Target:
    try:
        return parse_url(url)
    except ValueError as error:
        raise StepFailed("invalid_url", str(error), retryable=False) from None


def _redirected(request: _Request, status: int, location: str) -> _Request:
    """The next request, as browsers build it: 303 becomes GET, 301 and 302 turn POST into GET."""
    # http.client reads headers as Latin-1; the bytes as they came are what gets percent-encoded.
    location = quote(location.strip().encode("latin-1"), safe=_PRINTABLE)
    try:
        joined = urljoin(request.target.url, location)
    except ValueError as error:
        raise StepFailed("invalid_url", f"redirect: {error}", retryable=False) from None
    following = replace(request, target=_parsed(joined))
    if following.target.origin != request.target.origin:
        kept = {n: v for n, v in request.headers.items() if n.lower() in _CROSS_ORIGIN}
        following = replace(following, headers=kept)
    becomes_get = (status == 303 and request.method != "HEAD") or (
        status in (301, 302) and request.method == "POST"
    )
    if becomes_get:
        kept = {n: v for n, v in following.headers.items() if not n.lower().startswith("content-")}
        following = replace(following, method="GET", headers=kept, body=None)
    return following


def _joined(response: HTTPResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in response.headers.items():
        name, value = raw_name.lower(), re.sub(r"[\r\n]+[ \t]*", " ", raw_value)
        glue = "\n" if name == "set-cookie" else ", "
        found[name] = found[name] + glue + value if name in found else value
    return found
