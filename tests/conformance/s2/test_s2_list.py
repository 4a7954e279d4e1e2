"""S2, List Executions: `GET /api/v1/executions` with `workflow`, `status`, `since`, `limit`.

An organisation of its own has exactly the runs of this module, in every status there is.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import has_common_headers, instant, problem
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stack import Api, RunningStack

MEMBERS = {"id", "workflow", "version", "status", "started_at", "completed_at"}
STATUSES = ("pending", "running", "completed", "failed", "timed_out", "cancelled")
PATH = "/api/v1/executions"


@dataclass
class Runs:
    """The organisation's runs: id → status, in the order in which they were started."""

    api: Api
    started: list[tuple[str, str, str]]
    """(id, workflow, status), oldest first."""

    def ids(self, workflow: str | None = None, status: str | None = None) -> list[str]:
        """What a list with these filters has to show: newest first."""
        return [
            run_id
            for run_id, name, found in reversed(self.started)
            if workflow in (None, name) and status in (None, found)
        ]

    def listed(self, query: str = "") -> list[str]:
        return [line["id"] for line in self.lines(query)]

    def lines(self, query: str = "") -> list[dict[str, Any]]:
        answer = self.api.get(f"{PATH}?{query}")
        assert answer.status_code == 200, answer.text
        has_common_headers(answer)
        found: list[dict[str, Any]] = answer.json()["executions"]
        return found


@pytest.fixture(scope="module")
def runs(stack: RunningStack) -> Runs:
    api = stack.api_as(Role.ADMIN, org="org_list", name="lister")
    api.apply(workflow("list-a", shape("a"), shape("b")))
    api.apply(workflow("list-b", shape("a")))
    api.apply(workflow("list-failing", fetch("a", "http://127.0.0.1:1/")))
    api.apply(workflow("list-late", delay("wait", "1s"), shape("a"), timeout="1s"))
    api.apply(workflow("list-long", delay("wait", "1h")))
    started: list[tuple[str, str, str]] = []
    for name, status in (
        ("list-late", "timed_out"),
        *(("list-a", "completed"), ("list-b", "completed")) * 3,
        ("list-failing", "failed"),
        ("list-long", "cancelled"),
        ("list-long", "running"),
        ("list-long", "cancelled"),
        ("list-long", "running"),
    ):
        started.append((api.run(name), name, status))
    for run_id, _, status in started:
        if status == "cancelled":
            assert api.post(f"/api/v1/cancel/{run_id}").status_code == 200
        elif status != "running":
            assert api.ended(run_id)["status"] == status
    return Runs(api, started)


def test_s2_list_executions__items_have_exactly_the_members_of_the_page(runs: Runs) -> None:
    lines = runs.lines()
    assert len(lines) == len(runs.started)
    for line in lines:
        assert set(line) == MEMBERS
        assert isinstance(line["version"], int)
        assert line["status"] in STATUSES
        started = instant(line["started_at"])
        if line["status"] == "running":
            assert line["completed_at"] is None
        else:
            assert instant(line["completed_at"]) >= started


def test_s2_list_executions__the_answer_has_executions_and_no_token_when_that_is_all(
    runs: Runs,
) -> None:
    assert set(runs.api.get(PATH).json()) == {"executions"}


def test_s2_list_executions__newest_first(runs: Runs) -> None:
    assert runs.listed() == runs.ids()
    times = [line["started_at"] for line in runs.lines()]
    assert times == sorted(times, reverse=True)


def test_s2_list_executions__a_line_says_what_the_detail_says(runs: Runs) -> None:
    for line in runs.lines():
        detail = runs.api.detail(line["id"])
        assert line == {member: detail[member] for member in MEMBERS}


@pytest.mark.parametrize("status", STATUSES)
def test_s2_list_executions__filters_by_each_status(runs: Runs, status: str) -> None:
    assert runs.listed(f"status={status}") == runs.ids(status=status)
    assert {line["status"] for line in runs.lines(f"status={status}")} <= {status}


@pytest.mark.parametrize("name", ["list-a", "list-long", "list", "LIST-A", "list-unknown", ""])
def test_s2_list_executions__filters_by_the_exact_workflow(runs: Runs, name: str) -> None:
    assert runs.listed(f"workflow={name}") == runs.ids(workflow=name)


@pytest.mark.parametrize("since", ["90m", "24h", "7d", "1h30m", "500000d"])
def test_s2_list_executions__filters_since_a_duration_ago(runs: Runs, since: str) -> None:
    assert runs.listed(f"since={since}") == runs.ids()


