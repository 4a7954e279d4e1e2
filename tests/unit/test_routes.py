"""Every route says who may use it, and the map of Chalice is the map of our declarations."""

from __future__ import annotations

import re

import app as entry_points
from chalicelib.api.routing import Route, declared
from chalicelib.core.roles import Role

PUBLIC_PATHS = re.compile(
    r"/|/healthz|/readyz|/openapi\.json|/asyncapi\.json|/docs(/{asset})?|/schemas/.*|/errors/{slug}"
    r"|/api/v1/auth/login|/api/v1/auth/oidc/(login|callback)|/hooks/.*"
)


READING_POSTS = {
    "/api/config/validate",
    "/api/swarms/{name}/snapshot",
    "/api/v1/workflows/{name}/plan",
    "/v1/workflows/validate",
}
"""They have a body to look at, and change nothing."""
OWN_POSTS = {
    "/api/v1/auth/refresh",
    "/api/v1/auth/logout",
    "/api/v1/auth/tokens",
    "/api/v1/auth/tokens/{id}",
}
"""They are about the caller's own tokens."""


def routes() -> list[Route]:
    assert entry_points.app.routes
    return list(declared())


def test_chalice_serves_exactly_the_declared_routes() -> None:
    served = {
        (method, path) for path, methods in entry_points.app.routes.items() for method in methods
    }
    assert served == {(route.method, route.path) for route in routes()}


def test_only_the_documented_paths_are_public() -> None:
    public = [route.path for route in routes() if route.role is None]
    assert public
    assert [path for path in public if not PUBLIC_PATHS.fullmatch(path)] == []


def test_reading_needs_a_viewer_and_changing_an_operator_or_more() -> None:
    for route in routes():
        if route.role is None:
            continue
        reading = route.method == "GET" or route.path in READING_POSTS | OWN_POSTS
        least = Role.VIEWER if reading else Role.OPERATOR
        assert route.role >= least, f"{route.method} {route.path}"


def test_every_path_answers_preflight() -> None:
    for path, methods in entry_points.app.routes.items():
        for method, entry in methods.items():
            assert entry.cors is not None, f"{method} {path}"


def test_one_name_per_level_because_api_gateway_allows_no_more() -> None:
    names: dict[str, set[str]] = {}
    for route in routes():
        parts = route.path.split("/")
        for depth, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault("/".join(parts[:depth]), set()).add(part)
    assert {level: found for level, found in names.items() if len(found) > 1} == {}


def test_the_rest_api_stays_under_api_gateways_300_resources() -> None:
    resources = {
        "/".join(parts[: depth + 1])
        for route in routes()
        for parts in [route.path.split("/")]
        for depth in range(1, len(parts))
    }
    assert len(resources) < 300
