"""Steps that wait for somebody: the state that an approval becomes."""

from __future__ import annotations

import json
from typing import Any

from compiler_graphs import STEP_ARN

from chalicelib.core.compiler import compile_plan
from chalicelib.core.compiler.calls import StepCall, read_step_call
from chalicelib.core.compiler.reference import interpret
from chalicelib.core.plan import Plan, PlanStep, RetryPolicy


def compiled(*steps: PlanStep, **more: Any) -> Any:
    return compile_plan(Plan("p", steps, **more), step_arn=STEP_ARN, finish_arn=STEP_ARN)


def review(**more: Any) -> PlanStep:
    return PlanStep("review", "approval", {"message": "?"}, **more)


def test_an_approval_is_one_state_that_waits_for_a_token() -> None:
    found = compiled(
        review(timeout_seconds=90), PlanStep("next", "transform", depends_on=("review",))
    )
    state = found.definition["States"]["review"]
    assert state == {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": STEP_ARN,
            "Payload": {
                "run.$": "$",
                "step": "review",
                "retry.$": "$$.State.RetryCount",
                "phase": "ask",
                "token.$": "$$.Task.Token",
            },
        },
        "ResultPath": None,
        "TimeoutSeconds": 90,
        "Retry": [
            {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "BackoffRate": 1},
            {"ErrorEquals": ["StepFailed", "StepRefused", "RunOver"], "MaxAttempts": 0},
            {"ErrorEquals": ["States.TaskFailed"]},
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Finish"}],
        "Next": "next",
    }


def test_it_costs_one_transition_like_any_step_and_is_counted_as_a_token() -> None:
    plain = compiled(PlanStep("review", "transform"))
    asking = compiled(review())
    assert asking.states == plain.states
    assert (plain.tokens, asking.tokens, asking.gates) == (0, 1, 0)
    assert interpret(asking.definition, {"review": 7}).makespan == 7


def test_without_a_timeout_it_waits_as_long_as_the_run_may_or_a_year() -> None:
    for more, seconds in (({}, 31_536_000), ({"timeout_seconds": 60}, 60)):
        state = compiled(review(), **more).definition["States"]["review"]
        assert state["TimeoutSeconds"] == seconds


def test_each_try_may_time_out_and_be_looked_at_once() -> None:
    step = PlanStep("child", "workflow/run", retry=RetryPolicy(max_attempts=3))
    state = compiled(step).definition["States"]["child"]
    look, own, *_ = state["Retry"]
    assert (look["ErrorEquals"], look["MaxAttempts"]) == (["States.Timeout"], 3)
    assert (own["ErrorEquals"], own["MaxAttempts"]) == (["StepFailed", "States.Timeout"], 2)
    assert state["Parameters"]["Payload"]["phase"] == "call"


def test_what_it_tells_its_lambda_is_read_back() -> None:
    told = compiled(review()).definition["States"]["review"]["Parameters"]["Payload"]
    event = {name.removesuffix(".$"): value for name, value in told.items()}
    event |= {"run": {"run_id": "run_1"}, "retry": 2, "token": "secret"}
    found = read_step_call(json.loads(json.dumps(event)))
    assert isinstance(found, StepCall)
    assert (found.phase, found.token, found.retry) == ("ask", "secret", 2)
