"""The operations that the chaos harness breaks. A later operation joins by being listed here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from chalicelib.core.clock import rfc3339
from chalicelib.core.ids import child_run_id, run_id_for_key
from chalicelib.core.runs.approval import approval_id
from chalicelib.core.runs.model import METHOD_RUN, RunStatus
from chalicelib.core.runs.ports import Settlement
from chalicelib.core.steps import StepRefused
from tests.support.models import put_model, run_method
from tests.support.waiting import CHILD, PARENT, RELEASE, ask, call
from tests.support.world import ORG, World

CHAIN = {
    "name": "chain",
    "outputs": {"said": "{{ steps.two.output.said }}"},
    "steps": [
        {"name": "one", "action": "transform", "params": {"hello": "you"}},
        {"name": "two", "action": "transform", "params": {"said": "{{ steps.one.output.hello }}"}},
    ],
}
WIDE = {
    "name": "wide",
    "steps": [
        {"name": f"part-{number}", "action": "transform", "params": {}, "depends_on": []}
        for number in range(6)
    ],
}
CROSSING = {
    "name": "crossing",
    "steps": [
        {"name": name, "action": "transform", "params": {}, "depends_on": needs}
        for name, needs in {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}.items()
    ],
}
FEW = {**CHAIN, "name": "few", "max_parallel_executions": 1}
LOOP = {
    "name": "loop",
    "steps": [
        {
            "name": "each",
            "action": "transform",
            "params": {"x": "{{ item }}"},
            "for_each": "['a', 'b', 'c']",
        }
    ],
}
DEFINITIONS = (CHAIN, WIDE, CROSSING, FEW, LOOP, RELEASE, CHILD, PARENT)
LOOPS = frozenset({"each"})
"""Steps that take several calls."""
STEPS = {
    definition["name"]: [step["name"] for step in definition["steps"]]  # type: ignore[index]
    for definition in DEFINITIONS
}
STEPS["shaper/run"] = ["method"]
STEPS["signed"] = ["ask"]
STEPS["release"] = ["build", "review", "publish"]
STEPS["parent"] = ["sub", "after"]
KEY = "the same key"


@dataclass(frozen=True)
class Operation:
    """`arrange` makes a run (or none) and gives its id; `act` is the operation that is broken.

    `ends` are the statuses the run may end with, whatever was broken.
    """

    name: str
    arrange: Callable[[World, int], str]
    act: Callable[[World, str], object]
    ends: frozenset[str]


def _started(workflow: str, *done: str) -> Callable[[World, int], str]:
    def arrange(world: World, turn: int) -> str:
        run_id = world.start(workflow)
        for step in done:
            world.run_step(run_id, step)
        return run_id

    return arrange


def _cancelled_without_stop(world: World, turn: int) -> str:
    """A run whose cancel died before StopExecution: what the reconciler has to tidy up."""
    run_id = world.start("chain")
    real = world.services.machines.stop
    world.services.machines.stop = lambda *a: None  # type: ignore[method-assign]
    world.services.canceller.cancel(ORG, run_id)
    world.services.machines.stop = real  # type: ignore[method-assign]
    world.clock.forward(seconds=11)
    return run_id


def _never_executed(world: World, turn: int) -> str:
    real = world.services.machines.start
    world.services.machines.start = lambda *a: None  # type: ignore[method-assign]
    run_id = world.start("chain")
    world.services.machines.start = real  # type: ignore[method-assign]
    world.clock.forward(seconds=11)
    return run_id


def _failed(world: World, turn: int) -> str:
    """A run whose second step failed; the id of the run that a retry with this key starts."""
    source = f"run_source_{turn}"
    world.start("chain", run_id=source)
    world.run_step(source, "one")
    world.services.runs.settle(ORG, source, Settlement(RunStatus.FAILED, rfc3339(world.clock())))
    run = world.services.runs.get(ORG, source)
    assert run is not None
    world.services.machines.stop(run.machine, source, "failed")
    world.services.fan_out.seal(ORG, source)
    world.retries[run_id_for_key(ORG, f"retry {turn}")] = (source, f"retry {turn}")
    return run_id_for_key(ORG, f"retry {turn}")


def _retry(world: World, run_id: str) -> object:
    source, key = world.retries[run_id]
    return world.services.retrier.retry(ORG, source, principal="test", idempotency_key=key)


def _never_launched(world: World, turn: int) -> str:
    """A retry whose process died before it had copied anything."""
    run_id = _failed(world, turn)
    world.services = world.fresh()
    starter = replace(world.services.starter, launcher=_Nothing())  # type: ignore[arg-type]
    source, key = world.retries[run_id]
    replace(world.services.retrier, starter=starter).retry(
        ORG, source, principal="test", idempotency_key=key
    )
    world.clock.forward(seconds=11)
    return run_id


class _Nothing:
    def launch(self, run: object) -> None: ...


def _method_started(world: World, turn: int) -> str:
    put_model(world, "shaper", "transform", a=1)
    return run_method(world, "shaper", run_id=f"run_shaped_{turn}")


def _method_to_be_started(world: World, turn: int) -> str:
    put_model(world, "shaper", "transform", a=1)
    return f"run_method_{turn}"


def _sweep(world: World, run_id: str) -> object:
    return world.services.reconciler.sweep([ORG], may_go_on=lambda: True)


def _waiting_gate(world: World, turn: int) -> str:
    """A run with a gate before d that waits for a, which is to end."""
    run_id = _started("crossing", "b")(world, turn)
    world.gate(run_id, "d", ["a"], f"token-{run_id}")
    return run_id


def _shut_gate(world: World, turn: int) -> str:
    """The same, where a has ended and its process died before it looked."""
    run_id = _waiting_gate(world, turn)
    world.run_step(run_id, "a")
    world.clock.forward(seconds=11)
    return run_id


def _queued(world: World, turn: int) -> str:
    """A run that waits for the place of one that is over and not sealed yet."""
    first = world.start("few", run_id=f"run_first_{turn}")
    run_id = world.start("few", run_id=f"run_second_{turn}")
    assert (world.status(first), world.status(run_id)) == ("running", "queued")
    world.services.runs.settle(ORG, first, Settlement(RunStatus.FAILED, rfc3339(world.clock())))
    return run_id


def _seal_first(world: World, run_id: str) -> object:
    return world.services.fan_out.seal(ORG, run_id.replace("second", "first"))


def _loop(*done: int) -> Callable[[World, int], str]:
    """A loop that has begun, and some of whose items are over."""

    def arrange(world: World, turn: int) -> str:
        run_id = world.start("loop")
        world.run_step(run_id, "each", phase="items")
        for index in done:
            world.run_step(run_id, "each", phase="item", index=index)
        return run_id

    return arrange


def _fire(world: World, run_id: str) -> object:
    """The clock strikes, or strikes again: the schedule says when it was due."""
    from tests.support.triggers import fire_schedules

    return fire_schedules(world, world.due[run_id])


def _due(world: World, turn: int) -> str:
    """The id of the run that the schedule's next occurrence starts."""
    from chalicelib.core.triggers.model import triggers_of

    clocked = {**CHAIN, "triggers": [{"type": "cron", "schedule": "0 9 * * *"}]}
    world.apply(clocked)
    (trigger,) = triggers_of(ORG, "chain", clocked)
    due = f"2026-03-18T09:{turn:02}:00.000Z"
    run_id = run_id_for_key(ORG, trigger.key(due))
    world.due[run_id] = due
    return run_id


