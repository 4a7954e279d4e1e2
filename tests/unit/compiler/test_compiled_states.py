"""What one step becomes, and what its retries do."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from compiler_graphs import FINISH_ARN, STEP_ARN, compiled, compiled_step

from chalicelib.core.compiler import compile_plan
from chalicelib.core.compiler.calls import StepCall, read_finish_call, read_step_call
from chalicelib.core.compiler.reference import Trace, interpret
from chalicelib.core.compiler.states import NEVER_RETRIED
from chalicelib.core.plan import Plan, PlanStep, RetryPolicy
from chalicelib.core.steps import RunOver, StepFailed, StepRefused


def states_of(step: PlanStep) -> dict[str, Any]:
    states = compiled_step(step).definition["States"]
    assert isinstance(states, dict)
    return states


def run(policy: RetryPolicy, *errors: str) -> Trace:
    definition = compiled_step(PlanStep("a", "transform", retry=policy)).definition
    return interpret(definition, {}, errors={"a": errors})


def test_a_plain_step_is_one_task_and_carries_no_data() -> None:
    assert states_of(PlanStep("fetch", "http/request"))["fetch"] == {
        "Type": "Task",
        "Resource": STEP_ARN,
        "Parameters": {"run.$": "$", "step": "fetch", "retry.$": "$$.State.RetryCount"},
        "ResultPath": None,
        "Retry": [
            {"ErrorEquals": ["StepFailed", "StepRefused", "RunOver"], "MaxAttempts": 0},
            {"ErrorEquals": ["States.TaskFailed"]},
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Finish"}],
        "Next": "Finish",
    }


def test_the_errors_that_are_final_are_the_ones_the_worker_raises() -> None:
    assert {error.__name__ for error in (StepFailed, StepRefused, RunOver)} == set(NEVER_RETRIED)


def test_a_plain_step_costs_under_four_hundred_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["fetch", "notify", "s1", "s1000"]
    for name in names:
        with_step = compiled({"x": [], name: ["x"]}).text
        size = len(with_step) - len(compiled({"x": []}).text)
        with capsys.disabled():
            sys.stdout.write(f"\n{name}: {size} bytes")
        assert size < 400


def test_only_steps_in_a_parallel_jitter_and_only_the_others_catch() -> None:
    states = compiled({"a": [], "b": ["a"], "c": ["a"]}).definition["States"]
    inner = states["Parallel 1"]["Branches"][0]["States"]["b"]
    assert "Catch" not in inner and inner["End"] is True
    assert inner["Retry"][-1]["JitterStrategy"] == "FULL"
    assert "JitterStrategy" not in states["a"]["Retry"][-1]
    assert states["Parallel 1"]["ResultPath"] is None
    assert states["Parallel 1"]["Catch"] == states["a"]["Catch"]


def test_timeouts_are_the_states_and_the_machines_own() -> None:
    plan = Plan("p", (PlanStep("a", "transform", timeout_seconds=30),), timeout_seconds=90)
    definition = compile_plan(plan, step_arn=STEP_ARN, finish_arn=FINISH_ARN).definition
    assert definition["TimeoutSeconds"] == 90
    assert definition["States"]["a"]["TimeoutSeconds"] == 30


def test_fixed_retries_wait_the_same_each_time() -> None:
    trace = run(RetryPolicy(4, 5, 1.0), "StepFailed", "States.Timeout", "StepFailed")
    assert trace.started["a"] == [0, 5, 10, 15]
    assert trace.error is None


def test_exponential_retries_double_their_wait() -> None:
    trace = run(RetryPolicy(4, 3, 2.0), *["StepFailed"] * 3)
    assert trace.started["a"] == [0, 3, 9, 21]


def test_exponential_waits_stop_growing_at_a_day() -> None:
    (own, *_) = states_of(PlanStep("a", "transform", retry=RetryPolicy(9, 60, 2.0)))["a"]["Retry"]
    assert own["MaxDelaySeconds"] == 86_400 > own["IntervalSeconds"]


def test_max_attempts_counts_all_tries() -> None:
    trace = run(RetryPolicy(3, 1, 1.0), *["StepFailed"] * 9)
    assert len(trace.started["a"]) == 3
    assert trace.error == "StepFailed"


@pytest.mark.parametrize("error", ["StepRefused", "RunOver"])
def test_what_is_final_is_never_retried(error: str) -> None:
    assert len(run(RetryPolicy(5), error).started["a"]) == 1


def test_without_a_policy_a_failure_and_a_timeout_are_final() -> None:
    assert len(run(RetryPolicy(), "StepFailed").started["a"]) == 1
    assert len(run(RetryPolicy(), "States.Timeout").started["a"]) == 1


def test_a_crashed_worker_is_retried_whatever_the_policy() -> None:
    trace = run(RetryPolicy(), "Runtime.ExitError", "Lambda.TooManyRequestsException")
    assert trace.started["a"] == [0, 1, 3]
    assert trace.error is None


def test_crashes_do_not_use_up_the_steps_own_tries() -> None:
    trace = run(RetryPolicy(2), "Lambda.Unknown", "StepFailed", "Lambda.Unknown")
    assert trace.error is None and len(trace.started["a"]) == 4


def test_a_failure_in_a_branch_reaches_finish_once() -> None:
    definition = compiled({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}).definition
    trace = interpret(definition, {"b": 2, "c": 5}, errors={"b": ["StepRefused"]})
    assert trace.error == "StepRefused"
    assert "d" not in trace.started
    assert trace.makespan == 2


def test_a_delay_is_a_call_a_wait_and_a_call() -> None:
    step = PlanStep("pause", "delay", timeout_seconds=60, retry=RetryPolicy(3))
    states = states_of(step)
    assert [*states] == ["pause", "pause (wait)", "pause (end)", "Finish"]
    begin, wait, end = states["pause"], states["pause (wait)"], states["pause (end)"]
    assert begin["Parameters"]["phase"] == "begin" and begin["ResultPath"] == "$.wait"
    assert wait == {"Type": "Wait", "TimestampPath": "$.wait.until", "Next": "pause (end)"}
    assert end["Parameters"]["phase"] == "end" and end["ResultPath"] is None
    assert "TimeoutSeconds" not in begin and "TimeoutSeconds" not in end
    assert begin["Retry"][0]["MaxAttempts"] == 2
    assert end["Retry"][0] == {"ErrorEquals": [*NEVER_RETRIED], "MaxAttempts": 0}


def test_a_delay_takes_its_time_and_counts_three_states() -> None:
    found = compiled_step(PlanStep("pause", "delay"))
    trace = interpret(found.definition, {"pause": 30})
    assert found.states == trace.transitions == 4
    assert found.estimated_events == trace.events
    assert trace.makespan == 30 == trace.finished["pause"]


def test_made_up_names_keep_clear_of_steps() -> None:
    steps = (
        PlanStep("Finish", "transform"),
        PlanStep("Parallel 1", "transform"),
        PlanStep("a", "delay"),
        PlanStep("a (wait)", "transform"),
    )
    found = compile_plan(Plan("p", steps), step_arn=STEP_ARN, finish_arn=FINISH_ARN)
    assert [*found.definition["States"]] == ["Parallel 1 2", "Finish 2"]
    assert found.definition["States"]["Parallel 1 2"]["Next"] == "Finish 2"
    assert {*found.definition["States"]["Parallel 1 2"]["Branches"][2]["States"]} == {
        "a",
        "a (wait) 2",
        "a (end)",
    }


def test_the_last_state_gets_the_run_and_the_error() -> None:
    finish = states_of(PlanStep("a", "transform"))["Finish"]
    assert finish["Parameters"] == {"run.$": "$$.Execution.Input", "input.$": "$"}
    assert finish["Retry"][0] == {"ErrorEquals": ["RunFailed"], "MaxAttempts": 0}
    assert finish["End"] is True


def test_calls_are_read_back() -> None:
    run = {"org": "o", "run_id": "r"}
    assert read_step_call({"run": run, "step": "a", "retry": 2}) == StepCall(run, "a", 2, "")
    event = {"run": run, "step": "a", "retry": 0, "phase": "end"}
    assert read_step_call(event) == StepCall(run, "a", 0, "end")
    assert read_finish_call({"run": run, "input": run}).error is None
    error = {"Error": "StepFailed", "Cause": "…"}
    assert read_finish_call({"run": run, "input": error}).error == error


def going_on(name: str, *needs: str, action: str = "transform") -> PlanStep:
    return PlanStep(name, action, depends_on=needs, continue_on_error=True)


def interpreted(*steps: PlanStep, **errors: list[str]) -> Trace:
    found = compile_plan(Plan("p", steps), step_arn=STEP_ARN, finish_arn=FINISH_ARN)
    return interpret(found.definition, {step.name: 1.0 for step in steps}, errors=errors)


def test_a_step_that_may_fail_has_a_state_for_its_failure_that_goes_on_like_it() -> None:
    states = states_of(going_on("a"))
    assert states["a"]["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "a (failed)"}
    ]
    failed = states["a (failed)"]
    assert (failed["Next"], failed["Parameters"]["phase"]) == ("Finish", "failed")
    assert failed["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": "Finish"}]


@pytest.mark.parametrize("error", ["States.Timeout", "StepFailed"])
def test_what_comes_after_a_step_that_may_fail_runs_when_it_has_failed(error: str) -> None:
    trace = interpreted(going_on("a"), PlanStep("b", "transform", depends_on=("a",)), a=[error])
    assert (trace.failed, trace.finished, trace.error) == ({"a": 1.0}, {"b": 2.0}, error)


def test_a_step_that_may_fail_does_not_end_its_parallel() -> None:
    join = PlanStep("join", "transform", depends_on=("a", "b"))
    steps = going_on("a"), PlanStep("b", "transform"), join
    trace = interpreted(*steps, a=["States.Timeout"])
    assert set(trace.finished) == {"b", "join"}


def test_a_delay_that_may_fail_goes_on_from_either_of_its_calls() -> None:
    states = states_of(going_on("a", action="delay"))
    for name in ("a", "a (end)"):
        assert states[name]["Catch"][0]["Next"] == "a (failed)"


def test_the_error_of_a_step_is_read_by_its_own_failure_only() -> None:
    event = {"run": {"error": {"Error": "States.Timeout"}}, "step": "a", "retry": 0}
    assert read_step_call(event).error is None
    assert read_step_call({**event, "phase": "failed"}).error == {"Error": "States.Timeout"}
