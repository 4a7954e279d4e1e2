"""Each AWS call of each operation fails, in each way, and afterwards the invariants hold.

One after the other every call is not sent, sent with its answer lost, throttled, or the process dies
right before or after it; and once more, the SDK sends it twice. Then a new process goes on as Step Functions and the schedule would: it
retries the steps and lets the reconciler make its passes.
"""

from __future__ import annotations

import contextlib
import os

import pytest

from chalicelib.core.errors import Conflict, NotFound, RunyardError
from chalicelib.core.ids import child_run_id
from chalicelib.core.runs.events import TERMINAL_KINDS
from chalicelib.core.runs.ports import ExecutionState
from chalicelib.core.steps import RunOver, StepRefused
from tests.chaos.operations import CHAIN, DEFINITIONS, LOOPS, OPERATIONS, STEPS, Operation
from tests.support.clients import Died, Fault
from tests.support.models import put_model, run_method
from tests.support.waiting import ask
from tests.support.waiting import call as call_child
from tests.support.world import ORG, World

PASSES = 10


def break_call(world: World, operation: Operation, turn: int, call: int, fault: Fault) -> str:
    """Arrange, and break one call of the operation; the run's id."""
    run_id = operation.arrange(world, turn)
    world.services = world.fresh()
    with (
        world.calls.failing(call, fault),
        contextlib.suppress(RunyardError, Died, ExceptionGroup),
    ):
        operation.act(world, run_id)
    return run_id


def go_on(world: World, run_id: str) -> None:
    """A new process: the machine retries its steps, the reconciler passes every minute."""
    world.services = world.fresh()
    for retry in range(1, PASSES):
        world.clock.forward(minutes=1)
        world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        run = world.services.runs.get(ORG, run_id)
        if run is None or (run.sealed and not list(world.services.runs.open_runs(ORG))):
            return
        if run.live and world.execution(run_id) is ExecutionState.RUNNING:
            with contextlib.suppress(RunOver, StepRefused):
                for step in STEPS[run.workflow]:
                    try_step(world, run_id, step, retry)
            world.finish(run_id)


def try_step(world: World, run_id: str, step: str, retry: int) -> None:
    """One more call of a step, and the answer that it may wait for."""
    if step == "sub":
        run_the_child(world, run_id, retry)
        return
    if step != "review":
        call = world.run_loop if step in LOOPS else world.run_step
        call(run_id, step, retry=retry)
        return
    id = ask(world, run_id, retry=retry)
    with contextlib.suppress(Conflict):
        world.services.approvals.decide(ORG, id, approve=world.approves, by="ada")
    ask(world, run_id, retry=retry)  # what the token would have told the machine


def run_the_child(world: World, run_id: str, retry: int) -> None:
    """One more call of the step, its child's whole life, and what the token would have told."""
    call_child(world, run_id, retry=retry)
    child = child_run_id(ORG, run_id, "sub", 0)
    if world.services.runs.get(ORG, child).live:  # type: ignore[union-attr]
        world.run_step(child, "work", retry=retry)
        world.finish(child)
    world.services.fan_out.seal(ORG, child)
    call_child(world, run_id, retry=retry)


_CALLS: dict[str, int] = {}


def number_of_calls(world: World, operation: Operation) -> int:
    """How many calls the operation makes if none fails; found out once in a process."""
    if operation.name not in _CALLS:
        _CALLS[operation.name] = counted_calls(world, operation)
    return _CALLS[operation.name]


def counted_calls(world: World, operation: Operation) -> int:
    run_id = operation.arrange(world, 0)
    world.services = world.fresh()
    with world.calls.counted() as calls:
        operation.act(world, run_id)
        made = len(calls.made)
    go_on(world, run_id)
    return made


def broken_calls(calls: int, turn: int) -> range:
    """Which of an operation's calls are broken: every third, beginning at another one each turn, so
    that each call is broken by two faults or so; all of them with `make chaos`."""
    if os.environ.get("RUNYARD_CHAOS") == "all":
        return range(1, calls + 1)
    return range(1 + turn % min(3, calls), calls + 1, 3)


LOUD = [fault for fault in Fault if fault is not Fault.SENT_TWICE]