def _fired(world: World, turn: int) -> str:
    """A run that the first delivery of an occurrence has stored and not launched."""
    run_id = _due(world, turn)
    real = world.services.machines.start
    world.services.machines.start = lambda *a: None  # type: ignore[method-assign]
    _fire(world, run_id)
    world.services.machines.start = real  # type: ignore[method-assign]
    return run_id


def _asked(*, approves: bool) -> Callable[[World, int], str]:
    """A run that waits for its approval, which is to be approved or rejected."""

    def arrange(world: World, turn: int) -> str:
        world.approves = approves
        run_id = _started("release", "build")(world, turn)
        ask(world, run_id)
        return run_id

    return arrange


def _answer(world: World, run_id: str) -> object:
    id = approval_id(run_id, "review")
    return world.services.approvals.decide(ORG, id, approve=world.approves, by="ada")


def _answered_unheard(world: World, turn: int) -> str:
    """An answer whose process died before it told Step Functions."""
    run_id = _asked(approves=True)(world, turn)
    deaf: Any = SimpleNamespace(deliver=lambda *told: False)
    world.services.approvals = replace(world.services.approvals, tokens=deaf)
    _answer(world, run_id)
    world.clock.forward(seconds=11)
    return run_id


def _timed_out(world: World, turn: int) -> str:
    """An approval whose task has timed out, right before its second look."""
    run_id = _asked(approves=True)(world, turn)
    world.clock.forward(hours=2)
    return run_id


def _look_again(world: World, run_id: str) -> object:
    with contextlib.suppress(StepRefused):
        ask(world, run_id, retry=1)
    return None


def _with_child(world: World, turn: int) -> str:
    run_id = _started("parent")(world, turn)
    call(world, run_id)
    return run_id


def _child_ended(world: World, turn: int) -> str:
    """A run whose child is over, but not sealed: nobody was told."""
    run_id = _with_child(world, turn)
    child = child_run_id(ORG, run_id, "sub", 0)
    world.run_step(child, "work")
    world.finish(child)
    return run_id


