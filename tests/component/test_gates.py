"""Join gates at run time, on moto: who sends the token, and that nobody who should not does."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.runs.reconcile import Repair
from chalicelib.core.steps import RunOver, StepFailed
from tests.support.clients import Died, Fault
from tests.support.world import ORG, World

CROSSING = {
    "name": "crossing",
    "steps": [
        {"name": "a", "action": "transform", "params": {}, "depends_on": []},
        {"name": "b", "action": "transform", "params": {}, "depends_on": []},
        {"name": "c", "action": "transform", "params": {}, "depends_on": ["a"]},
        {"name": "d", "action": "transform", "params": {}, "depends_on": ["a", "b"]},
    ],
}
"""The compiler puts a before c, and b before a gate of d that waits for a."""


@pytest.fixture
def run_id(world: World) -> str:
    world.apply(CROSSING)
    return world.start("crossing")


@pytest.fixture
def sent(world: World) -> list[str]:
    """The tokens that were sent."""
    return watch(world)


def watch(world: World) -> list[str]:
    found: list[str] = []
    world.services.machines.succeed = found.append  # type: ignore[method-assign]
    return found


def ended(world: World, run_id: str, *, retry: int = 0) -> None:
    """The producer's try."""
    world.run_step(run_id, "a", retry=retry, signals=["d"])


def test_the_gate_sends_its_token_when_its_producer_has_ended_already(
    world: World, run_id: str, sent: list[str]
) -> None:
    ended(world, run_id)
    assert sent == []
    world.gate(run_id, "d", ["a"], "t0")
    assert sent == ["t0"]


def test_the_producer_sends_the_token_of_a_gate_that_waits(
    world: World, run_id: str, sent: list[str]
) -> None:
    world.gate(run_id, "d", ["a"], "t0")
    assert sent == []
    ended(world, run_id)
    assert sent == ["t0"]


def test_a_gate_with_two_producers_is_opened_by_the_second(
    world: World, run_id: str, sent: list[str]
) -> None:
    world.gate(run_id, "d", ["a", "b"], "t0")
    world.run_step(run_id, "b", signals=["d"])
    assert sent == []
    ended(world, run_id)
    assert sent == ["t0"]


def test_a_later_try_of_a_gate_has_the_token_that_is_sent(
    world: World, run_id: str, sent: list[str]
) -> None:
    world.gate(run_id, "d", ["a"], "t0")
    world.gate(run_id, "d", ["a"], "t1", retry=1)
    world.gate(run_id, "d", ["a"], "t0")  # it had been on its way for long
    ended(world, run_id)
    assert sent == ["t1"]


def test_a_skipped_producer_opens_the_gate(world: World, sent: list[str]) -> None:
    (first, *others) = CROSSING["steps"]
    steps = [{**first, "if": "1 > 2"}, *others]  # type: ignore[dict-item]
    world.apply({"name": "crossing", "steps": steps})
    run_id = world.start("crossing")
    world.gate(run_id, "d", ["a"], "t0")
    ended(world, run_id)
    assert sent == ["t0"]


def test_a_failed_producer_opens_nothing(world: World, run_id: str, sent: list[str]) -> None:
    world.gate(run_id, "d", ["a"], "t0")
    act = world.services.step_runner

    def refuse(*_: Any) -> Any:
        raise StepFailed("failed", "no", retryable=False)

    world.services.step_runner = lambda _: act(refuse)  # type: ignore[method-assign]
    with pytest.raises(Exception, match="no"):
        ended(world, run_id)
    assert sent == []
    assert world.services.gates.send_again(ORG, run_id) == 0


def test_no_gate_opens_for_a_run_that_is_over(world: World, run_id: str, sent: list[str]) -> None:
    world.run_step(run_id, "a")
    world.services.canceller.cancel(ORG, run_id)
    with pytest.raises(RunOver):
        world.gate(run_id, "d", ["a"], "t0")
    assert sent == []


def test_a_cancel_between_a_gates_read_and_its_write_is_seen_by_its_fence(
    world: World, run_id: str, sent: list[str]
) -> None:
    real = world.services.gates.gates.place
    gates: Any = world.services.gates.gates
    gates.place = lambda *a: world.services.canceller.cancel(ORG, run_id) and real(*a)
    with pytest.raises(RunOver):
        world.gate(run_id, "d", ["a"], "t0")
    assert [item for item in world.items() if item["sk"].startswith("GATE#")] == []


@pytest.mark.parametrize("call", range(1, 7))
def test_a_producer_that_died_anywhere_opens_the_gate_with_its_next_try(
    world: World, run_id: str, call: int
) -> None:
    world.gate(run_id, "d", ["a"], "t0")
    world.services = world.fresh()
    with pytest.raises(Died), world.calls.failing(call, Fault.DIED_BEFORE):
        ended(world, run_id)
    world.services = world.fresh()
    sent = watch(world)
    ended(world, run_id, retry=1)
    assert sent == ["t0"]


def test_the_reconciler_opens_what_both_sides_left_shut(
    world: World, run_id: str, sent: list[str]
) -> None:
    world.gate(run_id, "d", ["a"], "t0")
    world.run_step(run_id, "a")  # it never gets to look
    assert reconcile(world, run_id) is Repair.NOTHING  # too young
    world.clock.forward(seconds=11)
    assert reconcile(world, run_id) is Repair.SIGNAL
    assert sent == ["t0"]
    world.run_step(run_id, "d")
    assert reconcile(world, run_id) is Repair.NOTHING
    assert sent == ["t0"]


def test_the_reconciler_leaves_a_gate_alone_that_has_to_wait(
    world: World, run_id: str, sent: list[str]
) -> None:
    world.gate(run_id, "d", ["a"], "t0")
    world.clock.forward(seconds=11)
    assert reconcile(world, run_id) is Repair.NOTHING
    assert sent == []


def test_a_token_that_nobody_waits_for_is_no_error(world: World, run_id: str) -> None:
    world.services.machines.succeed("nobody")
    ended(world, run_id)
    world.gate(run_id, "d", ["a"], "nobody")


def test_a_run_of_a_machine_without_gates_costs_the_reconciler_one_call(world: World) -> None:
    step = {"name": "a", "action": "transform", "params": {}}
    world.apply({"name": "plain", "steps": [step]})
    run_id = world.start("plain")
    world.clock.forward(seconds=11)
    (run,) = world.services.runs.open_runs(ORG)
    assert (run.id, run.gates) == (run_id, 0)
    with world.calls.counted() as calls:
        world.services.reconciler.reconcile(run)
    assert calls.made == ["stepfunctions.describe_execution"]


def reconcile(world: World, run_id: str) -> Repair:
    (run,) = [run for run in world.services.runs.open_runs(ORG) if run.id == run_id]
    assert run.gates == 1
    return world.services.reconciler.reconcile(run)
