"""What is refused before Step Functions would refuse it, and what a thousand steps take."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import replace

import pytest
from compiler_graphs import (
    FINISH_ARN,
    STEP_ARN,
    chain,
    compiled,
    ladder,
    plan_of,
    random_series_parallel,
    wide,
)

from chalicelib.core.compiler import compile_plan
from chalicelib.core.compiler.order import Graph
from chalicelib.core.errors import Invalid
from chalicelib.core.plan import Plan, PlanStep, RetryPolicy


def refusal(plan: Plan) -> str:
    with pytest.raises(Invalid) as refused:
        compile_plan(plan, step_arn=STEP_ARN, finish_arn=FINISH_ARN)
    return " ".join(problem.message for problem in refused.value.problems)


def test_a_definition_over_a_megabyte_is_refused_with_both_numbers() -> None:
    graph = {f"a-long-name-of-a-step-number-{place}": [] for place in range(2_500)}
    message = refusal(plan_of(graph))
    assert "1,000,000" in message and "compiles to 1," in message


def test_a_history_over_the_limit_is_refused_with_both_numbers() -> None:
    steps = tuple(
        PlanStep(f"s{place}", "transform", retry=RetryPolicy(100)) for place in range(100)
    )
    message = refusal(Plan("p", steps))
    assert "30,207 history events" in message and "25,000" in message


def test_five_thousand_steps_are_refused_before_anything_grows() -> None:
    assert "history events" in refusal(plan_of(wide(5_000)))


def test_names_over_eighty_characters_are_refused() -> None:
    assert "81 characters" in refusal(Plan("p", (PlanStep("x" * 81, "transform"),)))


def test_double_names_and_empty_plans_are_refused() -> None:
    step = PlanStep("a", "transform")
    assert "more than one step is named `a`" in refusal(Plan("p", (step, step)))
    assert "must not be empty" in refusal(Plan("p", ()))


def test_cycles_and_unknown_dependencies_are_refused_together() -> None:
    message = refusal(plan_of({"a": ["b"], "b": ["a"], "c": ["zz"]}))
    assert "`a -> b -> a`" in message and "unknown step `zz`" in message


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param(chain(1_000), id="chain"),
        pytest.param(wide(1_000), id="wide"),
        pytest.param(random_series_parallel(random.Random(7), 1_000), id="random"),
        pytest.param(
            {f"s{n}": [f"s{m}" for m in range(max(0, n - 30), n)] for n in range(1_000)},
            id="redundant",
        ),
        *(
            pytest.param(
                {
                    f"s{n}": [
                        f"s{m}" for m in range(n) if random.Random(n * 1_000 + m).random() < p
                    ]
                    for n in range(1_000)
                },
                id=f"any-{p}",
            )
            for p in (0.002, 0.01, 0.1)
        ),
        pytest.param(ladder(500), id="ladder"),
    ],
)
def test_a_thousand_steps_compile_at_once(graph: Graph, capsys: pytest.CaptureFixture[str]) -> None:
    begin = time.process_time()
    found = compiled(graph)
    took = time.process_time() - begin
    with capsys.disabled():
        sys.stdout.write(
            f"\n{found.states} states, {found.gates} gates, {len(found.text):,} bytes, {took * 1_000:.0f} ms"
        )
    # Processor time, many times the budget: a slow machine passes, a cube of the steps does not.
    assert took < 20


def test_comments_and_made_up_names_stay_short() -> None:
    plan = replace(plan_of(chain(1)), name="w" * 200)
    found = compile_plan(plan, step_arn=STEP_ARN, finish_arn=FINISH_ARN)
    assert len(found.definition["Comment"]) <= 80
