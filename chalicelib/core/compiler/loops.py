"""A step with `for_each` as states: a call that fixes the list, a Map, a call that collects.

    name ── `name (items)`: Map over [0, 1, …, n-1] ── `name (end)` ──▶
      │         └ `name (item)`: one call for each          │
      └──────────────── any error ── `name (failed)` ◀──────┘

What travels are indices, never items: the first call stores the list and answers how long it is as
a list of indices, so an empty list needs no Choice. `name (failed)` writes down why the loop failed,
whoever could not say it itself (a timeout, a crash), and raises it again unless the workflow goes on.

A loop with a body of steps is the same with the states of those steps instead of `name (item)`, one
iteration after the other. What travels is then `{"at": …}`, the iteration's name (`core.instances`),
since states inside of the body leave things beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core.compiler.calls import BREAK, CLOSE, OPEN
from chalicelib.core.compiler.parts import far_choice, parts_map
from chalicelib.core.compiler.states import (
    Place,
    State,
    call_parameters,
    failed_state,
    retriers,
)
from chalicelib.core.plan import ForEach, PlanStep, RetryPolicy

STATES = 4
"""What a loop of one item enters: the call before, the Map, the item's call, the call behind."""
MAP_EVENTS = 4
"""Of a Map: entered, started, succeeded, exited."""
ITEM_EVENTS = 7
"""Of an item: started, succeeded, and the five of its Lambda task."""
_BODY_PHASES = (OPEN, CLOSE, BREAK)


@dataclass(frozen=True, slots=True)
class Body:
    """What is run for each item: the first state, and all of them."""

    start: str
    states: State

    def machine(self) -> State:
        return {"StartAt": self.start, "States": self.states}


@dataclass(frozen=True, slots=True)
class Names:
    """How the states of a loop beside its first are called."""

    items: str
    item: str
    end: str
    failed: str
    far: str = ""
    parts: str = ""
    part: str = ""


def loop_states(
    step: PlanStep,
    loop: ForEach,
    resource: str,
    place: Place,
    names: Names,
    *,
    body: Body | None = None,
    parts_arn: str = "",
) -> dict[str, State]:
    """The states of one loop. The step's own retries and timeout are each item's; the calls before
    and behind are retried like any call of ours. With a `body` that is what is run for each item, in
    executions of the machine `parts_arn` where they do not fit into this one."""
    inside = replace(place, failed=names.failed)
    first, last, broken = ("items", "collect", "give up") if body is None else _BODY_PHASES

    def own_call(phase: str, arrow: State, signals: Sequence[str] = ()) -> State:
        return {
            "Type": "Task",
            "Resource": resource,
            "Parameters": {**call_parameters(step.name, place, signals), "phase": phase},
            "ResultPath": "$.loop",
            "Retry": retriers(RetryPolicy(), jitter=place.catch is None),
            **inside.catcher(),
            **arrow,
        }

    failed = failed_state(step, resource, place)
    failed["Parameters"]["phase"] = broken
    one = body or Body(names.item, {names.item: _item_state(step, resource)})
    begin = own_call(first, {"Next": names.items})
    far: dict[str, State] = {}
    if body is not None and parts_arn:
        begin["Parameters"]["parts"] = True
        begin["Next"] = names.far
        parts = parts_map(names.part, parts_arn, {"StateMachineArn": parts_arn})
        far = {
            names.far: far_choice(names.parts, names.items),
            names.parts: {**parts, **inside.catcher(), "Next": names.end},
        }
    return {
        step.name: begin,
        **far,
        names.items: {
            "Type": "Map",
            "ItemsPath": "$.loop.indices",
            "MaxConcurrency": loop.max_concurrency,
            "ItemProcessor": one.machine(),
            "ResultPath": None,
            **inside.catcher(),
            "Next": names.end,
        },
        names.end: own_call(last, place.arrow(), place.signals),
        names.failed: failed,
    }


def _item_state(step: PlanStep, resource: str) -> State:
    """One item. Its input is its index; which run it is of stands in the context object."""
    timeout = {} if step.timeout_seconds is None else {"TimeoutSeconds": step.timeout_seconds}
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": {
            "run.$": "$$.Execution.Input",
            "step": step.name,
            "index.$": "$",
            "retry.$": "$$.State.RetryCount",
            "phase": "item",
        },
        "ResultPath": None,
        **timeout,
        "Retry": retriers(step.retry, jitter=True),
        "End": True,
    }
