"""The calls of what is done with graph workflows fail, one after the other and in each way: publishing,
starting, retrying, waiting for a run. Whoever repeats the request finds one run, which ends well."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.core.compiler.shared import runs_any_graph
from chalicelib.core.errors import Conflict, RunyardError
from chalicelib.core.graph_workflows.content import checked
from chalicelib.core.graph_workflows.start import Request
from chalicelib.core.graphs.definition import parse_graph
from chalicelib.core.runs.events import TERMINAL_KINDS
from chalicelib.core.runs.ports import ExecutionState
from tests.chaos.test_every_call_fails import LOUD, broken_calls
from tests.support.clients import Died, Fault
from tests.support.followed import Machines
from tests.support.graph_runs import states
from tests.support.graphs import clocked, graph, log
from tests.support.triggers import expressions, schedules
from tests.support.world import ORG, World

CROSSING = graph(
    {"children": ["a", "b"]},
    a=log("a", children=["c", "d"]),
    b=log("b", children=["d"]),
    c=log("c"),
    d=log("d"),
)
"""On a machine of its own it needs a join gate."""
BROKEN = graph(
    ok=log("once", children=["bad"]),
    bad={"type": "pluck", "payload": {"array": "{{$trigger.body.none}}", "field": "a"}},
)


def create(world: World, definition: Any, *, publish: bool = False) -> str:
    editor = world.services.v1.editor
    made, _ = editor.create(ORG, checked("w", "", definition), principal="ada")
    if publish:
        editor.publish(ORG, made.id, expected=None)
    return made.id


def run(world: World, workflow: str, **asked: Any) -> str:
    starter = world.services.v1.starter
    return starter.run(ORG, workflow, Request(**asked), trigger={}, principal="ada").run.id


def failed(world: World, definition: Any, *, publish: bool) -> str:
    source = run(world, create(world, definition, publish=publish))
    assert Machines(world).run(source) == "failed"
    world.services.fan_out.seal(ORG, source)
    return source


def retry(world: World, source: str, key: str) -> str:
    return world.services.v1.retrier.retry(ORG, source, principal="ada", key=key).run.id


@dataclass(frozen=True)
class Operation:
    """`arrange` gives what `act` is about, a workflow or a run; `act` starts a run by a key or an id
    that is the turn's, and gives its id."""

    name: str
    arrange: Callable[[World], str]
    act: Callable[[World, str, int], str]
    ends: str = "succeeded"
    shared: bool = False


OPERATIONS = (
    Operation(
        "start a draft by an id",
        lambda world: create(world, CROSSING),
        lambda world, workflow, turn: run(world, workflow, run_id=f"run_draft_{turn}"),
        shared=True,
    ),
    Operation(
        "start the published version by a key",
        lambda world: create(world, CROSSING, publish=True),
        lambda world, workflow, turn: run(world, workflow, key=f"published {turn}"),
    ),
    Operation(
        "retry a run of a published version",
        lambda world: failed(world, BROKEN, publish=True),
        lambda world, source, turn: retry(world, source, f"retry {turn}"),
        ends="failed",
    ),
    Operation(
        "retry a run of a draft",
        lambda world: failed(world, BROKEN, publish=False),
        lambda world, source, turn: retry(world, source, f"again {turn}"),
        ends="failed",
        shared=True,
    ),
)


