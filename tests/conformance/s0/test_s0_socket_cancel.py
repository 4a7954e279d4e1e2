"""S0, the socket: `cancel` names a request or a run and has no answer of its own: the run's stream
tells."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.definitions import delay, shape, workflow
from tests.support.stack import Api, RunningStack, Socket

LONG = workflow("s0-long", delay("wait", "1h"), shape("after"))


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    stack.api.apply(LONG)
    return stack.api


def waiting(socket: Socket, request: str = "run") -> str:
    """Start a run and follow it to its delay; its id."""
    socket.send("workflow.run", request, workflowIdOrName="s0-long")
    return str(socket.until_kind(request, "step_started")[0]["runId"])


def nothing_more(socket: Socket) -> bool:
    """Whether the socket is silent: the next frame is the answer to a request made now."""
    return socket.ask("workflow.run.search", "silent", limit=1)["id"] == "silent"


def cancelled(api: Api, events: list[dict[str, Any]], run_id: str) -> bool:
    """Whether the stream ended with `cancelled` and the run is."""
    (event,) = events
    assert (event["kind"], event["runId"], event["seq"]) == ("cancelled", run_id, 3)
    detail = api.detail(run_id)
    assert [step["status"] for step in detail["steps"]] == ["cancelled", "cancelled"]
    return bool(detail["status"] == "cancelled")


def test_s0_cancel__by_the_frames_own_id_ends_that_request(api: Api, stack: RunningStack) -> None:
    with stack.socket() as socket:
        run_id = waiting(socket)
        socket.send_text('{"type": "cancel", "id": "run"}')
        assert cancelled(api, socket.until_done("run"), run_id)
        assert nothing_more(socket)


def test_s0_cancel__by_a_request_in_the_payload(api: Api, stack: RunningStack) -> None:
    with stack.socket() as socket:
        run_id = waiting(socket)
        socket.send("cancel", "stop it", id="run")
        assert cancelled(api, socket.until_done("run"), run_id)
        assert nothing_more(socket)


def test_s0_cancel__by_a_run_from_another_socket(api: Api, stack: RunningStack) -> None:
    with stack.socket() as socket, stack.socket() as other:
        run_id = waiting(socket)
        other.send("cancel", "stop it", id=run_id)
        assert cancelled(api, socket.until_done("run"), run_id)
        assert nothing_more(other)


def test_s0_cancel__over_rest_is_told_on_the_socket(api: Api, stack: RunningStack) -> None:
    with stack.socket() as socket:
        run_id = waiting(socket)
        assert api.post(f"/api/v1/cancel/{run_id}").status_code == 200
        assert cancelled(api, socket.until_done("run"), run_id)


def test_s0_cancel__ends_one_run_and_leaves_the_others(api: Api, stack: RunningStack) -> None:
    with stack.socket() as socket:
        first, second = waiting(socket, "first"), waiting(socket, "second")
        socket.send("cancel", "first")
        assert cancelled(api, socket.until_done("first"), first)
        assert api.detail(second)["status"] == "running"
        socket.send("cancel", "second")
        assert cancelled(api, socket.until_done("second"), second)


def test_s0_cancel__of_a_run_that_is_over_has_no_answer_and_changes_nothing(
    api: Api, stack: RunningStack
) -> None:
    run_id = api.run("s0-long")
    api.post(f"/api/v1/cancel/{run_id}")
    before = api.detail(run_id)
    with stack.socket() as socket:
        socket.send("cancel", "1", id=run_id)
        assert nothing_more(socket)
    assert api.detail(run_id) == before


def test_s0_cancel__of_nothing_known_is_an_error_frame(api: Api, stack: RunningStack) -> None:
    with stack.socket() as socket:
        for payload in ({}, {"id": "no such request"}, {"id": "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"}):
            frame = socket.ask("cancel", "1", **payload)
            assert (frame["type"], frame["id"]) == ("error", "1")
            assert frame["error"]["code"] == "not_found"


def test_s0_cancel__another_sockets_request_is_not_known_here(
    api: Api, stack: RunningStack
) -> None:
    with stack.socket() as socket, stack.socket() as other:
        run_id = waiting(socket, "mine")
        frame = other.ask("cancel", "mine")
        assert (frame["type"], frame["error"]["code"]) == ("error", "not_found")
        assert api.detail(run_id)["status"] == "running"
        socket.send("cancel", "mine")
        socket.until_done("mine")
