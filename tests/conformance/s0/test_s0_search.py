"""S0, the socket: `workflow.run.search {status, workflow, since, limit}`, in S0's words."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import instant
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stack import Api, RunningStack

MEMBERS = {"runId", "workflow", "version", "status", "startedAt", "finishedAt"}


@pytest.fixture(scope="module")
def searcher(stack: RunningStack) -> Api:
    return stack.api_as(Role.ADMIN, org="org_search", name="searcher")


@pytest.fixture(scope="module")
def runs(searcher: Api) -> list[tuple[str, str, str]]:
    """The organisation's only runs: (id, workflow, status), newest first."""
    searcher.apply(workflow("search-fine", shape("a")))
    searcher.apply(workflow("search-failing", fetch("a", "http://127.0.0.1:1/")))
    searcher.apply(workflow("search-long", delay("wait", "1h")))
    found = []
    for name, status in (
        ("search-fine", "succeeded"),
        ("search-failing", "failed"),
        ("search-long", "cancelled"),
        ("search-fine", "succeeded"),
        ("search-long", "running"),
    ):
        run_id = searcher.run(name)
        if status == "cancelled":
            searcher.post(f"/api/v1/cancel/{run_id}")
        elif status != "running":
            searcher.ended(run_id)
        found.append((run_id, name, status))
    return found[::-1]


def search(stack: RunningStack, searcher: Api, **payload: Any) -> list[dict[str, Any]]:
    with stack.socket(searcher.token) as socket:
        frame = socket.ask("workflow.run.search", "find", **payload)
    assert set(frame) == {"type", "id", "payload"}
    assert (frame["type"], frame["id"]) == ("workflow.run.search", "find")
    assert set(frame["payload"]) == {"runs"}
    found: list[dict[str, Any]] = frame["payload"]["runs"]
    return found


def test_s0_search__answers_all_runs_newest_first(
    stack: RunningStack, searcher: Api, runs: list[tuple[str, str, str]]
) -> None:
    found = search(stack, searcher)
    assert [(run["runId"], run["workflow"], run["status"]) for run in found] == runs
    for run in found:
        assert set(run) == MEMBERS
        assert run["version"] == 1
        started = instant(run["startedAt"])
        if run["status"] == "running":
            assert run["finishedAt"] is None
        else:
            assert instant(run["finishedAt"]) >= started


@pytest.mark.parametrize(
    "payload",
    [
        {"status": "succeeded"},
        {"status": "failed"},
        {"status": "cancelled"},
        {"status": "running"},
        {"status": "pending"},
        {"status": "suspended"},
        {"workflow": "search-fine"},
        {"workflow": "search-unknown"},
        {"workflow": "search-long", "status": "cancelled"},
        {"since": "1h"},
        {"since": "2099-01-01T00:00:00Z"},
        {"limit": 1},
        {"limit": 1000},
        {"workflow": "search-fine", "status": "succeeded", "since": "24h", "limit": 1},
    ],
    ids=str,
)
def test_s0_search__filters(
    stack: RunningStack,
    searcher: Api,
    runs: list[tuple[str, str, str]],
    payload: dict[str, Any],
) -> None:
    expected = [
        run_id
        for run_id, name, status in runs
        if payload.get("workflow", name) == name and payload.get("status", status) == status
    ]
    if payload.get("since", "").startswith("2099"):
        expected = []
    found = [run["runId"] for run in search(stack, searcher, **payload)]
    assert found == expected[: payload.get("limit", 20)]


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"status": "completed"}, "status"),
        ({"status": 1}, "status"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "1"}, "limit"),
        ({"limit": True}, "limit"),
        ({"workflow": "x" * 3000}, "workflow"),
        ({"statuss": "failed"}, "statuss"),
        ({"page_token": "x"}, "page_token"),
    ],
    ids=str,
)
def test_s0_search__a_bad_filter_is_an_error_frame_naming_it(
    stack: RunningStack, searcher: Api, payload: dict[str, Any], named: str
) -> None:
    with stack.socket(searcher.token) as socket:
        frame = socket.ask("workflow.run.search", "bad", **payload)
    assert (frame["type"], frame["id"]) == ("error", "bad")
    assert frame["error"]["code"] == "bad_request"
    assert named in frame["error"]["message"]
