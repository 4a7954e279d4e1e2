"""S0, the socket: `workflow.run` streams its run's events, from `started` to the last one, then
`done`. (Contract: `started` carries `runId`; `seq` starts at 1.)"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import instant
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stack import Api, RunningStack

TWO = workflow(
    "s0-two",
    shape("a", {"text": "{{ inputs.who }}"}),
    shape("left-out", condition="false"),
    shape("b"),
    inputs={"who": {"type": "string", "default": "you"}},
)
FAILING = workflow("s0-failing", shape("a"), fetch("b", "http://127.0.0.1:1/"), shape("c"))
WAITING = workflow("s0-waiting", shape("a"), delay("wait", "2s"), shape("b"))


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    for definition in (TWO, FAILING, WAITING):
        stack.api.apply(definition)
    return stack.api


def kinds(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(event["kind"], event.get("step")) for event in events]


def in_order(events: list[dict[str, Any]]) -> bool:
    """Whether the numbers are 1, 2, 3, …: nothing is missing, doubled or out of order."""
    return [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_s0_workflow_run__streams_started_to_completed_then_done(
    api: Api, stack: RunningStack
) -> None:
    with stack.socket() as socket:
        socket.send("workflow.run", "1", workflowIdOrName="s0-two", inputs={"who": "Ada"})
        events = socket.until_done("1")
    assert kinds(events) == [
        ("started", None),
        ("step_started", "a"),
        ("step_completed", "a"),
        ("step_skipped", "left-out"),
        ("step_started", "b"),
        ("step_completed", "b"),
        ("completed", None),
    ]
    assert in_order(events)
    times = [instant(event["at"]) for event in events]
    assert times == sorted(times)
    started, ended = events[0], events[-1]
    assert set(started) == {"kind", "runId", "workflow", "version", "at", "seq"}
    assert (started["workflow"], started["version"]) == ("s0-two", 1)
    assert ended["runId"] == started["runId"]
    detail = api.detail(started["runId"])
    assert (detail["status"], detail["inputs"]) == ("completed", {"who": "Ada"})
    assert detail["trigger"] == {"type": "socket"}
    assert step_attempts(events) == {1}


def step_attempts(events: list[dict[str, Any]]) -> set[int]:
    return {event["attempt"] for event in events if "step" in event}


def test_s0_workflow_run__a_run_started_here_is_listed_by_s2(api: Api, stack: RunningStack) -> None:
    with stack.socket() as socket:
        socket.send("workflow.run", "1", workflowIdOrName="s0-two")
        run_id = socket.until_kind("1", "started")[0]["runId"]
        newest = api.get("/api/v1/executions?workflow=s0-two&limit=1").json()["executions"]
        assert newest[0]["id"] == run_id
        socket.until_done("1")


def test_s0_workflow_run__a_failing_run_ends_with_error_then_done(
    api: Api, stack: RunningStack
) -> None:
    with stack.socket() as socket:
        socket.send("workflow.run", "fails", workflowIdOrName="s0-failing")
        events = socket.until_done("fails")
    assert kinds(events)[-3:] == [("step_started", "b"), ("step_failed", "b"), ("error", None)]
    assert in_order(events)
    detail = api.detail(events[0]["runId"])
    assert events[-2]["error"] == detail["steps"][1]["error"]
    assert events[-1]["message"] == detail["error"]
    assert events[-1]["status"] == detail["status"] == "failed"


def test_s0_workflow_run__several_runs_on_one_socket_stream_side_by_side(
    api: Api, stack: RunningStack
) -> None:
    requests = [f"run {number}" for number in range(5)]
    with stack.socket() as socket:
        for request in requests:
            socket.send("workflow.run", request, workflowIdOrName="s0-waiting")
        found = socket.all_until_done(*requests)
    run_ids = {events[0]["runId"] for events in found.values()}
    assert len(run_ids) == 5
    for events in found.values():
        assert in_order(events)
        assert kinds(events) == [
            ("started", None),
            ("step_started", "a"),
            ("step_completed", "a"),
            ("step_started", "wait"),
            ("step_completed", "wait"),
            ("step_started", "b"),
            ("step_completed", "b"),
            ("completed", None),
        ]


def test_s0_workflow_run__an_unknown_workflow_is_an_error_frame(
    api: Api, stack: RunningStack
) -> None:
    with stack.socket() as socket:
        frame = socket.ask("workflow.run", "1", workflowIdOrName="s0-unknown")
    assert (frame["type"], frame["id"]) == ("error", "1")
    assert frame["error"]["code"] == "not_found"


def test_s0_workflow_run__wrong_inputs_are_an_error_frame_with_all_problems(
    api: Api, stack: RunningStack
) -> None:
    with stack.socket() as socket:
        frame = socket.ask(
            "workflow.run", "1", workflowIdOrName="s0-two", inputs={"who": 1, "x": 2}
        )
    assert frame["error"]["code"] == "validation_error"
    assert {one["location"] for one in frame["error"]["errors"]} == {"inputs.who", "inputs.x"}


def test_s0_workflow_run__needs_an_operator_and_a_viewer_may_watch(
    api: Api, stack: RunningStack, viewer: Api
) -> None:
    assert viewer.token is not None
    with stack.socket(viewer.token) as socket:
        for kind, payload in (
            ("workflow.run", {"workflowIdOrName": "s0-two"}),
            ("cancel", {"id": "run_x"}),
            ("model.method.run", {"modelIdOrName": "m", "methodName": "run"}),
        ):
            frame = socket.ask(kind, kind, **payload)
            assert (frame["type"], frame["id"]) == ("error", kind)
            assert frame["error"]["code"] == "permission_denied"
            assert "operator" in frame["error"]["message"]
        run_id = api.run("s0-two")
        socket.send("run.attach", "watch", runId=run_id)
        assert kinds(socket.until_done("watch"))[-1] == ("completed", None)


def test_s0_runs_outlive_the_socket(api: Api, stack: RunningStack) -> None:
    with stack.socket() as socket:
        socket.send("workflow.run", "1", workflowIdOrName="s0-waiting")
        run_id = socket.until_kind("1", "started")[0]["runId"]
    assert api.ended(run_id)["status"] == "completed"
    with stack.socket() as socket:
        socket.send("run.attach", "again", runId=run_id)
        events = socket.until_done("again")
    assert in_order(events)
    assert (len(events), events[0]["runId"], events[-1]["kind"]) == (8, run_id, "completed")