@pytest.mark.parametrize("fault", LOUD, ids=lambda fault: fault.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_whatever_call_fails_the_run_ends_well(
    world: World, operation: Operation, fault: Fault
) -> None:
    for definition in DEFINITIONS:
        world.apply(definition)
    calls = number_of_calls(world, operation)
    assert calls >= 2
    for call in broken_calls(calls, LOUD.index(fault)):
        where = f"{operation.name}, call {call}, {fault.value}"
        run_id = break_call(world, operation, call, call, fault)
        go_on(world, run_id)
        check(world, operation, run_id, where)


def check(world: World, operation: Operation, run_id: str, where: str) -> None:
    """Invariants 1 to 7 of the one run."""
    if world.services.runs.get(ORG, run_id) is None:
        # The start never stored anything: the client's retry starts it as if for the first time.
        assert operation.name.startswith("start"), where
        operation.act(world, run_id)
        go_on(world, run_id)
    assert world.status(run_id) in operation.ends, where
    assert list(world.services.runs.open_runs(ORG)) == [], where
    assert world.execution(run_id) is not ExecutionState.RUNNING, where
    kinds = [event.kind for event in world.services.log.read(ORG, run_id)]
    assert [kind for kind in kinds if kind in TERMINAL_KINDS] == kinds[-1:], where
    seqs = [event.seq for event in world.services.log.read(ORG, run_id)]
    assert seqs == list(range(1, len(seqs) + 1)), where
    with pytest.raises(NotFound):
        world.services.canceller.cancel(ORG, run_id)
    if world.status(run_id) == "succeeded":
        detail = world.services.runs.detail(ORG, run_id)
        assert detail is not None
        assert {step.status.value for step in detail.steps} == {"succeeded"}, where
        assert len(detail.steps) == len(STEPS[detail.run.workflow]), where
        for step in detail.steps:
            if step.name in LOOPS:
                assert step.output == [{"x": "a"}, {"x": "b"}, {"x": "c"}], where
        reused = {step.name for step in detail.steps if step.reused}
        assert reused == ({"one"} if run_id in world.retries else set()), where


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_request_that_the_sdk_sends_twice_goes_unnoticed(
    world: World, operation: Operation
) -> None:
    """Its answer got lost on the way, so the SDK repeats it: the caller must be told of success."""
    for definition in DEFINITIONS:
        world.apply(definition)
    for call in broken_calls(number_of_calls(world, operation), OPERATIONS.index(operation)):
        run_id = operation.arrange(world, call)
        world.services = world.fresh()
        with world.calls.failing(call, Fault.SENT_TWICE):
            operation.act(world, run_id)
        if operation.name.startswith("cancel"):
            assert world.status(run_id) == "cancelled"
        go_on(world, run_id)
        check(world, operation, run_id, f"{operation.name}, call {call}, sent twice")


def test_a_repeated_start_with_a_key_is_one_run_whatever_failed_the_first_time(
    world: World,
) -> None:
    world.apply(CHAIN)
    with world.calls.counted() as calls:
        world.start("chain", idempotency_key="first")
        made = len(calls.made)
    for call in range(1, made + 1):
        for fault in LOUD:
            key = f"key-{call}-{fault.name}"
            world.services = world.fresh()
            with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
                world.start("chain", idempotency_key=key)
            world.services = world.fresh()
            run_id = world.start("chain", idempotency_key=key)
            assert world.execution(run_id) is ExecutionState.RUNNING
    runs = [item for item in world.items() if item["sk"] == "#RUN"]
    assert len(runs) == 1 + made * len(LOUD)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_a_repeated_apply_of_a_model_works_whatever_failed_the_first_time(
    world: World, fault: Fault
) -> None:
    with world.calls.counted() as calls:
        put_model(world, "model-0", "delay", duration=1)
        made = len(calls.made)
    assert made == 3
    for call in range(1, made + 1):
        name = f"model-{call}"
        world.services = world.fresh()
        with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
            put_model(world, name, "delay", duration=1)
        world.services = world.fresh()
        assert put_model(world, name, "delay", duration=1)[0].version == 1
        run_id = run_method(world, name)
        assert world.execution(run_id) is ExecutionState.RUNNING
