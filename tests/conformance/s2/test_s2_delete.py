"""Ours, beside S2: delete an execution."""

from __future__ import annotations

from typing import Any

from chalicelib.store import keys
from tests.support.answers import has_common_headers, problem
from tests.support.definitions import delay, shape, workflow
from tests.support.faults import LOCAL_ORG, eventually, is_sealed
from tests.support.stack import Api, RunningStack, step_of

LARGE = "x" * 150_000


def left_of(stack: RunningStack, run_id: str) -> list[str]:
    """What table and bucket have of a run."""
    found = stack.table.query_all("#pk = :pk", {"pk": keys.run_pk(LOCAL_ORG, run_id)})
    objects = stack.local.session.client("s3").list_objects_v2(
        Bucket=stack.outputs["BucketName"], Prefix=f"outputs/{LOCAL_ORG}/{run_id}"
    )
    return [
        *[item["sk"] for item in found],
        *[item["Key"] for item in objects.get("Contents", [])],
    ]


def delete(api: Api, stack: RunningStack, run_id: str) -> dict[str, Any]:
    """Delete a run that has just ended, as soon as its end has been told."""
    eventually("the log is closed", lambda: is_sealed(stack, run_id))
    answer = api.call("DELETE", f"/api/v1/executions/{run_id}")
    assert answer.status_code == 200, answer.text
    has_common_headers(answer)
    found: dict[str, Any] = answer.json()
    return found


def ids(api: Api, **query: str) -> set[str]:
    answer = api.get("/api/v1/executions", params={"workflow": "delete-whole", **query})
    return {line["id"] for line in answer.json()["executions"]}


def test_delete__takes_every_part_away_and_leaves_the_other_executions(
    api: Api, stack: RunningStack
) -> None:
    big = shape("big", {"text": "{{ inputs.text }}"})
    inputs = {"text": {"type": "string"}}
    api.apply(workflow("delete-whole", big, shape("after"), inputs=inputs))
    other, run_id = (api.run("delete-whole", {"text": LARGE}) for _ in range(2))
    for one in (other, run_id):
        assert api.ended(one)["status"] == "completed"
    assert any(name.startswith("outputs/") for name in left_of(stack, run_id))
    assert delete(api, stack, run_id) == {"execution_id": run_id, "status": "deleted"}
    assert left_of(stack, run_id) == []
    path = f"/api/v1/executions/{run_id}"
    problem(api.get(path), 404, "not-found")
    problem(api.get(f"{path}/logs"), 404, "not-found")
    problem(api.post(f"{path}/retry"), 404, "not-found")
    assert api.post(f"/api/v1/cancel/{run_id}").status_code == 404
    problem(api.call("DELETE", path), 404, "not-found")
    assert ids(api) == ids(api, status="completed") == {other}
    assert step_of(api.detail(other), "big")["output"] == {"text": LARGE}


def test_delete__a_live_one_is_409_and_goes_on_until_it_is_cancelled(
    api: Api, stack: RunningStack
) -> None:
    api.apply(workflow("delete-live", delay("wait", "1h"), shape("after")))
    run_id = api.run("delete-live")
    api.step_running(run_id, "wait")
    path = f"/api/v1/executions/{run_id}"
    refused = problem(api.call("DELETE", path), 409, "conflict", "run_status")
    assert refused["run_status"] == "running" and "cancel it first" in refused["detail"]
    assert api.detail(run_id)["status"] == "running"
    assert api.post(f"/api/v1/cancel/{run_id}").status_code == 200
    delete(api, stack, run_id)
    assert left_of(stack, run_id) == []


def test_delete__needs_an_admin_of_the_same_organisation(
    api: Api, operator: Api, stranger: Api, nobody: Api
) -> None:
    api.apply(workflow("delete-mine", shape("a")))
    run_id = api.run("delete-mine")
    api.ended(run_id)
    path = f"/api/v1/executions/{run_id}"
    problem(operator.call("DELETE", path), 403, "permission-denied", "rule_source")
    problem(stranger.call("DELETE", path), 404, "not-found")
    assert nobody.call("DELETE", path).status_code == 401
    for unknown in ("run_nobody", "no-run-id"):
        problem(api.call("DELETE", f"/api/v1/executions/{unknown}"), 404, "not-found")
    assert api.detail(run_id)["status"] == "completed"


def test_delete__its_idempotency_key_starts_anew(api: Api, stack: RunningStack) -> None:
    api.apply(workflow("delete-key", shape("a")))
    key = {"Idempotency-Key": "delete-and-start-anew"}
    first = api.run("delete-key", **key)
    assert api.run("delete-key", **key) == first
    api.ended(first)
    delete(api, stack, first)
    second = api.run("delete-key", **key)
    assert second != first
    assert api.ended(second)["status"] == "completed"
    assert api.run("delete-key", **key) == second
    problem(api.get(f"/api/v1/executions/{first}"), 404, "not-found")
