"""S0, the socket: `model.method.run`, and cancel and attach on such runs."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.stack import Api, RunningStack


@pytest.fixture(scope="module")
def ready(stack: RunningStack) -> RunningStack:
    for name, body in {
        "ws-shaper": {"type": "transform", "globalArguments": {"a": 1}},
        "ws-sleeper": {"type": "delay", "globalArguments": {"duration": "1h"}},
        "ws-fetcher": {"type": "http"},
    }.items():
        answer = stack.api.call("PUT", f"/api/v1/models/{name}", json=body)
        assert answer.status_code in (200, 201), answer.text
    return stack


def call(socket: Any, request: str, name: str, method: str = "run", **inputs: Any) -> None:
    payload = {"modelIdOrName": name, "methodName": method, "inputs": inputs}
    socket.send("model.method.run", request, **payload)


def test_s0_socket__a_method_run_streams_its_events_with_its_output_before_the_end(
    ready: RunningStack,
) -> None:
    with ready.socket() as socket:
        call(socket, "1", "ws-shaper", b=2)
        events = socket.until_done("1")
    assert [event["kind"] for event in events] == [
        "started",
        "step_started",
        "step_completed",
        "method_output",
        "completed",
    ]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
    assert events[0]["workflow"] == "ws-shaper/run"
    assert events[3]["output"] == {"a": 1, "b": 2}
    detail = ready.api.detail(events[0]["runId"])
    assert (detail["status"], detail["trigger"]) == ("completed", {"type": "socket"})


def test_s0_socket__an_output_over_16_kb_is_told_where_to_find(ready: RunningStack) -> None:
    with ready.socket() as socket:
        call(socket, "1", "ws-shaper", b="x" * 20_000)
        (output,) = [e for e in socket.until_done("1") if e["kind"] == "method_output"]
    assert "output" not in output
    assert output["bytes"] > 20_000
    found = ready.api.get(output["outputAt"])
    assert found.json()["outputs"] == {"a": 1, "b": "x" * 20_000}


def test_s0_socket__a_failed_method_run_ends_with_an_error_and_no_output(
    ready: RunningStack,
) -> None:
    with ready.socket() as socket:
        call(socket, "1", "ws-fetcher", "request", url="http://127.0.0.1:1/")
        kinds = [event["kind"] for event in socket.until_done("1")]
    assert kinds[-2:] == ["step_failed", "error"]
    assert "method_output" not in kinds


def test_s0_socket__cancel_names_the_request_of_a_method_run(ready: RunningStack) -> None:
    with ready.socket() as socket:
        call(socket, "1", "ws-sleeper")
        assert socket.receive()["event"]["kind"] == "started"
        socket.send("cancel", "2", id="1")
        assert socket.until_done("1")[-1]["kind"] == "cancelled"


def test_s0_socket__a_method_run_outlives_its_socket_and_is_attached_to_again(
    ready: RunningStack,
) -> None:
    with ready.socket() as socket:
        call(socket, "1", "ws-sleeper", duration="2s")
        run_id = socket.receive()["event"]["runId"]
    with ready.socket() as socket:
        socket.send("run.attach", "again", runId=run_id, afterSeq=1)
        events = socket.until_done("again")
    assert [event["seq"] for event in events] == list(range(2, len(events) + 2))
    assert [event["kind"] for event in events][-2:] == ["method_output", "completed"]


@pytest.mark.parametrize(
    ("name", "method", "inputs", "code"),
    [
        ("ws-nobody", "run", {}, "not_found"),
        ("ws-shaper", "nope", {}, "not_found"),
        ("ws-fetcher", "request", {"nope": 1}, "validation_error"),
        ("", "run", {}, "bad_request"),
    ],
)
def test_s0_socket__what_is_wrong_with_a_method_call_is_an_error_frame(
    ready: RunningStack, name: str, method: str, inputs: dict[str, Any], code: str
) -> None:
    with ready.socket() as socket:
        call(socket, "1", name, method, **inputs)
        frame = socket.receive()
        assert (frame["type"], frame["id"], frame["error"]["code"]) == ("error", "1", code)
        if code == "validation_error":
            assert {e["location"] for e in frame["error"]["errors"]} == {
                "inputs.nope",
                "inputs.url",
            }


def test_s0_socket__a_viewer_runs_no_method(ready: RunningStack) -> None:
    with ready.socket(ready.token(Role.VIEWER, name="ws-viewer")) as socket:
        call(socket, "1", "ws-shaper")
        assert socket.receive()["error"]["code"] == "permission_denied"


def test_s0_socket__a_method_run_is_found_by_the_search(ready: RunningStack) -> None:
    with ready.socket() as socket:
        call(socket, "1", "ws-shaper")
        run_id = socket.until_done("1")[0]["runId"]
        socket.send("workflow.run.search", "2", workflow="ws-shaper/run", limit=1)
        (found,) = socket.receive()["payload"]["runs"]
    assert found["runId"] == run_id
    assert Api(ready.local.base_url, ready.credentials.token).detail(run_id)["workflow"] == (
        "ws-shaper/run"
    )
