"""S1, "Cancel a running or waiting run": the run's members and types, and what answers are wrapped in.

The runs here were started by S2: a run is a run, whichever dialect started it.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import has_common_headers, instant, v1_data, v1_refusal
from tests.support.definitions import delay, shape, workflow
from tests.support.stack import Api, RunningStack

TYPES: dict[str, tuple[type, ...]] = {
    "executionState": (dict,),
    "finishedAt": (str, type(None)),
    "id": (str,),
    "isDustTest": (bool,),
    "isSimulation": (bool,),
    "organizationId": (str,),
    "propValues": (dict,),
    "simulationForks": (list,),
    "simulationMode": (str, type(None)),
    "sourceRunId": (str, type(None)),
    "startedAt": (str,),
    "status": (str,),
    "totalCu": (int, float),
    "triggerSource": (str, type(None)),
    "triggeredBy": (str, type(None)),
    "workflowDefinition": (dict, type(None)),
    "workflowId": (str, type(None)),
    "workflowVersion": (int, type(None)),
}
"""The seed's members and their types; null where there is nothing."""
LARGE = {"executionState", "workflowDefinition"}
STATUSES = {"running", "waiting", "success", "failure", "cancelled"}
NODE = {"type", "status", "input", "result", "error", "startedAt", "finishedAt"}
ORG = "org_s1_runs"


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    api = stack.api_as(Role.OPERATOR, org=ORG, name="s1-runs")
    api.apply(
        workflow("s1-quick", shape("a", {"x": 1}), shape("b", {"y": "{{ steps.a.output.x }}"}))
    )
    api.apply(workflow("s1-slow", shape("a"), delay("long", "10m"), shape("b")))
    return api


def is_a_run(run: dict[str, Any]) -> None:
    """Fails unless it has exactly the seed's members, each of its type."""
    assert set(run) == set(TYPES)
    for member, types in TYPES.items():
        assert isinstance(run[member], types), (member, run[member])
    assert not isinstance(run["totalCu"], bool)
    assert run["status"] in STATUSES
    instant(run["startedAt"])
    for state in run["executionState"].values():
        assert set(state) >= NODE


def test_s1_cancel__answers_the_whole_run(ours: Api) -> None:
    run_id = ours.run("s1-slow")
    ours.step_running(run_id, "long")
    run = v1_data(ours.post(f"/v1/runs/{run_id}/cancel"))
    is_a_run(run)
    assert (run["id"], run["status"], run["organizationId"]) == (run_id, "cancelled", ORG)
    assert (run["workflowId"], run["workflowVersion"]) == ("s1-slow", 1)
    assert (run["triggerSource"], run["triggeredBy"]) == ("manual", "s1-runs")
    assert instant(run["finishedAt"]) >= instant(run["startedAt"])
    nodes = {name: state["status"] for name, state in run["executionState"].items()}
    assert nodes == {"a": "success", "long": "cancelled", "b": "cancelled"}
    assert ours.detail(run_id)["status"] == "cancelled"


def test_s1_cancel__a_run_that_is_over_is_409_and_an_unknown_one_404(ours: Api) -> None:
    run_id = ours.run("s1-quick")
    ours.ended(run_id)
    refusal = v1_refusal(ours.post(f"/v1/runs/{run_id}/cancel"), 409, "conflict", "run_status")
    assert refusal["details"]["run_status"] == "succeeded"
    for unknown in ("run_none", "none", "run_" + "x" * 90):
        v1_refusal(ours.post(f"/v1/runs/{unknown}/cancel"), 404, "not-found")


def test_s1_detail__a_run_and_its_nodes_with_what_they_cost(ours: Api) -> None:
    run_id = ours.run("s1-quick")
    ours.ended(run_id)
    run = v1_data(ours.get(f"/v1/runs/{run_id}"))
    is_a_run(run)
    assert (run["status"], run["sourceRunId"], run["totalCu"]) == ("success", None, 2)
    state = run["executionState"]["b"]
    assert set(state) == NODE
    assert (state["type"], state["status"], state["result"]) == ("transform", "success", {"y": 1})
    instant(state["startedAt"])
    instant(state["finishedAt"])