def test_s2_list_executions__filters_since_an_rfc_3339_time_inclusively(runs: Runs) -> None:
    lines = runs.lines()
    middle = lines[len(lines) // 2]
    expected = [line["id"] for line in lines if line["started_at"] >= middle["started_at"]]
    assert runs.listed(f"since={middle['started_at']}") == expected
    elsewhere = instant(middle["started_at"]).astimezone().isoformat().replace("+", "%2B")
    assert runs.listed(f"since={elsewhere}") == expected


def test_s2_list_executions__since_the_future_or_no_time_at_all_is_empty(runs: Runs) -> None:
    future = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert runs.listed(f"since={future}") == []
    assert runs.listed("since=0s") == []


def test_s2_list_executions__since_long_before_the_first_run_is_everything(runs: Runs) -> None:
    assert runs.listed("since=0900-01-01T00:00:00Z") == runs.ids()


def test_s2_list_executions__limit_cuts_from_the_newest(runs: Runs) -> None:
    for limit in (1, 2, 7):
        assert runs.listed(f"limit={limit}") == runs.ids()[:limit]
    assert runs.listed("limit=1000") == runs.ids()


def test_s2_list_executions__takes_all_filters_together(runs: Runs) -> None:
    query = "workflow=list-a&status=completed&since=24h&limit=2"
    assert runs.listed(query) == runs.ids("list-a", "completed")[:2]
    assert runs.listed("workflow=list-a&status=failed") == []
    assert runs.listed("workflow=list-long&status=running") == runs.ids("list-long", "running")


@pytest.mark.parametrize(
    "query",
    [
        *(f"limit={value}" for value in ("0", "1001", "-1", "abc", "NaN", "", "1.5", "1e2", "+5")),
        *(f"status={value}" for value in ("", "done", "COMPLETED", "succeeded", "%00")),
        *(f"since={value}" for value in ("", "yesterday", "24", "-1h", "2026-03-18", "%00")),
        "since=2026-03-18T09:00:00",
        "since=0001-01-01T00:00:00%2B14:00",
        "since=9999-12-31T23:59:59-14:00",
        "since=999999999999999d",
        "workflow=" + "x" * 3000,
        "page_token=",
        "page_token=abc",
        "page_token=%00",
        "page_token=%C3%BC",
    ],
)
def test_s2_list_executions__a_bad_value_is_400_naming_the_parameter(
    runs: Runs, query: str
) -> None:
    found = problem(runs.api.get(f"{PATH}?{query}"), 400, "bad-request")
    assert query.partition("=")[0] in found["detail"]


@pytest.mark.parametrize("name", ["limits", "Limit", "offset", "page", "a%20b"])
def test_s2_list_executions__an_unknown_parameter_is_400_naming_it(runs: Runs, name: str) -> None:
    found = problem(runs.api.get(f"{PATH}?{name}=1"), 400, "bad-request")
    assert repr(name.replace("%20", " ")) in found["detail"]


@pytest.mark.parametrize("query", ["", "status=completed", "workflow=list-long", "since=1h"])
@pytest.mark.parametrize("limit", [1, 3, 5])
def test_s2_list_executions__pages_show_every_run_once(runs: Runs, query: str, limit: int) -> None:
    seen: list[str] = []
    page: dict[str, Any] = {"next_page_token": ""}
    while "next_page_token" in page:
        token = page["next_page_token"]
        more = f"&page_token={token}" if token else ""
        page = runs.api.get(f"{PATH}?{query}&limit={limit}{more}").json()
        assert len(page["executions"]) <= limit
        seen += [line["id"] for line in page["executions"]]
        assert len(seen) <= len(runs.started)
    assert seen == runs.listed(query)


def test_s2_list_executions__a_page_is_not_moved_by_runs_that_start_meanwhile(
    stack: RunningStack,
) -> None:
    api = stack.api_as(Role.ADMIN, org="org_list_moving", name="mover")
    api.apply(workflow("list-moving", delay("wait", "1h")))
    old = [api.run("list-moving") for _ in range(4)][::-1]
    page = api.get(f"{PATH}?limit=2").json()
    api.run("list-moving")
    rest = api.get(f"{PATH}?limit=2&page_token={page['next_page_token']}").json()
    assert [line["id"] for line in page["executions"] + rest["executions"]] == old


def test_s2_list_executions__a_token_belongs_to_its_organisation_and_filters(
    runs: Runs, stack: RunningStack
) -> None:
    token = runs.api.get(f"{PATH}?limit=1&status=completed").json()["next_page_token"]
    for foreign in (f"limit=1&page_token={token}", f"status=failed&page_token={token}"):
        assert (
            "page_token" in problem(runs.api.get(f"{PATH}?{foreign}"), 400, "bad-request")["error"]
        )
    other = stack.api.get(f"{PATH}?status=completed&page_token={token}")
    assert "page_token" in problem(other, 400, "bad-request")["error"]


def token_of(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        token_of(),
        token_of(1),
        token_of("x" * 2000, "org_list", [[None, None, False]]),
        token_of("2026", "org_local", [[None, None, False]]),
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
    ids=["empty", "number", "endless", "foreign", "deep", "binary"],
)
def test_s2_list_executions__a_forged_token_is_400(runs: Runs, token: str) -> None:
    found = problem(runs.api.get(f"{PATH}?page_token={token}"), 400, "bad-request")
    assert "page_token" in found["detail"]
