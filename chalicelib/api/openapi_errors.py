"""Refusals in the OpenAPI document: a response for each status, with the problems that have it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.api.problems import PROBLEM_JSON
from chalicelib.api.routing import Route
from chalicelib.core.errors import RunyardError

PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. `error` repeats `detail`.",
    "required": ["type", "title", "status", "detail", "correlation_id", "error"],
    "properties": {
        "type": {"type": "string", "description": "/errors/<slug>, which explains it."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong with this request."},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "correlation_id": {"type": "string", "description": "As in `X-Request-Id`."},
        "error": {"type": "string"},
        "line": {"type": "integer", "description": "Where a text cannot be read."},
        "column": {"type": "integer", "description": "And at which character of the line."},
        "errors": {
            "type": "array",
            "description": "Every single problem.",
            "items": {
                "type": "object",
                "required": ["location", "message"],
                "properties": {
                    "location": {"type": "string", "description": "`steps[0].action`."},
                    "message": {"type": "string"},
                    "line": {"type": "integer", "description": "Of a definition sent as text."},
                },
            },
        },
    },
}
HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "X-Request-Id": {
        "description": "The request's id: what was sent in this header, or a new one.",
        "schema": {"type": "string"},
    },
    "X-RateLimit-Limit": {
        "description": "Requests that the route's class allows in a window.",
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Remaining": {
        "description": "How many of them are left.",
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Reset": {
        "description": "Seconds until the window ends.",
        "schema": {"type": "integer"},
    },
    "Retry-After": {
        "description": "Seconds after which another try makes sense.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {"description": "How to ask.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` where an earlier request had started this.",
        "schema": {"type": "string", "const": "true"},
    },
    "Location": {"description": "Where to go on.", "schema": {"type": "string"}},
    "Set-Cookie": {"description": "To be brought back.", "schema": {"type": "string"}},
    "ETag": {"description": "For `If-None-Match`.", "schema": {"type": "string"}},
}
ALWAYS: Final = ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def statuses(route: Route) -> list[int]:
    """Every status that a refusal of this route may have."""
    common = {500}
    if route.role is not None:
        common |= {401, 403, 429}
    if not route.lenient:
        common.add(400)  # a query parameter that nobody knows
    return sorted({*route.errors} | common)


def refusal(route: Route, status: int) -> Mapping[str, Any]:
    """A refusal in a route's responses: one of the shared ones, or its dialect's own."""
    if route.describe_error is None or status == 500:
        return {"$ref": f"#/components/responses/Problem{status}"}
    meaning = " or ".join(kind.title for kind in _kinds().get(status, ()))
    content = route.describe_error(status)
    return {"description": f"{meaning}.", "headers": headers(status), "content": content}


def headers(status: int, *more: str) -> Mapping[str, Any]:
    """The headers of an answer with this status."""
    extra = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
    names = (*ALWAYS, *extra.get(status, ()), *more)
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def problem_responses() -> Mapping[str, Any]:
    """`components.responses`: one for each status that a kind of error has."""
    return {f"Problem{status}": _response(status) for status in sorted(_kinds())}


def _response(status: int) -> Mapping[str, Any]:
    kinds = _kinds()[status]
    types = [f"/errors/{kind.slug}" for kind in kinds]
    schema = {
        "$ref": "#/components/schemas/Problem",
        "properties": {"status": {"const": status}, "type": {"enum": types}},
    }
    examples = {kind.slug: {"value": _example(kind)} for kind in kinds}
    return {
        "description": " or ".join(f"{kind.title} (`{kind.slug}`)" for kind in kinds) + ".",
        "headers": headers(status),
        "content": {PROBLEM_JSON: {"schema": schema, "examples": examples}},
    }


def _example(kind: type[RunyardError]) -> Mapping[str, Any]:
    detail = f"{kind.title} …"
    found: dict[str, Any] = {
        "type": f"/errors/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": "/api/v1/…",
        "correlation_id": "req_01M809R57ZVEE6NQ4SE8EDH1EC",
        "error": detail,
    }
    if kind.slug == "validation-error":
        found["errors"] = [{"location": "steps[0].action", "message": "is missing", "line": 4}]
    return found


@functools.cache
def _kinds() -> Mapping[int, tuple[type[RunyardError], ...]]:
    """Status → the kinds of errors that have it, each slug once."""
    from chalicelib.api.documentation import error_kinds

    found: dict[int, dict[str, type[RunyardError]]] = {}
    for kind in error_kinds():
        found.setdefault(kind.status, {}).setdefault(kind.slug, kind)
    return {status: tuple(kinds.values()) for status, kinds in found.items()}
