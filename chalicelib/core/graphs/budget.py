"""How much the loops of one run may do. Their lists are known only then, so it is counted as they
begin.

All of them together may run so many nodes. What they run in an execution has to fit into its history,
too: what does not fit runs in parts, each in an execution of its own (`compiler.parts`), in whose
history only the part and what is in it has to fit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from chalicelib.core.compiler.history import DELAY, MOST_EVENTS, estimate_events
from chalicelib.core.compiler.parts import CHOICE_EVENTS, PART_EVENTS, Part
from chalicelib.core.compiler.shared import runs_any_graph
from chalicelib.core.errors import Invalid, Problem
from chalicelib.core.instances import split
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.call import Call
from chalicelib.core.runs.ports import Share
from chalicelib.core.waits import PHASES

MOST_RUN: Final = 10_000
"""Nodes that all iterations of all loops of a run may run."""
MOST_SYNC: Final = 20
"""Nodes of a run that is waited for."""
SPARE: Final = 1_000
"""Of Step Functions' 25,000 history events: for calls that are made once more."""

FOR_PARTS: Final = 500
"""Of these what iterations leave to parts of other loops."""

# On the machine for any graph: an item of its Map, two Choices, a Lambda task; a gate, entered and
# exited; a delay's Wait and second task; a token's task that is looked at once more; a loop's second
# call and its Map, a third Choice and one part. An iteration is an item with a Map in it.
_STEP, _GATE, _DELAY, _TOKEN, _ITERATION = 11, 6, 7, 6, 6
_LOOP = 9 + CHOICE_EVENTS + PART_EVENTS


@dataclass(frozen=True, slots=True)
class Need:
    """What a loop needs, once its list is known: in its own execution, and in parts elsewhere."""

    here: Share
    elsewhere: Share
    part_size: int
    """How many iterations a part has."""

    @classmethod
    def of(cls, plan: Plan, loop: str, count: int, call: Call, machine: str) -> Self:
        """Of `count` iterations of a loop that begins with `call`; `machine` is the run's."""
        shared = call.part is not None or runs_any_graph(machine)
        left = events_left(plan, call.part, shared=shared)
        size = part_size(plan, loop)
        share = Share(
            nodes=count * len(plan.inside(loop)),
            events=count * iteration_events(plan, loop, shared=shared),
            most_nodes=MOST_RUN,
            most_events=max(0, left - FOR_PARTS) if call.parts else left,
            execution="" if call.part is None else call.part.execution,
        )
        events = math.ceil(count / size) * PART_EVENTS
        return cls(share, replace(share, events=events, most_events=left), size)


def iteration_events(plan: Plan, loop: str, *, shared: bool) -> int:
    """History events of one iteration, without those of the loops in it, which count their own."""
    return _events(plan.inside(loop), shared=shared) + _ITERATION


def events_left(plan: Plan, part: Part | None = None, *, shared: bool) -> int:
    """History events that an execution has left for loops, beside those of the graph's other nodes, or
    of the part that it runs; at least none."""
    if part is None:
        taken = _events(plan.inside(), shared=shared)
    else:
        loop = split(part.of)[0]
        taken = (part.end - part.start) * iteration_events(plan, loop, shared=True)
    return max(0, MOST_EVENTS - SPARE - taken)


def part_size(plan: Plan, loop: str) -> int:
    """How many iterations of a loop run in one execution where not all do. Where there are loops in
    it, half of its history is left to them."""
    inside = any(step.for_each is not None for step in plan.inside(loop))
    room = (MOST_EVENTS - SPARE) // (2 if inside else 1)
    return max(1, room // iteration_events(plan, loop, shared=True))


def check_shared(plan: Plan) -> None:
    """Refuse a graph whose own nodes are too many for the machine for any graph. Raises Invalid."""
    events = _events(plan.inside(), shared=True)
    if events > MOST_EVENTS - SPARE:
        message = (
            f"its nodes may need {events:,} history events; at most {MOST_EVENTS - SPARE:,} fit"
        )
        raise Invalid("The graph is too large to run.", [Problem("nodes", message)])


def check_sync(plan: Plan) -> None:
    """Refuse a graph that nobody can wait for (S1). Raises Invalid with every problem."""
    problems = []
    if len(plan.steps) > MOST_SYNC:
        message = f"has {len(plan.steps)} nodes; a run that is waited for has at most {MOST_SYNC}"
        problems.append(Problem("nodes", message))
    for step in plan.steps:
        if step.for_each is not None or step.action in PHASES:
            message = f"a run that is waited for has no `{step.node}`"
            problems.append(Problem(f"nodes.{step.name}.type", message))
    if problems:
        raise Invalid("The graph cannot be waited for.", problems)


def _events(steps: Sequence[PlanStep], *, shared: bool) -> int:
    if not shared:
        side_by_side = sum(len(step.depends_on) != 1 for step in steps)
        return estimate_events(steps, parallels=side_by_side, gates=0)
    found = 0
    for step in steps:
        found += _STEP + _GATE * bool(step.depends_on) + _DELAY * (step.action == DELAY)
        found += _TOKEN * (step.action in PHASES) + _LOOP * (step.for_each is not None)
    return found
