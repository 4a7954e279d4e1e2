"""S1, bad input: what is wrong with a graph is 400 with every problem listed, and nothing is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import v1_data, v1_refusal
from tests.support.graphs import Graph, graph, log
from tests.support.stack import Api, RunningStack
from tests.support.v1 import run_of

ORG = "org_s1_bad_graphs"
ITEM_MEMBERS = {"type", "nodeId", "nodeName", "field", "message", "code"}


def looped(array: Any, **more: Any) -> Graph:
    loop = {"type": "for-each", "payload": {"array": array}, "loopBody": ["say"], **more}
    return graph(each=loop, say=log())


def nested(levels: int) -> Graph:
    """So many loops inside of each other."""
    nodes: dict[str, Any] = {
        f"l{level}": {
            "type": "for-each",
            "payload": {"array": [1]},
            "loopBody": [f"l{level + 1}" if level < levels - 1 else "say"],
        }
        for level in range(levels)
    }
    return graph(**nodes, say=log())


def chosen(condition: Any, **more: Any) -> Graph:
    choose = {"type": "if", "payload": {"condition": condition}, "children": ["say"]}
    return graph(choose=choose, say=log(**more))


GOOD_CONDITION = {"$and": [{"1": {"$eq": 1}}]}
WRONG: dict[str, tuple[Any, set[str]]] = {
    "a child that is not there": (graph(say=log(children=["gone"])), {"unknown_node"}),
    "a body that is not there": (
        graph(each={"type": "for-each", "payload": {"array": []}, "loopBody": ["gone"]}),
        {"unknown_node"},
    ),
    "a cycle": (graph(a=log(children=["b"]), b=log(children=["a"])), {"cycle"}),
    "a node that comes after itself": (graph(a=log(children=["a"])), {"cycle"}),
    "two roots": (
        graph({"children": ["a", "b"]}, a=log(), b={"type": "webhook"}),
        {"second_root"},
    ),
    "a root that is no trigger": (graph({"type": "log"}, a=log()), {"root_not_trigger"}),
    "no root": ({"nodes": {"a": log()}}, {"missing_root"}),
    "an edge to the root": (graph(a=log(children=["root"])), {"leads_to_root"}),
    "a node that nothing leads to": (graph(a=log(), b=log()), {"unreachable"}),
    "an unknown type": (graph(a={"type": "lgo"}), {"unknown_type"}),
    "a node without a type": (graph(a={"payload": {}}), {"missing_type"}),
    "a node that is no object": (
        {"nodes": {"root": {"type": "manual"}, "a": 1}},
        {"not_an_object"},
    ),
    "an expression that names no ancestor": (
        graph({"children": ["a", "b"]}, a=log("{{b.result.message}}"), b=log()),
        {"not_an_ancestor"},
    ),
    "an expression that names no node": (graph(a=log("{{gone.result.x}}")), {"unknown_node"}),
    "an expression that names a node in a loop from outside": (
        {
            "nodes": {
                **looped([1], children=["out"])["nodes"],
                "out": log("{{say.result.message}}"),
            }
        },
        {"not_an_ancestor"},
    ),
    "an item outside of a loop": (graph(a=log("{{$item}}")), {"no_item"}),
    "an expression that cannot be read": (graph(a=log("{{a b}}")), {"unreadable"}),
    "a loop over a text": (looped("abc"), {"invalid_value"}),
    "a loop over an object": (looped({"a": 1}), {"invalid_value"}),
    "a loop over a number": (looped(7), {"invalid_value"}),
    "a loop over nothing": (
        graph(each={"type": "for-each", "payload": {}, "loopBody": ["say"]}, say=log()),
        {"missing_member"},
    ),
    "a loop without a body": (
        graph(each={"type": "for-each", "payload": {"array": []}}),
        {"empty_loop"},
    ),
    "a body of what is no loop": (
        graph(a=log(loopBody=["b"], children=["b"]), b=log()),
        {"not_a_loop"},
    ),
    "a way out of a loop": (
        graph(
            each={
                "type": "for-each",
                "payload": {"array": []},
                "loopBody": ["say"],
                "children": ["out"],
            },
            say=log(children=["out"]),
            out=log(),
        ),
        {"crosses_loop"},
    ),
    "eleven levels of loops": (nested(11), {"too_deep"}),
    "1,001 nodes": (
        graph(
            {"children": [f"n{n}" for n in range(1000)]}, **{f"n{n}": log() for n in range(1000)}
        ),
        {"too_many_nodes"},
    ),
    "more than a megabyte": (graph(a=log("x" * 1_000_001)), {"too_large"}),
    "a branch of no if": (graph(a=log(branch="then")), {"no_branching_parent"}),
    "a branch that the if does not have": (
        chosen(GOOD_CONDITION, branch="resumed"),
        {"unknown_branch"},
    ),
    "a condition without a group": (chosen({"1": {"$eq": 1}}), {"invalid_condition"}),
    "an unknown operator": (chosen({"$or": [{"1": {"$like": 1}}]}), {"invalid_condition"}),
    "a payload that misses a member": (graph(a={"type": "log"}), {"missing_member"}),
    "a payload that is no object": (graph(a={"type": "log", "payload": 1}), {"invalid_payload"}),
    "children that are no list": (graph(a=log(children="b")), {"invalid_children"}),
    "an input of an unknown type": (
        {**graph(a=log()), "inputSchema": [{"key": "a", "type": "integer"}]},
        {"invalid_input_schema"},
    ),
    "a text that is no JSON": ("{", {"not_json"}),
    "a list": ([], {"not_an_object"}),
}


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org=ORG, name="s1-bad-graphs")


def codes(errors: list[dict[str, Any]]) -> set[str]:
    assert all(set(error) == ITEM_MEMBERS and error["message"] for error in errors)
    return {error["code"] for error in errors}


@pytest.mark.parametrize("what", list(WRONG))
def test_s1_bad_graph__is_400_with_its_problem(ours: Api, what: str) -> None:
    definition, wanted = WRONG[what]
    answer = ours.post("/v1/runs", json={"definition": definition})
    refusal = v1_refusal(answer, 400, "validation-error", "errors")
    assert codes(refusal["details"]["errors"]) >= wanted


@pytest.mark.parametrize("path", ["/v1/runs", "/v1/runs/sync", "/v1/workflows"])
def test_s1_bad_graph__lists_all_problems_wherever_it_is_given(ours: Api, path: str) -> None:
    definition = graph(
        a=log("{{nowhere.result}}", children=["gone", "odd"]),
        odd={"type": "lgo"},
        alone=log(),
    )
    name = {"name": "w"} if path.endswith("workflows") else {}
    answer = ours.post(path, json={"definition": definition, **name})
    refusal = v1_refusal(answer, 400, "validation-error", "errors")
    found = codes(refusal["details"]["errors"])
    assert found >= {"unknown_node", "unknown_type", "unreachable"}
    assert {"connectivity", "nodes", "variable"} <= {
        error["type"] for error in refusal["details"]["errors"]
    }


def test_s1_bad_graph__stores_nothing(ours: Api) -> None:
    for definition, _ in list(WRONG.values())[:3]:
        given = {"definition": definition, "runId": "run_s1-none"}
        ours.post("/v1/runs", json=given)
        ours.post("/v1/workflows", json={"definition": definition, "name": "w"})
    v1_refusal(ours.get("/v1/runs/run_s1-none"), 404, "not-found")
    assert v1_data(ours.get("/v1/runs"))["items"] == []
    assert v1_data(ours.get("/v1/workflows"))["items"] == []


@pytest.mark.parametrize("path", ["/v1/runs", "/v1/runs/sync"])
def test_s1_definition__given_as_a_json_text_is_taken(stack: RunningStack, path: str) -> None:
    api = stack.api_as(Role.OPERATOR, org="org_s1_texts", name="s1-texts")
    answer = v1_data(api.post(path, json={"definition": json.dumps(graph(say=log()))}))
    run = run_of(api, answer["runId"])
    assert run["workflowDefinition"]["nodes"] == graph(say=log())["nodes"]


def test_s1_graph__ten_levels_of_loops_and_1000_nodes_are_taken(viewer: Api) -> None:
    many = graph(
        {"children": [f"n{n}" for n in range(999)]}, **{f"n{n}": log() for n in range(999)}
    )
    for definition in (nested(10), many):
        told = v1_data(viewer.post("/v1/workflows/validate", json={"definition": definition}))
        assert told == {"valid": True, "errors": []}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"payload": []}, "payload"),
        ({"payload": "x"}, "payload"),
        ({"propValues": [1]}, "propValues"),
        ({"runId": 7}, "runId"),
        ({"runId": "wf_x"}, "runId"),
        ({"simulate": "yes"}, "simulate"),
        ({"dustTest": 1}, "dustTest"),
        ({"nothing": 1}, "nothing"),
    ],
)
def test_s1_start__a_member_of_a_wrong_type_is_400_and_named(
    ours: Api, body: dict[str, Any], named: str
) -> None:
    answer = ours.post("/v1/runs", json={"definition": graph(say=log()), **body})
    refusal = v1_refusal(answer, 400, "validation-error", "errors")
    assert [error["location"] for error in refusal["details"]["errors"]] == [named]


def test_s1_start__a_body_that_is_no_json_is_400(ours: Api) -> None:
    headers = {"Content-Type": "application/json"}
    v1_refusal(ours.post("/v1/runs", data=b"{", headers=headers), 400, "bad-request")
