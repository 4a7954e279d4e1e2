"""A graph as a plan: nodes become steps, and the same compiler and runs do the rest.

- A node's id is its step's name; its payload, expressions and all, the step's params.
- Its parents are what it depends on. `root` is no step, since it has happened when a run starts, except
  in a graph that has nothing else.
- Where it may be skipped its condition says after which parents it runs: `a || decide:then`, of which
  one is enough. So a node all of whose parents were skipped is skipped.
- Nodes in a loop's body are steps `within` the loop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.core.graphs.definition import BRANCHES, LOOP, ROOT, Graph, Node
from chalicelib.core.graphs.fields import canonical
from chalicelib.core.graphs.shape import Shape, shape_of
from chalicelib.core.graphs.types import DEFAULT_WAIT, NODE_TYPES, WAIT
from chalicelib.core.plan import ForEach, InputSpec, Plan, PlanStep

MOST_ITERATIONS: Final = 100
"""Of one loop."""
OR: Final = " || "
OF: Final = ":"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a node: after `parent` has succeeded, and chose `branch` if there is one."""

    parent: str
    branch: str | None = None

    def __str__(self) -> str:
        return self.parent if self.branch is None else f"{self.parent}{OF}{self.branch}"


def ways_of(condition: str | None) -> tuple[Way, ...]:
    """A condition of a graph's step, read back; nothing for one that always runs."""
    if condition is None:
        return ()
    found = (text.partition(OF) for text in condition.split(OR))
    return tuple(Way(parent, branch or None) for parent, _, branch in found)


def plan_of(graph: Graph, name: str) -> Plan:
    """The plan of a graph; `name` is shown, and nothing else."""
    shape = shape_of(graph.nodes)
    sure = _sure(graph.nodes, shape)
    listed = [node for node in graph.nodes.values() if node.id != ROOT] or [graph.root]
    return Plan(
        name=name,
        steps=tuple(_step(node, graph.nodes, shape, sure) for node in listed),
        inputs=tuple(
            InputSpec(each.key, each.type, each.description, has_default=not each.required)
            for each in graph.inputs
        ),
        language="graph",
    )


def _step(
    node: Node, nodes: Mapping[str, Node], shape: Shape, sure: Mapping[str, bool]
) -> PlanStep:
    declared = NODE_TYPES[node.type]
    parents = [parent for parent in shape.parents[node.id] if parent != ROOT]
    ways = OR.join(str(_way(node, nodes[parent])) for parent in parents)
    return PlanStep(
        name=node.id,
        action=declared.action or node.type,
        params=canonical(declared.fields, node.payload),
        depends_on=tuple(parents),
        condition=None if sure[node.id] else ways,
        timeout_seconds=_timeout(node),
        for_each=ForEach("", max_concurrency=1, max_items=MOST_ITERATIONS)
        if node.type == LOOP
        else None,
        node=node.type,
        within=shape.scope[node.id],
    )


def _way(node: Node, parent: Node) -> Way:
    return Way(parent.id, node.branch if parent.type in BRANCHES else None)


def _sure(nodes: Mapping[str, Node], shape: Shape) -> dict[str, bool]:
    """Whether a node runs in every run, or in every iteration, that comes to its end: it has a parent
    that does, and that does not choose it."""
    sure: dict[str, bool] = {}
    # Ancestors are never more than a descendant's, so this is a topological order.
    for name in sorted(shape.ancestors, key=lambda each: len(shape.ancestors[each])):
        ways = [_way(nodes[name], nodes[parent]) for parent in shape.parents[name]]
        sure[name] = not ways or any(way.branch is None and sure[way.parent] for way in ways)
    return sure


def _timeout(node: Node) -> int | None:
    if node.type != WAIT:
        return None
    milliseconds = node.payload.get("timeoutMs")
    return math.ceil((DEFAULT_WAIT if milliseconds is None else milliseconds) / 1_000)
