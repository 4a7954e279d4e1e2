"""S3: a task that is started as a run is one everywhere: S0, S1 and S2 list, stream and cancel it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import problem
from tests.support.definitions import shape, workflow
from tests.support.stack import Api, RunningStack, step_of
from tests.support.swarm_api import SwarmApi, mock, until
from tests.support.v1 import run_of


@pytest.fixture(scope="module")
def swarm(stack: RunningStack) -> SwarmApi:
    """`quick` answers, `sulky` refuses, `slow` takes its time. Of the organisation that sockets are of."""
    return SwarmApi.create(
        stack.api,
        agents=[
            mock("quick", {"when": "*", "say": "done: {{content}}"}),
            mock("sulky", {"when": "*", "fail": {"message": "I will not", "retryable": False}}),
            mock("slow", {"when": "sleep", "sleep": 8, "say": "awake"}, {"when": "*", "say": "up"}),
        ],
    )


def start(swarm: SwarmApi, agent: str, task: str, **headers: str) -> str:
    """Start a task as a run; its id."""
    body = {"task": task, "run": True}
    sent = swarm.expect(200, "POST", f"/agents/{agent}/task", json=body, headers=headers)
    run_id = sent.pop("run_id")
    assert sent == {"status": "sent", "agent": agent, "task": task}
    assert run_id.startswith("run_")
    return str(run_id)


def test_s3_task_runs__a_task_is_a_run_only_where_it_was_started_as_one(swarm: SwarmApi) -> None:
    path = f"/api/v1/executions?workflow={swarm.name}/sulky"
    before = len(swarm.api.get(path).json()["executions"])
    for body in ({"task": "x"}, {"task": "x", "run": False}):
        sent = swarm.expect(200, "POST", "/agents/sulky/task", json=body)
        assert sent == {"status": "sent", "agent": "sulky", "task": "x"}
    assert len(swarm.api.get(path).json()["executions"]) == before


def test_s3_task_runs__its_run_has_what_the_agent_said(swarm: SwarmApi) -> None:
    run_id = start(swarm, "quick", "write it")
    detail = swarm.api.ended(run_id)
    assert (detail["status"], detail["workflow"]) == ("completed", f"{swarm.name}/quick"), detail
    assert detail["inputs"] == {"swarm": swarm.name, "agent": "quick", "task": "write it"}
    assert detail["trigger"] == {"type": "api"}
    output = step_of(detail, "task")["output"]
    assert output.pop("mail_id").startswith("mail_")
    assert output == {"swarm": swarm.name, "agent": "quick", "output": "done: write it"}
    assert detail["outputs"]["output"] == "done: write it"
    line = {name: detail[name] for name in ("id", "workflow", "status")}
    listed = swarm.api.get("/api/v1/executions", params={"workflow": detail["workflow"]})
    assert line in [{name: run[name] for name in line} for run in listed.json()["executions"]]


def test_s3_task_runs__one_whose_agent_gives_up_is_failed(swarm: SwarmApi) -> None:
    detail = swarm.api.ended(start(swarm, "sulky", "tidy up"))
    assert detail["status"] == "failed", detail
    assert "I will not" in step_of(detail, "task")["error"]
    assert "I will not" in detail["error"]


def test_s3_task_runs__s0_attaches_to_one_and_gets_its_events_and_output(
    stack: RunningStack, swarm: SwarmApi
) -> None:
    run_id = start(swarm, "quick", "tell me")
    with stack.socket() as socket:
        socket.send("run.attach", "1", runId=run_id)
        events = socket.until_done("1")
    assert [event["kind"] for event in events] == [
        "started",
        "step_started",
        "step_completed",
        "method_output",
        "completed",
    ]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
    assert (events[0]["workflow"], events[0]["version"]) == (f"{swarm.name}/quick", 0)
    assert events[3]["output"]["output"] == "done: tell me"


def test_s3_task_runs__each_dialect_cancels_one(stack: RunningStack, swarm: SwarmApi) -> None:
    """While the agent is at its turn for the first one, the others' mail waits."""
    first, *runs = [start(swarm, "slow", task) for task in ("sleep", "two", "three", "four")]
    for run_id in (first, *runs):
        swarm.api.until(
            run_id, lambda found: bool(found["steps"]) and found["steps"][0]["status"] == "running"
        )
    until(lambda: swarm.agent("slow"), lambda found: found["inbox_size"] >= 3)
    two, three, four = runs
    assert swarm.api.expect(200, "POST", f"/api/v1/cancel/{first}")["status"] == "cancelled"
    wrong = swarm.api.call("POST", f"/api/v1/cancel/agent-task/{two}")
    assert wrong.status_code == 400
    assert swarm.api.call("POST", f"/api/v1/cancel/method-run/{two}").status_code == 404
    assert swarm.api.call("POST", f"/v1/runs/{two}/cancel").status_code == 200
    with stack.socket() as socket:
        socket.send("run.attach", "1", runId=three)
        socket.until_kind("1", "step_started")
        socket.send("cancel", "2", id="1")
        assert socket.until_done("1")[-1]["kind"] == "cancelled"
    for run_id in (first, two, three):
        assert swarm.api.detail(run_id)["status"] == "cancelled"
        assert run_of(swarm.api, run_id)["status"] == "cancelled"
    # The agent goes on with what is still wanted, and takes up nothing else.
    assert swarm.api.ended(four)["status"] == "completed"
    assert len(swarm.events("task_skipped")) >= 2
    assert swarm.agent("slow")["inbox_size"] == 0
    assert swarm.api.detail(first)["outputs"] is None


