"""The middleware and rate limits: which class, whose budget, counted when, told how (S4)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import app as entry_points
from chalicelib import settings as module
from chalicelib.api import routing
from chalicelib.api.rate_limits import client_address, rate_class
from chalicelib.api.routing import Route, declared
from chalicelib.core.roles import Role
from tests.support.door import Door, request

MARK = "arn:aws:cloudformation:us-east-1:1:stack/runyard-x/5e1f"


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stage with rate limits and a front door."""
    monkeypatch.setenv("RUNYARD_RATE_LIMITS", "on")
    monkeypatch.setenv("RUNYARD_RATE_LIMIT_SIZES", "write=7/minute")
    monkeypatch.setenv("RUNYARD_EDGE_MARK", MARK)
    module.settings.cache_clear()
    yield
    module.settings.cache_clear()


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/api/v1/auth/login", "auth"),
        ("GET", "/api/v1/auth/me", "auth"),
        ("DELETE", "/api/v1/auth/tokens/{id}", "auth"),
        ("GET", "/api/v1/pipelines", "get"),
        ("GET", "/api/v1/batch/{id}", "get"),
        ("POST", "/api/v1/pipelines", "pipelines"),
        ("POST", "/api/v1/pipelines/{id}/cancel", "write"),
        ("POST", "/api/v1/batch", "batch"),
        ("POST", "/api/v1/batch/{id}/resume", "batch"),
        ("POST", "/api/v1/batches", "write"),
        ("PUT", "/api/v1/workflows/{name}", "write"),
        ("PATCH", "/api/swarms/{name}", "write"),
        ("DELETE", "/api/v1/executions/{id}", "write"),
    ],
)
def test_a_routes_class_is_that_of_s4s_table(method: str, path: str, name: str) -> None:
    assert rate_class(method, path).name == name


def test_a_tokens_request_counts_against_its_class_and_the_headers_tell(limited: None) -> None:
    door = Door(left=3)
    answer = door.ask("GET", "/api/v1/executions")
    assert door.counted == [("get", "org_a", "tok_1")]
    assert answer.status_code == 200
    assert answer.headers["X-RateLimit-Limit"] == "1000"
    assert answer.headers["X-RateLimit-Remaining"] == "2"
    assert answer.headers["X-RateLimit-Reset"] == "42"


def test_over_the_limit_is_429_with_retry_after_and_the_view_is_not_reached(limited: None) -> None:
    door = Door(left=0)
    answer = door.ask("GET", "/api/v1/executions")
    assert (answer.status_code, door.reached) == (429, 0)
    assert answer.headers["Retry-After"] == answer.headers["X-RateLimit-Reset"] == "42"
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    found = json.loads(str(answer.body))
    assert (found["type"], found["status"]) == ("/errors/rate-limited", 429)
    assert "1000" in found["detail"] and "42 s" in found["detail"]


def test_a_request_is_counted_before_its_role_is_looked_at(limited: None) -> None:
    door = Door()
    answer = door.ask("PUT", "/api/v1/workflows/{name}")
    assert answer.status_code == 403
    assert door.counted == [("write", "org_a", "tok_1")]
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == (
        "7",
        "0",
    )


@pytest.mark.parametrize("token", [None, "wrong"])
def test_without_a_good_token_nothing_is_counted(limited: None, token: str | None) -> None:
    door = Door()
    assert door.ask("GET", "/api/v1/executions", token).status_code == 401
    assert door.counted == []


@pytest.mark.parametrize("token", [None, "wrong"])
def test_under_auth_an_address_is_counted_before_its_token_is_looked_at(
    limited: None, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    path = "/api/v1/auth/probe"
    route = Route("GET", path, Role.VIEWER, "", "", view=lambda request: None)
    monkeypatch.setitem(routing._DECLARED, ("GET", path), route)
    door = Door(left=1)
    assert [door.ask("GET", path, token).status_code for _ in range(2)] == [401, 429]
    assert door.counted == [("auth", "~", "192.0.2.9")] * 2
    assert door.looked == (1 if token else 0)


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/errors/{slug}"])
def test_public_routes_are_not_counted(limited: None, path: str) -> None:
    door = Door(left=0)
    assert door.ask("GET", path).status_code == 200
    assert door.counted == []


def test_every_answer_of_every_route_has_the_headers_on_or_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert entry_points.app.routes
    for state in ("off", "on"):
        monkeypatch.setenv("RUNYARD_RATE_LIMITS", state)
        module.settings.cache_clear()
        for route in declared():
            door = Door()
            answer = door.ask(route.method, route.path)
            for name in ("Limit", "Remaining", "Reset"):
                assert str(answer.headers[f"X-RateLimit-{name}"]).isdecimal(), route.path
            counts = route.role is not None or route.path.startswith("/api/v1/auth/")
            assert bool(door.counted) == (state == "on" and counts), route.path
    module.settings.cache_clear()


def test_off_the_headers_show_the_whole_class_and_nobody_is_asked() -> None:
    door = Door(left=0)
    answer = door.ask("GET", "/api/v1/executions")
    assert (answer.status_code, door.counted) == (200, [])
    assert answer.headers["X-RateLimit-Remaining"] == answer.headers["X-RateLimit-Limit"] == "1000"
    assert 1 <= int(str(answer.headers["X-RateLimit-Reset"])) <= 60


@pytest.mark.parametrize(
    ("headers", "source", "address"),
    [
        ({}, "192.0.2.9", "192.0.2.9"),
        ({"X-Forwarded-For": "203.0.113.5"}, "192.0.2.9", "192.0.2.9"),
        ({"X-Runyard-Viewer": "203.0.113.5"}, "192.0.2.9", "192.0.2.9"),
        (
            {"X-Runyard-Viewer": "203.0.113.5", "X-Runyard-Edge": "guess"},
            "192.0.2.9",
            "192.0.2.9",
        ),
        ({"X-Runyard-Viewer": "203.0.113.5", "X-Runyard-Edge": MARK}, "192.0.2.9", "203.0.113.5"),
        ({"X-Runyard-Viewer": "x\u00fc", "X-Runyard-Edge": MARK}, "192.0.2.9", "unknown"),
        ({"X-Runyard-Edge": "\u00fc"}, "192.0.2.9", "192.0.2.9"),
        ({"X-Runyard-Edge": "\ud800"}, "192.0.2.9", "192.0.2.9"),
        ({}, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ({}, "::ffff:192.0.2.9", "192.0.2.9"),
        ({}, "", "unknown"),
    ],
)
def test_an_address_is_that_of_who_connected_and_not_what_a_client_says(
    limited: None, headers: dict[str, str], source: str, address: str
) -> None:
    event = request("POST", "/api/v1/auth/login", headers=headers, source=source)
    assert client_address(event) == address


def test_without_a_front_door_no_mark_is_believed() -> None:
    headers = {"X-Runyard-Viewer": "203.0.113.5", "X-Runyard-Edge": ""}
    event = request("POST", "/api/v1/auth/login", headers=headers)
    assert client_address(event) == "192.0.2.9"
