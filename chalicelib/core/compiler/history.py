"""How many history events an execution may need: Step Functions takes 25,000 of them.

Nobody knows a loop's list before it runs. Of a loop with one action the estimate takes as many items as
it allows; of one with a body one iteration, as if it were a part (`compiler.parts`), because loops in
loops would be refused otherwise. The rest is counted when the list is known (`core.graphs.budget`).
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.core.compiler.loops import ITEM_EVENTS, MAP_EVENTS
from chalicelib.core.compiler.parts import CHOICE_EVENTS, PART_EVENTS
from chalicelib.core.plan import PlanStep
from chalicelib.core.waits import PHASES

MOST_EVENTS = 25_000
DELAY = "delay"
"""The action that is a Wait state instead of a running Lambda."""

# History events of a Standard execution: entered, scheduled, started, succeeded and exited for a
# Lambda task; scheduled, started, failed for every further try; entered and exited for a Wait;
# entered, started, succeeded and exited for a Parallel; entered, scheduled, started, submitted,
# succeeded and exited for a gate; started and succeeded for the execution.
_TASK_EVENTS, _RETRY_EVENTS, _WAIT_EVENTS, _PARALLEL_EVENTS, _EXECUTION_EVENTS = 5, 3, 2, 4, 2
_GATE_EVENTS = 6


def estimate_events(steps: Iterable[PlanStep], *, parallels: int, gates: int) -> int:
    """History events of a run in which every step needs every try that its policy allows."""
    listed = tuple(steps)
    with_body = {step.within for step in listed}
    found = _EXECUTION_EVENTS + _TASK_EVENTS + _PARALLEL_EVENTS * parallels + _GATE_EVENTS * gates
    for step in listed:
        retries = _RETRY_EVENTS * (step.retry.max_attempts - 1)
        found += _TASK_EVENTS
        if step.for_each is None:
            found += retries
        elif step.name in with_body:
            found += CHOICE_EVENTS + MAP_EVENTS + PART_EVENTS + _TASK_EVENTS
        else:
            found += MAP_EVENTS + step.for_each.max_items * (ITEM_EVENTS + retries) + _TASK_EVENTS
        if step.action == DELAY:
            found += _WAIT_EVENTS + _TASK_EVENTS
        if step.action in PHASES:
            # Submitted too, in each try; and each may time out and be looked at.
            found += 1 + (_RETRY_EVENTS + 2) * step.retry.max_attempts
        if step.continue_on_error:
            found += _TASK_EVENTS
    return found
