"""One request through the middleware alone: no stack, no AWS."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from chalice.app import CaseInsensitiveMapping, Response

from chalicelib.api.middleware import middleware
from chalicelib.core.rates import RateClass, Standing
from chalicelib.core.roles import Principal, Role


def request(
    method: str, path: str, *, headers: dict[str, str] | None = None, source: str = "192.0.2.9"
) -> Any:
    context = {"resourcePath": path, "identity": {"sourceIp": source}}
    return SimpleNamespace(
        method=method,
        path=path,
        context=context,
        headers=CaseInsensitiveMapping(headers or {}),
        query_params={},
        raw_body=b"",
        to_original_event=lambda: {"path": path},
    )


class Door:
    """The middleware with a token `good` of a viewer, and a limiter that says `left`."""

    def __init__(self, left: int = 1) -> None:
        self.counted: list[tuple[str, str, str]] = []
        self.left = left
        self.reached = 0
        self.looked = 0
        self._handle = middleware(
            authenticate=lambda: self._principal,
            count=lambda *answer: None,
            limit=lambda: self._count,
        )

    def _principal(self, bearer: str) -> Principal | None:
        self.looked += 1
        return Principal("ci", "org_a", Role.VIEWER, "tok_1") if bearer == "good" else None

    def _count(self, found: RateClass, owner: str, who: str) -> Standing:
        self.counted.append((found.name, owner, who))
        self.left -= 1
        return Standing(self.left >= 0, found.limit, max(0, self.left), 42)

    def ask(self, method: str, path: str, token: str | None = "good", **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}

        def view(event: Any) -> Response:
            self.reached += 1
            return Response(body="{}", status_code=200, headers={})

        return self._handle(request(method, path, headers=headers, **more), view)
