"""Who comes after whom in a graph, and which loop's body a node is in.

A node is in the *scope* of the innermost loop whose body it belongs to, `""` where it is in none. A
loop's body are the nodes that its `loopBody` leads to. Those of the list that no other node of the
body leads to follow each other, in the list's order.

Nothing here needs a graph without problems: it finds what is wrong with the edges, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.core.compiler.order import find_cycles
from chalicelib.core.graphs.definition import LOOP, ROOT, Node

MOST_LEVELS = 10
"""Loops inside of loops."""


@dataclass(slots=True)
class Shape:
    """The edges of a graph. `parents` has, for each node that is reached, those in its own scope;
    `entries` of a loop the first node of its body and those that follow it in the list."""

    scope: dict[str, str] = field(default_factory=dict)
    parents: dict[str, list[str]] = field(default_factory=dict)
    entries: dict[str, list[str]] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    """Per loop, 1 for one that is in no other."""
    conflicts: list[tuple[str, str, str]] = field(default_factory=list)
    """(node, its scope, another scope that leads to it)."""
    ancestors: dict[str, set[str]] = field(default_factory=dict)
    """Of each node all whose results are there when it runs. Empty where there are cycles."""

    def body(self, loop: str) -> list[str]:
        """The nodes directly in a loop's body."""
        return [node for node, scope in self.scope.items() if scope == loop]

    def enclosing(self, node: str) -> Iterator[str]:
        """The loops around a node, the innermost first."""
        loop = self.scope.get(node, "")
        while loop:
            yield loop
            loop = self.scope.get(loop, "")


def shape_of(nodes: Mapping[str, Node]) -> Shape:
    """The shape of the part of a graph that `root` leads to; edges to unknown nodes are left out."""
    found = Shape()
    if ROOT not in nodes:
        return found
    scopes: deque[tuple[str, list[str]]] = deque([("", [ROOT])])
    while scopes:
        scope, starts = scopes.popleft()
        stack = [start for start in reversed(starts) if start in nodes]
        while stack:
            node = stack.pop()
            known = found.scope.get(node)
            if known is not None:
                if known != scope:
                    found.conflicts.append((node, known, scope))
                continue
            found.scope[node] = scope
            stack += [child for child in reversed(nodes[node].children) if child in nodes]
            if nodes[node].type == LOOP:
                found.levels[node] = 1 + (found.levels.get(scope, 0))
                if found.levels[node] <= MOST_LEVELS:
                    scopes.append((node, list(nodes[node].loop_body)))
    _connect(nodes, found)
    if not cycles_of(nodes, found):
        _look_back(found)
    return found


def cycles_of(nodes: Mapping[str, Node], found: Shape) -> list[list[str]]:
    """Nodes that come after themselves, each list beginning and ending with the same one."""
    return find_cycles({node: nodes[node].children for node in nodes if node in found.scope})


def _connect(nodes: Mapping[str, Node], found: Shape) -> None:
    found.parents = {node: [] for node in found.scope}
    for node, scope in found.scope.items():
        for child in nodes[node].children:
            if found.scope.get(child) == scope and node not in found.parents[child]:
                found.parents[child].append(node)
    for loop in found.levels:
        last = None
        found.entries[loop] = []
        for node in dict.fromkeys(nodes[loop].loop_body):
            if found.scope.get(node) != loop or found.parents[node]:
                continue
            found.entries[loop].append(node)
            if last is not None:
                found.parents[node].append(last)
            last = node


def _look_back(found: Shape) -> None:
    """Ancestors by going through the nodes in topological order; loops come before their bodies."""
    waiting = {node: len(parents) for node, parents in found.parents.items()}
    after: dict[str, list[str]] = {node: [] for node in found.scope}
    for node, parents in found.parents.items():
        for parent in parents:
            after[parent].append(node)
    for node, scope in found.scope.items():
        if scope:
            waiting[node] += 1
            after[scope].append(node)
    ready = deque(node for node, count in waiting.items() if count == 0)
    while ready:
        node = ready.popleft()
        seen: set[str] = set(found.ancestors.get(found.scope[node], ()))
        for parent in found.parents[node]:
            seen |= found.ancestors[parent]
            seen.add(parent)
        found.ancestors[node] = seen
        for later in after[node]:
            waiting[later] -= 1
            if waiting[later] == 0:
                ready.append(later)
