"""The machine of a workflow's hooks: what runs after a run (S2).

    Which ── succeeded ──────────── on_success … ──┐
        ├─── failed, timed out ──── on_failure … ──┼── on_finish … ── Done
        └─── cancelled ────────────────────────────┘

It is an execution of its own, because a run's may have been stopped. Its input is the run's and the
status that the run ended with. A step that fails ends its list.
"""

from __future__ import annotations

import json
from typing import Any

from chalicelib.core.compiler.states import Place, State, failed_state, task_state
from chalicelib.core.plan import HOOKS, Plan, PlanStep

_WHICH, _DONE = "Which", "Done"


def compile_hooks(plan: Plan, step_arn: str) -> str | None:
    """The machine's definition as compact JSON; None for a workflow without hooks."""
    if not any(plan.hooks.values()):
        return None
    finish = _first(plan, "on_finish") or _DONE
    states: dict[str, State] = {
        _WHICH: {
            "Type": "Choice",
            "Choices": [
                _when("succeeded", _first(plan, "on_success") or finish),
                _when("cancelled", finish),
            ],
            "Default": _first(plan, "on_failure") or finish,
        }
    }
    for hook in HOOKS:
        after = _DONE if hook == "on_finish" else finish
        states |= _list(hook, plan.hooks.get(hook, ()), step_arn, after)
    states[_DONE] = {"Type": "Succeed"}
    definition = {"Comment": f"Runyard hooks: {plan.name}"[:80], "StartAt": _WHICH}
    return json.dumps({**definition, "States": states}, separators=(",", ":"), ensure_ascii=False)


def _when(status: str, following: str) -> dict[str, str]:
    return {"Variable": "$.status", "StringEquals": status, "Next": following}


def _first(plan: Plan, hook: str) -> str | None:
    steps = plan.hooks.get(hook)
    return _name(hook, steps[0]) if steps else None


def _name(hook: str, step: PlanStep) -> str:
    """Lists may have steps of one name; a step's own name has no slash."""
    return f"{hook}/{step.name}"


def _list(hook: str, steps: tuple[PlanStep, ...], step_arn: str, after: str) -> dict[str, State]:
    names = [_name(hook, step) for step in steps]
    found: dict[str, State] = {}
    for step, name, following in zip(steps, names, [*names[1:], after], strict=False):
        failed = f"{name} (failed)" if step.continue_on_error else after
        found[name] = task_state(step, step_arn, Place(following, failed, failed=failed))
        if step.continue_on_error:
            found[failed] = failed_state(step, step_arn, Place(following, after, failed=after))
    for state in found.values():
        parameters: dict[str, Any] = state["Parameters"]
        parameters["hook"] = hook
    return found
