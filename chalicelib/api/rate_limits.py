"""Which of S4's rate limits a request counts against, for whom, and the headers that tell of it.

    /api/v1/auth/*        per client address, before the token is looked at
    any other with a role per token, before its role is looked at
    public                not counted: what has no token has no budget of its own

Where the stage has limits off nothing is counted, and the headers show the class's numbers.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from chalicelib.api.routing import Route
from chalicelib.core.errors import RateLimited
from chalicelib.core.rates import RateClass, Standing, classes_with, standing
from chalicelib.core.roles import Principal
from chalicelib.settings import settings
from chalicelib.store.keys import PLATFORM

EDGE_HEADER: Final = "x-runyard-edge"
VIEWER_HEADER: Final = "x-runyard-viewer"
Count = Callable[[RateClass, str, str], Standing]
"""(class, organisation or platform, who) → where they stand then."""


@cache
def _classes(sizes: str) -> Mapping[str, RateClass]:
    return classes_with(sizes)


def rate_class(method: str, path: str) -> RateClass:
    """The class of a route (S4's table) in this stage's size. `path` is the route's pattern."""
    return _classes(settings().rate_limit_sizes)[_class_name(method, path)]


def _class_name(method: str, path: str) -> str:
    if path.startswith("/api/v1/auth/"):
        return "auth"
    if method in {"GET", "HEAD", "OPTIONS"}:
        return "get"
    if method == "POST" and path == "/api/v1/pipelines":
        return "pipelines"
    if method == "POST" and (path == "/api/v1/batch" or path.startswith("/api/v1/batch/")):
        return "batch"
    return "write"


class Budget:
    """What one request may still ask for. `counter` is asked for only when something is counted."""

    def __init__(self, method: str, path: str, counter: Callable[[], Count]) -> None:
        self._class = rate_class(method, path)
        self._counter = counter
        self._standing: Standing | None = None

    def spend_by_address(self, route: Route | None, event: Any) -> None:
        """Count a request under `/auth`. Raises RateLimited."""
        if route is not None and self._class.by_address:
            self._spend(PLATFORM, client_address(event))

    def spend_by_token(self, principal: Principal) -> None:
        """Count a request of a token, if its class is one of tokens. Raises RateLimited."""
        if not self._class.by_address:
            self._spend(principal.org, principal.user_id or principal.token_id or principal.name)

    def _spend(self, owner: str, who: str) -> None:
        if settings().rate_limits == "off":
            return
        found = self._standing = self._counter()(self._class, owner, who)
        if not found.allowed:
            raise RateLimited(
                f"more than {found.limit} requests of the class {self._class.name!r} in "
                f"{self._class.window} s; try again in {found.reset} s",
                retry_after=found.reset,
            )

    def headers(self) -> dict[str, str]:
        """`X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds until the window ends)."""
        found = self._standing or standing(self._class, time.time(), 0)
        return {
            "X-RateLimit-Limit": str(found.limit),
            "X-RateLimit-Remaining": str(found.remaining),
            "X-RateLimit-Reset": str(found.reset),
        }


def client_address(event: Any) -> str:
    """Where a request came from: who connected to the front door, or else to API Gateway.

    What stands in X-Forwarded-For is the client's own word and is not read. The front door writes
    the address into a header of its own, and beside it a mark that only it and this function know;
    without that mark the request came to API Gateway directly, which knows the address itself.
    IPv6 counts by its /64: that is what one client has.
    """
    headers: Mapping[str, str] = event.headers
    mark = settings().edge_mark
    given = headers.get(EDGE_HEADER, "")
    if mark and hmac.compare_digest(given.encode(errors="replace"), mark.encode()):
        return _network(headers.get(VIEWER_HEADER, ""))
    return _network(str((event.context.get("identity") or {}).get("sourceIp") or ""))


def _network(address: str) -> str:
    import ipaddress

    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
