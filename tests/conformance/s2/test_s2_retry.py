"""Ours, beside S2: retry an execution."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import has_common_headers, problem
from tests.support.definitions import Definition, delay, fetch, shape, workflow
from tests.support.stack import Api, CountingServer, step_of


def flaky(name: str, server: CountingServer) -> Definition:
    return workflow(
        name,
        fetch("once", f"{server.url}/once"),
        shape("big", {"text": "{{ inputs.text }}"}),
        fetch("flaky", f"{server.url}/flaky/1"),
        shape("last", {"size": "{{ size(steps.big.output.text) }}"}),
        inputs={"text": {"type": "string", "default": "x"}},
    )


def retry(api: Api, run_id: str, **headers: str) -> dict[str, Any]:
    answer = api.post(f"/api/v1/executions/{run_id}/retry", headers=headers)
    assert answer.status_code == 202, answer.text
    has_common_headers(answer)
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("size", [10, 150_000], ids=["small", "in the bucket"])
def test_retry__goes_on_where_the_execution_failed_and_keeps_what_succeeded(
    api: Api, server: CountingServer, size: int
) -> None:
    name = f"retry-flaky-{size}"
    api.apply(flaky(name, server))
    failed = api.ended(api.run(name, {"text": "x" * size}))
    assert failed["status"] == "failed"
    found = retry(api, failed["id"])
    assert found == {
        "execution_id": found["execution_id"],
        "workflow": name,
        "version": 1,
        "source_execution_id": failed["id"],
    }
    assert found["execution_id"] != failed["id"]
    detail = api.ended(found["execution_id"])
    assert (detail["status"], detail["source_execution_id"]) == ("completed", failed["id"])
    assert detail["inputs"] == failed["inputs"]
    assert (server.count("/once"), server.count("/flaky/1")) == (1, 2)
    for step in ("once", "big"):
        assert step_of(detail, step) == {**step_of(failed, step), "reused": True}
    assert [step["reused"] for step in detail["steps"]] == [True, True, False, False]
    assert step_of(detail, "last")["output"] == {"size": size}
    assert api.detail(failed["id"]) == failed


def test_retry__a_cancelled_execution_with_a_key_is_one_new_execution(api: Api) -> None:
    api.apply(workflow("retry-cancelled", shape("a"), delay("wait", "1h")))
    run_id = api.run("retry-cancelled")
    api.step_running(run_id, "wait")
    api.post(f"/api/v1/cancel/{run_id}")
    key = {"Idempotency-Key": "retry-it-once"}
    first = retry(api, run_id, **key)
    answer = api.post(f"/api/v1/executions/{run_id}/retry", headers=key)
    assert answer.json() == first
    assert answer.headers["Idempotent-Replayed"] == "true"
    again = api.post("/api/v1/run/retry-cancelled", headers=key)
    assert again.status_code == 422
    detail = api.step_running(first["execution_id"], "wait")
    assert step_of(detail, "a")["reused"]
    problem(
        api.post(f"/api/v1/executions/{first['execution_id']}/retry"),
        *(409, "conflict", "run_status"),
    )
    assert api.post(f"/api/v1/cancel/{first['execution_id']}").status_code == 200


def test_retry__others_are_409_unknown_ones_404_and_a_viewer_may_not(
    api: Api, viewer: Api, stranger: Api
) -> None:
    api.apply(workflow("retry-fine", shape("a")))
    run_id = api.run("retry-fine")
    assert api.ended(run_id)["source_execution_id"] is None
    path = f"/api/v1/executions/{run_id}/retry"
    assert problem(api.post(path), 409, "conflict", "run_status")["run_status"] == "succeeded"
    problem(stranger.post(path), 404, "not-found")
    problem(api.post("/api/v1/executions/run_nobody/retry"), 404, "not-found")
    problem(viewer.post(path), 403, "permission-denied", "rule_source")
