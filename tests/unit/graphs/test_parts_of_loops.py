"""Loops that do not fit into one execution's history run in parts: what is taken, what fits, and that
every node's state is the same (S1)."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.compiler import compile_plan
from chalicelib.core.compiler.history import MOST_EVENTS
from chalicelib.core.compiler.parts import Part, iterations
from chalicelib.core.graphs import budget
from chalicelib.core.graphs.budget import SPARE, Need, iteration_events, part_size
from chalicelib.core.graphs.definition import Graph, parse_graph
from chalicelib.core.graphs.plans import plan_of
from chalicelib.core.graphs.reference import interpret
from chalicelib.core.runs.call import Call
from tests.support.followed import Machines
from tests.support.graph_runs import each, graph, log, root
from tests.support.memory import Memory
from tests.unit.graphs.test_graphs_agree import PAYLOAD, graphs, told

ARN = "arn:aws:states:us-east-1:1:stateMachine:graphs"
CALL = Call("org", "run_1", "wf", 1, "loop", parts=True)


def looped(nodes: int, items: int = 100) -> Graph:
    """A loop over a body of so many nodes that follow each other."""
    names = [f"n{number}" for number in range(nodes)]
    body = {name: log("x") for name in names}
    return graph(root=root("loop"), loop=each([0] * items, names), **body)


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize("how", ["compiled", "shared"])
@settings(max_examples=25)
@given(definition=graphs())
def test_a_run_in_parts_is_what_the_reference_interpreter_says(
    how: str, size: int, definition: Any
) -> None:
    made = parse_graph(definition)
    expected = interpret(made, PAYLOAD)
    memory = Memory(made, PAYLOAD, mode="simulation")
    memory.most_events = 0
    machines = Machines(memory)
    with mock.patch.object(budget, "part_size", return_value=size):
        status = machines.run("run_1", json.loads(memory.definition(how)))
    assert status == "succeeded", memory.errors()
    found = {name: state for name, state in memory.states().items() if name in expected}
    assert json.dumps(told(found), sort_keys=True) == json.dumps(told(expected), sort_keys=True)
    ran = sum(bool(items) for items in memory.lists.values())
    assert len(machines.parts) >= ran


@given(nodes=st.integers(1, 900))
def test_a_part_fits_into_the_history_of_its_execution(nodes: int) -> None:
    plan = plan_of(looped(nodes), "w")
    size = part_size(plan, "loop")
    assert size >= 1
    assert size * iteration_events(plan, "loop", shared=True) <= MOST_EVENTS - SPARE


@pytest.mark.parametrize(("nodes", "items"), [(1, 100), (10, 100), (99, 100), (900, 11)])
@pytest.mark.parametrize("shared", [True, False])
def test_what_may_run_has_room_somewhere(nodes: int, items: int, *, shared: bool) -> None:
    need = Need.of(plan_of(looped(nodes), "w"), "loop", items, CALL, "x-graphs-y" if shared else "")
    assert need.here.nodes == nodes * items <= need.here.most_nodes
    assert need.elsewhere.events <= need.elsewhere.most_events


def test_a_small_loop_fits_where_it_is_and_a_large_one_does_not() -> None:
    def fits(nodes: int) -> bool:
        need = Need.of(plan_of(looped(nodes), "w"), "loop", 100, CALL, "x-graphs-y")
        return need.here.events <= need.here.most_events

    assert fits(10)
    assert not fits(20)


def test_a_machine_that_knows_no_parts_leaves_nothing_to_them() -> None:
    plan = plan_of(looped(1), "w")
    old = Need.of(plan, "loop", 1, Call("org", "run_1", "wf", 1, "loop"), "x-graphs-y")
    new = Need.of(plan, "loop", 1, CALL, "x-graphs-y")
    assert old.here.most_events - new.here.most_events == budget.FOR_PARTS


def test_in_a_part_only_the_part_counts() -> None:
    plan = plan_of(looped(20), "w")
    part = Part("loop", 0, 10)
    inside = Call("org", "run_1", "wf", 1, "inner@loop/03", parts=True, part=part)
    need = Need.of(plan, "loop", 1, inside, "")
    left = MOST_EVENTS - SPARE - 10 * iteration_events(plan, "loop", shared=True)
    assert need.elsewhere.most_events == left
    assert need.here.execution == "loop:0"


def test_parts_have_all_iterations_in_order() -> None:
    found = iterations("loop", 7, 3)
    parts = [Part(**{**part, "of": part["of"]}) for part in found["parts"]]
    assert found["far"] is True
    assert [at for part in parts for at in part.indices()] == iterations("loop", 7)["indices"]
    assert [part.execution for part in parts] == ["loop:0", "loop:3", "loop:6"]


def test_a_machine_of_its_own_has_a_way_elsewhere_only_where_there_is_one() -> None:
    plan = plan_of(looped(1), "w")
    with_parts = compile_plan(plan, step_arn="arn:aws:l:f", finish_arn="a:b", parts_arn=ARN)
    without = compile_plan(plan, step_arn="arn:aws:l:f", finish_arn="a:b")
    states = with_parts.definition["States"]
    task = states["loop (parts)"]["ItemProcessor"]["States"]["loop (part)"]
    assert task["Resource"] == "arn:aws:states:::states:startExecution.sync"
    assert task["Parameters"]["StateMachineArn"] == ARN
    assert states["loop"]["Next"] == "loop (far)"
    assert "startExecution" not in without.text
    assert without.definition["States"]["loop"]["Next"] == "loop (items)"
