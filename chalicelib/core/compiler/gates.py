"""Which dependencies become join gates, where sequences and parallels alone cannot be exact.

A *gate* stands right before one step, its *consumer*, and waits for the ends of others, its
*producers*. So a dependency producer → consumer may be left out of the nesting of sequences and
parallels. What is left out is chosen among the *cover* of the order: the dependencies that do not
follow from others. A gate waits for any number of producers, so what counts is how many consumers
get one.

An order is a nesting of sequences and parallels exactly when it has no crossing: no four steps
with a → c, a → d, b → d and nothing else between them (Valdes, Tarjan, Lawler 1982). So `fewest`
adds the steps one by one, each after those that it waits for, and a step whose dependencies would
make a crossing with what is there gets a gate and keeps as many of them as fit. None at all always
fit. How well that does depends on the order of adding, so a few are tried, as far as the graph's
size allows; `forest` is the bound that always holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations

from chalicelib.core.compiler.order import bits

Cover = Mapping[int, Sequence[int]]
"""Step → the steps that it waits for directly, none of which follows from the others."""

_MOST_SUBSETS, _MOST_SINGLE = 4, 12
"""Of up to 4 dependencies every selection is tried; of up to 12 all but one of them; then 12 are
tried one by one."""
_MOST_WORK = 500_000
"""Steps that all tries together may look at: well under a second."""


class _TooMuch(Exception):
    """The work is used up: what was found before has to do."""


def cover(before: Sequence[int], after: Sequence[int], members: int, steps: Sequence[int]) -> Cover:
    """The cover of an order, restricted to `members` (a bit set), which `steps` lists."""
    found: dict[int, list[int]] = {}
    for step in steps:
        earlier = before[step] & members
        found[step] = [needed for needed in bits(earlier) if not after[needed] & earlier]
    return found


def fewest(waits: Cover) -> Cover:
    """What to keep of each step's dependencies so that no crossing is left, with few gates.

    Deterministic. Every dependency that is not kept is one that its step's gate has to wait for.
    """
    best = forest(waits)
    fewest_gates = number_of_gates(waits, best)
    left = _MOST_WORK
    for rank in _RANKS:
        grown = _Grown(waits, _sequence(waits, rank(waits)), left)
        try:
            kept = grown.all()
        except _TooMuch:
            break
        left = grown.left
        gates = number_of_gates(waits, kept)
        if gates < fewest_gates:
            best, fewest_gates = kept, gates
    return best


def number_of_gates(waits: Cover, kept: Cover) -> int:
    """How many steps do not keep all of their dependencies."""
    return sum(len(kept[step]) < len(needs) for step, needs in waits.items())


def forest(waits: Cover) -> Cover:
    """What to keep so that no step waits for two: a gate per join, found at once.

    Trees have no crossing. Of its dependencies a step keeps one that the fewest others keep.
    """
    followers = dict.fromkeys(waits, 0)
    kept: dict[int, list[int]] = {}
    for step, needs in waits.items():
        kept[step] = sorted(needs, key=lambda needed: followers[needed])[:1]
        for needed in kept[step]:
            followers[needed] += 1
    return kept


def chains(waits: Cover) -> Cover:
    """What to keep so that only chains are left, side by side: the flattest there is."""
    followed: set[int] = set()
    kept: dict[int, list[int]] = {}
    for step in _sequence(waits, list(waits)):
        free = [needed for needed in waits[step] if needed not in followed][:1]
        followed.update(free)
        kept[step] = free
    return kept


class _Grown:
    """An order without a crossing, to which the steps of a sequence are added at the end.

    Inside, a step is its place in the sequence, so the places in a bit set come out topologically.
    """

    def __init__(self, waits: Cover, sequence: Sequence[int], left: int) -> None:
        place = {step: position for position, step in enumerate(sequence)}
        self.left = left
        self._sequence = sequence
        self._needs = [[place[needed] for needed in waits[step]] for step in sequence]
        self._before: list[int] = []
        self._after = [0] * len(sequence)
        self._followers = [0] * len(sequence)
        self._kept: list[Sequence[int]] = []

    def all(self) -> Cover:
        """What each step keeps once all have been added. Raises _TooMuch."""
        for step, needs in enumerate(self._needs):
            kept = self._best(needs)
            below = self._below(kept)
            for earlier in bits(below):
                self._after[earlier] |= 1 << step
            for needed in kept:
                self._followers[needed] += 1
            self._before.append(below)
            self._kept.append(kept)
        return {
            self._sequence[step]: [self._sequence[needed] for needed in kept]
            for step, kept in enumerate(self._kept)
        }

    def _best(self, needs: Sequence[int]) -> Sequence[int]:
        """The largest part of a step's dependencies that fits, as far as it is looked for.

        A step that nobody follows yet is preferred: going on behind it costs no Parallel.
        """
        ordered = sorted(needs, key=lambda needed: self._followers[needed])
        for some in _selections(ordered):
            if self._fits(self._below(some)):
                return some
        grown: list[int] = []
        for needed in ordered[:_MOST_SINGLE]:
            if self._fits(self._below([*grown, needed])):
                grown.append(needed)
        return grown

    def _below(self, needs: Sequence[int]) -> int:
        found = 0
        for needed in needs:
            found |= self._before[needed] | 1 << needed
        return found

    def _fits(self, below: int) -> bool:
        """Whether a new last step that waits for exactly `below` makes no crossing.

        It could only be the c or the d of one, as nothing comes after it.
        """
        beside = 0
        for step in bits(below):
            beside |= self._after[step]
        beside &= ~below
        self.left -= below.bit_count() + beside.bit_count()
        if self.left < 0:
            raise _TooMuch
        return self._fits_as_d(below) and self._fits_as_c(below, beside)

    def _fits_as_d(self, below: int) -> bool:
        """Two steps of `below` that do not wait for each other need the same followers outside.

        Such steps are in the same part when `below` is cut into a series.
        """
        rest = follow_all = below
        first: int | None = None
        for step in bits(below):
            outside = self._after[step] & ~below
            if first is not None and outside != first:
                return False
            first = outside
            rest ^= 1 << step
            follow_all &= self._after[step]
            if rest & ~follow_all == 0:
                first, follow_all = None, rest
        return True

    def _fits_as_c(self, below: int, beside: int) -> bool:
        """A step outside that waits for some of `below` waits for it through every way it has."""
        for step in bits(beside):
            touched = self._before[step] & below
            for needed in self._kept[step]:
                if not below >> needed & 1 and self._before[needed] & below != touched:
                    return False
        return True


def _selections(needs: Sequence[int]) -> Iterator[Sequence[int]]:
    """Selections of dependencies that are worth a try, large ones first."""
    many = len(needs)
    least = 0 if many <= _MOST_SUBSETS else many - 1 if many <= _MOST_SINGLE else many
    for size in range(many, least - 1, -1):
        yield from combinations(needs, size)


Rank = Callable[[Cover], Sequence[int]]
"""All steps, those first that should be added first."""


def _as_written(waits: Cover) -> Sequence[int]:
    return sorted(waits)


def _backwards(waits: Cover) -> Sequence[int]:
    return sorted(waits, reverse=True)


def _few_needs_first(waits: Cover) -> Sequence[int]:
    return sorted(waits, key=lambda step: len(waits[step]))


def _many_needs_first(waits: Cover) -> Sequence[int]:
    return sorted(waits, key=lambda step: -len(waits[step]))


def _few_users_first(waits: Cover) -> Sequence[int]:
    users = _users(waits)
    return sorted(waits, key=lambda step: len(users[step]))


def _many_users_first(waits: Cover) -> Sequence[int]:
    users = _users(waits)
    return sorted(waits, key=lambda step: -len(users[step]))


_RANKS: tuple[Rank, ...] = (
    _few_needs_first,
    _many_needs_first,
    _few_users_first,
    _as_written,
    _many_users_first,
    _backwards,
)


def _users(waits: Cover) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {step: [] for step in waits}
    for step, needs in waits.items():
        for needed in needs:
            found[needed].append(step)
    return found


def _sequence(waits: Cover, ranked: Sequence[int]) -> list[int]:
    """Every step after those it waits for; among those that are free, by rank."""
    rank = {step: place for place, step in enumerate(ranked)}
    users = _users(waits)
    missing = {step: len(needs) for step, needs in waits.items()}
    free = [(rank[step], step) for step, count in missing.items() if count == 0]
    heapify(free)
    found = []
    while free:
        _, step = heappop(free)
        found.append(step)
        for user in users[step]:
            missing[user] -= 1
            if missing[user] == 0:
                heappush(free, (rank[user], user))
    return found
