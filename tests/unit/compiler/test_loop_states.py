"""Steps with `for_each` as states: what the machine does, told by the reference interpreter."""

from __future__ import annotations

import random
from dataclasses import replace
from math import ceil

import pytest
from compiler_graphs import FINISH_ARN, STEP_ARN, compiled_step, plan_of, random_series_parallel
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.compiler import Compiled, compile_plan
from chalicelib.core.compiler.calls import StepCall, read_step_call
from chalicelib.core.compiler.mermaid import mermaid
from chalicelib.core.compiler.reference import critical_path, interpret
from chalicelib.core.errors import Invalid
from chalicelib.core.plan import ForEach, Plan, PlanStep, RetryPolicy
from chalicelib.core.runs.start import fences_for

LOOP = PlanStep("each", "transform", for_each=ForEach("inputs.list", 2, 5))


def compiled(plan: Plan) -> Compiled:
    return compile_plan(plan, step_arn=STEP_ARN, finish_arn=FINISH_ARN)


@settings(deadline=None, max_examples=150)
@given(st.randoms(use_true_random=False), st.integers(1, 25))
def test_a_graph_with_loops_takes_its_critical_path_and_the_history_that_was_estimated(
    chance: random.Random, size: int
) -> None:
    plan = plan_of(random_series_parallel(chance, size))
    durations = {step.name: float(chance.randint(0, 50)) for step in plan.steps}
    lasts, items, steps = dict(durations), {}, []
    for step in plan.steps:
        count, at_once = chance.randint(1, 9), chance.randint(1, 5)
        if chance.random() < 0.6:
            steps.append(step)
            continue
        items[step.name] = count
        lasts[step.name] *= ceil(count / at_once)
        steps.append(replace(step, for_each=ForEach("inputs.list", at_once, count)))
    plan = replace(plan, steps=tuple(steps))
    found = compiled(plan)
    trace = interpret(found.definition, durations, items=items)
    assert trace.started.keys() == trace.finished.keys() == durations.keys()
    for step in plan.steps:
        ends = [trace.finished[needed] for needed in step.depends_on]
        assert trace.started[step.name] == [max(ends, default=0)]
        assert len(trace.items.get(step.name, ())) == items.get(step.name, 0)
    assert trace.makespan == critical_path(plan, lasts)
    assert trace.transitions == found.states + sum(count - 1 for count in items.values())
    assert trace.events == found.estimated_events


def test_retries_are_each_items_own_and_estimated_for_every_item() -> None:
    step = replace(LOOP, retry=RetryPolicy(3, 1, 1.0))
    found = compiled_step(step)
    errors = {"each": ["StepFailed", "States.Timeout"]}
    trace = interpret(found.definition, {}, items={"each": 5}, errors=errors)
    assert (len(trace.items["each"]), trace.error) == (7, None)
    assert found.estimated_events == trace.events + 3 * (2 * 5 - 2)


@pytest.mark.parametrize("error", ["StepFailed", "StepRefused", "States.Timeout", "RunOver"])
def test_an_item_that_fails_for_good_ends_the_loop_and_the_run(error: str) -> None:
    plan = Plan("p", (LOOP, PlanStep("later", "transform", depends_on=("each",))))
    trace = interpret(
        compiled(plan).definition, {}, items={"each": 5}, errors={"each": [error] * 9}
    )
    assert (trace.finished, trace.error) == ({}, "StepRefused")
    assert "later" not in trace.started


def test_with_continue_on_error_what_comes_after_the_loop_runs() -> None:
    loop = replace(LOOP, continue_on_error=True)
    plan = Plan("p", (loop, PlanStep("later", "transform", depends_on=("each",))))
    trace = interpret(
        compiled(plan).definition,
        {},
        items={"each": 5},
        errors={"each": ["StepRefused"]},
        tolerant=("each",),
    )
    assert trace.failed.keys() == {"each"}
    assert trace.finished.keys() == {"later"}


def test_the_timeout_stands_on_the_items_call_and_nowhere_else() -> None:
    states = compiled_step(replace(LOOP, timeout_seconds=7)).definition["States"]
    assert {name for name, state in states.items() if "TimeoutSeconds" in state} == set()
    (item,) = states["each (items)"]["ItemProcessor"]["States"].values()
    assert item["TimeoutSeconds"] == 7
    assert states["each (items)"]["MaxConcurrency"] == 2


def test_what_an_item_is_handed_is_read_back() -> None:
    states = compiled_step(LOOP).definition["States"]
    (item,) = states["each (items)"]["ItemProcessor"]["States"].values()
    given = {"run.$": {"run_id": "r"}, "index.$": 4, "retry.$": 1}
    event = {
        name.removesuffix(".$"): given.get(name, value)
        for name, value in item["Parameters"].items()
    }
    assert read_step_call(event) == StepCall({"run_id": "r"}, "each", 1, "item", index=4)


def test_names_of_states_never_meet_those_of_steps() -> None:
    names = ["each (items)", "each (item)", "each (end)", "each (failed)"]
    plan = Plan("p", (LOOP, *(PlanStep(name, "transform") for name in names)))
    trace = interpret(compiled(plan).definition, {}, items={"each": 2})
    assert trace.finished.keys() == {"each", *names}


def test_too_long_a_history_is_refused_with_its_numbers_and_what_would_help() -> None:
    def loops(count: int, most: int) -> Plan:
        steps = (replace(LOOP, name=f"l{n}", for_each=ForEach("x", 1, most)) for n in range(count))
        return Plan("p", tuple(steps))

    assert compiled(loops(3, 1_000)).estimated_events < 25_000
    with pytest.raises(Invalid) as refused:
        compiled(loops(4, 1_000))
    (problem,) = refused.value.problems
    assert "28,063 history events" in problem.message and "25,000" in problem.message
    assert "`max_items` items in each loop (`l0`, `l1`, `l2`, `l3`: lower it)" in problem.message
    assert compiled(loops(40, 80))


def test_a_loop_is_as_wide_as_its_items_run_at_once() -> None:
    def fences(at_once: int, most: int = 1_000) -> int:
        return fences_for(Plan("p", (replace(LOOP, for_each=ForEach("x", at_once, most)),)))

    assert [fences(n) for n in (1, 2, 3, 10, 40)] == [0, 0, 1, 5, 20]
    assert fences(40, 4) == 2


def test_the_picture_shows_the_loop() -> None:
    step = replace(LOOP, condition="a > b")
    assert 's0[["each<br/>transform<br/>for each of inputs.list<br/>if a #62; b"]]' in mermaid(
        Plan("p", (step,))
    )


def test_a_plan_with_a_loop_is_read_back_as_it_was_and_old_ones_have_none() -> None:
    plan = Plan("p", (LOOP,))
    assert Plan.from_dict(plan.to_dict()) == plan
    old = plan.to_dict()
    del old["steps"][0]["for_each"]
    assert Plan.from_dict(old).steps[0].for_each is None
