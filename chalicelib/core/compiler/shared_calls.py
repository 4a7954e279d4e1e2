"""What the machine for any graph is told and tells (`compiler.shared`): which steps are to be run, and
what a call of it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chalicelib.core.compiler.calls import BREAK, OPEN, GateCall, StepCall
from chalicelib.core.compiler.history import DELAY
from chalicelib.core.compiler.order import Order
from chalicelib.core.compiler.parts import Part
from chalicelib.core.instances import instance, split
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.waits import LONGEST_SECONDS, PHASES

LIST: Final = "list"
"""The phase of `Begin`."""
IS_TASK, IS_DELAY, IS_TOKEN, IS_LOOP, IS_PART = "t", "d", "w", "l", "p"
"""Kinds of items."""


def listed(plan: Plan, loop: str = "") -> list[dict[str, Any]]:
    """What is to be run of a plan, or of a loop's body: the items of a Map, in topological order."""
    numbers = {step.name: number for number, step in enumerate(plan.steps)}
    steps = plan.inside(loop)
    order = Order.of({step.name: step.depends_on for step in steps})
    return [
        {
            "n": numbers[steps[index].name],
            "k": _kind(steps[index]),
            "g": 1 if steps[index].depends_on else 0,
            "t": steps[index].timeout_seconds or LONGEST_SECONDS,
        }
        for index in order.topological
    ]


def listed_part(plan: Plan, part: Part) -> list[dict[str, Any]]:
    """The same of an execution that runs a part of a loop."""
    loop, at = split(part.of)
    number = next(n for n, step in enumerate(plan.steps) if step.name == loop)
    iterations = {"indices": part.indices(), "body": listed(plan, loop)}
    item = {"n": number, "k": IS_PART, "g": 0, "t": LONGEST_SECONDS, "at": at, "loop": iterations}
    return [item]


def ends_part(event: Mapping[str, Any]) -> bool:
    """Whether a call is about the end of a part, and not of the loop."""
    return event["local"].get("k") == IS_PART if "local" in event else False


def resolve(event: Mapping[str, Any], plan: Plan) -> StepCall | GateCall:
    """What a call of this machine is about. Raises KeyError when it is something else."""
    run, local, retry = event["run"], event["local"], int(event["retry"])
    step, at = plan.steps[local["n"]], local.get("at", "")

    def here(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(instance(name, at) for name in names)

    name, phase = instance(step.name, at), event["shared"]
    if phase == "gate":
        return GateCall(run, name, here(step.depends_on), event["token"], retry)
    if phase == "token":
        phase = PHASES[step.action]
    # The calls that only begin something end nothing that others wait for.
    tells = phase not in ("begin", OPEN)
    users = [each.name for each in plan.inside(step.within) if step.name in each.depends_on]
    return StepCall(
        run,
        name,
        retry,
        phase,
        here(users) if tells else (),
        local.get("error") if phase == BREAK else None,
        token=event.get("token", ""),
        waited=local.get("wait"),
        parts=bool(event.get("parts")),
    )


def _kind(step: PlanStep) -> str:
    if step.for_each is not None:
        return IS_LOOP
    if step.action == DELAY:
        return IS_DELAY
    return IS_TOKEN if step.action in PHASES else IS_TASK
