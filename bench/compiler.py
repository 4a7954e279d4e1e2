"""The compiler: what comes out, how long it takes, and how long its machines would."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from bench.rows import Row
from chalicelib.core.compiler.reference import critical_path, interpret, level_barriers
from tests.unit.compiler.compiler_graphs import (
    chain,
    compiled,
    plan_of,
    random_series_parallel,
)

_GRAPHS = 1_000
_DIAMOND = {"a": [], "b1": ["a"], "b2": ["a"], "b3": ["a"], "z": ["b1", "b2", "b3"]}


def rows() -> Iterator[Row]:
    """Speed, size, transitions and makespans."""
    graph = chain(1_000)
    began = time.perf_counter()
    large = compiled(graph)
    took = time.perf_counter() - began
    yield Row(
        "compile 1,000 steps", f"{1000 * took:.0f} ms", budget="≤ 1,000 ms", most=1, value=took
    )
    size = len(large.text.encode()) / 1_000
    yield Row("bytes a step (1,000 steps)", f"{size:.0f}", budget="≤ 400", most=400, value=size)
    for name, shape, most in (("chain of 10", chain(10), 11), ("diamond of 3", _DIAMOND, 7)):
        found = compiled(shape)
        transitions = interpret(found.definition, {}).transitions
        yield Row(
            f"transitions, {name}",
            f"{transitions} ({len(found.text.encode()) / 1000:.1f} KB)",
            budget=f"≤ {most}",
            most=most,
            value=transitions,
        )
    yield from _makespans()


def _makespans() -> Iterator[Row]:
    chance = random.Random(20260318)
    ours = levels = ideal = 0.0
    worst = 1.0
    for _ in range(_GRAPHS):
        graph = random_series_parallel(chance, chance.randint(2, 20))
        durations = {name: chance.uniform(0.1, 10) for name in graph}
        plan = plan_of(graph)
        shortest = critical_path(plan, durations)
        makespan = interpret(compiled(graph).definition, durations).makespan
        worst = max(worst, makespan / shortest)
        ours, ideal = ours + makespan, ideal + shortest
        levels += level_barriers(plan, durations)
    name = f"makespan, {_GRAPHS:,} graphs"
    yield Row(
        f"{name} | critical path (worst)",
        f"{ours:.0f} s",
        f"{ideal:.0f} s",
        worst,
        "≤ 1×",
        1 + 1e-9,
    )
    yield Row(f"{name} | level barriers", f"{ours:.0f} s", f"{levels:.0f} s", ours / levels)
