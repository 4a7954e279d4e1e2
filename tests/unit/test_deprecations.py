"""S4, Versioning: a route that will go says so on every answer, from one declaration."""

from __future__ import annotations

from datetime import date
from email.utils import parsedate_to_datetime

import pytest
from chalice.app import Response

import app as entry_points
from chalicelib.api import routing
from chalicelib.api.deprecations import Deprecation, earliest_sunset
from chalicelib.api.openapi import document
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import PUBLIC, Route, declared
from chalicelib.core.errors import NotFound
from chalicelib.core.roles import Role
from tests.support.door import Door

assert entry_points.app.routes
GOING = Deprecation(date(2026, 1, 1), date(2026, 7, 1), instead="/api/v1/new")


def old(request: ApiRequest) -> Response:
    """What was."""
    raise NotFound("it is never reached here")


def route(role: Role | None = PUBLIC) -> Route:
    return Route("GET", "/api/v1/old", role, "Old", "executions", old, deprecated=GOING)


def test_the_headers_are_those_of_the_two_rfcs() -> None:
    """RFC 9745: a date of structured fields, `@` and seconds. RFC 8594: an HTTP date."""
    assert GOING.headers() == {
        "Deprecation": "@1767225600",
        "Sunset": "Wed, 01 Jul 2026 00:00:00 GMT",
        "Link": '</api/v1/new>; rel="successor-version"',
    }
    assert parsedate_to_datetime(GOING.headers()["Sunset"]).date() == GOING.sunset
    assert "Link" not in Deprecation(GOING.since, GOING.sunset).headers()


@pytest.mark.parametrize(
    ("role", "token", "status"),
    [(PUBLIC, None, 200), (Role.VIEWER, None, 401), (Role.ADMIN, "good", 403)],
)
def test_every_answer_of_a_deprecated_route_has_them(
    monkeypatch: pytest.MonkeyPatch, role: Role | None, token: str | None, status: int
) -> None:
    monkeypatch.setitem(routing._DECLARED, ("GET", "/api/v1/old"), route(role))
    answer = Door().ask("GET", "/api/v1/old", token)
    assert answer.status_code == status
    assert GOING.headers().items() <= dict(answer.headers).items()
    exposed = str(answer.headers["Access-Control-Expose-Headers"]).split(",")
    assert {"Deprecation", "Sunset", "Link"} <= set(exposed)


def test_other_routes_have_none() -> None:
    answer = Door().ask("GET", "/api/v1/executions")
    assert {"Deprecation", "Sunset", "Link"}.isdisjoint(answer.headers)
    assert [found.path for found in declared() if found.deprecated] == []


def test_openapi_marks_it() -> None:
    operation = document([route()], version="1")["paths"]["/api/v1/old"]["get"]
    assert (operation["deprecated"], operation["x-sunset"]) == (True, "2026-07-01")


@pytest.mark.parametrize(
    ("since", "earliest"),
    [
        (date(2026, 1, 1), date(2026, 7, 1)),
        (date(2026, 8, 31), date(2027, 3, 1)),
        (date(2026, 6, 30), date(2026, 12, 30)),
        (date(2026, 12, 31), date(2027, 7, 1)),
        (date(2026, 7, 15), date(2027, 1, 15)),
    ],
)
def test_six_months_of_notice_are_the_least(since: date, earliest: date) -> None:
    assert earliest_sunset(since) == earliest
    Deprecation(since, earliest)
    with pytest.raises(ValueError, match="at least"):
        Deprecation(since, date.fromordinal(earliest.toordinal() - 1))
