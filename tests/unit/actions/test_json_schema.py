"""JSON Schema is checked without the network and without expressions that take for ever."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from chalicelib.actions.json_schema import schema_problem, value_problems

PRICE = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/item"}}},
    "$defs": {"item": {"type": "object", "properties": {"price": {"type": "number"}}}},
}


def test_a_value_that_matches_has_no_problems_and_another_says_where_without_the_value() -> None:
    assert schema_problem(PRICE) is None
    assert value_problems(PRICE, {"items": [{"price": 1}]}) == []
    (found,) = value_problems(PRICE, {"items": [{"price": 1}, {"price": "hunter2"}]})
    assert found == 'items[1].price: does not match type "number"'


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"properties": []},
        {"$ref": "https://example.org/schema.json"},
        {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
        {"$ref": "#/$defs/none"},
        {"$ref": "#"},
        {"pattern": "("},
        {"pattern": "(a)\\1"},
        {"patternProperties": {"^x": {}}, "additionalProperties": False},
        {"description": "x" * 50_001},
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema: dict[str, Any]) -> None:
    assert schema_problem(schema)


def test_a_pattern_that_would_take_for_ever_takes_no_time() -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}
    assert schema_problem(schema) is None
    assert value_problems(schema, "a" * 40 + "!")
    assert value_problems({"patternProperties": {"^(a+)+$": {"type": "null"}}}, {"aa": 1})


def test_only_who_has_a_schema_loads_jsonschema() -> None:
    script = (
        "import sys\n"
        "from chalicelib.actions import registry\n"
        "assert registry.check_params('ai/completion', {'model': 'm', 'prompt': 'p'}) == []\n"
        "assert not {'jsonschema', 'referencing', 'rpds'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
