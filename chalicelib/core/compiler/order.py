"""Who has to be done before whom: the partial order of a graph of steps, as bit sets.

Bit i of a set stands for the i-th name. `before[i]` holds every step that i waits for, directly or
through others. An int of a thousand bits makes "all of these before all of those" one operation,
so a thousand steps take milliseconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from chalicelib.core.errors import Invalid, Problem

Graph = Mapping[str, Sequence[str]]
"""Name → names it depends on, in the author's order."""


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a graph without cycles. Indices follow the graph's own order of names."""

    names: tuple[str, ...]
    index: Mapping[str, int]
    topological: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]

    @classmethod
    def of(cls, graph: Graph) -> Self:
        """The order of a graph. Raises Invalid for unknown dependencies and cycles."""
        names = tuple(graph)
        index = {name: position for position, name in enumerate(names)}
        problems = [
            Problem(f"steps[{index[name]}].depends_on[{position}]", f"unknown step `{needed}`")
            for name, needs in graph.items()
            for position, needed in enumerate(needs)
            if needed not in index
        ]
        problems += [
            Problem(f"steps[{index[cycle[0]]}].depends_on", cycle_message(cycle))
            for cycle in find_cycles(graph)
        ]
        if problems:
            raise Invalid("The steps' dependencies are no graph without cycles.", problems)
        needs = [[index[needed] for needed in graph[name]] for name in names]
        topological = _topological(needs)
        before = [0] * len(names)
        for step in topological:
            for needed in needs[step]:
                before[step] |= before[needed] | 1 << needed
        after = [0] * len(names)
        for step in reversed(topological):
            for needed in needs[step]:
                after[needed] |= after[step] | 1 << step
        return cls(names, index, tuple(topological), tuple(before), tuple(after))

    def precedes(self, first: int, second: int) -> bool:
        """Whether `first` is always done before `second` starts."""
        return bool(self.before[second] >> first & 1)


def _topological(needs: Sequence[Sequence[int]]) -> list[int]:
    missing = [len(set(needed)) for needed in needs]
    users: list[list[int]] = [[] for _ in needs]
    for step, needed in enumerate(needs):
        for earlier in set(needed):
            users[earlier].append(step)
    ready = deque(step for step, count in enumerate(missing) if count == 0)
    found = []
    while ready:
        step = ready.popleft()
        found.append(step)
        for user in users[step]:
            missing[user] -= 1
            if missing[user] == 0:
                ready.append(user)
    return found


def find_cycles(graph: Graph, *, most: int = 10) -> list[list[str]]:
    """Cycles of a graph as lists of names, each beginning and ending with the same one.

    At most `most`, at least one when there is any. Unknown names are ignored. Never recurses.
    """
    cycles: list[list[str]] = []
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        on_path: dict[str, int] = {}
        stack: list[Iterator[str]] = [iter((start,))]
        while stack:
            name = next(stack[-1], None)
            if name is None:
                stack.pop()
                if path:
                    finished = path.pop()
                    del on_path[finished]
                    done.add(finished)
            elif name in on_path:
                cycles.append([*path[on_path[name] :], name])
                if len(cycles) == most:
                    return cycles
            elif name in graph and name not in done:
                on_path[name] = len(path)
                path.append(name)
                stack.append(iter(graph[name]))
    return cycles


def cycle_message(cycle: Sequence[str]) -> str:
    """`a -> b -> a`, where the arrow reads "needs"; the middle of a long one is left out."""
    shown = list(cycle) if len(cycle) <= 12 else [*cycle[:6], "…", *cycle[-5:]]
    return f"these steps wait for each other: `{' -> '.join(shown)}`"


def bits(mask: int) -> Iterator[int]:
    """The indices in a bit set, smallest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
