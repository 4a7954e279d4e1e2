"""Headers on their way through the front door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

_HOP_BY_HOP: Final = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_REWRITTEN: Final = {
    "host",
    "content-length",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
}
_WRITTEN_HERE: Final = {"date", "server", "content-length"}


def without(headers: Mapping[str, str], names: set[str], prefix: str = "\0") -> CIMultiDict[str]:
    """The headers without some names, and without those that begin with `prefix`. Names that occur
    more than once stay so."""
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        lower = name.lower()
        if lower not in names and not lower.startswith(prefix):
            kept.add(name, value)
    return kept


def onward(request: web.Request) -> CIMultiDict[str]:
    """The client's headers as they go on: hop-by-hop ones off, the way here noted. The host is the
    emulator's own, because it routes by it."""
    named = {word.strip().lower() for word in request.headers.get("Connection", "").split(",")}
    headers = without(request.headers, _HOP_BY_HOP | _REWRITTEN | named)
    came_by = request.headers.get("X-Forwarded-For")
    peer = request.remote or "127.0.0.1"
    headers["X-Forwarded-For"] = f"{came_by}, {peer}" if came_by else peer
    headers["X-Forwarded-Proto"] = "http"
    headers["X-Forwarded-Host"] = request.host
    return headers


def backward(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """An answer's headers as they go back to the client."""
    return without(headers, _HOP_BY_HOP | _WRITTEN_HERE)
