"""The machine of hooks: the right lists, in order, whatever fails."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.compiler.hooks import compile_hooks
from chalicelib.core.plan import HOOKS, Plan, PlanStep

ARN = "arn:aws:lambda:us-east-1:123456789012:function:step"
DUE = {
    "succeeded": ("on_success", "on_finish"),
    "failed": ("on_failure", "on_finish"),
    "timed_out": ("on_failure", "on_finish"),
    "cancelled": ("on_finish",),
}


def plan_of(hooks: dict[str, list[bool]]) -> Plan:
    """Per hook a list of steps s0, s1 …: whether each goes on after an error."""
    steps = {
        hook: tuple(
            PlanStep(f"s{number}", "transform", continue_on_error=goes_on)
            for number, goes_on in enumerate(listed)
        )
        for hook, listed in hooks.items()
        if listed
    }
    return Plan("w", (PlanStep("only", "transform"),), hooks=steps)


def walk(machine: dict[str, Any], status: str, failing: set[tuple[str, str]]) -> list[str]:
    """The steps that are tried, where those of `failing` fail for good."""
    found: list[str] = []
    name = machine["StartAt"]
    while True:
        state = machine["States"][name]
        match state["Type"]:
            case "Choice":
                matching = [c["Next"] for c in state["Choices"] if c["StringEquals"] == status]
                name = matching[0] if matching else state["Default"]
            case "Succeed":
                return found
            case _:
                call = state["Parameters"]
                here = (call["hook"], call["step"])
                if call.get("phase") == "failed":
                    name = state["Next"]
                    continue
                found.append("/".join(here))
                (catch,) = state["Catch"]
                assert catch["ResultPath"] == "$.error", "the input has to stay"
                name = catch["Next"] if here in failing else state["Next"]


LISTS = st.fixed_dictionaries({hook: st.lists(st.booleans(), max_size=4) for hook in HOOKS})


@given(LISTS, st.sampled_from(list(DUE)), st.sets(st.integers(0, 11)))
def test_each_list_that_is_due_runs_in_order_until_a_step_fails(
    hooks: dict[str, list[bool]], status: str, broken: set[int]
) -> None:
    places = [(hook, f"s{number}") for hook in HOOKS for number in range(4)]
    failing = {places[number] for number in broken}
    text = compile_hooks(plan_of(hooks), ARN)
    if not any(hooks.values()):
        assert text is None
        return
    expected = []
    for hook in DUE[status]:
        for number, goes_on in enumerate(hooks[hook]):
            expected.append(f"{hook}/s{number}")
            if (hook, f"s{number}") in failing and not goes_on:
                break
    assert walk(json.loads(text or ""), status, failing) == expected


def test_names_fit_into_a_state_s_name() -> None:
    step = PlanStep("x" * 60, "transform", continue_on_error=True)
    text = compile_hooks(Plan("w", (), hooks={"on_success": (step,)}), ARN)
    assert max(map(len, json.loads(text or "")["States"])) <= 80
