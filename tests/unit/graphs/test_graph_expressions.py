"""Expressions, conditions and the nodes that are computed (S1)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.core.graphs.chains import shown_endpoint
from chalicelib.core.graphs.conditions import condition_problems, holds
from chalicelib.core.graphs.expressions import ExpressionProblem
from chalicelib.core.graphs.inputs import check_payload
from chalicelib.core.graphs.modes import dusted, mode_of, simulation_forks
from chalicelib.core.graphs.nodes.compute import check_payload as check_rendered
from chalicelib.core.graphs.nodes.compute import compute
from chalicelib.core.graphs.templates import render
from chalicelib.core.plan import InputSpec
from chalicelib.core.steps import StepFailed
from tests.support.graph_runs import graph, log, root

CONTEXT = {
    "$nodes": {
        "a-1": {"result": {"x": [{"y": 5}], "zero": 0, "none": None, "text": "hi", "no": False}},
        "3f2a-b": {"result": [1, 2]},
        "root": {"result": {"body": {"n": 1}}},
    },
    "$trigger": {"body": {"n": 1}},
    "$props": {"k": "v"},
    "$inputs": {"n": 1},
    "$item": {"id": 7},
    "$index": 0,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{a-1.result.x[0].y}}", 5),
        ("{{ $nodes.a-1.result.x.0.y }}", 5),
        ("{{a-1.result['x'][0][\"y\"]}}", 5),
        ("{{root.result.body.n}} {{$trigger.body.n}} {{$inputs.n}}", "1 1 1"),
        ("{{$props.k}}", "v"),
        ("{{$item}}", {"id": 7}),
        ("{{$item.id}}/{{$index}}", "7/0"),
        ("{{3f2a-b.result}}", [1, 2]),
        ("in {{3f2a-b.result}} text", "in [1,2] text"),
        ("{{a-1.result.nothing}}", None),
        ("[{{a-1.result.nothing}}]", "[]"),
        ("{{a-1.result.nothing || 0}}", 0),
        ("{{a-1.result.zero || a-1.result.no || 'x'}}", "x"),
        ("{{a-1.result.text || 'x'}}", "hi"),
        ("{{gone.b || -1.5}}", -1.5),
        ("{{gone || true}}", True),
        ("{{gone || null}}", None),
        ("{{a-1.result.zero || '}}'}}", "}}"),
        ("{{3f2a-b.result.length}}", 2),
        ("no expression", "no expression"),
    ],
)
def test_an_expression_is_a_way_to_a_value(text: str, value: Any) -> None:
    assert render(text, CONTEXT) == value
    assert type(render(text, CONTEXT)) is type(value)


@pytest.mark.parametrize(
    "text", ["{{", "{{}}", "{{a b}}", "{{$env}}", "{{a..b}}", "{{a ||}}", "{{f(x)}}", "{{a[b]}}"]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionProblem):
        render(text, CONTEXT)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (5, {"$eq": 5}, True),
        (5, {"$eq": 5.0}, True),
        (1, {"$eq": True}, False),
        (5, {"$ne": 6}, True),
        (5, {"$gt": 4, "$lt": 6}, True),
        ("5", {"$gte": 5}, True),
        ("b", {"$gt": "a"}, True),
        (None, {"$lte": 5}, False),
        (5, {"$in": [4, 5]}, True),
        (5, {"$nin": [4, 5]}, False),
        ("hello", {"$contains": "ell"}, True),
        ([1, 2], {"$contains": 2}, True),
        ([1, 2], {"$notContains": 2}, False),
        ("hello", {"$startsWith": "he", "$endsWith": "lo"}, True),
        (None, {"$exists": True}, False),
        (0, {"$exists": True}, True),
        (None, {"$notExists": True}, True),
        (None, {"$exists": False}, True),
        (5, {"$eq": "{{other}}"}, False),
    ],
)
def test_operators(left: Any, right: Any, expected: bool) -> None:
    condition = {"$and": [{"{{$item}}": right}]}
    assert list(condition_problems(condition, "c")) == []
    assert holds(condition, {"$item": left}) is expected


def test_groups_nest_and_one_way_of_an_or_is_enough() -> None:
    condition = {"$or": [{"{{$index}}": {"$eq": 1}}, {"$and": [{"{{$item}}": {"$exists": True}}]}]}
    assert holds(condition, {"$index": 0, "$item": 1})
    assert not holds(condition, {"$index": 0, "$item": None})


@pytest.mark.parametrize(
    ("kind", "payload", "result"),
    [
        (
            "filter",
            {
                "array": [{"n": 1}, {"n": 5}],
                "filter": {"$and": [{"{{$item.n}}": {"$gt": "{{$inputs.n}}"}}]},
            },
            {"filtered": [{"n": 5}]},
        ),
        ("pluck", {"array": [{"a": 1}, {"b": 2}, 3], "field": "a"}, {"values": [1, None, None]}),
        (
            "pluck",
            {"array": [{"a": 1, "b": {"c": 2}}], "field": ["a", "b.c"]},
            {"values": [{"a": 1, "b.c": 2}]},
        ),
        (
            "regex",
            {"text": "a1 b22", "pattern": r"[a-z](\d+)"},
            {"matched": True, "matches": ["a1", "1"]},
        ),
        (
            "regex",
            {"text": "a1 b22", "pattern": r"\d+", "global": True},
            {"matched": True, "matches": ["1", "22"]},
        ),
        ("regex", {"text": "x", "pattern": "y"}, {"matched": False, "matches": []}),
        (
            "format",
            {"data": [{"id": 1}, {"id": 2}], "template": "{{$index}}:{{$item.id}}"},
            {"formatted": "0:1\n1:2"},
        ),
        (
            "format",
            {"data": [1, 2], "template": "<{{$item}}>", "separator": ""},
            {"formatted": "<1><2>"},
        ),
        ("log", {"message": {"a": 1}}, {"message": {"a": 1}, "loggedAt": "now"}),
    ],
)
def test_nodes_that_shape_data(kind: str, payload: Any, result: Any) -> None:
    check_rendered(kind, payload)
    assert compute(kind, payload, CONTEXT, "now") == result


def test_a_payload_that_an_expression_spoils_fails_its_node() -> None:
    with pytest.raises(StepFailed, match="array must be a list") as caught:
        check_rendered("pluck", {"array": "x", "field": "a"})
    assert not caught.value.retryable


def test_a_payload_is_held_against_the_inputs_that_are_declared() -> None:
    inputs = [InputSpec("n", "number"), InputSpec("o", "object", has_default=True)]
    assert check_payload(inputs, {"n": 1, "more": 2}) == {"n": 1, "more": 2}
    with pytest.raises(Invalid) as caught:
        check_payload(inputs, {"o": []})
    assert [(p.location, p.message) for p in caught.value.problems] == [
        ("payload.n", "is missing"),
        ("payload.o", "must be an object"),
    ]
    with pytest.raises(Invalid):
        check_payload(inputs, [])


def test_dust_is_one_unit_of_every_amount_at_any_depth() -> None:
    given = {
        "amount": "10",
        "deep": [{"value": 3, "amountIn": "7", "other": 9}],
        "value": {"amount": 4},
    }
    assert dusted(given) == {
        "amount": "1",
        "deep": [{"value": 1, "amountIn": "1", "other": 9}],
        "value": {"amount": 1},
    }


def test_a_run_is_a_simulation_or_a_dust_test_and_not_both() -> None:
    assert mode_of(simulate=False, dust_test=False) is None
    with pytest.raises(Invalid):
        mode_of(simulate=True, dust_test=True)


def test_a_simulation_has_a_fork_for_each_chain_that_is_named() -> None:
    made = graph(
        root=root("a", "b", "c"),
        a={**log("x"), "payload": {"message": "x", "chainId": 137}},
        b={**log("x"), "payload": {"message": {"chainId": 1}}},
        c={**log("x"), "payload": {"message": "x", "chainId": 137}},
    )
    endpoints = {137: "https://rpc.example.com/v3/key", 5: "https://else.example.com"}
    assert simulation_forks(made, "run_X", endpoints) == [
        {"chainId": 1, "forkId": "fork_X_1", "rpcUrl": ""},
        {"chainId": 137, "forkId": "fork_X_137", "rpcUrl": "https://rpc.example.com"},
    ]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://rpc.example.com", "https://rpc.example.com"),
        ("https://rpc.example.com/v3/SECRET?key=SECRET#SECRET", "https://rpc.example.com"),
        ("https://rpc.example.com?SECRET", "https://rpc.example.com"),
        ("https://me:SECRET@rpc.example.com:8545/SECRET", "https://rpc.example.com:8545"),
        ("https://SECRET@a@rpc.example.com/", "https://rpc.example.com"),
        ("http://[::1]:8545/SECRET", "http://[::1]:8545"),
        ("https://rpc.example.com:SECRET/", ""),
        ("https://rpc.example.com\\\\SECRET", ""),
        ("https://[SECRET/", ""),
        ("https:///SECRET", ""),
        ("ftp://rpc.example.com/SECRET", ""),
        ("", ""),
    ],
)
def test_of_an_endpoint_its_origin_is_told_and_nothing_else(url: str, told: str) -> None:
    assert shown_endpoint(url) == told
    assert "secret" not in told.lower()
