"""S2, Get Execution Details: `GET /api/v1/executions/{id}`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import has_common_headers, instant, problem
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stack import Api, RunningStack, step_of

MEMBERS = {"id", "workflow", "version", "status", "started_at", "completed_at", "steps"}
OURS = {"inputs", "outputs", "error", "trigger", "source_execution_id", "hooks"}
STEP_MEMBERS = {"name", "status", "started_at", "completed_at"}
OUR_STEP_MEMBERS = {"attempts", "error", "output", "reused", "iterations"} | {
    "approval_id",
    "execution_id",
}


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


@pytest.fixture(scope="module")
def completed(api: Api) -> dict[str, Any]:
    """A run of a graph whose steps are written in another order than they run in."""
    api.apply(
        workflow(
            "detail-completed",
            shape("last", {"text": "{{ steps.first.output.text }}!"}, depends_on=["first"]),
            shape("left-out", depends_on=["first"], condition="inputs.who == 'nobody'"),
            shape("first", {"text": "{{ inputs.who }}"}, depends_on=[]),
            inputs={"who": {"type": "string"}},
            outputs={"text": "{{ steps.last.output.text }}", "who": "{{ inputs.who }}"},
        )
    )
    return api.ended(api.run("detail-completed", {"who": "Ada"}))


@pytest.fixture(scope="module")
def failed(api: Api) -> dict[str, Any]:
    api.apply(workflow("detail-failed", shape("a"), fetch("b", "http://127.0.0.1:1/"), shape("c")))
    return api.ended(api.run("detail-failed"))


def test_s2_get_execution_details__has_the_members_of_the_page_and_ours(
    api: Api, completed: dict[str, Any]
) -> None:
    answer = api.get(f"/api/v1/executions/{completed['id']}")
    has_common_headers(answer)
    assert answer.headers["Content-Type"] == "application/json"
    assert set(completed) == MEMBERS | OURS
    for step in completed["steps"]:
        assert set(step) == STEP_MEMBERS | OUR_STEP_MEMBERS


def test_s2_get_execution_details__steps_stand_as_in_the_definition(
    completed: dict[str, Any],
) -> None:
    assert [step["name"] for step in completed["steps"]] == ["last", "left-out", "first"]


def test_s2_get_execution_details__times_are_rfc_3339_in_utc(completed: dict[str, Any]) -> None:
    first, last = step_of(completed, "first"), step_of(completed, "last")
    times = [
        completed["started_at"],
        first["started_at"],
        first["completed_at"],
        last["started_at"],
        last["completed_at"],
        completed["completed_at"],
    ]
    instants = [instant(text) for text in times]
    assert instants == sorted(instants)


def test_s2_get_execution_details__a_completed_step_has_its_output_and_attempts(
    completed: dict[str, Any],
) -> None:
    step = step_of(completed, "last")
    assert (step["status"], step["attempts"], step["error"]) == ("completed", 1, None)
    assert step["output"] == {"text": "Ada!"}


def test_s2_get_execution_details__has_inputs_and_outputs_of_the_run(
    completed: dict[str, Any],
) -> None:
    assert completed["status"] == "completed"
    assert completed["inputs"] == {"who": "Ada"}
    assert completed["outputs"] == {"text": "Ada!", "who": "Ada"}
    assert completed["error"] is None


def test_s2_get_execution_details__without_outputs_the_last_steps_output_is_the_result(
    api: Api,
) -> None:
    api.apply(workflow("detail-no-outputs", shape("a", {"x": 1}), shape("b", {"y": [2]})))
    assert api.ended(api.run("detail-no-outputs"))["outputs"] == {"y": [2]}


def test_s2_get_execution_details__a_step_whose_if_was_false_is_skipped(
    completed: dict[str, Any],
) -> None:
    step = step_of(completed, "left-out")
    assert (step["status"], step["attempts"], step["started_at"]) == ("skipped", 0, None)
    assert (step["output"], step["error"]) == (None, None)


def test_s2_get_execution_details__a_failed_step_says_why(failed: dict[str, Any]) -> None:
    step = step_of(failed, "b")
    assert (step["status"], step["attempts"], step["output"]) == ("failed", 1, None)
    assert step["error"].startswith("connection_failed: ")
    assert instant(step["completed_at"]) >= instant(step["started_at"])
    assert failed["status"] == "failed"
    assert failed["error"] == f"step b failed: {step['error']}"
    assert failed["outputs"] is None


def test_s2_get_execution_details__steps_behind_a_failed_one_are_skipped(
    failed: dict[str, Any],
) -> None:
    assert [step["status"] for step in failed["steps"]] == ["completed", "failed", "skipped"]
    assert step_of(failed, "c")["started_at"] is None


def test_s2_get_execution_details__while_it_runs_shows_running_and_pending_steps(
    api: Api,
) -> None:
    api.apply(workflow("detail-running", shape("a"), delay("wait", "1h"), shape("b")))
    run_id = api.run("detail-running")
    detail = api.step_running(run_id, "wait")
    assert (detail["status"], detail["completed_at"], detail["outputs"]) == ("running", None, None)
    assert [step["status"] for step in detail["steps"]] == ["completed", "running", "pending"]
    wait, later = step_of(detail, "wait"), step_of(detail, "b")
    assert instant(wait["started_at"]) and wait["completed_at"] is None
    assert (later["started_at"], later["completed_at"], later["attempts"]) == (None, None, 0)
    api.post(f"/api/v1/cancel/{run_id}")


@pytest.mark.parametrize("size", [99_000, 150_000])
def test_s2_get_execution_details__has_large_outputs_whole(api: Api, size: int) -> None:
    name = f"detail-large-{size}"
    api.apply(
        workflow(
            name,
            shape("a", {"text": "x" * size}),
            shape("b", {"n": "{{ steps.a.output.text.size() }}"}),
        )
    )
    detail = api.ended(api.run(name))
    assert step_of(detail, "a")["output"] == {"text": "x" * size}
    assert detail["outputs"] == {"n": size}


@pytest.mark.parametrize(
    "run_id",
    ["run_01ARZ3NDEKTSV4RRFFQ69G5FAV", "abc123-def456", "%00", "%FF", "run_" + "x" * 3000],
)
def test_s2_get_execution_details__an_unknown_id_is_404(api: Api, run_id: str) -> None:
    found = problem(api.get(f"/api/v1/executions/{run_id}"), 404, "not-found")
    assert found["error"] == "execution not found"
