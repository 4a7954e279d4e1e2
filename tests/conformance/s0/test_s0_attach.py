"""S0, the socket: `run.attach {runId, afterSeq}` resumes a stream where it was left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.definitions import delay, shape, workflow
from tests.support.stack import Api, RunningStack

SHORT = workflow("s0-short", shape("a"), shape("b"))
SLOW = workflow("s0-slow", *(delay(f"wait{number}", "1s") for number in range(6)))
UNKNOWN = "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    for definition in (SHORT, SLOW):
        stack.api.apply(definition)
    return stack.api


@pytest.fixture(scope="module")
def finished(api: Api, stack: RunningStack) -> tuple[str, list[dict[str, Any]]]:
    """A run that is over, and all its events."""
    run_id = api.run("s0-short")
    with stack.socket() as socket:
        socket.send("run.attach", "all", runId=run_id)
        return run_id, socket.until_done("all")


def test_s0_run_attach__to_a_finished_run_gets_everything_then_done(
    finished: tuple[str, list[dict[str, Any]]],
) -> None:
    _, events = finished
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert (events[0]["kind"], events[-1]["kind"]) == ("started", "completed")


def test_s0_run_attach__after_each_number_gets_exactly_the_rest(
    stack: RunningStack, finished: tuple[str, list[dict[str, Any]]]
) -> None:
    run_id, events = finished
    with stack.socket() as socket:
        for after in range(len(events) + 1):
            socket.send("run.attach", f"after {after}", runId=run_id, afterSeq=after)
            assert socket.until_done(f"after {after}") == events[after:]


def test_s0_run_attach__after_more_than_there_is_gets_done(
    stack: RunningStack, finished: tuple[str, list[dict[str, Any]]]
) -> None:
    run_id, events = finished
    with stack.socket() as socket:
        for after in (len(events) + 1, 1000):
            socket.send("run.attach", "far", runId=run_id, afterSeq=after)
            assert socket.receive(20) == {"type": "done", "id": "far"}


def test_s0_run_attach__catches_up_with_a_live_run_and_stays_on_it(
    api: Api, stack: RunningStack
) -> None:
    run_id = api.run("s0-slow")
    api.step_running(run_id, "wait1")
    with stack.socket() as socket:
        socket.send("run.attach", "live", runId=run_id)
        events = socket.until_done("live")
    assert [event["seq"] for event in events] == list(range(1, 15))


def test_s0_run_attach__two_sockets_and_two_requests_on_one_run_all_get_everything(
    api: Api, stack: RunningStack
) -> None:
    with stack.socket() as first, stack.socket() as second:
        first.send("workflow.run", "run", workflowIdOrName="s0-short")
        started = first.until_kind("run", "started")
        for socket in (first, second):
            socket.send("run.attach", "watch", runId=started[0]["runId"])
        found = first.all_until_done("run", "watch")
        seen = [started + found["run"], found["watch"], second.until_done("watch")]
    assert seen[0] == seen[1] == seen[2]
    assert [event["seq"] for event in seen[0]] == [1, 2, 3, 4, 5, 6]


def test_s0_run_attach__a_client_that_reconnects_again_and_again_misses_and_doubles_nothing(
    api: Api, stack: RunningStack
) -> None:
    run_id = api.run("s0-slow")
    seqs: list[int] = []
    connections = 0
    done = False
    while not done:
        connections += 1
        assert connections < 50
        with stack.socket() as socket:
            socket.send("run.attach", "again", runId=run_id, afterSeq=seqs[-1] if seqs else 0)
            for _ in range(2):
                frame = socket.receive()
                done = frame["type"] == "done"
                if done:
                    break
                seqs.append(frame["event"]["seq"])
    assert seqs == list(range(1, 15))
    assert connections >= 5


def test_s0_run_attach__an_unknown_run_is_an_error_frame(api: Api, stack: RunningStack) -> None:
    with stack.socket() as socket:
        for run_id in (UNKNOWN, "x", "run_\u00fc", "\u0000"):
            frame = socket.ask("run.attach", "1", runId=run_id)
            assert (frame["type"], frame["id"]) == ("error", "1")
            assert frame["error"]["code"] == "not_found"


def test_s0_run_attach__a_foreign_run_is_like_an_unknown_one(
    api: Api, stack: RunningStack, stranger: Api
) -> None:
    run_id = api.run("s0-slow")
    assert stranger.token is not None
    with stack.socket(stranger.token) as socket:
        foreign = socket.ask("run.attach", "1", runId=run_id)
        unknown = socket.ask("run.attach", "1", runId=UNKNOWN)
        assert foreign["error"]["code"] == unknown["error"]["code"] == "not_found"
        texts = [found["error"]["message"] for found in (foreign, unknown)]
        assert texts[0].replace(run_id, "") == texts[1].replace(UNKNOWN, "")
        frame = socket.ask("cancel", "2", id=run_id)
        assert (frame["type"], frame["error"]["code"]) == ("error", "not_found")
        found = socket.ask("workflow.run.search", "3", workflow="s0-slow")
        assert found["payload"] == {"runs": []}
    assert api.detail(run_id)["status"] == "running"
    api.post(f"/api/v1/cancel/{run_id}")
