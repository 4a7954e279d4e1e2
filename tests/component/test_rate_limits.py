"""Rate limits counted in DynamoDB: never more than the limit, whoever counts at once (S4)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.core.rates import RateClass
from chalicelib.store import keys
from tests.support.world import ORG, World

FIVE = RateClass("write", 5, 60)


def allowed(world: World, times: int, who: str = "tok_a", found: RateClass = FIVE) -> list[bool]:
    counts = world.services.rate_counts
    return [counts.count(found, ORG, who).allowed for _ in range(times)]


def test_as_many_as_the_limit_go_through_and_then_none_until_the_window_is_over(
    world: World,
) -> None:
    assert allowed(world, 7) == [True] * 5 + [False] * 2
    world.clock.forward(seconds=58)
    assert allowed(world, 1) == [False]
    world.clock.forward(seconds=2)
    assert allowed(world, 6) == [True] * 5 + [False]


def test_a_window_is_the_clocks_and_not_the_callers(world: World) -> None:
    """The world's clock begins at a full minute."""
    world.clock.forward(seconds=59)
    assert allowed(world, 5) == [True] * 5
    world.clock.forward(seconds=1)
    assert allowed(world, 5) == [True] * 5


def test_an_answer_tells_what_is_left_and_when_the_window_ends(world: World) -> None:
    world.clock.forward(seconds=20)
    counts = world.services.rate_counts
    seen = [counts.count(FIVE, ORG, "tok_a") for _ in range(6)]
    assert [found.remaining for found in seen] == [4, 3, 2, 1, 0, 0]
    assert {found.limit for found in seen} == {5}
    assert {found.reset for found in seen} == {40}


def test_callers_classes_and_organisations_are_counted_apart(world: World) -> None:
    counts = world.services.rate_counts
    assert allowed(world, 6)[-1] is False
    assert counts.count(FIVE, ORG, "tok_b").allowed
    assert counts.count(FIVE, "org_other", "tok_a").allowed
    assert counts.count(RateClass("get", 5, 60), ORG, "tok_a").allowed


class OneAtATime:
    """moto's items in the hands of one thread at a time, as DynamoDB's are."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def update_item(self, **arguments: Any) -> Any:
        with self._lock:
            return self._client.update_item(**arguments)


def test_many_processes_and_threads_together_let_exactly_the_limit_through(world: World) -> None:
    found = RateClass("write", 40, 60)
    shared = OneAtATime(world.services.client("dynamodb"))
    processes = [world.fresh() for _ in range(4)]
    for process in processes:
        process.table._client = shared  # type: ignore[assignment]
    start = threading.Barrier(16)

    def ask(number: int) -> list[bool]:
        counts = processes[number % 4].rate_counts
        start.wait(120)
        return [counts.count(found, ORG, "tok_a").allowed for _ in range(10)]

    with ThreadPoolExecutor(16) as pool:
        answers = [one for many in pool.map(ask, range(16)) for one in many]
    assert (len(answers), sum(answers)) == (160, 40)


def test_a_request_is_one_write_and_a_refused_caller_costs_no_more(world: World) -> None:
    with world.calls.counted() as calls:
        allowed(world, 5)
        assert calls.made == ["dynamodb.update_item"] * 5
        assert calls.write_units == 5
        allowed(world, 10)
        assert len(calls.made) == 6


def test_the_count_expires_after_its_window(world: World) -> None:
    allowed(world, 1)
    window = int(world.clock().timestamp()) // 60 * 60
    item = world.services.table.get(keys.rate_key(ORG, "tok_a", "write", window))
    assert item is not None and item["requests"] == 1
    assert window + 60 < item["expires_at"] < window + 3600


@pytest.mark.parametrize(
    "problem",
    [
        EndpointConnectionError(endpoint_url="https://dynamodb"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "UpdateItem"),
    ],
    ids=["no connection", "later", "denied"],
)
def test_a_limiter_that_cannot_reach_dynamodb_lets_requests_through_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    logged: list[tuple[str, Exception]] = []
    services = world.fresh()
    monkeypatch.setattr(services, "log_problem", lambda *line: logged.append(line))

    class Broken:
        def update_item(self, **arguments: Any) -> Any:
            raise problem

    services.table._client = Broken()  # type: ignore[assignment]
    seen = [services.rate_counts.count(FIVE, ORG, "tok_a") for _ in range(7)]
    assert all(found.allowed and found.remaining == 5 for found in seen)
    assert [message for message, _ in logged] == [
        "a request was not counted against its rate limit"
    ] * 7