@pytest.mark.parametrize("fault", LOUD, ids=lambda fault: fault.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_whatever_call_fails_there_is_one_run_and_it_ends_well(
    world: World, operation: Operation, fault: Fault
) -> None:
    about = operation.arrange(world)
    world.services = world.fresh()
    with world.calls.counted() as counted:
        first = operation.act(world, about, 0)
        calls = len(counted.made)
    assert_ends_well(world, operation, first, "nothing failed")
    for number in broken_calls(calls, LOUD.index(fault)):
        where = f"{operation.name}, call {number} of {calls}, {fault.value}"
        before = runs(world)
        world.services = world.fresh()
        with world.calls.failing(number, fault), contextlib.suppress(RunyardError, Died):
            operation.act(world, about, number)
        world.services = world.fresh()
        world.clock.forward(seconds=11)
        world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        for run_id in runs(world) - before:  # the client does not come back
            assert world.execution(run_id) is ExecutionState.RUNNING, where
        run_id = operation.act(world, about, number)
        assert runs(world) - before == {run_id}, where
        assert_ends_well(world, operation, run_id, where)


def runs(world: World) -> set[str]:
    return {str(item["id"]) for item in world.items() if item["sk"] == "#RUN"}


def assert_ends_well(world: World, operation: Operation, run_id: str, where: str) -> None:
    """On the machine that it has to be on, with one end, and nothing left to do."""
    found = world.services.runs.get(ORG, run_id)
    assert found is not None and runs_any_graph(found.machine) == operation.shared, where
    assert Machines(world).run(run_id) == operation.ends, where
    world.services.machines.stop(found.machine, run_id, "it has ended")  # moto runs nothing
    for _ in range(3):
        world.clock.forward(minutes=1)
        world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
    assert list(world.services.runs.open_runs(ORG)) == [], where
    kinds = [event.kind for event in world.services.log.read(ORG, run_id)]
    assert [kind for kind in kinds if kind in TERMINAL_KINDS] == kinds[-1:], where
    if found.source is not None:
        kept = states(world, found.source)["ok"], states(world, run_id)["ok"]
        assert kept[0] == kept[1], where


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_whatever_call_of_a_publish_fails_the_next_one_finishes_it(
    world: World, fault: Fault
) -> None:
    definition = {"nodes": {**CROSSING["nodes"], "root": dict(clocked()["nodes"]["root"])}}
    definition["nodes"]["root"]["children"] = ["a", "b"]
    first = create(world, definition)
    world.services = world.fresh()
    with world.calls.counted() as counted:
        world.services.v1.editor.publish(ORG, first, expected=None)
        made_first = counted.made.index("stepfunctions.create_state_machine")
        calls = len(counted.made)
    assert made_first < counted.made.index("scheduler.create_schedule")
    for number in broken_calls(calls, list(Fault).index(fault)):
        where = f"call {number}, {fault.value}"
        made = create(world, definition)
        known = set(schedules())
        world.services = world.fresh()
        with world.calls.failing(number, fault), contextlib.suppress(RunyardError, Died):
            world.services.v1.editor.publish(ORG, made, expected=1)
        world.services = world.fresh()
        head = world.services.v1.workflows.get(ORG, made)
        assert head is not None and (head.published == 1) == (head.machine is not None), where
        run_id = run(world, made)  # whatever is there runs
        assert Machines(world).run(run_id) == "succeeded", where
        head = world.services.v1.editor.publish(ORG, made, expected=1)
        assert (head.published, head.gates, head.revision) == (1, 1, 2), where
        assert len(set(schedules()) - known) == 1, where
        own = run(world, made)
        found = world.services.runs.get(ORG, own)
        assert found is not None and found.machine == head.machine, where
        assert Machines(world).run(own) == "succeeded", where
    assert set(expressions()) == {"cron(0 9 * * ? *)"}


@pytest.mark.parametrize("fault", LOUD, ids=lambda fault: fault.value)
def test_whatever_call_of_a_run_that_is_waited_for_fails_its_key_answers_one_end(
    world: World, fault: Fault
) -> None:
    """moto runs no Express machine: what was to be run is followed after the request."""
    made = parse_graph(graph(say=log("hello")))
    executed: list[str] = []

    def sync(key: str) -> str:
        services, request = world.services, Request(key=key)
        services.machines.run = lambda machine, run_id, payload: executed.append(run_id)  # type: ignore[method-assign]
        return services.v1.starter.run_and_wait(ORG, made, request, principal="ada").run.id

    def follow() -> None:
        while executed:
            Machines(world).run(executed.pop())
        for _ in range(3):
            world.clock.forward(minutes=1)
            world.services.reconciler.sweep([ORG], may_go_on=lambda: True)

    with world.calls.counted() as counted:
        sync("counted")
        calls = len(counted.made)
    follow()
    for number in broken_calls(calls, LOUD.index(fault)):
        where, before = f"call {number} of {calls}, {fault.value}", runs(world)
        world.services = world.fresh()
        with world.calls.failing(number, fault), contextlib.suppress(RunyardError, Died):
            sync(f"key {number}")
        world.services = world.fresh()
        if runs(world) - before:
            with pytest.raises(Conflict):
                sync(f"key {number}")
        was_executed = bool(executed)
        follow()
        run_id = sync(f"key {number}")
        was_executed = was_executed or bool(executed)
        follow()
        assert sync(f"key {number}") == run_id, where
        assert runs(world) - before == {run_id}, where
        assert world.status(run_id) == ("succeeded" if was_executed else "failed"), where
        assert list(world.services.runs.open_runs(ORG)) == [], where
