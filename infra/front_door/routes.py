"""The routing declaration: which paths are sockets. Everything else is REST.

API Gateway WebSockets have no paths, so the front door sends every socket path to the one endpoint
and says in the query string (`path=`) which it was. Two doors read this file: CloudFront through
the JavaScript of `cloudfront.py`, the local proxy through `route()`; one table of cases tests both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote_plus

from infra.gateway_responses import NO_SOCKET, NOT_FOUND, SOCKET_ONLY, Refusal

SOCKET_PATHS: Final = (
    "/ws",  # S0
    "/swarm/websocket",  # S3
    "/api/v1/pipelines/{run_id}/stream",  # S4
    "/api/v1/batch/{batch_id}/stream",  # S4
    "/api/v1/deployments/{model}/events",  # S4
)
PATH_PARAMETER: Final = "path"
"""Where the socket's `$connect` finds the original path. The client's own is thrown away."""
FORBIDDEN_PREFIX: Final = "/@connections"
"""API Gateway's management of open sockets; never for clients."""
UPGRADE_HEADER: Final = "sec-websocket-key"
"""Every WebSocket handshake carries it. `Upgrade` would say it more plainly, but CloudFront
functions do not get to see that header."""

_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes, with the query string that goes along; or why it goes nowhere."""

    target: Literal["rest", "socket", "nowhere"]
    query: str = ""
    refusal: Refusal | None = None


def socket_patterns() -> tuple[str, ...]:
    """The socket paths as regular expressions that mean the same in Python and in JavaScript."""
    return tuple(
        "^" + re.sub(r"\{\w+\}", "[^/]+", path.replace(".", r"\.")) + "$" for path in SOCKET_PATHS
    )


_SOCKETS: Final = tuple(re.compile(pattern[:-1] + r"\Z") for pattern in socket_patterns())


def route(path: str, query: str, *, upgrade: bool) -> Route:
    """Decides for one request. `path` and `query` as they came, still percent-encoded; `upgrade`:
    the client asks for a WebSocket."""
    if path.startswith(FORBIDDEN_PREFIX):
        return Route("nowhere", refusal=NOT_FOUND)
    is_socket = any(pattern.match(path) for pattern in _SOCKETS)
    if upgrade and is_socket:
        return Route("socket", with_path(path, query))
    if upgrade:
        return Route("nowhere", refusal=NO_SOCKET)
    if is_socket:
        return Route("nowhere", refusal=SOCKET_ONLY)
    return Route("rest", query)


def with_path(path: str, query: str) -> str:
    """The client's query string with the original path in it, and no other `path` however spelt."""
    kept = [pair for pair in query.split("&") if pair and not _means_path(pair.partition("=")[0])]
    return "&".join([*kept, f"{PATH_PARAMETER}={quote(path, safe='')}"])


def _means_path(name: str) -> bool:
    """Whether API Gateway could read this as `path`. Undecodable names count: nobody needs them."""
    if _BROKEN_ESCAPE.search(name):
        return True
    try:
        return unquote_plus(name, errors="strict") == PATH_PARAMETER
    except UnicodeDecodeError:
        return True
