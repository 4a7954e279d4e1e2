"""Routes with what has to stand next to them: the role, the dialect's errors, what OpenAPI says.

`Routes` is a Chalice blueprint whose `route` declares all of that. Every declared route is in
`declared()`, which authentication, the OpenAPI document and the tests read: there is no second list.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from chalice.app import Blueprint, CORSConfig, Response
from pydantic import BaseModel

from chalicelib.api.current import Refusal, current_request
from chalicelib.api.deprecations import Deprecation
from chalicelib.api.problems import Renderer, render_problem
from chalicelib.core.errors import BadRequest, RunyardError
from chalicelib.core.roles import Role
from chalicelib.settings import settings

PUBLIC: Final = None
"""The role of a route that needs no token."""

View = Callable[..., Any]
_DECLARED: Final[dict[tuple[str, str], Route]] = {}

JSON_TYPES: Final = ("application/json",)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query, or a header, as OpenAPI describes it."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    place: Literal["query", "header"] = "query"


IDEMPOTENCY_KEY: Final = Parameter(
    "Idempotency-Key",
    "A repeated request with the same key is answered with what the first one started.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
    "header",
)
IF_NONE_MATCH: Final = Parameter(
    "If-None-Match", "The `ETag` of what the client has.", place="header"
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a dialect puts around each answer."""

    wrap: Callable[[Any, int, str], Any]
    """(body, status, correlation id) → the whole body."""
    describe: Callable[[int, Mapping[str, Any]], Mapping[str, Any]]
    """(status, what OpenAPI says of the body) → what it says of the whole."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. `role` None is public."""

    method: str
    path: str
    role: Role | None
    summary: str
    tag: str
    view: View
    status: int = 200
    also: tuple[int, ...] = ()
    """Other statuses of answers that are no refusals."""
    answer: type[BaseModel] | None = None
    body: type[BaseModel] | Mapping[str, Any] | None = None
    body_types: tuple[str, ...] = JSON_TYPES
    body_required: bool = True
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = ()
    produces: str = "application/json"
    or_produces: tuple[str, ...] = ()
    render_error: Renderer = render_problem
    describe_error: Callable[[int], Mapping[str, Any]] | None = None
    """What OpenAPI says of the content of a refusal, by status, where it is no problem document."""
    envelope: Envelope | None = None
    """What the dialect puts around the answer (S1)."""
    lenient: bool = False
    """Unknown query parameters are ignored (S3's clients expect it) and not refused."""
    deprecated: Deprecation | None = None
    """Since when, until when: every answer then says so."""


def cors() -> CORSConfig:
    """Every path answers preflight; which origins may read is the stage's choice."""
    return CORSConfig(
        allow_origin=settings().cors_origin,
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
        expose_headers=[
            "X-Request-Id",
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset",
            "Retry-After",
            "Idempotent-Replayed",
            "Deprecation",
            "Sunset",
            "Link",
        ],
        max_age=600,
    )


class Routes(Blueprint):
    """The routes of one resource. `tag` groups them in the OpenAPI document."""

    def __init__(self, name: str, *, tag: str) -> None:
        super().__init__(name)
        self.tag = tag

    def declare(
        self, method: str, path: str, *, role: Role | None, summary: str, **more: Any
    ) -> Callable[[View], View]:
        """Declare and register one route. `more` are the other members of `Route`."""

        def register(view: View) -> View:
            route = Route(
                method=method,
                path=path,
                role=role,
                summary=summary,
                tag=self.tag,
                view=view,
                **more,
            )
            if (method, path) in _DECLARED:
                raise ValueError(f"{method} {path} is declared twice")
            _DECLARED[method, path] = route
            self.route(path, methods=[method], cors=cors(), content_types=["*/*"])(_guarded(route))
            return view

        return register


def _guarded(route: Route) -> View:
    """The view as Chalice calls it: with our request, unknown query parameters refused."""
    known = {parameter.name for parameter in route.parameters if parameter.place == "query"}

    @functools.wraps(route.view)
    def view(**path: str) -> Any:
        request = current_request()
        try:
            unknown = sorted(set(request.query) - known)
            if unknown and not route.lenient:
                raise BadRequest(f"unknown query parameter {unknown[0][:64]!r}")
            answer = route.view(request, **path)
        except RunyardError as error:
            raise Refusal(error) from error
        if isinstance(answer, Response):
            return answer
        body = (
            answer.model_dump(mode="json", by_alias=True)
            if isinstance(answer, BaseModel)
            else answer
        )
        if route.envelope is not None:
            body = route.envelope.wrap(body, route.status, request.correlation_id)
        return Response(
            body=json.dumps(body, separators=(",", ":"), ensure_ascii=False),
            status_code=route.status,
            headers={"Content-Type": "application/json"},
        )

    return view


def declared() -> Iterator[Route]:
    """Every route there is, by path and method."""
    return iter(sorted(_DECLARED.values(), key=lambda route: (route.path, route.method)))


def routes_at(path: str) -> list[Route]:
    """The routes of one path, by method; `path` is the pattern."""
    return [route for route in declared() if route.path == path]


def route_of(method: str, path: str) -> Route | None:
    """The route that Chalice chose: `path` is its pattern, not the request's path."""
    return _DECLARED.get((method, path))
