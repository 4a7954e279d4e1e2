"""S4, Rate limits: switched on, on the running stack, by the settings that a stage's template sets."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from chalicelib.core.roles import Role
from tests.support.answers import problem
from tests.support.stack import PATIENCE_SECONDS, Api, RunningStack

API = "runyard-local-APIHandler"
SIZES = "get=3/4s,write=6/86400s"
"""Reading: a window that a test sees the end of. Writing: one that only ends at midnight (UTC)."""


@pytest.fixture(scope="module")
def limited(stack: RunningStack) -> Iterator[RunningStack]:
    """The stack with rate limits on; as it was afterwards."""
    functions = stack.local.session.client("lambda")
    before = functions.get_function_configuration(FunctionName=API)["Environment"]["Variables"]
    changed = {"RUNYARD_RATE_LIMITS": "on", "RUNYARD_RATE_LIMIT_SIZES": SIZES}
    functions.update_function_configuration(
        FunctionName=API, Environment={"Variables": {**before, **changed}}
    )
    yield stack
    functions.update_function_configuration(FunctionName=API, Environment={"Variables": before})
    answer = stack.api.get("/api/v1/workflows")
    assert answer.headers["X-RateLimit-Limit"] == "1000"


@pytest.fixture
def fresh(limited: RunningStack) -> Api:
    """A token that nobody has used."""
    return limited.api_as(Role.OPERATOR, name=f"rates-{secrets.token_hex(4)}")


def write(token: Api) -> requests.Response:
    return token.post("/api/v1/cancel/run_none")


def test_s4_rate_limits__many_at_once_are_never_more_than_the_limit(fresh: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: write(Api(fresh.base_url, fresh.token)), range(24)))
    windows: dict[int, int] = {}
    for answer in answers:
        assert answer.status_code in (404, 429), answer.text
        ends = round((time.time() + int(answer.headers["X-RateLimit-Reset"])) / 86_400)
        windows[ends] = windows.get(ends, 0) + (answer.status_code == 404)
    assert all(passed <= 6 for passed in windows.values())
    assert sum(windows.values()) == 6 or len(windows) == 2


def test_s4_rate_limits__headers_count_down_and_then_429_says_when_to_come_again(
    fresh: Api,
) -> None:
    answers = [write(fresh) for _ in range(7)]
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [5, 4, 3, 2, 1, 0, 0]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"6"}
    assert [answer.status_code for answer in answers] == [404] * 6 + [429]
    found = problem(answers[-1], 429, "rate-limited")
    retry = int(answers[-1].headers["Retry-After"])
    assert 1 <= retry <= 86_400 and "try again" in found["detail"]
    assert retry == int(answers[-1].headers["X-RateLimit-Reset"])


def test_s4_rate_limits__each_token_and_each_class_has_a_budget_of_its_own(
    fresh: Api, limited: RunningStack
) -> None:
    for _ in range(6):
        write(fresh)
    assert write(fresh).status_code == 429
    assert fresh.get("/api/v1/workflows").status_code == 200
    other = limited.api_as(Role.OPERATOR, name=f"rates-{secrets.token_hex(4)}")
    assert write(other).status_code == 404


def test_s4_rate_limits__what_is_refused_for_its_role_or_its_body_counts_too(
    limited: RunningStack,
) -> None:
    viewer = limited.api_as(Role.VIEWER, name=f"rates-{secrets.token_hex(4)}")
    assert [write(viewer).status_code for _ in range(7)] == [403] * 6 + [429]


def test_s4_rate_limits__the_window_resets(fresh: Api) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    refused = None
    while refused is None:
        assert time.monotonic() < end, "never over the limit"
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: fresh.get("/api/v1/workflows"), range(4)))
        refused = next((one for one in answers if one.status_code == 429), None)
    assert 1 <= int(refused.headers["Retry-After"]) <= 4
    while fresh.get("/api/v1/workflows").status_code != 200:
        assert time.monotonic() < end, "still over the limit"
        time.sleep(0.5)


def test_s4_rate_limits__public_routes_are_not_counted(limited: RunningStack, nobody: Api) -> None:
    answers = [nobody.get("/healthz") for _ in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["X-RateLimit-Remaining"] for answer in answers} == {"3"}
