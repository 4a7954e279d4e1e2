"""S0, the socket: what a client gets wrong is an `error` frame, and the socket stays usable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.stack import RunningStack, Socket


@pytest.fixture(scope="module")
def socket(stack: RunningStack) -> Iterator[Socket]:
    """One socket for the whole module: it has to survive all of this."""
    with stack.socket() as found:
        yield found


def still_works(socket: Socket) -> None:
    frame = socket.ask("workflow.run.search", "still", limit=1)
    assert (frame["type"], frame["id"]) == ("workflow.run.search", "still"), frame


def refused(socket: Socket, text: str, request: str | None, code: str = "bad_request") -> str:
    """The message of the error frame that answers a text; the socket still works then."""
    socket.send_text(text)
    frame = socket.receive()
    assert set(frame) == {"type", "id", "error"}, frame
    assert (frame["type"], frame["id"]) == ("error", request)
    assert set(frame["error"]) == {"code", "message"}
    assert frame["error"]["code"] == code
    still_works(socket)
    message: str = frame["error"]["message"]
    return message


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "{",
        "{'type': 'cancel'}",
        '{"type": NaN}',
        '{"type": "cancel", "type": "x", "id": "1"}',
        '{"type": "run.attach", "id": "1", "payload": {"runId": "\\ud800"}}',
    ],
    ids=["word", "cut", "quotes", "NaN", "twice", "surrogate"],
)
def test_s0_frames__a_frame_that_is_no_json_gets_an_error_frame(socket: Socket, text: str) -> None:
    assert "JSON" in refused(socket, text, None)


@pytest.mark.parametrize("text", ["[]", "7", "null", '"cancel"', "true", "[[]]"])
def test_s0_frames__a_frame_that_is_no_object_gets_an_error_frame(
    socket: Socket, text: str
) -> None:
    assert "object" in refused(socket, text, None)


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        ({}, "type"),
        ({"id": "1"}, "type"),
        ({"type": 1, "id": "1"}, "type"),
        ({"type": "cancel"}, "id"),
        ({"type": "cancel", "id": 1}, "id"),
        ({"type": "cancel", "id": ""}, "id"),
        ({"type": "cancel", "id": None}, "id"),
        ({"type": "cancel", "id": "x" * 129}, "id"),
    ],
    ids=str,
)
def test_s0_frames__without_a_type_and_an_id_it_is_refused(
    socket: Socket, frame: dict[str, Any], named: str
) -> None:
    assert named in refused(socket, json.dumps(frame), None)


@pytest.mark.parametrize("kind", ["", "workflow.start", "WORKFLOW.RUN", "event", "x" * 500])
def test_s0_frames__an_unknown_type_is_refused_naming_the_known_ones(
    socket: Socket, kind: str
) -> None:
    message = refused(socket, json.dumps({"type": kind, "id": "1"}), "1")
    assert "workflow.run" in message and "run.attach" in message


@pytest.mark.parametrize(
    ("kind", "payload", "named"),
    [
        ("workflow.run", [], "payload"),
        ("workflow.run", ["workflowIdOrName"], "payload"),
        ("workflow.run", "s0-two", "payload"),
        ("workflow.run", {}, "workflowIdOrName"),
        ("workflow.run", {"workflowIdOrName": 7}, "workflowIdOrName"),
        ("workflow.run", {"workflowIdOrName": ""}, "workflowIdOrName"),
        ("workflow.run", {"workflowIdOrName": "x" * 129}, "workflowIdOrName"),
        ("workflow.run", {"workflowIdOrName": "a", "inputs": []}, "inputs"),
        ("workflow.run", {"workflowIdOrName": "a", "workflow": "a"}, "workflow"),
        ("run.attach", {}, "runId"),
        ("run.attach", {"runId": 1}, "runId"),
        ("run.attach", {"runId": "run_x", "afterSeq": -1}, "afterSeq"),
        ("run.attach", {"runId": "run_x", "afterSeq": "1"}, "afterSeq"),
        ("run.attach", {"runId": "run_x", "afterSeq": 10**12}, "afterSeq"),
        ("run.attach", {"runId": "run_x", "afterSeq": 1.5}, "afterSeq"),
        ("run.attach", {"runId": "run_x", "after": 1}, "after"),
        ("cancel", {"id": 1}, "id"),
        ("cancel", {"runId": "run_x"}, "runId"),
        ("model.method.run", {"modelIdOrName": "m"}, "methodName"),
    ],
    ids=str,
)
def test_s0_frames__a_wrong_payload_is_refused_naming_the_member(
    socket: Socket, kind: str, payload: Any, named: str
) -> None:
    text = json.dumps({"type": kind, "id": "1", "payload": payload})
    assert named in refused(socket, text, "1")


def test_s0_frames__several_problems_of_a_payload_are_named_at_once(socket: Socket) -> None:
    payload = {"runId": 1, "afterSeq": -1, "x": 1}
    text = json.dumps({"type": "run.attach", "id": "1", "payload": payload})
    message = refused(socket, text, "1")
    assert all(name in message for name in payload)


@settings(
    max_examples=30,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.text(max_size=60)
    | st.dictionaries(
        st.sampled_from(["type", "id", "payload", "x"]),
        st.sampled_from(["run.attach", "cancel", "1", "", "x"])
        | st.integers()
        | st.dictionaries(st.sampled_from(["runId", "id", "afterSeq"]), st.text() | st.integers()),
    ).map(json.dumps)
)
def test_s0_frames__random_frames_are_answered_by_an_error_frame(socket: Socket, text: str) -> None:
    socket.send_text(text)
    frame = socket.receive()
    assert frame["type"] == "error", frame
    assert frame["error"]["code"] in ("bad_request", "not_found")
    assert "Traceback" not in frame["error"]["message"]