DONE = frozenset({"succeeded"})
FAILED = frozenset({"failed"})
CANCELLED = frozenset({"cancelled"})
EITHER = DONE | CANCELLED

OPERATIONS = [
    Operation(
        "start",
        lambda world, turn: f"run_start_{turn}",
        lambda world, run_id: world.start("chain", run_id=run_id),
        DONE,
    ),
    Operation(
        "start wide",
        lambda world, turn: f"run_wide_{turn}",
        lambda world, run_id: world.start("wide", run_id=run_id),
        DONE,
    ),
    Operation(
        "step",
        _started("chain", "one"),
        lambda world, run_id: world.run_step(run_id, "two"),
        DONE,
    ),
    Operation(
        "step of a wide run",
        _started("wide"),
        lambda world, run_id: world.run_step(run_id, "part-3"),
        DONE,
    ),
    Operation(
        "finish",
        _started("chain", "one", "two"),
        lambda world, run_id: world.finish(run_id),
        DONE,
    ),
    Operation(
        "cancel",
        _started("chain", "one"),
        lambda world, run_id: world.services.canceller.cancel(ORG, run_id),
        EITHER,
    ),
    Operation(
        "cancel wide",
        _started("wide", "part-1"),
        lambda world, run_id: world.services.canceller.cancel(ORG, run_id),
        EITHER,
    ),
    Operation(
        "step that opens a gate",
        _waiting_gate,
        lambda world, run_id: world.run_step(run_id, "a", signals=["d"]),
        DONE,
    ),
    Operation(
        "gate",
        _started("crossing", "a", "b"),
        lambda world, run_id: world.gate(run_id, "d", ["a"], f"token-{run_id}"),
        DONE,
    ),
    Operation("reconcile a gate left shut", _shut_gate, _sweep, DONE),
    Operation(
        "begin a loop",
        _started("loop"),
        lambda world, run_id: world.run_step(run_id, "each", phase="items"),
        DONE,
    ),
    Operation(
        "item of a loop",
        _loop(0),
        lambda world, run_id: world.run_step(run_id, "each", phase="item", index=1),
        DONE,
    ),
    Operation(
        "collect a loop",
        _loop(0, 1, 2),
        lambda world, run_id: world.run_step(run_id, "each", phase="collect"),
        DONE,
    ),
    Operation(
        "cancel a loop",
        _loop(0),
        lambda world, run_id: world.services.canceller.cancel(ORG, run_id),
        EITHER,
    ),
    Operation("start by the clock", _due, _fire, DONE),
    Operation("an occurrence that is delivered twice", _fired, _fire, DONE),
    Operation("start by retrying a failed run", _failed, _retry, DONE),
    Operation("reconcile a retry never launched", _never_launched, _sweep, DONE),
    Operation(
        "start a method",
        _method_to_be_started,
        lambda world, run_id: run_method(world, "shaper", run_id=run_id),
        DONE,
    ),
    Operation(
        "cancel a method run by its type",
        _method_started,
        lambda world, run_id: world.services.canceller.cancel(ORG, run_id, run_type=METHOD_RUN),
        EITHER,
    ),
    Operation(
        "cancel all",
        _method_started,
        lambda world, run_id: world.services.bulk_canceller.cancel(ORG),
        EITHER,
    ),
    Operation(
        "start a run with a limit",
        lambda world, turn: f"run_few_{turn}",
        lambda world, run_id: world.start("few", run_id=run_id),
        DONE,
    ),
    Operation("end of a run that frees a place", _queued, _seal_first, DONE),
    Operation("ask for approval", _started("release", "build"), ask, DONE),
    Operation("approve", _asked(approves=True), _answer, DONE),
    Operation("reject", _asked(approves=False), _answer, FAILED),
    Operation("look again when nobody answered", _timed_out, _look_again, FAILED),
    Operation("reconcile an answer never told", _answered_unheard, _sweep, DONE),
    Operation(
        "cancel while an approval is open",
        _asked(approves=True),
        lambda world, run_id: world.services.canceller.cancel(ORG, run_id),
        EITHER,
    ),
    Operation("run a child", _started("parent"), call, DONE),
    Operation(
        "seal a child",
        _child_ended,
        lambda world, run_id: world.services.fan_out.seal(ORG, child_run_id(ORG, run_id, "sub", 0)),
        DONE,
    ),
    Operation(
        "cancel a run with a child",
        _with_child,
        lambda world, run_id: world.services.canceller.cancel(ORG, run_id),
        EITHER,
    ),
    Operation("reconcile a cancelled run", _cancelled_without_stop, _sweep, CANCELLED),
    Operation("reconcile a run never executed", _never_executed, _sweep, DONE),
]
