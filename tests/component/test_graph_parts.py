"""Loops that do not fit into one execution's history, on moto: parts in executions of their own, what
they take of which history, how they fail and are cancelled (S1)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import NotFound
from chalicelib.core.graphs import budget
from chalicelib.core.graphs.definition import Graph
from chalicelib.core.runs.model import RunStatus
from chalicelib.workers.finish import execution_ended
from tests.support.followed import Machines
from tests.support.graph_runs import begin, each, graph, log, node, root, states
from tests.support.graph_versions import compiled
from tests.support.world import ORG, World

HOW = ("compiled", "shared")
TWO = graph(
    root=root("loop"),
    loop=each("{{$inputs.of}}", ["say", "more"], "after"),
    say=log("{{$item}}"),
    more=log("{{say.result.message}}"),
    after=log("{{loop.result.iterationCount}}"),
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if little were left of each history: parts have two iterations, and no loop fits in."""
    monkeypatch.setattr(budget, "FOR_PARTS", budget.MOST_EVENTS)
    monkeypatch.setattr(budget, "part_size", lambda *_: 2)


def started(world: World, how: str, made: Graph, payload: Any) -> str:
    what = compiled(world.services, ORG, made) if how == "compiled" else made
    return begin(world, what, payload)


def said(world: World, run_id: str, loop: str = "loop", node_id: str = "say") -> list[Any]:
    found = states(world, run_id)[loop]["iterations"]
    return [one["nodes"][node_id]["result"]["message"] for one in found]


@pytest.mark.parametrize("how", HOW)
def test_parts_follow_each_other_and_the_loop_is_as_any_other(world: World, how: str) -> None:
    machines = Machines(world)
    run_id = started(world, how, TWO, {"of": [1, 2, 3, 4, 5]})
    assert machines.run(run_id) == "succeeded"
    assert machines.parts == [
        {"of": "loop", "start": 0, "end": 2},
        {"of": "loop", "start": 2, "end": 4},
        {"of": "loop", "start": 4, "end": 5},
    ]
    assert said(world, run_id) == said(world, run_id, node_id="more") == [1, 2, 3, 4, 5]
    found = states(world, run_id)
    assert found["loop"]["result"]["status"] == "success"
    assert found["after"]["result"]["message"] == 5


@pytest.mark.parametrize("how", HOW)
def test_a_loop_in_a_part_runs_in_parts_of_its_own(world: World, how: str) -> None:
    made = graph(
        root=root("outer"),
        outer=each([1, 2, 3], ["inner"]),
        inner=each(["a", "b", "c"], ["say"]),
        say=log("{{$item}}"),
    )
    machines = Machines(world)
    run_id = started(world, how, made, None)
    assert machines.run(run_id) == "succeeded"
    assert [part["of"] for part in machines.parts] == [
        "outer",
        *["inner@outer/00"] * 2,
        *["inner@outer/01"] * 2,
        "outer",
        *["inner@outer/02"] * 2,
    ]
    leaves = [
        inner["nodes"]["say"]["result"]["message"]
        for one in states(world, run_id)["outer"]["iterations"]
        for inner in one["nodes"]["inner"]["iterations"]
    ]
    assert leaves == ["a", "b", "c"] * 3


@pytest.mark.parametrize("how", HOW)
def test_an_iteration_that_fails_in_a_part_fails_the_loop_with_its_reason(
    world: World, how: str
) -> None:
    made = graph(
        root=root("loop"),
        loop=each("{{$inputs.of}}", ["pick"], "after"),
        pick=node("pluck", payload={"array": "{{$item}}", "field": "a"}),
        after=log("never"),
    )
    machines = Machines(world)
    run_id = started(world, how, made, {"of": [[], [], "no list", []]})
    assert machines.run(run_id) == "failed"
    assert len(machines.parts) == 2
    found = states(world, run_id)
    assert found["loop"]["error"].startswith("iteration 2: node pick failed")
    assert (found["loop"]["result"]["status"], found["after"]["status"]) == ("failure", "skipped")


@pytest.mark.parametrize("how", HOW)
def test_after_a_cancel_no_further_part_and_no_node_of_one_starts(world: World, how: str) -> None:
    made = graph(
        root=root("loop"),
        loop=each([1, 2, 3], ["ask"], "after"),
        ask=node("wait", "say"),
        say=log("never"),
        after=log("never"),
    )
    machines = Machines(world)
    run_id = started(world, how, made, None)

    def cancel() -> bool:
        """The executions go on, as they may for a moment: what they wait for comes all the same."""
        world.services.canceller.cancel(ORG, run_id)
        machines.sent.update({f"token-{number}": None for number in range(100)})
        return True

    machines.on_idle = cancel
    assert machines.run(run_id) == "cancelled"
    assert machines.parts == [{"of": "loop", "start": 0, "end": 2}]
    found = states(world, run_id)
    assert {state["status"] for name, state in found.items() if name != "root"} == {"cancelled"}
    (one,) = found["loop"]["iterations"]
    assert {state["status"] for state in one["nodes"].values()} == {"cancelled"}


def test_a_first_call_that_is_repeated_finds_the_same_parts(world: World) -> None:
    run_id = begin(world, TWO, {"of": [1, 2, 3]})
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    loops = world.services.loops
    first = loops.keep(run, "loop", [1, 2, 3], part=2)
    assert loops.keep(run, "loop", [1], part=None) == first
    assert (first.total, first.part) == (3, 2)


def test_parts_count_as_nodes_of_the_run_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "MOST_RUN", 5)
    machines = Machines(world)
    run_id = begin(world, TWO, {"of": [1, 2, 3]})
    assert machines.run(run_id) == "failed"
    assert machines.parts == []
    assert "may run 5 nodes" in states(world, run_id)["loop"]["error"]


def test_the_end_of_a_parts_execution_is_not_the_end_of_the_run(world: World) -> None:
    run_id = begin(world, TWO, {"of": [1]})
    given = '{"org": "%s", "run_id": "%s", "part": {"of": "loop", "start": 0, "end": 1}}'
    for status in ("FAILED", "ABORTED", "TIMED_OUT"):
        execution_ended(world.services, {"status": status, "input": given % (ORG, run_id)})
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    assert run.status is RunStatus.RUNNING
    world.services.canceller.cancel(ORG, run_id)
    with pytest.raises(NotFound):
        world.services.canceller.cancel(ORG, run_id)
