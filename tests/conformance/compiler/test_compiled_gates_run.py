"""Contract: dependencies are honoured exactly, also where no nesting of sequences and parallels
could: a step starts as soon as its own dependencies are done, by the recorded times."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.store import keys
from tests.support.answers import instant
from tests.support.definitions import approval, delay, fetch, shape, workflow
from tests.support.stack import PATIENCE_SECONDS, Api, CountingServer, RunningStack, step_of

ORG = "org_local"


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


def began(detail: dict[str, Any], step: str) -> Any:
    return instant(step_of(detail, step)["started_at"])


def ended(detail: dict[str, Any], step: str) -> Any:
    return instant(step_of(detail, step)["completed_at"])


def statuses(detail: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["status"] for step in detail["steps"]}


def through(step: str) -> Callable[[dict[str, Any]], bool]:
    return lambda detail: statuses(detail)[step] == "completed"


def gates(stack: RunningStack, run_id: str) -> list[dict[str, Any]]:
    """The gates that wait or have waited in a run."""
    return list(
        stack.table.query_all(
            "#pk = :pk AND begins_with(#sk, :prefix)",
            {"pk": keys.run_pk(ORG, run_id), "prefix": keys.GATE_PREFIX},
        )
    )


def until_gates(stack: RunningStack, run_id: str, number: int) -> list[dict[str, Any]]:
    """The gates of a run once there are so many."""
    end = time.monotonic() + PATIENCE_SECONDS
    while len(found := gates(stack, run_id)) < number:
        assert time.monotonic() < end, f"{len(found)} of {number} gates wait"
        time.sleep(0.1)
    return found


def test_a_to_c_a_to_d_b_to_d__c_ends_before_a_slow_b_does_and_d_starts_after_it(api: Api) -> None:
    api.apply(
        workflow(
            "gates-crossing",
            shape("a", depends_on=[]),
            approval("b", depends_on=[]),
            shape("c", depends_on=["a"]),
            shape("d", depends_on=["a", "b"]),
        )
    )
    run_id = api.run("gates-crossing")
    api.until(run_id, through("c"))
    api.approve(run_id, "b")
    detail = api.ended(run_id)
    assert statuses(detail) == dict.fromkeys("abcd", "completed")
    assert began(detail, "c") >= ended(detail, "a")
    assert ended(detail, "c") < ended(detail, "b")
    assert began(detail, "d") >= ended(detail, "b") >= ended(detail, "a")


def test_five_gates_that_wait_at_once_open_each_for_its_own_step(
    stack: RunningStack, api: Api
) -> None:
    """Each waits for a step of its own, which somebody lets go on when the one before is through."""
    numbers = range(1, 6)
    api.apply(
        workflow(
            "gates-five",
            shape("a", depends_on=[]),
            shape("c", depends_on=["a"]),
            *(approval(f"b{n}", depends_on=[]) for n in numbers),
            *(shape(f"d{n}", depends_on=["a", f"b{n}"]) for n in numbers),
        )
    )
    run_id = api.run("gates-five")
    api.until(run_id, through("c"))
    for n in numbers:
        api.approve(run_id, f"b{n}")
        detail = api.until(run_id, through(f"d{n}"))
        assert {statuses(detail)[f"d{later}"] for later in range(n + 1, 6)} <= {"pending"}
    detail = api.ended(run_id)
    assert set(statuses(detail).values()) == {"completed"}
    assert {step["attempts"] for step in detail["steps"]} == {1}
    for n in numbers:
        assert began(detail, f"d{n}") >= ended(detail, f"b{n}")
    placed = gates(stack, run_id)
    assert sorted(gate["consumer"] for gate in placed) == [f"d{n}" for n in numbers]
    assert len({gate["token"] for gate in placed}) == 5


def test_one_gate_waits_for_several_steps(stack: RunningStack, api: Api) -> None:
    """d waits for three, each of which somebody else waits for too."""
    others = [shape(f"after-{name}", depends_on=[name]) for name in "abe"]
    api.apply(
        workflow(
            "gates-three",
            shape("a", depends_on=[]),
            delay("b", "1s", depends_on=[]),
            delay("e", "2s", depends_on=[]),
            *others,
            shape("d", depends_on=["a", "b", "e"]),
        )
    )
    run_id = api.run("gates-three")
    detail = api.ended(run_id)
    assert set(statuses(detail).values()) == {"completed"}
    assert began(detail, "d") >= max(ended(detail, name) for name in "abe")
    assert len(gates(stack, run_id)) == 1


def test_a_cancel_while_a_gate_waits_starts_no_further_step(
    stack: RunningStack, api: Api, server: CountingServer
) -> None:
    api.apply(
        workflow(
            "gates-cancel",
            shape("a", depends_on=[]),
            delay("b", "3s", depends_on=[]),
            shape("c", depends_on=["a"]),
            fetch("d", f"{server.url}/later", depends_on=["a", "b"]),
        )
    )
    run_id = api.run("gates-cancel")
    # Two sides lead to d: the step before it, and its gate.
    api.until(run_id, through("c"))
    assert statuses(api.detail(run_id))["d"] == "pending"
    answer = api.post(f"/api/v1/cancel/{run_id}")
    assert answer.status_code == 200
    detail = api.detail(run_id)
    assert detail["status"] == "cancelled"
    assert statuses(detail)["d"] == "cancelled"
    time.sleep(5)  # longer than the delay that the gate's step would have waited for
    assert server.requests == []
    assert api.detail(run_id) == detail


def test_a_cancelled_gate_stays_shut(stack: RunningStack, api: Api, server: CountingServer) -> None:
    """The gate has left its token when the cancel comes: what it waits for is held by a server."""
    api.apply(
        workflow(
            "gates-cancel-waiting",
            fetch("a", f"{server.url}/hold/a", depends_on=[]),
            shape("b", depends_on=[]),
            shape("c", depends_on=["a"]),
            fetch("d", f"{server.url}/later", depends_on=["a", "b"]),
        )
    )
    run_id = api.run("gates-cancel-waiting")
    (gate,) = until_gates(stack, run_id, 1)
    assert (gate["consumer"], gate["producers"]) == ("d", ["a"])
    api.once(lambda: server.count("/hold/a") == 1, run_id)
    assert api.post(f"/api/v1/cancel/{run_id}").status_code == 200
    server.hold.set()
    time.sleep(2)
    assert [path for _, path in server.requests] == ["/hold/a"]
    detail = api.detail(run_id)
    assert detail["status"] == "cancelled"
    assert statuses(detail)["d"] == "cancelled"


def test_a_skipped_step_opens_the_gates_that_wait_for_it(api: Api) -> None:
    for name, skipped in (("gates-skip-a", "a"), ("gates-skip-b", "b")):
        never = {"condition": "1 > 2"}
        api.apply(
            workflow(
                name,
                shape("a", depends_on=[], **(never if skipped == "a" else {})),
                delay("b", "1s", depends_on=[], **(never if skipped == "b" else {})),
                shape("c", depends_on=["a"]),
                shape("d", depends_on=["a", "b"]),
                shape("e", depends_on=["b"]),
            )
        )
        detail = api.ended(api.run(name))
        expected = dict.fromkeys("abcde", "completed") | {skipped: "skipped"}
        assert statuses(detail) == expected


@pytest.mark.parametrize("first", ["/status/500", "/status/200"])
def test_a_failed_step_ends_the_run_and_opens_no_gate(
    stack: RunningStack, api: Api, server: CountingServer, first: str
) -> None:
    """The gate before d waits for a, which fails, or never starts because the one before fails."""
    name = f"gates-fail-{first[-3:]}"
    api.apply(
        workflow(
            name,
            fetch("start", f"{server.url}{first}", depends_on=[]),
            fetch("a", f"{server.url}/status/500", depends_on=["start"]),
            shape("b", depends_on=[]),
            shape("c", depends_on=["a"]),
            fetch("d", f"{server.url}/later", depends_on=["a", "b"]),
        )
    )
    detail = api.ended(api.run(name))
    assert detail["status"] == "failed"
    failed = "start" if first.endswith("500") else "a"
    assert statuses(detail)[failed] == "failed"
    assert statuses(detail)["d"] == "skipped"
    time.sleep(1)
    assert server.count("/later") == 0


def test_twenty_random_graphs_run_every_step_once_and_in_order(api: Api) -> None:
    chance = random.Random(4)
    graphs = {}
    for number in range(20):
        name = f"gates-random-{number}"
        graphs[name] = {
            f"s{place}": [f"s{early}" for early in range(place) if chance.random() < 0.35]
            for place in range(8)
        }
        steps = [shape(step, depends_on=needs) for step, needs in graphs[name].items()]
        api.apply(workflow(name, *steps))
    runs = {name: api.run(name) for name in graphs}
    for name, graph in graphs.items():
        detail = api.ended(runs[name], seconds=120)
        assert statuses(detail) == dict.fromkeys(graph, "completed"), (name, graph)
        assert [step["attempts"] for step in detail["steps"]] == [1] * 8
        for step, needs in graph.items():
            assert all(began(detail, step) >= ended(detail, needed) for needed in needs)
