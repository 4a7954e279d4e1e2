"""S1: published versions on machines of their own, starts that are sent again, and what is deleted."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from chalicelib.core.roles import Role
from chalicelib.store import keys
from tests.support.answers import v1_data, v1_refusal
from tests.support.faults import eventually
from tests.support.graphs import graph, log
from tests.support.stack import Api, RunningStack

ORG = "org_s1_published"
CROSSING = graph(
    {"children": ["a", "b"]},
    a=log("a", children=["c", "d"]),
    b=log("b", children=["d"]),
    c=log("c"),
    d=log("{{a.result.message}}{{b.result.message}}"),
)
BROKEN = graph(
    ok=log("once", children=["bad"]),
    bad={"type": "pluck", "payload": {"array": "{{$trigger.body.none}}", "field": "a"}},
)
OVER = ("success", "failure", "cancelled")


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org=ORG, name="s1-published")


def create(api: Api, definition: Any, *, publish: bool = False) -> str:
    made = v1_data(api.post("/v1/workflows", json={"name": "w", "definition": definition}))
    if publish:
        v1_data(api.post(f"/v1/workflows/{made['id']}/publish"))
    return str(made["id"])


def change(api: Api, workflow: str, definition: Any) -> None:
    v1_data(api.call("PUT", f"/v1/workflows/{workflow}", json={"definition": definition}))


def start(api: Api, workflow: str, *, key: str | None = None, **body: Any) -> requests.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.post(f"/v1/workflows/{workflow}/run", json=body, headers=headers)


def ended(api: Api, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(v1_data(api.get(f"/v1/runs/{run_id}")))
        return found["status"] in OVER

    eventually(f"{run_id} is over", over)
    return found


def machine(stack: RunningStack, run_id: str) -> str:
    item = stack.table.get(keys.run_key(ORG, run_id))
    assert item is not None
    return str(item["machine"])


def test_s1_publish__the_published_version_runs_on_its_own_machine_and_drafts_on_a_shared_one(
    stack: RunningStack, ours: Api
) -> None:
    workflow = create(ours, CROSSING)
    draft = v1_data(start(ours, workflow))["runId"]
    v1_data(ours.post(f"/v1/workflows/{workflow}/publish"))
    own = v1_data(start(ours, workflow))["runId"]
    change(ours, workflow, graph(say=log("two")))
    newest = v1_data(start(ours, workflow))["runId"]
    named = v1_data(start(ours, workflow, version=1))["runId"]
    shared, mine = machine(stack, draft), machine(stack, own)
    assert mine.startswith(f"runyard-local-{workflow.replace('_', '-')}-") and shared != mine
    assert (machine(stack, newest), machine(stack, named)) == (shared, mine)
    runs = [ended(ours, run_id) for run_id in (draft, own, named)]
    assert [run["status"] for run in runs] == ["success"] * 3
    assert {run["executionState"]["d"]["result"]["message"] for run in runs} == {"ab"}
    assert {run["workflowVersion"] for run in runs} == {1}
    assert ended(ours, newest)["workflowVersion"] == 2


def test_s1_publish__a_graph_that_is_too_large_for_a_machine_is_400_with_the_problem(
    ours: Api,
) -> None:
    names = [f"n{number:03}" + "x" * 60 for number in range(800)]
    nodes: Any = {"root": {"type": "manual", "children": [names[0]]}}
    for name, after in zip(names, [*names[1:], None], strict=True):
        children = {"children": [after]} if after else {}
        nodes[name] = {"type": "delay", "payload": {"delayMs": 1}, **children}
    path = f"/v1/workflows/{create(ours, {'nodes': nodes})}"
    refusal = v1_refusal(ours.post(f"{path}/publish"), 400, "validation-error", "errors")
    (error,) = refusal["details"]["errors"]
    assert set(error) == {"type", "nodeId", "nodeName", "field", "message", "code"}
    assert (error["type"], error["field"], error["code"]) == ("nodes", "nodes", "too_large")
    assert v1_data(ours.get(path))["publishedVersion"] is None


def test_s1_retry__of_a_published_versions_run_stays_on_its_machine(
    stack: RunningStack, ours: Api
) -> None:
    workflow = create(ours, BROKEN, publish=True)
    source = ended(ours, v1_data(start(ours, workflow))["runId"])
    assert source["status"] == "failure"
    headers = {"Idempotency-Key": "s1-published-retry"}
    path = f"/v1/runs/{source['id']}/retry"
    first = ours.post(path, headers=headers)
    run = ended(ours, v1_data(first)["runId"])
    assert run["executionState"]["ok"] == source["executionState"]["ok"]
    assert (run["status"], run["sourceRunId"]) == ("failure", source["id"])
    assert machine(stack, run["id"]) == machine(stack, source["id"])
    v1_data(ours.post(f"/v1/workflows/{workflow}/pause"))
    again = ours.post(path, headers=headers)
    assert v1_data(again) == v1_data(first)
    assert again.headers["Idempotent-Replayed"] == "true"
    v1_refusal(ours.post(path), 409, "conflict", "state")


@pytest.mark.parametrize("by", ["runId", "key"])
def test_s1_run__a_start_that_is_sent_again_answers_its_run_though_the_workflow_is_paused(
    ours: Api, by: str
) -> None:
    workflow = create(ours, graph(say=log()))
    once: dict[str, Any] = {"runId": "run_s1-again"} if by == "runId" else {"key": "s1-again"}
    first = v1_data(start(ours, workflow, payload={"a": 1}, **once))
    change(ours, workflow, graph(say=log("two")))
    path = f"/v1/workflows/{workflow}"
    for refused in (lambda: ours.post(f"{path}/pause"), lambda: ours.call("DELETE", path)):
        v1_data(refused())
        again = start(ours, workflow, payload={"a": 1}, **once)
        assert v1_data(again) == first
        assert again.headers["Idempotent-Replayed"] == "true"
        v1_refusal(start(ours, workflow, payload={"a": 1}), 409, "conflict", "state")
        other = start(ours, workflow, payload={"a": 2}, **once)
        if by == "runId":
            v1_refusal(other, 409, "conflict", "run_id")
        else:
            v1_refusal(other, 422, "idempotency-mismatch", "run_id")


def test_s1_run__a_start_that_is_sent_again_answers_its_run_though_the_units_are_spent(
    stack: RunningStack,
) -> None:
    org = "org_s1_spent_again"
    api = stack.api_as(Role.OPERATOR, org=org, name="s1-spent-again")
    workflow, definition = create(api, graph(say=log())), graph(say=log())
    bodies = {
        f"/v1/workflows/{workflow}/run": {"runId": "run_s1-spent-1"},
        "/v1/runs": {"runId": "run_s1-spent-2", "definition": definition},
        "/v1/runs/sync": {"runId": "run_s1-spent-3", "definition": definition},
    }
    first = {path: v1_data(api.post(path, json=body)) for path, body in bodies.items()}
    v1_data(stack.api.call("PUT", f"/v1/organizations/{org}/cu", json={"monthlyCu": 0}))
    for path, body in bodies.items():
        assert v1_data(api.post(path, json=body)) == first[path]
    assert v1_data(api.get(f"/v1/workflows/{workflow}"))["status"] == "draft"
    for path, body in bodies.items():
        answer = api.post(path, json={**body, "runId": "run_s1-spent-4"})
        v1_refusal(answer, 402, "budget-exceeded", "allowance", "used", "month")


def test_s1_sync__the_same_key_answers_the_first_end_again(ours: Api) -> None:
    headers = {"Idempotency-Key": "s1-sync-1"}
    given = {"definition": graph(say=log("{{$inputs.a}}")), "payload": {"a": 1}}
    first = ours.post("/v1/runs/sync", json=given, headers=headers)
    again = ours.post("/v1/runs/sync", json=given, headers=headers)
    assert v1_data(first)["status"] == "success"
    assert v1_data(again) == v1_data(first)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = ours.post("/v1/runs/sync", json={**given, "payload": {"a": 2}}, headers=headers)
    v1_refusal(other, 422, "idempotency-mismatch", "run_id")


def test_s1_sync__a_run_that_failed_can_be_retried(ours: Api) -> None:
    done = v1_data(ours.post("/v1/runs/sync", json={"definition": BROKEN}))
    assert done["status"] == "failure"
    again = ended(ours, v1_data(ours.post(f"/v1/runs/{done['runId']}/retry"))["runId"])
    assert (again["status"], again["sourceRunId"]) == ("failure", done["runId"])
    assert again["executionState"]["ok"] == done["executionState"]["ok"]


def test_s1_status_counts__a_deleted_run_counts_no_more(stack: RunningStack) -> None:
    api = stack.api_as(Role.ADMIN, org="org_s1_uncounted", name="s1-uncounted")
    definition = {"definition": graph(say=log())}
    ids = [v1_data(api.post("/v1/runs", json=definition))["runId"] for _ in range(2)]

    def successes() -> tuple[int, int]:
        found = v1_data(api.get("/v1/runs/status-counts"))
        return found["success"], found["total"]

    eventually("both are counted", lambda: successes() == (2, 2))
    path = f"/api/v1/executions/{ids[0]}"
    eventually("it is deleted", lambda: api.call("DELETE", path).status_code == 200)
    assert successes() == (1, 1)
    assert api.call("DELETE", path).status_code == 404
    assert successes() == (1, 1)


def test_s1_simulation__a_fork_of_a_chain_without_an_endpoint_has_an_empty_address(
    ours: Api,
) -> None:
    read = {"type": "evm-read", "payload": {"chainId": 1, "method": "eth_blockNumber"}}
    given = {"definition": graph(read=read), "simulate": True}
    run = ended(ours, v1_data(ours.post("/v1/runs", json=given))["runId"])
    (fork,) = run["simulationForks"]
    assert (fork["chainId"], fork["rpcUrl"]) == (1, "")
