"""CORS: one stage's origin, told alike by the functions and by the gateway in front of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import app as entry_points
from chalicelib import settings as module
from chalicelib.api.routing import cors, declared
from infra import gateway_responses as gateway
from infra.merge import read
from infra.paths import ROOT
from tests.support.door import Door

assert entry_points.app.routes
ORIGIN = "https://app.example.com:8443"


@pytest.fixture
def one_origin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stage that one origin's pages may use."""
    monkeypatch.setenv("RUNYARD_CORS_ORIGIN", ORIGIN)
    module.settings.cache_clear()
    yield
    module.settings.cache_clear()


def words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


def test_the_functions_and_the_gateway_say_the_same() -> None:
    ours = cors().get_access_control_headers()
    theirs = {**gateway.cors_headers("*"), **gateway.preflight_headers("*")}
    for name in ("Access-Control-Expose-Headers", "Access-Control-Allow-Headers"):
        # Chalice adds the headers that the signing SDKs of AWS send.
        assert words(theirs[name]) <= words(ours[name]), name
    exposed = "Access-Control-Expose-Headers"
    assert words(theirs[exposed]) == words(ours[exposed])


def test_preflight_allows_every_method_that_a_route_has() -> None:
    allowed = words(gateway.preflight_headers("*")["Access-Control-Allow-Methods"])
    assert {route.method.lower() for route in declared()} <= allowed


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/healthz", None, 200),
        ("/api/v1/executions", None, 401),
        ("/api/v1/secrets", "good", 403),
    ],
)
def test_answers_and_refusals_name_the_stages_origin(
    one_origin: None, path: str, token: str | None, status: int
) -> None:
    answer = Door().ask("GET", path, token)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin",
    ["", "app.example.com", "https://a/b", "https://a'", "*,https://a", "https://a\r\nX: y"],
)
def test_what_is_no_origin_does_not_start(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    with pytest.raises(ValueError, match="one origin"):
        module.Settings(cors_origin=origin)


def test_the_template_takes_what_the_settings_take() -> None:
    pattern = read(ROOT / "infra" / "template.yaml")["Parameters"]["CorsOrigin"]["AllowedPattern"]
    assert pattern == module._ORIGIN.pattern
