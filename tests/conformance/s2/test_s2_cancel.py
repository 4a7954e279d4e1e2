"""S2, Cancel an Execution: `POST /api/v1/cancel/{execution}`."""

from __future__ import annotations

import pytest

from tests.support.answers import has_common_headers, instant, problem
from tests.support.definitions import delay, shape, workflow
from tests.support.stack import Api, RunningStack, step_of

NOT_CANCELLABLE = "execution not found or not cancellable"
LONG = workflow("cancel-long", shape("before"), delay("wait", "1h"), shape("after"))
SHORT = workflow("cancel-short", shape("a"))


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    for definition in (LONG, SHORT):
        stack.api.apply(definition)
    return stack.api


def test_s2_cancel_an_execution__cancels_a_running_one(api: Api) -> None:
    run_id = api.run("cancel-long")
    api.step_running(run_id, "wait")
    answer = api.post(f"/api/v1/cancel/{run_id}")
    assert answer.status_code == 200
    has_common_headers(answer)
    assert answer.json() == {"execution_id": run_id, "status": "cancelled"}
    detail = api.detail(run_id)
    assert detail["status"] == "cancelled"
    assert instant(detail["completed_at"]) >= instant(detail["started_at"])
    assert [step["status"] for step in detail["steps"]] == ["completed", "cancelled", "cancelled"]
    assert step_of(detail, "after")["started_at"] is None
    assert step_of(detail, "wait")["completed_at"] == detail["completed_at"]


def test_s2_cancel_an_execution__cancels_one_that_has_only_just_been_started(api: Api) -> None:
    run_id = api.run("cancel-long")
    assert api.post(f"/api/v1/cancel/{run_id}").status_code == 200
    assert api.detail(run_id)["status"] == "cancelled"


def test_s2_cancel_an_execution__takes_no_notice_of_a_body(api: Api) -> None:
    run_id = api.run("cancel-long")
    assert api.post(f"/api/v1/cancel/{run_id}", data=b"not json").status_code == 200


def test_s2_cancel_an_execution__a_cancelled_one_is_404_and_stays_as_it_is(api: Api) -> None:
    run_id = api.run("cancel-long")
    api.post(f"/api/v1/cancel/{run_id}")
    before = api.detail(run_id)
    found = problem(api.post(f"/api/v1/cancel/{run_id}"), 404, "not-found", "run_status")
    assert (found["error"], found["run_status"]) == (NOT_CANCELLABLE, "cancelled")
    assert api.detail(run_id) == before


def test_s2_cancel_an_execution__a_completed_one_is_404_and_stays_completed(api: Api) -> None:
    run_id = api.run("cancel-short")
    before = api.ended(run_id)
    found = problem(api.post(f"/api/v1/cancel/{run_id}"), 404, "not-found", "run_status")
    assert found["error"] == NOT_CANCELLABLE
    assert api.detail(run_id) == before
    assert before["status"] == "completed"


@pytest.mark.parametrize(
    "run_id", ["run_01ARZ3NDEKTSV4RRFFQ69G5FAV", "abc123-def456", "%20", "run_" + "x" * 3000]
)
def test_s2_cancel_an_execution__an_unknown_one_is_404(api: Api, run_id: str) -> None:
    found = problem(api.post(f"/api/v1/cancel/{run_id}"), 404, "not-found")
    assert found["error"] == NOT_CANCELLABLE