def test_s1_detail__a_summary_leaves_out_what_is_large(ours: Api) -> None:
    run_id = ours.run("s1-quick")
    brief = v1_data(ours.get(f"/v1/runs/{run_id}", params={"summary": "true"}))
    assert set(brief) == set(TYPES) - LARGE
    whole = v1_data(ours.get(f"/v1/runs/{run_id}", params={"summary": "false"}))
    assert set(whole) == set(TYPES)
    v1_refusal(ours.get(f"/v1/runs/{run_id}", params={"summary": "yes"}), 400, "bad-request")


def test_s1_detail__of_the_nodes_only_those_that_are_asked_for(ours: Api) -> None:
    run_id = ours.run("s1-quick")
    run = v1_data(ours.get(f"/v1/runs/{run_id}", params={"nodeIds": "b,none"}))
    assert list(run["executionState"]) == ["b"]


def test_s1_list__newest_first_in_pages(ours: Api) -> None:
    ours.apply(workflow("s1-paged", shape("a")))
    ids = [ours.run("s1-paged") for _ in range(3)]
    for run_id in ids:
        ours.ended(run_id)

    def page(**query: Any) -> dict[str, Any]:
        found = v1_data(ours.get("/v1/runs", params={"workflowId": "s1-paged", **query}))
        assert set(found) == {"items", "limit", "offset", "hasMore"}
        return dict(found)

    whole = page()
    assert [item["id"] for item in whole["items"]] == ids[::-1]
    assert (whole["limit"], whole["offset"], whole["hasMore"]) == (20, 0, False)
    assert all(set(item) == set(TYPES) - LARGE for item in whole["items"])
    middle = page(limit=1, offset=1)
    assert [item["id"] for item in middle["items"]] == [ids[1]]
    assert (middle["limit"], middle["offset"], middle["hasMore"]) == (1, 1, True)
    assert page(offset=3)["items"] == page(offset=200)["items"] == []
    assert len(page(status="success")["items"]) == 3
    assert page(status="failure")["items"] == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"limit": "101"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"status": "completed"}, "status"),
        ({"workflow": "x"}, "workflow"),
    ],
)
def test_s1_list__a_wrong_parameter_is_400_and_named(
    ours: Api, query: dict[str, str], named: str
) -> None:
    answer = ours.get("/v1/runs", params=query)
    assert answer.status_code == 400
    has_common_headers(answer)
    assert named in answer.json()["message"]


def test_s1_status_counts__count_every_run_once(stack: RunningStack) -> None:
    api = stack.api_as(Role.OPERATOR, org="org_s1_counts", name="s1-counts")
    zero = v1_data(api.get("/v1/runs/status-counts"))
    words = ("running", "waiting", "success", "failure", "cancelled", "total")
    assert zero == dict.fromkeys(words, 0)
    api.apply(workflow("s1-counted", shape("a")))
    api.apply(
        workflow("s1-waits", {"name": "ask", "action": "approval", "params": {"message": "?"}})
    )
    done, asking, stopped = api.run("s1-counted"), api.run("s1-waits"), api.run("s1-waits")
    api.ended(done)
    assert api.post(f"/v1/runs/{stopped}/cancel").status_code == 200

    def counts() -> dict[str, int]:
        found: dict[str, int] = v1_data(api.get("/v1/runs/status-counts"))
        return found

    wanted = {**zero, "waiting": 1, "success": 1, "cancelled": 1, "total": 3}
    api.once(lambda: counts() == wanted, asking)
    of_one = v1_data(api.get("/v1/runs/status-counts", params={"workflowId": "s1-waits"}))
    assert of_one == {**zero, "waiting": 1, "cancelled": 1, "total": 2}
    api.post(f"/v1/runs/{asking}/cancel")


def test_s1_errors__are_in_the_envelope_without_a_token_and_with_too_low_a_role(
    ours: Api, viewer: Api, nobody: Api
) -> None:
    refusal = v1_refusal(nobody.get("/v1/runs"), 401, "unauthorized")
    assert "token" in refusal["message"]
    v1_refusal(viewer.post("/v1/runs/run_x/cancel"), 403, "permission-denied", "rule_source")


def test_s1_errors__the_request_id_is_the_callers(ours: Api) -> None:
    answer = ours.get("/v1/runs/run_none", headers={"X-Request-Id": "abc-123"})
    assert answer.json()["requestId"] == "abc-123"
