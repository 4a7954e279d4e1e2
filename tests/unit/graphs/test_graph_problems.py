"""Everything that is wrong with a graph is told at once, typed, with its node and field (S1)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from chalicelib.core.compiler import compile_plan
from chalicelib.core.graphs.definition import document_of, parse_graph, snapshot_of
from chalicelib.core.graphs.plans import plan_of
from chalicelib.core.graphs.problems import InvalidGraph
from chalicelib.core.graphs.validation import MOST_NODES, problems_of
from tests.support.graph_runs import choose, each, log, node, root

GOOD: dict[str, Any] = {"root": root("a"), "a": log("x")}


def found(nodes: Any, **more: Any) -> set[tuple[str, str | None, str | None, str]]:
    return {
        (each_.type, each_.node_id, each_.field, each_.code)
        for each_ in problems_of({"nodes": nodes, **more})
    }


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({**GOOD, "a": log("x", "zz")}, ("connectivity", "a", "children[0]", "unknown_node")),
        ({**GOOD, "a": log("x", "a")}, ("connectivity", "a", "children", "cycle")),
        ({**GOOD, "b": log("x")}, ("connectivity", "b", None, "unreachable")),
        ({"a": log("x")}, ("root", None, "nodes", "missing_root")),
        ({**GOOD, "root": log("x", "a")}, ("root", "root", "type", "root_not_trigger")),
        ({**GOOD, "a": node("webhook")}, ("root", "a", "type", "second_root")),
        ({**GOOD, "a": node("fetch")}, ("nodes", "a", "type", "unknown_type")),
        ({**GOOD, "a": {"payload": {}}}, ("nodes", "a", "type", "missing_type")),
        ({**GOOD, "a": node("log")}, ("nodes", "a", "payload.message", "missing_member")),
        (
            {**GOOD, "a": node("delay", payload={"delayMs": "soon"})},
            ("nodes", "a", "payload.delayMs", "invalid_value"),
        ),
        (
            {**GOOD, "a": log("{{b.result.x}}", "b"), "b": log("x")},
            ("variable", "a", "payload.message", "not_an_ancestor"),
        ),
        (
            {**GOOD, "a": log("{{zz.result.x}}")},
            ("variable", "a", "payload.message", "unknown_node"),
        ),
        ({**GOOD, "a": log("{{$item}}")}, ("variable", "a", "payload.message", "no_item")),
        ({**GOOD, "a": log("{{a +}}")}, ("variable", "a", "payload.message", "unreadable")),
        (
            {**GOOD, "a": node("regex", payload={"text": "x", "pattern": "("})},
            ("pattern", "a", "payload.pattern", "invalid_pattern"),
        ),
        ({"root": root("a b"), "a b": log("x")}, ("pattern", "a b", "id", "invalid_id")),
        (
            {**GOOD, "a": log("x", branch="then")},
            ("connectivity", "a", "branch", "no_branching_parent"),
        ),
        (
            {"root": root("i"), "i": choose({"1": {"$eq": 1}}, "a"), "a": log("x", branch="yes")},
            ("connectivity", "a", "branch", "unknown_branch"),
        ),
        (
            {**GOOD, "a": node("if", payload={"condition": {"x": {"$eq": 1}}})},
            ("nodes", "a", "payload.condition", "invalid_condition"),
        ),
        (
            {**GOOD, "a": node("if", payload={"condition": {"$and": [{"x": {"$like": 1}}]}})},
            ("nodes", "a", "payload.condition.$and[0].x.$like", "invalid_condition"),
        ),
        ({**GOOD, "a": each([], [])}, ("connectivity", "a", "loopBody", "empty_loop")),
        (
            {**GOOD, "a": each([], ["b"], "b"), "b": log("x")},
            ("connectivity", "b", None, "crosses_loop"),
        ),
        (
            {**GOOD, "a": each([], ["b"], "c"), "b": log("x"), "c": log("{{b.result}}")},
            ("variable", "c", "payload.message", "not_an_ancestor"),
        ),
        (
            {**GOOD, "a": node("wait", payload={"timeoutMs": "{{$inputs.ms}}"})},
            ("nodes", "a", "payload.timeoutMs", "invalid_value"),
        ),
        ({**GOOD, "a": "log"}, ("nodes", "a", None, "not_an_object")),
    ],
)
def test_a_problem_is_typed_and_has_its_place(nodes: Any, expected: Any) -> None:
    assert expected in found(nodes)


def test_all_problems_are_told_at_once() -> None:
    nodes = {
        "root": log("x", "a", "zz"),
        "a": node("fetch", "b"),
        "b": node("if", "a", payload={"condition": {"$and": []}}),
        "u": log("{{nowhere.result}}"),
    }
    schema = [{"key": "", "type": "int"}]
    kinds = {kind for kind, *_ in found(nodes, inputSchema=schema)}
    assert kinds == {"root", "nodes", "connectivity", "variable", "pattern"}
    assert problems_of({"nodes": GOOD}, "")[0].type == "name"


def test_a_definition_may_be_a_json_text_of_it() -> None:
    assert problems_of(json.dumps({"nodes": GOOD})) == []
    assert parse_graph(json.dumps({"nodes": GOOD})).nodes.keys() == GOOD.keys()
    assert [each_.code for each_ in problems_of("{")] == ["not_json"]
    assert [each_.code for each_ in problems_of(["x"])] == ["not_an_object"]


def test_a_refused_graph_carries_its_problems() -> None:
    with pytest.raises(InvalidGraph) as caught:
        parse_graph({"nodes": {}})
    (problem,) = caught.value.graph_problems
    assert problem.as_dict() == {
        "type": "root",
        "nodeId": None,
        "nodeName": None,
        "field": "nodes",
        "message": "a node with the id `root` is missing: the trigger (manual, cronjob, webhook)",
        "code": "missing_root",
    }


def test_a_graph_of_too_many_nodes_is_refused() -> None:
    nodes = {f"n{n}": log("x") for n in range(MOST_NODES + 1)}
    assert [each_.code for each_ in problems_of({"nodes": nodes})] == ["too_many_nodes"]


def test_loops_are_nested_ten_levels_deep_and_no_deeper() -> None:
    def nested(levels: int) -> dict[str, Any]:
        loops = {f"l{n}": each([0], [f"l{n + 1}"]) for n in range(levels - 1)}
        return {"root": root("l0"), **loops, f"l{levels - 1}": each([0], ["x"]), "x": log("x")}

    assert problems_of({"nodes": nested(10)}) == []
    assert {each_.code for each_ in problems_of({"nodes": nested(11)})} == {"too_deep"}


def test_what_belongs_to_a_run_is_no_part_of_what_makes_two_definitions_one() -> None:
    expansions = {"b": {"blockId": "x", "blockVersion": 1, "entryNodeIds": ["a"]}}
    one = parse_graph({"nodes": GOOD})
    two = parse_graph({"nodes": GOOD, "blockExpansions": expansions, "inputSchema": []})
    assert document_of(one) == document_of(two)
    assert snapshot_of(two)["blockExpansions"] == expansions
    assert snapshot_of(one)["blockExpansions"] is None


def test_members_of_clients_are_left_alone() -> None:
    nodes = {**GOOD, "a": {**log("x"), "position": {"x": 1}, "label": "A"}}
    nodes["a"]["payload"]["chainId"] = 1
    graph = parse_graph({"nodes": nodes})
    assert graph.nodes["a"].name == "A"
    assert document_of(graph)["nodes"]["a"]["position"] == {"x": 1}


def wide(count: int) -> dict[str, Any]:
    """A graph of chains side by side, with references, that many nodes in all."""
    nodes: dict[str, Any] = {"root": root(*[f"n{n}" for n in range(0, count - 1, 10)])}
    for n in range(count - 1):
        text = f"{{{{n{n - 1}.result.message}}}}" if n % 10 else "{{root.result.body.x}}"
        following = [f"n{n + 1}"] if n % 10 < 9 and n + 1 < count - 1 else []
        nodes[f"n{n}"] = log(text, *following)
    return {"nodes": nodes}


def test_a_thousand_nodes_take_little_more_than_ten_times_as_long_as_a_hundred() -> None:
    """They are checked and compiled in well under a second on a machine that does nothing else; a
    ratio says the same on one that does."""

    def seconds(count: int) -> float:
        def once() -> float:
            before = time.process_time()
            graph = parse_graph(wide(count))
            compile_plan(plan_of(graph, "w"), step_arn="arn:aws:l:f", finish_arn="arn:aws:l:g")
            return time.process_time() - before

        return min(once() for _ in range(3))

    seconds(100)
    assert seconds(1_000) < 60 * seconds(100)
