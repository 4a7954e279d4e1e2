"""S1, triggers: webhooks over HTTP, and the clock through the function that schedules invoke."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import problem, v1_data
from tests.support.graphs import clocked, hooked
from tests.support.stack import Api, RunningStack

ORG = "org_s1_triggers"


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.ADMIN, org=ORG, name="s1-triggers")


def published(api: Api, definition: Any) -> str:
    made = v1_data(api.post("/v1/workflows", json={"name": "w", "definition": definition}))
    v1_data(api.post(f"/v1/workflows/{made['id']}/publish"))
    return str(made["id"])


def runs(api: Api, workflow: str) -> list[dict[str, Any]]:
    return list(v1_data(api.get(f"/v1/workflows/{workflow}/runs"))["items"])


def test_s1_webhook__with_an_operators_token_starts_a_run(ours: Api, nobody: Api) -> None:
    definition = hooked()
    definition["nodes"]["say"]["payload"]["message"] = "{{$trigger.body.order}}"
    workflow = published(ours, definition)
    problem(nobody.post(f"/hooks/{workflow}", json={"order": 1}), 401, "unauthorized")
    answer = ours.post(f"/hooks/{workflow}", json={"order": 4711})
    assert answer.status_code == 202
    run_id = answer.json()["execution_id"]
    ours.ended(run_id)
    run = v1_data(ours.get(f"/v1/runs/{run_id}"))
    assert (run["status"], run["triggerSource"], run["workflowId"]) == (
        "success",
        "webhook",
        workflow,
    )
    assert run["executionState"]["say"]["result"]["message"] == 4711
    v1_data(ours.post(f"/v1/workflows/{workflow}/pause"))
    problem(ours.post(f"/hooks/{workflow}", json={}), 404, "not-found")


def test_s1_webhook__signed_with_a_secret(ours: Api, nobody: Api) -> None:
    ours.call("PUT", "/api/v1/secrets/s1-hook", json={"value": "shh"})
    published(ours, hooked("s1/signed", secret="s1-hook"))
    body = json.dumps({"order": 1}).encode()
    digest = hmac.new(b"shh", body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Signature-256": f"sha256={digest}"}
    first = nobody.post("/hooks/s1/signed", data=body, headers=headers)
    again = nobody.post("/hooks/s1/signed", data=body, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["execution_id"] == again.json()["execution_id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    wrong = {**headers, "X-Signature-256": f"sha256={'0' * 64}"}
    problem(nobody.post("/hooks/s1/signed", data=body, headers=wrong), 403, "permission-denied")


def test_s1_webhook__max_runs_and_cooldown(ours: Api) -> None:
    few = published(ours, hooked(maxRuns=1))
    assert ours.post(f"/hooks/{few}", json={}).status_code == 202
    problem(ours.post(f"/hooks/{few}", json={}), 409, "conflict")
    cooling = published(ours, hooked(cooldownMs=60_000))
    assert ours.post(f"/hooks/{cooling}", json={}).status_code == 202
    refused = ours.post(f"/hooks/{cooling}", json={})
    problem(refused, 429, "rate-limited")
    assert refused.headers["Retry-After"] == "60"


def test_s1_cronjob__a_due_schedule_starts_one_run(stack: RunningStack, ours: Api) -> None:
    workflow = published(ours, clocked("FREQ=YEARLY", timezone="Europe/Berlin"))
    scheduler = stack.local.session.client("scheduler")
    calls = []
    for line in scheduler.list_schedules(GroupName="runyard-local")["Schedules"]:
        whole = scheduler.get_schedule(GroupName="runyard-local", Name=line["Name"])
        if whole.get("Description") == f"{ORG} {workflow}":
            calls.append(json.loads(whole["Target"]["Input"]))
    (call,) = calls
    call["scheduled"] = "2026-12-31T23:00:00Z"
    first, again = (stack.invoke("FireTrigger", call) for _ in range(2))
    assert first["run_id"] == again["run_id"] is not None
    ours.ended(first["run_id"])
    (run,) = runs(ours, workflow)
    assert (run["triggerSource"], run["triggeredBy"]) == ("cronjob", "trigger:cronjob")
