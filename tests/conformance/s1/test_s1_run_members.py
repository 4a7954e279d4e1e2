"""S1, "Cancel a running or waiting run", 200: each member of the run that is answered, one by one."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from chalicelib.core.roles import Role
from tests.support.answers import instant, v1_refusal
from tests.support.graphs import graph, log
from tests.support.stack import Api, RunningStack
from tests.support.v1 import begin, cancel, create, ended, node_until, run_of, start

ORG = "org_s1_members"
SCHEMA = [{"key": "total", "type": "number", "required": True, "description": "Of the order."}]
GRAPH: dict[str, Any] = {
    **graph(
        say=log("{{$inputs.total}}", children=["ask"]),
        ask={"type": "wait", "children": ["after"]},
        after=log("never"),
    ),
    "inputSchema": SCHEMA,
}
BLOCK = {
    "blockId": "b",
    "blockVersion": 2,
    "entryNodeIds": ["ask"],
    "expandedIds": ["ask", "read"],
    "outputSchema": {"type": "object"},
}
SIMULATED = {
    **graph(
        ask={"type": "wait", "children": ["read"]},
        read={"type": "evm-read", "payload": {"chainId": 137}, "children": ["send"]},
        send={
            "type": "evm-transfer",
            "payload": {"chainId": 1, "from": "0x2", "to": "0x3", "amount": "5"},
        },
    ),
    "blockExpansions": {"x": BLOCK},
}
FAILING = graph(bad={"type": "http-request", "payload": {"url": "http://169.254.169.254/"}})


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org=ORG, name="s1-members")


@pytest.fixture(scope="module")
def workflow(ours: Api) -> str:
    return create(ours, GRAPH)


@pytest.fixture(scope="module")
def live(ours: Api, workflow: str) -> dict[str, Any]:
    """A run that waits, before it is cancelled."""
    run_id = start(ours, workflow, payload={"total": 7}, propValues={"k": [1, {"a": None}]})
    return node_until(ours, run_id, "ask", "waiting")


@pytest.fixture(scope="module")
def answer(ours: Api, live: dict[str, Any]) -> requests.Response:
    """What the cancel of it is answered with."""
    return ours.post(f"/v1/runs/{live['id']}/cancel", headers={"X-Request-Id": "abc-123"})


@pytest.fixture(scope="module")
def run(answer: requests.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["data"]
    return found


@pytest.fixture(scope="module")
def simulated(ours: Api) -> dict[str, Any]:
    """The answer to the cancel of a simulation of a definition of its own."""
    run_id = begin(ours, SIMULATED, simulate=True)
    node_until(ours, run_id, "ask", "waiting")
    return cancel(ours, run_id)


@pytest.fixture(scope="module")
def dusted(ours: Api, workflow: str) -> dict[str, Any]:
    return cancel(ours, start(ours, workflow, payload={"total": 1}, dustTest=True))


@pytest.fixture(scope="module")
def failed(ours: Api) -> dict[str, Any]:
    return ended(ours, begin(ours, FAILING))


def test_s1_envelope__code_is_the_integer_200(answer: requests.Response) -> None:
    assert answer.status_code == 200
    assert answer.json()["code"] == 200 and type(answer.json()["code"]) is int


def test_s1_envelope__data_is_an_object(answer: requests.Response) -> None:
    assert isinstance(answer.json()["data"], dict)


def test_s1_envelope__message_is_success(answer: requests.Response) -> None:
    assert answer.json()["message"] == "success"


def test_s1_envelope__request_id_is_the_callers_text(answer: requests.Response) -> None:
    assert answer.json()["requestId"] == "abc-123" == answer.headers["X-Request-Id"]


def test_s1_envelope__has_these_four_members(answer: requests.Response) -> None:
    assert set(answer.json()) == {"code", "data", "message", "requestId"}


def test_s1_404__is_a_run_that_nobody_knows(ours: Api) -> None:
    v1_refusal(ours.post("/v1/runs/run_none/cancel"), 404, "not-found")


def test_s1_404__is_a_run_of_another_organisation(
    ours: Api, stranger: Api, run: dict[str, Any]
) -> None:
    theirs = v1_refusal(stranger.post(f"/v1/runs/{run['id']}/cancel"), 404, "not-found")
    none = v1_refusal(ours.post("/v1/runs/run_none/cancel"), 404, "not-found")
    assert theirs["message"] == none["message"]


def test_s1_409__is_a_run_that_is_over(
    ours: Api, run: dict[str, Any], failed: dict[str, Any]
) -> None:
    for over in (run, failed):
        path = f"/v1/runs/{over['id']}/cancel"
        v1_refusal(ours.post(path), 409, "conflict", "run_status")


def test_s1_execution_state__is_an_object_of_nodes_by_id(run: dict[str, Any]) -> None:
    state = run["executionState"]
    assert set(state) == {"root", "say", "ask", "after"}
    assert state["say"]["result"]["message"] == 7
    assert state["ask"]["status"] == state["after"]["status"] == "cancelled"


def test_s1_finished_at__is_the_time_of_the_end_and_null_before(
    live: dict[str, Any], run: dict[str, Any]
) -> None:
    assert live["finishedAt"] is None
    assert instant(run["finishedAt"]) >= instant(run["startedAt"])


def test_s1_id__is_the_text_that_the_start_answered(
    live: dict[str, Any], run: dict[str, Any]
) -> None:
    assert run["id"] == live["id"] and re.fullmatch(r"run_[A-Za-z0-9_-]{1,76}", run["id"])


def test_s1_is_dust_test__is_true_of_a_dust_test_alone(
    run: dict[str, Any], dusted: dict[str, Any], simulated: dict[str, Any]
) -> None:
    assert [one["isDustTest"] for one in (run, dusted, simulated)] == [False, True, False]


def test_s1_is_simulation__is_true_of_a_simulation_alone(
    run: dict[str, Any], dusted: dict[str, Any], simulated: dict[str, Any]
) -> None:
    assert [one["isSimulation"] for one in (run, dusted, simulated)] == [False, False, True]


def test_s1_organization_id__is_the_callers(run: dict[str, Any]) -> None:
    assert run["organizationId"] == ORG


def test_s1_prop_values__are_what_the_run_was_given(
    run: dict[str, Any], dusted: dict[str, Any]
) -> None:
    assert (run["propValues"], dusted["propValues"]) == ({"k": [1, {"a": None}]}, {})


def test_s1_simulation_forks__are_one_for_each_chain_and_none_of_a_real_run(
    run: dict[str, Any], dusted: dict[str, Any], simulated: dict[str, Any]
) -> None:
    assert run["simulationForks"] == dusted["simulationForks"] == []
    assert len(simulated["simulationForks"]) == 2
    assert all(
        set(fork) == {"chainId", "forkId", "rpcUrl"} for fork in simulated["simulationForks"]
    )


def test_s1_simulation_forks__chain_id_is_the_integer_that_the_graph_names(
    simulated: dict[str, Any],
) -> None:
    chains = [fork["chainId"] for fork in simulated["simulationForks"]]
    assert sorted(chains) == [1, 137] and {type(chain) for chain in chains} == {int}


def test_s1_simulation_forks__fork_id_is_a_text_of_its_own(simulated: dict[str, Any]) -> None:
    ids = [fork["forkId"] for fork in simulated["simulationForks"]]
    assert len(set(ids)) == 2 and all(isinstance(one, str) and one for one in ids)


def test_s1_simulation_forks__rpc_url_is_a_text(simulated: dict[str, Any]) -> None:
    assert all(isinstance(fork["rpcUrl"], str) for fork in simulated["simulationForks"])


def test_s1_simulation_mode__is_full_of_a_simulation_and_null_else(
    run: dict[str, Any], simulated: dict[str, Any]
) -> None:
    assert (run["simulationMode"], simulated["simulationMode"]) == (None, "full")


def test_s1_source_run_id__is_the_run_that_was_retried_and_null_else(
    ours: Api, run: dict[str, Any], failed: dict[str, Any]
) -> None:
    again = ours.post(f"/v1/runs/{failed['id']}/retry").json()["data"]["runId"]
    assert run_of(ours, again)["sourceRunId"] == failed["id"]
    assert run["sourceRunId"] is None


def test_s1_started_at__is_a_time_and_stays(live: dict[str, Any], run: dict[str, Any]) -> None:
    instant(run["startedAt"])
    assert run["startedAt"] == live["startedAt"]


def test_s1_total_cu__is_the_number_of_units_of_the_nodes_that_ran(run: dict[str, Any]) -> None:
    assert run["totalCu"] == 2 and not isinstance(run["totalCu"], bool)


def test_s1_trigger_source__is_manual_of_a_run_by_the_api(run: dict[str, Any]) -> None:
    assert run["triggerSource"] == "manual"


def test_s1_triggered_by__is_who_started_it(run: dict[str, Any]) -> None:
    assert run["triggeredBy"] == "s1-members"


def test_s1_workflow_id__is_the_workflows_and_null_of_a_definition_of_its_own(
    workflow: str, run: dict[str, Any], simulated: dict[str, Any]
) -> None:
    assert (run["workflowId"], simulated["workflowId"]) == (workflow, None)


def test_s1_workflow_version__is_an_integer_and_null_of_a_definition_of_its_own(
    run: dict[str, Any], simulated: dict[str, Any]
) -> None:
    assert (run["workflowVersion"], simulated["workflowVersion"]) == (1, None)
    assert type(run["workflowVersion"]) is int