def test_s3_task_runs__the_same_key_is_the_same_run(swarm: SwarmApi) -> None:
    key = {"Idempotency-Key": f"key-{swarm.name}"}
    first = start(swarm, "quick", "once", **key)
    assert start(swarm, "quick", "once", **key) == first
    other = swarm.call("POST", "/agents/quick/task", json={"task": "once"}, headers=key)
    problem(other, 422, "idempotency-mismatch")


def test_s3_task_runs__what_cannot_be_sent_is_refused(swarm: SwarmApi, stranger: Api) -> None:
    body = {"task": "x", "run": True}
    swarm.refused(404, "POST", "/agents/nobody/task", json=body)
    swarm.refused(400, "POST", "/agents/quick/task", "errors", json={"task": "x", "run": "yes"})
    assert stranger.post(f"{swarm.path}/agents/quick/task", json=body).status_code == 404
    run_id = start(swarm, "quick", "mine")
    assert stranger.get(f"/api/v1/executions/{run_id}").status_code == 404
    assert stranger.post(f"/api/v1/cancel/{run_id}").status_code == 404


def test_s3_task_runs__a_workflow_hands_work_to_agents(swarm: SwarmApi) -> None:
    swarm.api.apply(
        workflow(
            "handing-on",
            _task("draft", swarm.name, "quick", "draft {{ inputs.topic }}"),
            shape("title", {"said": "{{ steps.draft.output.output }}"}),
            _task("check", swarm.name, "quick", "check: {{ steps.title.output.said }}"),
            inputs={"topic": {"type": "string"}},
            outputs={"said": "{{ steps.check.output.output }}"},
        )
    )
    detail = swarm.api.ended(swarm.api.run("handing-on", {"topic": "tea"}))
    assert detail["status"] == "completed", detail
    assert detail["outputs"] == {"said": "done: check: done: draft tea"}


def test_s3_task_runs__a_step_fails_with_its_agent_and_with_its_time(swarm: SwarmApi) -> None:
    swarm.api.apply(workflow("unheard", _task("ask", "no-such-swarm", "quick", "hm")))
    detail = swarm.api.ended(swarm.api.run("unheard"))
    assert step_of(detail, "ask")["error"].startswith("swarm_not_found")
    swarm.post("/pause")
    try:
        swarm.api.apply(workflow("hurried", _task("ask", swarm.name, "quick", "hm", timeout="2s")))
        detail = swarm.api.ended(swarm.api.run("hurried"))
    finally:
        swarm.post("/resume")
    assert (detail["status"], step_of(detail, "ask")["error"]) == ("failed", "timeout"), detail
    until(lambda: swarm.agent("quick"), lambda found: found["inbox_size"] == 0)


def _task(name: str, swarm: str, agent: str, task: str, **more: Any) -> dict[str, Any]:
    params = {"swarm": swarm, "agent": agent, "task": task, **more}
    return {"name": name, "action": "swarm/task", "params": params}
