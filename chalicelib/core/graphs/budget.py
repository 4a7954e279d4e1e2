"""How much the loops of one run may do. Their lists are known only then, so it is counted as they
begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chalicelib.core.compiler.history import DELAY, MOST_EVENTS, estimate_events
from chalicelib.core.errors import Invalid, Problem
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.waits import PHASES

MOST_RUN: Final = 10_000
"""Nodes that all iterations of all loops of a run may run."""
MOST_SYNC: Final = 20
"""Nodes of a run that is waited for."""
SPARE: Final = 1_000
"""Of Step Functions' 25,000 history events: for calls that are made once more."""

# On the machine for any graph: an item of its Map, two Choices, a Lambda task; a gate, entered and
# exited; a delay's Wait and second task; a token's task that is looked at once more; a loop's second
# call and its Map. An iteration is an item with a Map in it.
_STEP, _GATE, _DELAY, _TOKEN, _LOOP, _ITERATION = 11, 6, 7, 6, 9, 6


def iteration_events(plan: Plan, loop: str, *, shared: bool) -> int:
    """History events of one iteration, without those of the loops in it, which count their own."""
    return _events(plan.inside(loop), shared=shared) + _ITERATION


def events_left(plan: Plan, *, shared: bool) -> int:
    """History events that the graph's other nodes leave to its loops; at least none."""
    return max(0, MOST_EVENTS - SPARE - _events(plan.inside(), shared=shared))


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
