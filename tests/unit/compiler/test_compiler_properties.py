"""Random graphs through the reference interpreter."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping

import pytest
from compiler_graphs import (
    any_random,
    compiled,
    has_crossing,
    plan_of,
    random_series_parallel,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.compiler import Compiled
from chalicelib.core.compiler.order import Graph
from chalicelib.core.compiler.reference import critical_path, interpret, level_barriers


def check_run(graph: Graph, durations: Mapping[str, float]) -> Compiled:
    """Compile and run it: every step once, at the moment when its dependencies have ended."""
    found = compiled(graph)
    trace = interpret(found.definition, durations)
    assert trace.started.keys() == trace.finished.keys() == graph.keys()
    for name, needs in graph.items():
        # Not later either: nobody waits for anything but its own dependencies.
        ends = [trace.finished[needed] for needed in needs]
        assert trace.started[name] == [max(ends, default=0)]
    assert trace.makespan == critical_path(plan_of(graph), durations)
    assert trace.transitions == found.states
    assert trace.events == found.estimated_events
    return found


@settings(deadline=None, max_examples=150)
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_series_parallel_graphs_run_exactly_and_without_gates(
    chance: random.Random, size: int
) -> None:
    graph = random_series_parallel(chance, size)
    assert check_run(graph, {name: chance.randint(0, 100) for name in graph}).gates == 0


def test_a_thousand_seeded_graphs_take_their_critical_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(20_260_101)
    ours, barriers = 0.0, 0.0
    steps, gates, joins = 0, 0, 0
    for _ in range(1_000):
        graph = any_random(chance, chance.randint(1, 30))
        durations = {name: chance.randint(1, 100) for name in graph}
        gates += check_run(graph, durations).gates
        ours += critical_path(plan_of(graph), durations)
        barriers += level_barriers(plan_of(graph), durations)
        steps += len(graph)
        joins += sum(len(needs) > 1 for needs in graph.values())
    with capsys.disabled():
        sys.stdout.write(
            f"\nlevel barriers would take {barriers / ours:.2f} times as long; "
            f"{steps} steps, {joins} joins, {gates} gates\n"
        )
    assert barriers > ours
    assert gates <= joins


@st.composite
def any_graph(draw: st.DrawFn) -> Graph:
    """Any graph without cycles of up to seven steps."""
    size = draw(st.integers(1, 7))
    return {
        f"s{place}": [f"s{earlier}" for earlier in range(place) if draw(st.booleans())]
        for place in range(size)
    }


@settings(deadline=None, max_examples=400)
@given(any_graph(), st.data())
def test_a_graph_has_gates_exactly_when_it_has_a_crossing(
    graph: Graph, data: st.DataObject
) -> None:
    durations = {name: data.draw(st.integers(0, 9)) for name in graph}
    assert (check_run(graph, durations).gates > 0) == has_crossing(graph)
