"""Which join gates a graph gets, and what they say."""

from __future__ import annotations

import random
from typing import Any

import pytest
from compiler_graphs import STEP_ARN, any_random, compiled, ladder, plan_of

from chalicelib.core.compiler import compile_plan
from chalicelib.core.compiler.calls import GateCall, StepCall, read_step_call
from chalicelib.core.compiler.order import Graph
from chalicelib.core.compiler.reference import Deadlock, interpret
from chalicelib.core.plan import Plan, PlanStep

CROSSING: Graph = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}


def all_states(machine: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every state on all levels by its name."""
    found: dict[str, dict[str, Any]] = dict(machine["States"])
    for state in machine["States"].values():
        for branch in state.get("Branches", []):
            found |= all_states(branch)
    return found


def gates(graph: Graph) -> dict[str, list[str]]:
    """consumer → what its gate waits for."""
    payloads = [
        state["Parameters"]["Payload"]
        for state in all_states(compiled(graph).definition).values()
        if "Payload" in state.get("Parameters", {})
    ]
    return {payload["step"]: payload["gate"] for payload in payloads}


def test_a_crossing_is_one_gate_and_one_parallel() -> None:
    found = compiled(CROSSING)
    assert (found.gates, found.parallels, found.states) == (1, 1, 4 + 1 + 1 + 1)
    assert gates(CROSSING) == {"d": ["a"]}
    left, right = found.definition["States"]["Parallel 1"]["Branches"]
    assert [*left["States"]] == ["a", "c"]
    assert [*right["States"]] == ["b", "d (gate)", "d"]
    assert right["States"]["b"]["Next"] == "d (gate)"


def test_a_gate_is_one_call_that_leaves_a_token_and_waits_for_up_to_a_year() -> None:
    gate = all_states(compiled(CROSSING).definition)["d (gate)"]
    assert gate == {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": STEP_ARN,
            "Payload": {
                "run.$": "$",
                "step": "d",
                "retry.$": "$$.State.RetryCount",
                "gate": ["a"],
                "token.$": "$$.Task.Token",
            },
        },
        "ResultPath": None,
        "TimeoutSeconds": 31_536_000,
        "Retry": [
            {"ErrorEquals": ["StepFailed", "StepRefused", "RunOver"], "MaxAttempts": 0},
            {"ErrorEquals": ["States.TaskFailed"], "JitterStrategy": "FULL"},
        ],
        "Next": "d",
    }


def test_a_gate_waits_no_longer_than_the_run_may_take_and_in_its_functions_partition() -> None:
    plan = Plan("p", plan_of(CROSSING).steps, timeout_seconds=90)
    arn = STEP_ARN.replace("arn:aws:", "arn:aws-cn:")
    gate = all_states(compile_plan(plan, step_arn=arn, finish_arn=arn).definition)["d (gate)"]
    assert gate["TimeoutSeconds"] == 90
    assert gate["Resource"].startswith("arn:aws-cn:states:::")


def test_only_producers_name_the_steps_that_wait_for_them() -> None:
    states = all_states(compiled(CROSSING).definition)
    assert states["a"]["Parameters"]["signals"] == ["d"]
    assert all("signals" not in states[name]["Parameters"] for name in "bcd")


def test_a_delay_names_them_when_it_ends() -> None:
    steps = [PlanStep(s.name, "delay", depends_on=s.depends_on) for s in plan_of(CROSSING).steps]
    found = compile_plan(Plan("p", tuple(steps)), step_arn=STEP_ARN, finish_arn=STEP_ARN)
    states = all_states(found.definition)
    assert "signals" not in states["a"]["Parameters"]
    assert states["a (end)"]["Parameters"]["signals"] == ["d"]
    assert states["b (end)"]["Next"] == "d (gate)"


def test_a_step_that_several_share_waits_for_all_of_them_at_one_gate() -> None:
    graph = {name: [] for name in "abe"} | {f"after-{name}": [name] for name in "abe"}
    assert gates({**graph, "d": ["a", "b", "e"]}) == {"d": ["b", "e"]}


def test_a_join_of_all_but_one_of_many_takes_one_gate() -> None:
    left, right = [f"l{place}" for place in range(150)], [f"r{place}" for place in range(150)]
    graph: dict[str, list[str]] = {name: [] for name in left} | dict.fromkeys(right, left)
    graph["r0"] = left[1:]
    assert compiled(graph).gates == 1


def test_a_part_with_a_crossing_leaves_the_rest_as_it_is() -> None:
    graph = {"first": [], "a": ["first"], "b": ["first"], "c": ["a"], "d": ["a", "b"]}
    found = compiled({**graph, "last": ["c", "d"], "end": ["last"]})
    assert [*found.definition["States"]] == ["first", "Parallel 1", "last", "end", "Finish"]
    assert found.gates == 1


def test_gates_have_names_of_their_own() -> None:
    graph = {**CROSSING, "d (gate)": []}
    names = all_states(compiled(graph).definition)
    assert {"d (gate)", "d (gate) 2"} <= names.keys()
    long = {**CROSSING, "x" * 80: ["a", "b"]}
    assert max(map(len, all_states(compiled(long).definition))) <= 80


def test_a_ladder_is_two_chains_with_gates_between_them() -> None:
    found = compiled(ladder(200))
    assert found.parallels == 1
    assert found.gates <= 199
    assert interpret(found.definition, {}).finished.keys() == ladder(200).keys()


def test_equal_graphs_get_equal_gates() -> None:
    graph = any_random(random.Random(11), 60)
    assert compiled(graph).text == compiled(graph).text
    assert compiled(graph).gates > 0


def test_the_interpreter_would_notice_gates_that_wait_for_each_other() -> None:
    definition = compiled(CROSSING).definition
    all_states(definition)["d (gate)"]["Parameters"]["Payload"]["gate"] = ["d"]
    with pytest.raises(Deadlock):
        interpret(definition, {})


def test_a_failure_elsewhere_ends_a_parallel_whose_gate_waits() -> None:
    trace = interpret(
        compiled(CROSSING).definition, {"a": 2, "b": 1}, errors={"a": ["StepRefused"]}
    )
    assert (trace.error, trace.makespan) == ("StepRefused", 2)
    assert trace.started.keys() == {"a", "b"}


def test_gate_calls_are_read_back() -> None:
    run = {"org": "o", "run_id": "r"}
    event = {"run": run, "step": "d", "retry": 1, "gate": ["a", "b"], "token": "t"}
    assert read_step_call(event) == GateCall(run, "d", ("a", "b"), "t", 1)
    event = {"run": run, "step": "a", "retry": 0, "signals": ["d"]}
    assert read_step_call(event) == StepCall(run, "a", 0, "", ("d",))
