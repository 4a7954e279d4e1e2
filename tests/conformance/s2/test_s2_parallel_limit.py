"""S2, definitions: `max_parallel_executions` with `on_limit` queue and reject."""

from __future__ import annotations

from tests.support.answers import problem
from tests.support.definitions import delay, shape, workflow
from tests.support.faults import eventually
from tests.support.stack import Api


def test_s2_max_parallel_executions__runs_over_it_are_pending_and_start_in_order(api: Api) -> None:
    api.apply(workflow("limit-queue", shape("a"), delay("b", "2s"), max_parallel_executions=1))
    runs = [api.run("limit-queue") for _ in range(3)]
    assert api.detail(runs[2])["status"] == "pending"
    found = api.get("/api/v1/executions?workflow=limit-queue&status=pending").json()
    assert runs[2] in [run["id"] for run in found["executions"]]
    details = [api.ended(run) for run in runs]
    assert [detail["status"] for detail in details] == ["completed"] * 3
    began = [detail["steps"][0]["started_at"] for detail in details]
    ended = [detail["completed_at"] for detail in details]
    assert began == sorted(began)
    assert all(later >= end for end, later in zip(ended, began[1:], strict=False))


def test_s2_max_parallel_executions__a_queued_run_that_is_cancelled_never_starts(api: Api) -> None:
    api.apply(workflow("limit-cancel", delay("a", "1h"), max_parallel_executions=1))
    first, second = api.run("limit-cancel"), api.run("limit-cancel")
    assert api.detail(second)["status"] == "pending"
    assert api.post(f"/api/v1/cancel/{second}").json()["status"] == "cancelled"
    third = api.run("limit-cancel")
    assert api.post(f"/api/v1/cancel/{first}").status_code == 200
    eventually("the third starts", lambda: api.detail(third)["status"] == "running")
    assert [step["status"] for step in api.detail(second)["steps"]] == ["cancelled"]
    assert api.post(f"/api/v1/cancel/{third}").status_code == 200


def test_s2_on_limit_reject__a_start_over_it_is_429_until_a_place_is_free(api: Api) -> None:
    api.apply(
        workflow("limit-reject", delay("a", "1h"), max_parallel_executions=1, on_limit="reject")
    )
    first = api.run("limit-reject")
    answer = api.post("/api/v1/run/limit-reject", json={})
    found = problem(answer, 429, "too-many-executions")
    assert int(answer.headers["Retry-After"]) > 0
    assert "1 runs" in found["detail"]
    assert api.get("/errors/too-many-executions").status_code == 200
    api.post(f"/api/v1/cancel/{first}")

    def starts() -> bool:
        return api.post("/api/v1/run/limit-reject", json={}).status_code == 202

    eventually("its place is free", starts)
    api.post("/api/v1/cancel", json={"executionType": "workflow-run"})
