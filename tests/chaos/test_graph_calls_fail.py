"""The calls that only graphs make fail, one after the other and in each way; the run ends well all the
same, with the states that it would have had."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.core.errors import RunyardError
from chalicelib.core.runs.call import Busy
from chalicelib.core.steps import RunOver, StepRefused
from chalicelib.workers.step import run_step
from tests.chaos.test_every_call_fails import LOUD, broken_calls
from tests.support.clients import Died, Fault
from tests.support.followed import Machines
from tests.support.graph_runs import begin, each, graph, log, node, root, states, statuses
from tests.support.graph_versions import compiled
from tests.support.world import ORG, World

LOOP = graph(root=root("loop"), loop=each(["a", "b"], ["x"], "y"), x=log("{{$item}}"), y=log("y"))
WAITS = graph(root=root("w"), w=node("wait", "y"), y=log("y", branch="resumed"))
TIMED = graph(root=root("w"), w=node("wait", "y"), y=log("y", branch="timed_out"))


def call(world: World, run_id: str, step: str, *, at: str = "", **more: Any) -> Any:
    event = world.step_event(run_id, step, **more)
    if at:
        event["local"] = {"at": at}
    return run_step(world.services, event, lambda: 60.0)


def started(made: Any, *calls: dict[str, Any]) -> Callable[[World, int], str]:
    def arrange(world: World, turn: int) -> str:
        version = compiled(world.services, ORG, made)
        run_id = begin(world, version, run_id=f"run_chaos_{turn}")
        for one in calls:
            call(world, run_id, **one)
        return run_id

    return arrange


def resume(world: World, run_id: str) -> object:
    secret = states(world, run_id)["w"]["resume"]["secret"]
    return world.services.resumer.resume(ORG, run_id, "w", secret)


def time_out(world: World, run_id: str) -> object:
    world.clock.forward(seconds=301)
    return call(world, run_id, "w", phase="hold", token="second", retry=1)


@dataclass(frozen=True)
class Operation:
    name: str
    arrange: Callable[[World, int], str]
    act: Callable[[World, str], object]
    resumed: bool = True


OPEN = {"step": "loop", "phase": "open"}
BODY = [{"step": "x", "at": f"loop/{index:02d}"} for index in (0, 1)]
HELD = {"step": "w", "phase": "hold", "token": "first"}
OPERATIONS = (
    Operation(
        "start", lambda world, turn: f"run_start_{turn}", lambda w, r: begin(w, LOOP, run_id=r)
    ),
    Operation("open a loop", started(LOOP), lambda w, r: call(w, r, **OPEN)),
    Operation("a step of a body", started(LOOP, OPEN), lambda w, r: call(w, r, **BODY[0])),
    Operation(
        "close a loop",
        started(LOOP, OPEN, *BODY),
        lambda w, r: call(w, r, "loop", phase="close"),
    ),
    Operation("wait", started(WAITS), lambda w, r: call(w, r, **HELD)),
    Operation("resume", started(WAITS, HELD), resume),
    Operation("time out", started(TIMED, HELD), time_out, resumed=False),
)


@pytest.mark.parametrize("fault", LOUD, ids=lambda fault: fault.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_whatever_call_fails_the_graph_runs_to_its_end(
    world: World, operation: Operation, fault: Fault
) -> None:
    run_id = operation.arrange(world, 0)
    world.services = world.fresh()
    with world.calls.counted() as counted:
        operation.act(world, run_id)
        calls = len(counted.made)
    for number in broken_calls(calls, LOUD.index(fault)):
        where = f"{operation.name}, call {number} of {calls}, {fault.value}"
        run_id = operation.arrange(world, number)
        world.services = world.fresh()
        with (
            world.calls.failing(number, fault),
            contextlib.suppress(RunyardError, Died, Busy, RunOver, StepRefused),
        ):
            operation.act(world, run_id)
        assert goes_on(world, operation, run_id) == "succeeded", where
        assert set(statuses(states(world, run_id)).values()) == {"success"}, where


def goes_on(world: World, operation: Operation, run_id: str) -> str:
    """A new process: the client asks again, the machine goes on."""
    world.services = world.fresh()
    if operation.name == "start":
        begin(world, LOOP, run_id=run_id)
    machines = Machines(world)

    def resume_again() -> bool:
        if operation.resumed and states(world, run_id).get("w", {}).get("status") == "waiting":
            resume(world, run_id)
            return True
        return False

    machines.on_idle = resume_again
    return machines.run(run_id)
