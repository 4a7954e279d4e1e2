"""S1, `status` and `workflowDefinition` of a run: the enum's words, and the graph that is executed."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import v1_data, v1_refusal
from tests.support.graphs import graph, log
from tests.support.stack import Api, RunningStack
from tests.support.v1 import begin, cancel, ended, node_until, run_of

ORG = "org_s1_definition"
INPUTS = [
    {"key": "total", "type": "number", "required": True, "description": "Of the order."},
    {"key": "note", "type": "string"},
]
BLOCK = {
    "blockId": "b",
    "blockVersion": 2,
    "entryNodeIds": ["ask"],
    "expandedIds": ["ask"],
    "outputSchema": {"type": "object"},
}
GRAPH = {
    **graph(ask={"type": "wait", "children": ["say"], "label": "Ask"}, say=log()),
    "inputSchema": INPUTS,
    "blockExpansions": {"x": BLOCK},
}
FAILING = graph(bad={"type": "http-request", "payload": {"url": "http://169.254.169.254/"}})
SLOW = graph(slow={"type": "delay", "payload": {"delayMs": 3_600_000}})
MEMBERS = {
    "executionState",
    "finishedAt",
    "id",
    "isDustTest",
    "isSimulation",
    "organizationId",
    "propValues",
    "simulationForks",
    "simulationMode",
    "sourceRunId",
    "startedAt",
    "status",
    "totalCu",
    "triggerSource",
    "triggeredBy",
    "workflowDefinition",
    "workflowId",
    "workflowVersion",
}


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org=ORG, name="s1-definition")


@pytest.fixture(scope="module")
def runs(ours: Api) -> dict[str, dict[str, Any]]:
    """A run of each status, by its word."""
    ids = {
        "running": begin(ours, SLOW),
        "waiting": begin(ours, GRAPH, payload={"total": 1}),
        "success": begin(ours, graph(say=log())),
        "failure": begin(ours, FAILING),
        "cancelled": begin(ours, SLOW),
    }
    cancel(ours, ids["cancelled"])
    node_until(ours, ids["waiting"], "ask", "waiting")
    node_until(ours, ids["running"], "slow", "scheduled")
    for word in ("success", "failure"):
        ended(ours, ids[word])
    return {word: run_of(ours, run_id) for word, run_id in ids.items()}


@pytest.fixture(scope="module")
def definition(runs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = runs["waiting"]["workflowDefinition"]
    return found


@pytest.mark.parametrize("word", ["running", "waiting", "success", "failure", "cancelled"])
def test_s1_status__is_one_of_the_enum(runs: dict[str, dict[str, Any]], word: str) -> None:
    assert runs[word]["status"] == word


@pytest.mark.parametrize("word", ["running", "waiting", "success", "failure", "cancelled"])
def test_s1_members__are_all_there_whatever_the_status(
    runs: dict[str, dict[str, Any]], word: str
) -> None:
    assert set(runs[word]) == MEMBERS


@pytest.mark.parametrize("word", ["running", "waiting", "success", "failure", "cancelled"])
def test_s1_list__finds_runs_by_status(
    ours: Api, runs: dict[str, dict[str, Any]], word: str
) -> None:
    page = v1_data(ours.get("/v1/runs", params={"status": word}))
    assert [item["id"] for item in page["items"]] == [runs[word]["id"]]


def test_s1_definition__is_the_full_graph_with_a_root_of_type_manual(
    definition: dict[str, Any],
) -> None:
    assert set(definition) == {"blockExpansions", "inputSchema", "nodes"}
    assert definition["nodes"]["root"]["type"] == "manual"


def test_s1_definition__nodes_is_an_object_and_comes_back_as_it_was(
    definition: dict[str, Any],
) -> None:
    assert definition["nodes"] == GRAPH["nodes"]


def test_s1_definition__nodes_is_required(ours: Api) -> None:
    refusal = v1_refusal(
        ours.post("/v1/runs", json={"definition": {"inputSchema": []}}),
        400,
        "validation-error",
        "errors",
    )
    assert "missing_nodes" in {error["code"] for error in refusal["details"]["errors"]}


def test_s1_definition__nodes_that_children_name_must_be_present(ours: Api) -> None:
    gone = graph(say={**log(), "children": ["gone"]})
    refusal = v1_refusal(
        ours.post("/v1/runs", json={"definition": gone}), 400, "validation-error", "errors"
    )
    assert [error["code"] for error in refusal["details"]["errors"]] == ["unknown_node"]


def test_s1_definition__block_expansions_are_set_on_the_runs_snapshot(
    definition: dict[str, Any],
) -> None:
    assert definition["blockExpansions"] == {"x": BLOCK}


def test_s1_definition__block_expansions_are_no_part_of_a_workflow(ours: Api) -> None:
    given = {"name": "blocks", "definition": GRAPH}
    made = v1_data(ours.post("/v1/workflows", json=given))
    assert not made["definition"].get("blockExpansions")


@pytest.mark.parametrize(
    ("member", "value"),
    [("key", "total"), ("type", "number"), ("required", True), ("description", "Of the order.")],
)
def test_s1_input_schema__has_the_member(
    definition: dict[str, Any], member: str, value: object
) -> None:
    assert definition["inputSchema"][0][member] == value


def test_s1_input_schema__is_not_required_unless_it_says_so(definition: dict[str, Any]) -> None:
    assert definition["inputSchema"][1]["required"] is False


WRONG = {"string": 1, "number": "1", "boolean": "true", "object": [], "array": {}}
RIGHT = {"string": "1", "number": 1.5, "boolean": False, "object": {}, "array": []}


@pytest.mark.parametrize("kind", list(WRONG))
def test_s1_input_schema__a_value_of_another_type_is_400_naming_the_key(
    ours: Api, kind: str
) -> None:
    schema = [{"key": "mine", "type": kind, "required": True}]
    body = {"definition": {**graph(say=log()), "inputSchema": schema}}
    for payload in ({}, {"mine": WRONG[kind]}, {"mine": None}):
        refused = ours.post("/v1/runs", json={**body, "payload": payload})
        refusal = v1_refusal(refused, 400, "validation-error", "errors")
        (error,) = refusal["details"]["errors"]
        assert error["location"] == "payload.mine" and "mine" in refusal["message"]


def test_s1_input_schema__values_of_every_declared_type_are_taken(ours: Api) -> None:
    schema = [{"key": kind, "type": kind, "required": True} for kind in RIGHT]
    echo = graph(say=log("{{$trigger.body}}"))
    done = v1_data(
        ours.post(
            "/v1/runs/sync",
            json={"definition": {**echo, "inputSchema": schema}, "payload": RIGHT},
        )
    )
    assert done["executionState"]["say"]["result"]["message"] == RIGHT
