"""S2: `workflow/run` on the running stack: children start, end, and are cancelled with their parent."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.support.answers import places, problem
from tests.support.definitions import Definition, delay, fetch, shape, workflow
from tests.support.stack import PATIENCE_SECONDS, Api, CountingServer, RunningStack, step_of


def child(name: str, of: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    params = {"workflow": of, **(params or {})}
    return {"name": name, "action": "workflow/run", "params": params, **more}


def started(api: Api, run_id: str, step: str = "sub") -> str:
    """The id of the run that a step has started, once it is there."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = step_of(api.detail(run_id), step)["execution_id"]
        if found is not None and api.get(f"/api/v1/executions/{found}").status_code == 200:
            return str(found)
        assert time.monotonic() < end, "no child"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    stack.api.apply(
        workflow(
            "doubled",
            shape("work", {"double": "{{ inputs.n * 2 }}"}),
            inputs={"n": {"type": "number"}},
            outputs={"double": "{{ steps.work.output.double }}"},
        )
    )
    return stack.api


def test_s2_workflow_run__the_childs_outputs_are_the_steps(api: Api) -> None:
    said = shape("said", {"it": "{{ steps.sub.output.outputs.double }}"})
    sub = child("sub", "doubled", {"inputs": {"n": "{{ inputs.n + 1 }}"}})
    api.apply(workflow("doubling", sub, said, inputs={"n": {"type": "number"}}))
    run_id = api.run("doubling", {"n": 20})
    detail = api.ended(run_id)
    assert detail["status"] == "completed", detail
    step = step_of(detail, "sub")
    id = step["execution_id"]
    output = {"execution_id": id, "status": "completed", "outputs": {"double": 42}}
    assert step["output"] == output
    assert step_of(detail, "said")["output"] == {"it": 42}
    found = api.detail(id)
    assert (found["workflow"], found["status"], found["inputs"]) == (
        "doubled",
        "completed",
        {"n": 21},
    )
    assert found["trigger"] == {
        "type": "workflow",
        "execution_id": run_id,
        "workflow": "doubling",
        "step": "sub",
    }


def test_s2_workflow_run__a_failed_child_fails_the_step_and_a_retry_starts_another(
    api: Api, server: CountingServer
) -> None:
    api.apply(workflow("flaky-child", fetch("ask", f"{server.url}/flaky/1")))
    sub = child("sub", "flaky-child", retry={"max_attempts": 2})
    api.apply(workflow("patient", sub, shape("after")))
    detail = api.ended(api.run("patient"))
    assert detail["status"] == "completed", detail
    assert step_of(detail, "sub")["attempts"] == 2
    assert server.count("/flaky/1") == 2
    lists = api.get("/api/v1/executions?workflow=flaky-child").json()["executions"]
    assert sorted(run["status"] for run in lists) == ["completed", "failed"]

    api.apply(workflow("broken-child", fetch("ask", f"{server.url}/status/500")))
    api.apply(
        workflow("impatient", child("sub", "broken-child"), fetch("later", f"{server.url}/x"))
    )
    detail = api.ended(api.run("impatient"))
    assert detail["status"] == "failed"
    assert step_of(detail, "sub")["error"].startswith("child run run_")
    assert "step ask failed" in step_of(detail, "sub")["error"]
    assert server.count("/x") == 0


def test_s2_workflow_run__an_unknown_workflow_and_wrong_inputs_fail_the_step(api: Api) -> None:
    unknown = child("unknown", "nobody-has-this", depends_on=[], continue_on_error=True)
    wrong = child("wrong", "doubled", depends_on=[], continue_on_error=True)
    old = child("old", "doubled", {"version": 99}, depends_on=[], continue_on_error=True)
    api.apply(workflow("cannot-start", unknown, wrong, old))
    detail = api.ended(api.run("cannot-start"))
    assert detail["status"] == "completed", detail
    assert "not found" in step_of(detail, "unknown")["error"]
    assert "inputs.n" in step_of(detail, "wrong")["error"]
    assert "no version 99" in step_of(detail, "old")["error"]
    assert {step["execution_id"] for step in detail["steps"]} == {None}


@pytest.mark.parametrize("route", ["s2", "s0", "bulk"])
def test_s2_workflow_run__a_cancel_takes_children_and_grandchildren_along(
    stack: RunningStack, server: CountingServer, route: str
) -> None:
    from chalicelib.core.roles import Role

    api = stack.api_as(Role.ADMIN, org=f"org_cascade_{route}", name=f"cascade-{route}")
    later = f"{server.url}/later-{route}"
    family: list[Definition] = [
        workflow("grandchild", delay("wait", "1h"), fetch("later", later)),
        workflow("child", child("sub", "grandchild"), fetch("later", later)),
        workflow("parent", child("sub", "child"), fetch("later", later)),
    ]
    for definition in family:
        api.apply(definition)
    parent = api.run("parent")
    middle = started(api, parent)
    lowest = started(api, middle)
    api.step_running(lowest, "wait")
    if route == "s2":
        answer = api.post(f"/api/v1/cancel/{parent}")
    elif route == "s0":
        answer = api.post(f"/api/v1/cancel/workflow-run/{parent}")
    else:
        answer = api.post("/api/v1/cancel")
        assert answer.json() == {"status": "cancelled", "count": 3}
    assert answer.status_code == 200
    details = [api.detail(id) for id in (parent, middle, lowest)]
    assert [detail["status"] for detail in details] == ["cancelled"] * 3
    assert {step_of(detail, "later")["status"] for detail in details} == {"cancelled"}
    time.sleep(2)  # long enough for whatever would still be coming: steps follow within 0.2 s
    assert server.count(f"/later-{route}") == 0
    assert [api.detail(id) for id in (parent, middle, lowest)] == details


def test_s2_workflow_run__a_step_over_its_timeout_cancels_its_child(
    api: Api, server: CountingServer
) -> None:
    api.apply(workflow("slow-child", delay("wait", "1h"), fetch("later", f"{server.url}/later")))
    api.apply(workflow("hurried", child("sub", "slow-child", timeout="2s")))
    run_id = api.run("hurried")
    id = started(api, run_id)
    detail = api.ended(run_id)
    assert (detail["status"], detail["error"]) == ("failed", "step sub failed: timeout")
    assert api.ended(id)["status"] == "cancelled"
    assert server.count("/later") == 0


def test_s2_workflow_run__a_parent_that_fails_elsewhere_cancels_its_child(
    api: Api, server: CountingServer
) -> None:
    api.apply(workflow("long-child", delay("wait", "1h"), fetch("later", f"{server.url}/later")))
    broken = fetch("broken", f"{server.url}/status/500", depends_on=["wait"])
    steps = [child("sub", "long-child", depends_on=[]), delay("wait", "3s", depends_on=[]), broken]
    api.apply(workflow("half-broken", *steps))
    run_id = api.run("half-broken")
    id = started(api, run_id)
    assert api.ended(run_id)["status"] == "failed"
    assert api.ended(id)["status"] == "cancelled"
    assert server.count("/later") == 0


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"workflow": ""}, "steps[0].params.workflow"),
        ({"version": 0}, "steps[0].params.version"),
        ({"inputs": []}, "steps[0].params.inputs"),
        ({"input": {}}, "steps[0].params.input"),
    ],
)
def test_s2_workflow_run__wrong_params_are_refused_when_applied(
    api: Api, params: dict[str, Any], place: str
) -> None:
    refused = api.put("refused", workflow("refused", child("sub", "doubled", params)))
    assert list(places(problem(refused, 422, "validation-error", "errors"))) == [place]
