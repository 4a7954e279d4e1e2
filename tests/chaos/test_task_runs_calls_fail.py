"""Each AWS call of an agent's task that is a run fails, in each way, and afterwards the agent has got the
task once, and the run has ended as the turn did.

After the fault a new process goes on as AWS would: the machine tries its step again, batches of the
stream and bells come again, the reconciler passes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chalicelib.core.errors import NotFound, RunyardError
from chalicelib.core.runs.call import Busy
from chalicelib.core.runs.ports import ExecutionState
from chalicelib.core.steps import RunOver, StepRefused
from tests.support.clients import Died, Fault
from tests.support.task_runs import Tasks
from tests.support.world import ORG, World

LOUD = [fault for fault in Fault if fault is not Fault.SENT_TWICE]
PASSES = 6


@dataclass(frozen=True)
class Operation:
    """`arrange` gives the id of a run, which is there but for `start`; `act` is what is broken."""

    name: str
    arrange: Callable[[Tasks, str], str]
    act: Callable[[Tasks, str], object]
    ends: frozenset[str] = frozenset({"succeeded"})


def _none(tasks: Tasks, key: str) -> str:
    """The id of the run that a start with this key makes."""
    from chalicelib.core.ids import run_id_for_key

    return run_id_for_key(ORG, f"task\nteam/a\n{key}")


def _started(tasks: Tasks, key: str) -> str:
    run_id = _none(tasks, key)
    assert tasks.started(task=f"go {run_id}", idempotency_key=key) == run_id
    tasks.keys[run_id] = key
    return run_id


def _start(tasks: Tasks, run_id: str) -> object:
    return tasks.started(task=f"go {run_id}", idempotency_key=tasks.keys[run_id])


def _to_be_started(tasks: Tasks, key: str) -> str:
    run_id = _none(tasks, key)
    tasks.keys[run_id] = key
    return run_id


def _sent(tasks: Tasks, key: str) -> str:
    run_id = _started(tasks, key)
    tasks.call(run_id)
    return run_id


def _rung(tasks: Tasks, key: str) -> str:
    run_id = _sent(tasks, key)
    tasks.loop.route()
    return run_id


def _taken(tasks: Tasks, key: str) -> str:
    run_id = _rung(tasks, key)
    tasks.loop.hear()
    return run_id


def _untold(tasks: Tasks, key: str) -> str:
    """The stream has lost what the agent made of it."""
    run_id = _taken(tasks, key)
    tasks.loop.records()
    tasks.world.clock.forward(seconds=11)
    return run_id


def _route(tasks: Tasks, run_id: str) -> object:
    batch = tasks.loop.records()
    try:
        again = tasks.loop.route(batch)
    except (RunyardError, Died):
        again = [batch[0]["dynamodb"]["SequenceNumber"]]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    tasks.loop.lost += batch[numbers.index(again[0]) :] if again else []
    return again


OPERATIONS = [
    Operation("start", _to_be_started, _start),
    Operation("send", _started, lambda tasks, run_id: tasks.call(run_id)),
    Operation("turn", _rung, lambda tasks, run_id: tasks.loop.hear()),
    Operation("tell", _taken, _route),
    Operation("find", _untold, lambda tasks, run_id: tasks.sweep()),
    Operation(
        "cancel",
        _rung,
        lambda tasks, run_id: tasks.world.services.canceller.cancel(ORG, run_id),
        frozenset({"succeeded", "cancelled"}),
    ),
]


def break_call(tasks: Tasks, operation: Operation, key: str, call: int, fault: Fault) -> str:
    """Arrange, and break one call; the run's id."""
    run_id = operation.arrange(tasks, key)
    tasks.fresh()
    with (
        tasks.world.calls.failing(call, fault),
        contextlib.suppress(RunyardError, Died, ExceptionGroup, Busy),
    ):
        operation.act(tasks, run_id)
    return run_id


def go_on(tasks: Tasks, run_id: str) -> None:
    """A new process, and minutes that pass."""
    tasks.fresh()
    again, tasks.loop.lost = tasks.loop.lost, []
    if again:
        assert tasks.loop.route(again) == []
    for retry in range(1, PASSES):
        tasks.loop.flow()
        tasks.sweep(minutes=1)
        tasks.loop.sweep(minutes=1)
        run = tasks.world.services.runs.get(ORG, run_id)
        if run is None or (run.sealed and not list(tasks.world.services.runs.open_runs(ORG))):
            return
        if run.live and tasks.world.execution(run_id) is ExecutionState.RUNNING:
            with contextlib.suppress(RunOver, StepRefused):
                tasks.call(run_id, retry=retry)
            tasks.loop.flow()
            if tasks.step(run_id).status != "waiting":
                tasks.world.finish(run_id)


def calls_of(tasks: Tasks, operation: Operation) -> int:
    run_id = operation.arrange(tasks, "counted")
    tasks.fresh()
    with tasks.world.calls.counted() as calls:
        operation.act(tasks, run_id)
        made = len(calls.made)
    go_on(tasks, run_id)
    return made


def broken_calls(calls: int, turn: int) -> range:
    """As in test_every_call_fails: a third of them, or all with `make chaos`."""
    if os.environ.get("RUNYARD_CHAOS") == "all":
        return range(1, calls + 1)
    return range(1 + turn % min(3, calls), calls + 1, 3)


def check(tasks: Tasks, operation: Operation, run_id: str, where: str) -> None:
    if tasks.world.services.runs.get(ORG, run_id) is None:
        assert operation.name == "start", where
        operation.act(tasks, run_id)
        go_on(tasks, run_id)
    assert tasks.world.status(run_id) in operation.ends, where
    assert list(tasks.world.services.runs.open_runs(ORG)) == [], where
    mine = [mail for mail in tasks.mails() if mail.content == f"go {run_id}"]
    assert len(mine) == 1, where
    assert tasks.loop.life("a").inbox == 0, where
    if tasks.world.status(run_id) == "succeeded":
        found = tasks.step(run_id)
        assert (found.status, found.output["output"]) == ("succeeded", f"went: go {run_id}"), where
    if tasks.world.status(run_id) == "succeeded":
        token = tasks.world.services.callbacks.waits.find(ORG, run_id, "task")[0]
        assert token is None, where
    with pytest.raises(NotFound):
        tasks.world.services.canceller.cancel(ORG, run_id)


@pytest.mark.parametrize("fault", LOUD, ids=lambda fault: fault.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_whatever_call_fails_the_task_is_done_once_and_its_run_ends(
    world: World, operation: Operation, fault: Fault
) -> None:
    tasks = Tasks(world, watched=False)
    calls = calls_of(tasks, operation)
    assert calls >= 2
    for call in broken_calls(calls, LOUD.index(fault)):
        where = f"{operation.name}, call {call}, {fault.value}"
        run_id = break_call(tasks, operation, f"k{call}", call, fault)
        go_on(tasks, run_id)
        check(tasks, operation, run_id, where)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_request_that_the_sdk_sends_twice_goes_unnoticed(
    world: World, operation: Operation
) -> None:
    tasks = Tasks(world, watched=False)
    for call in broken_calls(calls_of(tasks, operation), OPERATIONS.index(operation)):
        run_id = operation.arrange(tasks, f"k{call}")
        tasks.fresh()
        with tasks.world.calls.failing(call, Fault.SENT_TWICE):
            operation.act(tasks, run_id)
        go_on(tasks, run_id)
        check(tasks, operation, run_id, f"{operation.name}, call {call}, sent twice")
