"""S1, expressions and conditions: every form and every operator, each in a node of one run."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.graphs import graph, log
from tests.support.stack import RunningStack
from tests.support.v1 import begin, ended, results

BODY: dict[str, Any] = {
    "x": "text",
    "n": 2000,
    "yes": True,
    "none": None,
    "list": [1, {"deep": "here"}],
    "object": {"a": {"b": 1.5}},
}
PROPS = {"k": ["prop"]}
FORMS: list[tuple[str, Any]] = [
    ("{{first.result.message}}", "text"),
    ("{{$nodes.first.result.message}}", "text"),
    ("{{root.result.body.x}}", "text"),
    ("{{$trigger.body.x}}", "text"),
    ("{{$inputs.x}}", "text"),
    ("{{$props.k}}", ["prop"]),
    ("{{$props.k[0]}}", "prop"),
    ("{{$inputs.list[1].deep}}", "here"),
    ("{{$inputs.object.a.b || 0}}", 1.5),
    ("{{$inputs.object.a.gone || 0}}", 0),
    ("{{$inputs.gone || $inputs.x}}", "text"),
    ("{{$inputs.gone}}", None),
    ("{{$inputs.n}}", 2000),
    ("{{$inputs.yes}}", True),
    ("{{$inputs.none}}", None),
    ("{{$inputs.list}}", BODY["list"]),
    ("{{$inputs.object}}", BODY["object"]),
    ("n is {{$inputs.n}}", "n is 2000"),
    ("{{$inputs.yes}}!", "true!"),
    ("<{{$inputs.none}}>", "<>"),
    ("o {{$inputs.object}}", 'o {"a":{"b":1.5}}'),
    ("{{$inputs.x}}{{$inputs.n}}", "text2000"),
]
"""What a message is written as, and what it becomes."""
HOLD: list[tuple[str, str, Any, bool]] = [
    ("$eq", "{{$inputs.n}}", 2000, True),
    ("$eq", "{{$inputs.n}}", 2001, False),
    ("$ne", "{{$inputs.x}}", "other", True),
    ("$ne", "{{$inputs.x}}", "text", False),
    ("$gt", "{{$inputs.n}}", 1999, True),
    ("$gt", "{{$inputs.n}}", 2000, False),
    ("$gte", "{{$inputs.n}}", 2000, True),
    ("$gte", "{{$inputs.n}}", 2001, False),
    ("$lt", "{{$inputs.n}}", 2001, True),
    ("$lt", "{{$inputs.n}}", 2000, False),
    ("$lte", "{{$inputs.n}}", 2000, True),
    ("$lte", "{{$inputs.n}}", 1999, False),
    ("$in", "{{$inputs.x}}", ["a", "text"], True),
    ("$in", "{{$inputs.x}}", ["a"], False),
    ("$nin", "{{$inputs.x}}", ["a"], True),
    ("$nin", "{{$inputs.x}}", ["text"], False),
    ("$contains", "{{$inputs.x}}", "ex", True),
    ("$contains", "{{$inputs.list}}", 7, False),
    ("$notContains", "{{$inputs.list}}", 7, True),
    ("$notContains", "{{$inputs.x}}", "ex", False),
    ("$startsWith", "{{$inputs.x}}", "te", True),
    ("$startsWith", "{{$inputs.x}}", "xt", False),
    ("$endsWith", "{{$inputs.x}}", "xt", True),
    ("$endsWith", "{{$inputs.x}}", "te", False),
    ("$exists", "{{$inputs.x}}", True, True),
    ("$exists", "{{$inputs.gone}}", True, False),
    ("$notExists", "{{$inputs.gone}}", True, True),
    ("$notExists", "{{$inputs.x}}", True, False),
]
"""An operator, what stands left and right of it, and whether it holds."""
A, B, NO = {"{{$inputs.n}}": {"$gt": 1}}, {"{{$inputs.x}}": {"$eq": "text"}}, {"1": {"$eq": 2}}
GROUPS: dict[str, tuple[dict[str, Any], bool]] = {
    "and": ({"$and": [A, B]}, True),
    "and_no": ({"$and": [A, NO]}, False),
    "or": ({"$or": [NO, B]}, True),
    "or_no": ({"$or": [NO, NO]}, False),
    "inner": ({"$and": [A, {"$or": [NO, B]}]}, True),
    "range": ({"$and": [{"{{$inputs.n}}": {"$gte": 2000, "$lt": 2001}}]}, True),
}


@pytest.fixture(scope="module")
def found(stack: RunningStack) -> dict[str, Any]:
    """The results of one run that has a node for each of them."""
    api = stack.api_as(Role.OPERATOR, org="org_s1_expressions", name="s1-expressions")
    conditions = {
        f"c{number}": {"$and": [{left: {operator: right}}]}
        for number, (operator, left, right, _) in enumerate(HOLD)
    }
    conditions |= {name: condition for name, (condition, _) in GROUPS.items()}
    nodes: dict[str, Any] = {f"e{number}": log(text) for number, (text, _) in enumerate(FORMS)}
    nodes |= {
        name: {"type": "if", "payload": {"condition": condition}}
        for name, condition in conditions.items()
    }
    definition = graph(first=log("{{$inputs.x}}", children=list(nodes)), **nodes)
    run = ended(api, begin(api, definition, payload=BODY, propValues=PROPS), seconds=300)
    assert run["status"] == "success", run["executionState"]
    return results(run)


@pytest.mark.parametrize(("text", "value"), FORMS, ids=[text for text, _ in FORMS])
def test_s1_expression__becomes(found: dict[str, Any], text: str, value: object) -> None:
    number = [form for form, _ in FORMS].index(text)
    message = found[f"e{number}"]["message"]
    assert message == value and type(message) is type(value)


@pytest.mark.parametrize(
    ("number", "holds"),
    [(number, line[3]) for number, line in enumerate(HOLD)],
    ids=[f"{operator} {'holds' if holds else 'fails'}" for operator, _, _, holds in HOLD],
)
def test_s1_operator(found: dict[str, Any], number: int, *, holds: bool) -> None:
    assert found[f"c{number}"] == {"branch": "then" if holds else "else", "condition": holds}


@pytest.mark.parametrize("name", list(GROUPS))
def test_s1_condition__groups_hold_as_their_items_do(found: dict[str, Any], name: str) -> None:
    assert found[name]["condition"] is GROUPS[name][1]
