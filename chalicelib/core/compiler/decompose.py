"""The order of a plan as nested sequences and parallels, exactly.

A part of the graph is

- a *series* when it falls into parts of which each waits for **all** of the one before it. Putting
  them one after the other makes nobody wait for a step that is not its own dependency. In any
  topological listing such parts are consecutive, so one pass finds every cut.
- a *parallel* when it falls into parts that have nothing to do with each other: the connected
  components of "one waits for the other".
- neither, when it holds a → c, a → d, b → d with nothing else between the four. Then no nesting of
  sequences and parallels is exact, and some dependencies become join gates (`gates`): they are
  taken out of the part's order, which is then decomposed again.

Why the whole is still exact. What is taken out are dependencies of the order's cover, producer →
consumer, and a gate before the consumer waits for just them. The nesting keeps every other
dependency of the cover, so with its gates a step waits for all that it has to. And it waits for
nothing else: the parts of a series were in that order before anything was taken out of them, and
where something was taken out, the two ends stand in parallel branches. So nesting and gates
together are the original order, which has no cycle: nothing can wait for ever.

Working on the whole order instead of the drawn edges makes redundant edges (a → c beside
a → b → c) disappear by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core.compiler.gates import Cover, chains, cover, fewest
from chalicelib.core.compiler.order import Order, bits

MOST_NESTED = 100
"""Parallels inside parallels. Every level is four levels of JSON, which readers limit too. What
would nest deeper becomes chains side by side, with gates between them."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One step, by its index in the order."""

    step: int


@dataclass(frozen=True, slots=True)
class Series:
    """Parts one after the other; no part is itself a series."""

    parts: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Parts that share nothing, in the author's order; no part is itself a parallel."""

    parts: Sequence[Block]


Block = Leaf | Series | Parallel


@dataclass(frozen=True, slots=True)
class _Job:
    """A set of steps to decompose, as a bit set and listed topologically, and where it goes."""

    members: int
    listed: list[int]
    into: list[Block]
    place: int
    depth: int


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The nesting of all steps, and what it leaves to gates: consumer → its producers."""

    block: Block
    gates: Mapping[int, Sequence[int]]


def decompose(order: Order) -> Decomposition:
    """The nesting of all steps. Needs at least one step; uses no recursion; refuses nothing."""
    working = _Working(order)
    everything = (1 << len(order.names)) - 1
    root: list[Block] = [Leaf(0)]
    jobs = [_Job(everything, list(order.topological), root, 0, 0)]
    while jobs:
        job = jobs.pop()
        if len(job.listed) == 1:
            job.into[job.place] = Leaf(job.listed[0])
            continue
        parts, depth = working.series_parts(job), job.depth
        is_series = len(parts) > 1
        if not is_series:
            depth += 1
            parts = working.independent_parts(job)
            if len(parts) == 1:
                working.loosen(job, fewest)
                jobs.append(job)
                continue
            if depth == MOST_NESTED and any(
                len(working.series_parts(p)) < len(p.listed) for p in parts
            ):
                working.loosen(job, chains)
                parts = working.independent_parts(job)
        children: list[Block] = [Leaf(0)] * len(parts)
        job.into[job.place] = Series(children) if is_series else Parallel(children)
        for place, part in enumerate(parts):
            jobs.append(_Job(part.members, part.listed, children, place, depth))
    return Decomposition(root[0], working.gates)


@dataclass(frozen=True, slots=True)
class _Part:
    """A set of steps, as a bit set and listed topologically."""

    members: int
    listed: list[int]


class _Working:
    """The order while dependencies are taken out of it.

    Only what is between the members of one job is ever asked for, so a loosened job's steps forget
    everybody else.
    """

    def __init__(self, order: Order) -> None:
        self._before = list(order.before)
        self._after = list(order.after)
        self.gates: dict[int, list[int]] = {}

    def loosen(self, job: _Job, choose: Callable[[Cover], Cover]) -> None:
        """Leave to gates what `choose` does not keep of the cover of a job's order."""
        waits = cover(self._before, self._after, job.members, job.listed)
        kept = choose(waits)
        for step, needs in waits.items():
            if left := [needed for needed in needs if needed not in kept[step]]:
                self.gates[step] = sorted([*self.gates.get(step, ()), *left])
        for step in job.listed:
            self._after[step] = 0
        for step in job.listed:
            self._before[step] = 0
            for needed in kept[step]:
                self._before[step] |= self._before[needed] | 1 << needed
            for earlier in bits(self._before[step]):
                self._after[earlier] |= 1 << step

    def series_parts(self, job: _Job | _Part) -> list[_Part]:
        """Cut wherever everything listed so far comes before everything that is left."""
        parts: list[_Part] = []
        rest, follow_all = job.members, job.members
        members, listed = 0, []
        for step in job.listed:
            bit = 1 << step
            rest ^= bit
            members |= bit
            listed.append(step)
            follow_all &= self._after[step]
            if rest & ~follow_all == 0:
                parts.append(_Part(members, listed))
                members, listed, follow_all = 0, [], rest
        return parts

    def independent_parts(self, job: _Job) -> list[_Part]:
        """Connected components of "one waits for the other", ordered by their first step."""
        parts: list[_Part] = []
        part_of: dict[int, list[int]] = {}
        rest = job.members
        while rest:
            members, frontier = 0, rest & -rest
            listed: list[int] = []
            while frontier:
                step = frontier.bit_length() - 1
                members |= 1 << step
                part_of[step] = listed
                near = self._before[step] | self._after[step]
                frontier = (frontier | near & job.members) & ~members
            rest ^= members
            parts.append(_Part(members, listed))
        for step in job.listed:
            part_of[step].append(step)
        return parts
