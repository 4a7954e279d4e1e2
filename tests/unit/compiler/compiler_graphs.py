"""Graphs for the compiler's tests: name → names it depends on."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from chalicelib.core.compiler import Compiled, compile_plan
from chalicelib.core.compiler.order import Graph
from chalicelib.core.plan import Plan, PlanStep

ACCOUNT = "arn:aws:lambda:us-east-1:000000000000:function"
STEP_ARN = f"{ACCOUNT}:runyard-local-run_step"
FINISH_ARN = f"{ACCOUNT}:runyard-local-finish_run"


def plan_of(graph: Graph) -> Plan:
    steps = tuple(
        PlanStep(name, "transform", depends_on=tuple(needs)) for name, needs in graph.items()
    )
    return Plan("shape", steps)


def compiled(graph: Graph) -> Compiled:
    return compile_plan(plan_of(graph), step_arn=STEP_ARN, finish_arn=FINISH_ARN)


def compiled_step(step: PlanStep) -> Compiled:
    return compile_plan(Plan("one", (step,)), step_arn=STEP_ARN, finish_arn=FINISH_ARN)


def chain(length: int) -> Graph:
    return {f"s{place}": [f"s{place - 1}"] if place else [] for place in range(length)}


def wide(width: int) -> Graph:
    return {f"s{place}": [] for place in range(width)}


def nested(depth: int) -> Graph:
    """A step beside a sequence whose second half is a step beside a sequence, and so on."""
    graph: dict[str, list[str]] = {"s0": []}
    last = "s0"
    for level in range(depth):
        graph[f"side{level}"] = [last] if level else []
        graph[f"head{level}"] = [last] if level else []
        last = f"head{level}"
    return graph


@dataclass(frozen=True)
class _Part:
    graph: dict[str, list[str]]

    def sources(self) -> list[str]:
        return [name for name, needs in self.graph.items() if not needs]

    def sinks(self) -> list[str]:
        used = {needed for needs in self.graph.values() for needed in needs}
        return [name for name in self.graph if name not in used]


def random_series_parallel(chance: random.Random, size: int) -> Graph:
    """A series-parallel graph by random composition, with redundant edges, in random order.

    A series of two parts joins every sink of one with every source of the other, so complete
    bipartite joins come by themselves.
    """
    parts = [_Part({f"s{place}": []}) for place in range(size)]
    while len(parts) > 1:
        first = parts.pop(chance.randrange(len(parts)))
        second = parts.pop(chance.randrange(len(parts)))
        graph = {name: list(needs) for name, needs in (first.graph | second.graph).items()}
        if chance.random() < 0.5 and len(first.sinks()) * len(second.sources()) <= 4 * size:
            for source in second.sources():
                graph[source] += first.sinks()
        parts.append(_Part(graph))
    return shuffled(chance, with_redundant_edges(chance, parts[0].graph))


def any_random(chance: random.Random, size: int) -> Graph:
    """Any graph without cycles, sparse or dense, in random order."""
    density = chance.choice((0.05, 0.1, 0.2, 0.4))
    graph = {
        f"s{place}": [f"s{early}" for early in range(place) if chance.random() < density]
        for place in range(size)
    }
    return shuffled(chance, graph)


def ladder(length: int) -> Graph:
    """Two chains, and a rung from each step of the one to its step of the other."""
    graph: dict[str, list[str]] = {}
    for place in range(length):
        graph[f"a{place}"] = [f"a{place - 1}"] if place else []
        graph[f"b{place}"] = [f"a{place}"] + ([f"b{place - 1}"] if place else [])
    return graph


def with_redundant_edges(chance: random.Random, graph: Graph) -> Graph:
    """The same order, drawn with some edges that follow from others."""
    found = {name: list(needs) for name, needs in graph.items()}
    for name, needs in graph.items():
        for needed in needs:
            for further in graph[needed]:
                if further not in found[name] and chance.random() < 0.3:
                    found[name].append(further)
    return found


def shuffled(chance: random.Random, graph: Graph) -> Graph:
    names = list(graph)
    chance.shuffle(names)
    return {name: chance.sample(graph[name], len(graph[name])) for name in names}


def reaches(graph: Graph) -> dict[str, set[str]]:
    """name → everything it waits for, computed the slow and obvious way."""
    found: dict[str, set[str]] = {name: set() for name in graph}
    changed = True
    while changed:
        changed = False
        for name, needs in graph.items():
            wanted = set(needs).union(*(found[needed] for needed in needs))
            if wanted - found[name]:
                found[name] |= wanted
                changed = True
    return found


def has_crossing(graph: Graph) -> bool:
    """Whether four steps show a → c, a → d, b → d and no other order: tried one by one."""
    before = reaches(graph)

    def near(first: str, second: str) -> bool:
        return first in before[second] or second in before[first]

    return any(
        a in before[c]
        and a in before[d]
        and b in before[d]
        and not near(a, b)
        and not near(c, d)
        and not near(b, c)
        for a, b, c, d in itertools.permutations(graph, 4)
    )
