"""S1, runs: of a workflow and of a definition; ids, versions, inputs, retry, resume, simulation."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import v1_data, v1_refusal
from tests.support.graphs import graph, log
from tests.support.stack import Api, RunningStack
from tests.support.v1 import create, ended, run_of, start, statuses, until

ORG = "org_s1_starts"
ADDED: dict[str, Any] = {
    **graph(
        sum=log("{{root.result.body.total}}", children=["twice"]),
        twice=log("{{$trigger.body.total}} and {{$props.more}}"),
    ),
    "inputSchema": [{"key": "total", "type": "number", "required": True}],
}
WAITING = graph(
    ask={"type": "wait", "payload": {"timeoutMs": 600_000}, "children": ["yes", "no"]},
    yes=log("yes", branch="resumed"),
    no=log("no", branch="timed_out"),
)
FAILING = graph(
    first=log("first", children=["bad"]),
    bad={
        "type": "http-request",
        "payload": {"url": "http://169.254.169.254/"},
        "children": ["last"],
    },
    last=log("last"),
)


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org=ORG, name="s1-starts")


def test_s1_run__of_a_draft_with_payload_and_props(ours: Api) -> None:
    workflow = create(ours, ADDED)
    run_id = start(ours, workflow, payload={"total": 7}, propValues={"more": "x"})
    run = ended(ours, run_id)
    assert (run["status"], run["workflowId"], run["workflowVersion"]) == ("success", workflow, 1)
    assert run["propValues"] == {"more": "x"}
    assert (run["triggerSource"], run["triggeredBy"]) == ("manual", "s1-starts")
    assert run["workflowDefinition"]["nodes"] == ADDED["nodes"]
    assert run["workflowDefinition"]["inputSchema"][0]["key"] == "total"
    assert statuses(run) == {"root": "success", "sum": "success", "twice": "success"}
    assert run["executionState"]["twice"]["result"]["message"] == "7 and x"
    assert run["executionState"]["twice"]["input"] == {"message": "7 and x"}
    assert run["totalCu"] == 2
    some = v1_data(ours.get(f"/v1/runs/{run_id}", params={"nodeIds": "twice"}))
    assert list(some["executionState"]) == ["twice"]
    page = v1_data(ours.get(f"/v1/workflows/{workflow}/runs"))
    (line,) = page["items"]
    assert (line["id"], line["propValues"], line["totalCu"]) == (run_id, {"more": "x"}, 2)


def test_s1_run__the_newest_version_runs_unless_one_is_named(ours: Api) -> None:
    workflow = create(ours, graph(say=log("one")))
    path = f"/v1/workflows/{workflow}"
    v1_data(ours.post(f"{path}/publish"))
    v1_data(ours.call("PUT", path, json={"definition": graph(say=log("two"))}))
    newest, first = start(ours, workflow), start(ours, workflow, version=1)
    for run_id, version, said in ((newest, 2, "two"), (first, 1, "one")):
        run = ended(ours, run_id)
        assert run["workflowVersion"] == version
        assert run["executionState"]["say"]["result"]["message"] == said
    v1_refusal(ours.post(f"{path}/run", json={"version": 9}), 404, "not-found")


def test_s1_run__missing_and_wrong_inputs_are_400_naming_the_key(ours: Api) -> None:
    workflow = create(ours, ADDED)
    for payload in ({}, {"total": "7"}, None):
        answer = ours.post(f"/v1/workflows/{workflow}/run", json={"payload": payload})
        refusal = v1_refusal(answer, 400, "validation-error", "errors")
        assert "total" in str(refusal["details"]["errors"])
    assert v1_data(ours.get(f"/v1/workflows/{workflow}/runs"))["items"] == []


def test_s1_run__a_chosen_id_with_the_same_body_is_one_run_and_with_another_409(ours: Api) -> None:
    workflow = create(ours, graph(say=log()))
    body = {"runId": "run_s1-chosen", "payload": {"a": 1}}
    assert start(ours, workflow, **body) == "run_s1-chosen"
    assert start(ours, workflow, **body) == "run_s1-chosen"
    other = {**body, "payload": {"a": 2}}
    v1_refusal(ours.post(f"/v1/workflows/{workflow}/run", json=other), 409, "conflict", "run_id")
    wrong = ours.post(f"/v1/workflows/{workflow}/run", json={"runId": "mine"})
    v1_refusal(wrong, 400, "validation-error", "errors")


def test_s1_run__the_same_key_is_one_run(ours: Api) -> None:
    workflow = create(ours, graph(say=log()))
    headers = {"Idempotency-Key": "s1-runs-1"}
    first = ours.post(f"/v1/workflows/{workflow}/run", json={}, headers=headers)
    again = ours.post(f"/v1/workflows/{workflow}/run", json={}, headers=headers)
    assert v1_data(first) == v1_data(again)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = ours.post(f"/v1/workflows/{workflow}/run", json={"payload": {"a": 1}}, headers=headers)
    v1_refusal(other, 422, "idempotency-mismatch", "run_id")


def test_s1_run__a_paused_or_archived_workflow_is_409(ours: Api) -> None:
    workflow = create(ours, graph(say=log()))
    path = f"/v1/workflows/{workflow}"
    v1_data(ours.post(f"{path}/pause", json={"reason": "holidays"}))
    refusal = v1_refusal(ours.post(f"{path}/run"), 409, "conflict", "state")
    assert "holidays" in refusal["message"]
    v1_data(ours.post(f"{path}/resume"))
    ended(ours, start(ours, workflow))
    ours.call("DELETE", path)
    v1_refusal(ours.post(f"{path}/run"), 409, "conflict", "state")
    v1_refusal(ours.post("/v1/workflows/wf_none/run"), 404, "not-found")


def test_s1_ephemeral__a_definition_runs_once_and_keeps_its_snapshot(ours: Api) -> None:
    block = {
        "blockId": "b",
        "blockVersion": 1,
        "entryNodeIds": ["say"],
        "expandedIds": ["say"],
        "outputSchema": {},
    }
    definition = {**graph(say=log("{{$inputs.a}}")), "blockExpansions": {"x": block}}
    given = {"definition": definition, "payload": {"a": 1}, "runId": "run_s1-ephemeral"}
    assert v1_data(ours.post("/v1/runs", json=given)) == {"runId": "run_s1-ephemeral"}
    assert v1_data(ours.post("/v1/runs", json=given)) == {"runId": "run_s1-ephemeral"}
    v1_refusal(ours.post("/v1/runs", json={**given, "payload": {}}), 409, "conflict", "run_id")
    run = ended(ours, "run_s1-ephemeral")
    assert (run["status"], run["workflowId"], run["workflowVersion"]) == ("success", None, None)
    assert run["executionState"]["say"]["result"]["message"] == 1
    assert run["workflowDefinition"]["blockExpansions"] == {"x": block}


def test_s1_ephemeral__a_wrong_definition_is_400_and_nothing_is_stored(ours: Api) -> None:
    wrong = graph(say={**log(), "children": ["gone"]})
    given = {"definition": wrong, "runId": "run_s1-wrong"}
    refusal = v1_refusal(ours.post("/v1/runs", json=given), 400, "validation-error", "errors")
    assert refusal["details"]["errors"][0]["type"] == "connectivity"
    v1_refusal(ours.get("/v1/runs/run_s1-wrong"), 404, "not-found")


def test_s1_retry__skips_what_succeeded(ours: Api) -> None:
    run_id = v1_data(ours.post("/v1/runs", json={"definition": FAILING}))["runId"]
    run = ended(ours, run_id)
    assert run["status"] == "failure"
    assert statuses(run) == {
        "root": "success",
        "first": "success",
        "bad": "failure",
        "last": "skipped",
    }
    assert run["executionState"]["bad"]["error"]
    again_id = v1_data(ours.post(f"/v1/runs/{run_id}/retry"))["runId"]
    again = ended(ours, again_id)
    assert again["sourceRunId"] == run_id
    first = [found["executionState"]["first"]["startedAt"] for found in (run, again)]
    assert first[0] == first[1]
    # The log and the request; then the request alone.
    assert (run["totalCu"], again["totalCu"]) == (3, 2)


def test_s1_retry__of_a_run_that_did_not_fail_is_409_and_of_none_404(ours: Api) -> None:
    run_id = v1_data(ours.post("/v1/runs", json={"definition": graph(say=log())}))["runId"]
    ended(ours, run_id)
    v1_refusal(ours.post(f"/v1/runs/{run_id}/retry"), 409, "conflict", "run_status")
    v1_refusal(ours.post("/v1/runs/run_none/retry"), 404, "not-found")


def test_s1_resume__with_the_secret_that_operators_see(stack: RunningStack, ours: Api) -> None:
    run_id = v1_data(ours.post("/v1/runs", json={"definition": WAITING}))["runId"]
    run = until(ours, run_id, lambda found: found["status"] == "waiting")
    state = run["executionState"]["ask"]
    assert (state["status"], set(state["resume"])) == ("waiting", {"url", "secret"})
    reader = stack.api_as(Role.VIEWER, org=ORG, name="s1-reader")
    assert "resume" not in run_of(reader, run_id)["executionState"]["ask"]
    url, secret = state["resume"]["url"], state["resume"]["secret"]
    v1_refusal(ours.post(url, params={"secret": "wrong"}), 401, "unauthorized")
    v1_refusal(ours.post(url), 401, "unauthorized")
    answer = ours.post(url, params={"secret": secret}, json={"payload": {"ok": True}})
    assert v1_data(answer)["action"] == "resumed"
    again = v1_data(ours.post(url, params={"secret": secret}))
    assert (again["action"], bool(again["reason"])) == ("skipped", True)
    run = ended(ours, run_id)
    assert (statuses(run)["yes"], statuses(run)["no"]) == ("success", "skipped")
    nowhere = "/v1/runs/run_none/nodes/ask/resume"
    v1_refusal(ours.post(nowhere, params={"secret": secret}), 404, "not-found")


def test_s1_cancel__a_waiting_run_leaves_no_node_running(ours: Api) -> None:
    run_id = v1_data(ours.post("/v1/runs", json={"definition": WAITING}))["runId"]
    until(ours, run_id, lambda found: found["status"] == "waiting")
    run = v1_data(ours.post(f"/v1/runs/{run_id}/cancel"))
    assert run["status"] == "cancelled"
    assert statuses(run) == {
        "root": "success",
        "ask": "cancelled",
        "yes": "cancelled",
        "no": "cancelled",
    }
    assert "resume" not in run["executionState"]["ask"]


def test_s1_simulation__effects_answer_with_a_stub_and_chains_are_forked(ours: Api) -> None:
    definition = graph(
        send={
            "type": "evm-transfer",
            "payload": {"chainId": 1, "from": "0x2", "to": "0x" + "1" * 40, "amount": "5"},
            "children": ["call"],
        },
        call={"type": "http-request", "payload": {"url": "http://127.0.0.1:1/"}},
    )
    given = {"definition": definition, "simulate": True}
    run = ended(ours, v1_data(ours.post("/v1/runs", json=given))["runId"])
    assert run["status"] == "success", run["executionState"]
    assert (run["isSimulation"], run["simulationMode"], run["isDustTest"]) == (True, "full", False)
    (fork,) = run["simulationForks"]
    assert set(fork) == {"chainId", "forkId", "rpcUrl"}
    assert (fork["chainId"], type(fork["forkId"]), type(fork["rpcUrl"])) == (1, str, str)
    both = ours.post("/v1/runs", json={**given, "dustTest": True})
    v1_refusal(both, 400, "validation-error", "errors")


def test_s1_dust_test__is_told_of_the_run(ours: Api) -> None:
    given = {"definition": graph(say=log("{{$inputs.a}}")), "dustTest": True}
    run = ended(ours, v1_data(ours.post("/v1/runs", json=given))["runId"])
    assert (run["isDustTest"], run["isSimulation"], run["simulationForks"]) == (True, False, [])


def test_s1_trigger_workflow__runs_another_workflow_and_waits_for_it(ours: Api) -> None:
    child = create(ours, ADDED)
    parent = graph(
        sub={"type": "trigger-workflow", "payload": {"workflowId": child, "payload": {"total": 3}}}
    )
    run = ended(ours, v1_data(ours.post("/v1/runs", json={"definition": parent}))["runId"])
    assert run["status"] == "success", run["executionState"]
    (line,) = v1_data(ours.get(f"/v1/workflows/{child}/runs"))["items"]
    assert (line["status"], line["triggerSource"]) == ("success", "workflow")


def test_s1_loop__has_the_state_of_each_iteration_and_costs_each(ours: Api) -> None:
    definition = graph(
        each={"type": "for-each", "payload": {"array": "{{$inputs.of}}"}, "loopBody": ["say"]},
        say=log("{{$item}}"),
    )
    given = {"definition": definition, "payload": {"of": ["a", "b"]}}
    run = ended(ours, v1_data(ours.post("/v1/runs", json=given))["runId"])
    assert run["status"] == "success"
    found = run["executionState"]["each"]["iterations"]
    assert [(one["index"], one["item"]) for one in found] == [(0, "a"), (1, "b")]
    assert [one["nodes"]["say"]["result"]["message"] for one in found] == ["a", "b"]
    assert run["totalCu"] == 3


def test_s1_units__a_spent_organisation_gets_402_and_its_workflow_is_paused(
    stack: RunningStack,
) -> None:
    org = "org_s1_spent"
    api = stack.api_as(Role.OPERATOR, org=org, name="s1-spent")
    workflow = create(api, graph(say=log()))
    allow = f"/v1/organizations/{org}/cu"
    v1_data(stack.api.call("PUT", allow, json={"monthlyCu": 1}))
    run_id = start(api, workflow)
    ended(api, run_id)
    api.once(lambda: v1_data(api.get(allow))["balance"] == 0, run_id)
    extra = ("allowance", "used", "month")
    path = f"/v1/workflows/{workflow}"
    v1_refusal(api.post(f"{path}/run"), 402, "budget-exceeded", *extra)
    paused = v1_data(api.get(path))
    assert paused["status"] == "paused" and "1 of 1" in paused["pausedReason"]
    given = {"definition": graph(say=log())}
    v1_refusal(api.post("/v1/runs", json=given), 402, "budget-exceeded", *extra)
    v1_data(stack.api.call("PUT", allow, json={"monthlyCu": 10}))
    v1_refusal(api.post(f"{path}/run"), 409, "conflict", "state")
    v1_data(api.post(f"{path}/resume"))
    ended(api, start(api, workflow))


def test_s1_actions__are_the_node_types_with_their_payload_and_cost(viewer: Api) -> None:
    page = v1_data(viewer.get("/v1/actions", params={"limit": 100}))
    assert (page["offset"], page["hasMore"]) == (0, False)
    found = {item["type"]: item for item in page["items"]}
    assert set(found) >= {"manual", "if", "for-each", "wait", "delay", "log", "filter", "pluck"}
    assert found["wait"]["branches"] == ["resumed", "timed_out"]
    assert found["http-request"]["effectful"] is True
    assert "url" in [field["name"] for field in found["http-request"]["payload"]]
    costs = v1_data(viewer.get("/v1/cu/costs"))["costs"]
    assert all(item["cu"] == costs[item["type"]] for item in page["items"])


def test_s1_eyes__the_same_run_through_s2_and_s0(ours: Api) -> None:
    workflow = create(ours, graph(say=log()))
    run_id = start(ours, workflow)
    ended(ours, run_id)
    detail = ours.detail(run_id)
    assert (detail["workflow"], detail["status"]) == (workflow, "completed")
    assert [step["name"] for step in detail["steps"]] == ["say"]
    listed = ours.get("/api/v1/executions", params={"workflow": workflow}).json()["executions"]
    assert [line["id"] for line in listed] == [run_id]
    gone = ours.post(f"/api/v1/cancel/workflow-run/{run_id}")
    assert gone.json()["status"] == "not_found"


def test_s1_sync__answers_the_end_of_the_run(ours: Api) -> None:
    given = {"definition": ADDED, "payload": {"total": 1}, "runId": "run_s1-sync"}
    done = v1_data(ours.post("/v1/runs/sync", json=given))
    assert set(done) == {"runId", "status", "executionState", "durationMs"}
    assert (done["runId"], done["status"]) == ("run_s1-sync", "success")
    assert done["durationMs"] >= 0
    run = run_of(ours, "run_s1-sync")
    assert run["executionState"] == done["executionState"]
    assert statuses(run) == {"root": "success", "sum": "success", "twice": "success"}
    assert v1_data(ours.post("/v1/runs/sync", json=given)) == done
    other = ours.post("/v1/runs/sync", json={**given, "payload": {"total": 2}})
    v1_refusal(other, 409, "conflict", "run_id")


def test_s1_sync__a_run_that_fails_is_200_with_failure(ours: Api) -> None:
    done = v1_data(ours.post("/v1/runs/sync", json={"definition": FAILING}))
    assert done["status"] == "failure"
    assert done["executionState"]["bad"]["error"]


def test_s1_sync__what_cannot_be_waited_for_is_400_with_all_problems(ours: Api) -> None:
    loop = {"type": "for-each", "payload": {"array": []}, "loopBody": ["say"], "children": ["ask"]}
    both = graph(each=loop, say=log(), ask={"type": "wait"})
    answer = ours.post("/v1/runs/sync", json={"definition": both})
    refusal = v1_refusal(answer, 400, "validation-error", "errors")
    assert len(refusal["details"]["errors"]) >= 2
    chain = {f"n{n}": log(children=[f"n{n + 1}"] if n < 24 else []) for n in range(25)}
    answer = ours.post("/v1/runs/sync", json={"definition": graph(**chain)})
    assert "20" in str(v1_refusal(answer, 400, "validation-error", "errors")["details"])
