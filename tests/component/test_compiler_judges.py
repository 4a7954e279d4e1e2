"""Compiled machines before two judges that know nothing of the compiler.

cfn-lint's schema says whether a definition is valid Amazon States Language; moto's interpreter runs
it, with a Python function in place of the two Lambdas.
"""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import cfnlint.data.schemas.other.step_functions
import pytest
from cfnlint.jsonschema import StandardValidator
from cfnlint.schema.resolver import RefResolver
from moto.awslambda_simple.models import LambdaSimpleBackend

from chalicelib.core.compiler import Compiled, compile_plan
from chalicelib.core.compiler.calls import read_finish_call, read_step_call
from chalicelib.core.plan import ForEach, Plan, PlanStep, RetryPolicy
from tests.support.quick import quick_aws

ACCOUNT = "arn:aws:lambda:us-east-1:123456789012:function"
RUN = {"org": "acme", "run_id": "run_1"}


def step(name: str, *needs: str, action: str = "transform") -> PlanStep:
    return PlanStep(name, action, depends_on=needs)


ITEMS = 3
"""Of every loop, as its machine's estimate takes it."""
DIAMOND = (step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"))
SHAPES = {
    "one": (step("a"),),
    "chain": (step("a"), step("b", "a"), step("c", "b")),
    "diamond": DIAMOND,
    "join": (step("a"), step("b"), step("c", "a", "b"), step("d", "a", "b")),
    "crossing": (step("a"), step("b"), step("c", "a"), step("d", "a", "b")),
    "delay": (step("a", action="delay"), step("b"), step("c", "a", "b", action="delay")),
    "loop": (
        step("a"),
        replace(step("b", "a"), for_each=ForEach("[1, 2, 3]", 2, ITEMS)),
        step("c", "a"),
        replace(step("d", "b"), for_each=ForEach("[]", 1, ITEMS)),
    ),
    "retries": (
        replace(step("a"), retry=RetryPolicy(3, 2, 2.0), timeout_seconds=5),
        replace(step("b"), retry=RetryPolicy(2, 1, 1.0)),
    ),
}


def compiled(steps: tuple[PlanStep, ...]) -> Compiled:
    plan = Plan("shape", steps, timeout_seconds=600)
    return compile_plan(plan, step_arn=f"{ACCOUNT}:step", finish_arn=f"{ACCOUNT}:finish")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    folder = cfnlint.data.schemas.other.step_functions.__path__[0]
    with open(f"{folder}/statemachine.json", encoding="utf-8") as file:  # noqa: PTH123
        found = json.load(file)
    assert isinstance(found, dict)
    return found


def schema_errors(schema: dict[str, Any], definition: dict[str, Any]) -> list[str]:
    resolver = RefResolver.from_schema(schema, store={"definition": schema})
    validator = StandardValidator(schema, resolver=resolver)
    return [error.message for error in validator.iter_errors(definition)]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_schema_of_cfn_lint_accepts_every_shape(shape: str, schema: dict[str, Any]) -> None:
    assert schema_errors(schema, compiled(SHAPES[shape]).definition) == []


def test_the_schema_of_cfn_lint_would_notice_a_fault(schema: dict[str, Any]) -> None:
    definition = json.loads(compiled(DIAMOND).text)
    definition["States"]["Parallel 1"]["Branches"][0]["States"]["b"]["Typ"] = "Task"
    assert schema_errors(schema, definition)


@dataclass
class Lambdas:
    """Both Lambdas. `errors[step]` are the error names of its first tries."""

    errors: dict[str, list[str]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, event: dict[str, Any], headers: dict[str, Any]) -> Any:
        if "gate" in event:
            threading.Thread(target=self._open, args=(event,), daemon=True).start()
            return None
        with self._lock:
            self.events.append(event)
            pending = self.errors.get(event.get("step", ""))
            error = pending.pop(0) if pending else None
        if error is not None:
            headers["x-amz-function-error"] = "Unhandled"
            return {"errorType": error, "errorMessage": "…"}
        phases = {"begin": {"until": "2020-01-01T00:00:00Z"}, "items": {"indices": [*range(ITEMS)]}}
        return phases.get(event.get("phase", ""), {"out": 1})

    def _open(self, event: dict[str, Any]) -> None:
        """Send a gate's token once everybody it waits for has been called."""
        waiting = threading.Event()
        while not set(event["gate"]) <= set(self.order):
            waiting.wait(0.02)
        client = boto3.client("stepfunctions", region_name="us-east-1")
        client.send_task_success(taskToken=event["token"], output="{}")

    def tries(self, name: str) -> list[int]:
        calls = [read_step_call(event) for event in self.events if "step" in event]
        return [call.retry for call in calls if call.step == name]

    @property
    def order(self) -> list[str]:
        return [event["step"] for event in self.events if "step" in event]


Run = Callable[[tuple[PlanStep, ...], Lambdas], list[str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs steps in moto to the end; the types of the history's events."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    config = {"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}
    with quick_aws(**config):
        role = boto3.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")
        arn = role["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "")
        for name in ("step", "finish"):
            boto3.client("lambda", region_name="us-east-1").create_function(
                FunctionName=name,
                Role=arn,
                Runtime="python3.11",
                Handler="app.any",
                Code={"ZipFile": code.getvalue()},
            )

        def execute(steps: tuple[PlanStep, ...], lambdas: Lambdas) -> list[str]:
            def invoke(
                _: Any, _name: str, _qualifier: Any, body: Any, _headers: Any, answer: Any
            ) -> bytes:
                return json.dumps(lambdas.answer(json.loads(body), answer)).encode()

            monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
            return history(compiled(steps).text, arn)

        yield execute


def history(definition: str, role: str) -> list[str]:
    client = boto3.client("stepfunctions", region_name="us-east-1")
    machine = client.create_state_machine(name="m", definition=definition, roleArn=role)
    execution = client.start_execution(
        stateMachineArn=machine["stateMachineArn"], name="run_1", input=json.dumps(RUN)
    )["executionArn"]
    waiting = threading.Event()
    for _ in range(400):
        if client.describe_execution(executionArn=execution)["status"] != "RUNNING":
            break
        waiting.wait(0.05)
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event["type"] for page in pages for event in page["events"]]


def finish_error(lambdas: Lambdas) -> Mapping[str, Any] | None:
    (event,) = [event for event in lambdas.events if "step" not in event]
    call = read_finish_call(event)
    assert call.run == RUN
    return call.error


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "retries"])
def test_every_step_runs_once_with_the_runs_own_input_and_the_estimate_is_exact(
    shape: str, run: Run
) -> None:
    steps, lambdas = SHAPES[shape], Lambdas()
    events = run(steps, lambdas)
    assert events[-1] == "ExecutionSucceeded"
    assert len(events) == compiled(steps).estimated_events
    assert finish_error(lambdas) is None
    for each in steps:
        calls = ITEMS + 2 if each.for_each else 2 if each.action == "delay" else 1
        assert lambdas.tries(each.name) == [0] * calls
        for needed in each.depends_on:
            assert lambdas.order.index(needed) < lambdas.order.index(each.name)
    for event in lambdas.events:
        assert RUN.items() <= event["run"].items()


def test_a_step_is_retried_as_its_policy_says_and_the_estimate_counts_it(run: Run) -> None:
    steps = (replace(step("a"), retry=RetryPolicy(3, 1, 1.0)),)
    lambdas = Lambdas({"a": ["StepFailed", "StepFailed"]})
    events = run(steps, lambdas)
    assert lambdas.tries("a") == [0, 1, 2]
    assert finish_error(lambdas) is None
    assert len(events) == compiled(steps).estimated_events


@pytest.mark.parametrize("error", ["StepFailed", "StepRefused", "RunOver"])
def test_what_is_final_reaches_finish_after_one_try(error: str, run: Run) -> None:
    lambdas = Lambdas({"b": [error]})
    run((step("a"), step("b", "a"), step("c", "b")), lambdas)
    found = finish_error(lambdas)
    assert found is not None and found["Error"] == error
    assert lambdas.tries("b") == [0] and lambdas.tries("c") == []


def test_a_failure_inside_a_parallel_reaches_finish_with_its_name(run: Run) -> None:
    lambdas = Lambdas({"c": ["StepRefused"]})
    run(DIAMOND, lambdas)
    found = finish_error(lambdas)
    assert found is not None and found["Error"] == "StepRefused"
    assert lambdas.tries("d") == []


def test_a_crashed_worker_is_asked_again(run: Run) -> None:
    lambdas = Lambdas({"a": ["Runtime.ExitError"]})
    run((step("a"),), lambdas)
    assert lambdas.tries("a") == [0, 1] and finish_error(lambdas) is None


def test_an_item_that_fails_reaches_finish_through_the_state_that_writes_it_down(run: Run) -> None:
    loop = replace(step("a"), for_each=ForEach("[1, 2, 3]", 1, ITEMS))
    lambdas = Lambdas()
    answered = lambdas.answer

    def answer(event: dict[str, Any], headers: dict[str, Any]) -> Any:
        found = answered(event, headers)
        if event.get("phase") == "give up" or event.get("index") == 1:
            headers["x-amz-function-error"] = "Unhandled"
            return {"errorType": "StepRefused", "errorMessage": "no"}
        return found

    lambdas.answer = answer  # type: ignore[method-assign]
    run((loop, step("b", "a")), lambdas)
    phases = [(event.get("phase"), event.get("index")) for event in lambdas.events[:-1]]
    assert phases[:3] == [("items", None), ("item", 0), ("item", 1)]
    assert phases[-1] == ("give up", None)
    assert lambdas.events[-2]["run"]["error"]["Error"] == "StepRefused"
    found = finish_error(lambdas)
    assert found is not None and found["Error"] == "StepRefused"
    assert lambdas.tries("b") == []
