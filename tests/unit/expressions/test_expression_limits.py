"""Each limit of limits.py stops what it is there to stop, in time, with ExpressionLimit."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.core.expressions import (
    EvaluationError,
    ExpressionError,
    ExpressionLimit,
    limits,
    parse,
    render,
    templates,
)
from chalicelib.core.expressions.scan import mask

LONG = "x" * limits.MAX_STRING
CONTEXT: dict[str, Any] = {
    "inputs": {
        "long": LONG,
        "half": LONG[: limits.MAX_STRING // 2 + 1],
        "list": list(range(20_000)),
        "many": list(range(limits.MAX_ITEMS)),
        "lists": [[1] * 400] * 400,
        "squares": [[1] * 300] * 300,
        "json": "[" * 100_000,
    }
}
HUNDREDS = "[" + ",".join(["1"] * 400) + "]"
SECONDS = 60.0
"""Of processor time: far more than any of these takes (0.6 s here, several seconds on a slow machine
that also measures coverage), far less than without a limit."""


@contextmanager
def quickly() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


def limited(text: str, context: dict[str, Any] = CONTEXT) -> str:
    with quickly(), pytest.raises(ExpressionLimit) as caught:
        parse(text).evaluate(context)
    return caught.value.message


def test_a_text_over_the_limit_is_not_parsed() -> None:
    text = "1" + " " * (limits.MAX_TEXT - 1)
    assert parse(text).evaluate({}) == 1
    with pytest.raises(ExpressionLimit, match="4096 characters"):
        parse(text + " ")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1500 + "1" + ")" * 1500,
        "[" * 1500 + "]" * 1500,
        "[" * 4000,
        "!" * 4000 + "true",
        "-" * 4000 + "1",
        "true ? 1 : " * 300 + "1",
        "inputs" + ".a" * 2000,
        "inputs" + "[0]" * 1300,
        "''" + ".trim()" * 500,
        "size(" * 600 + "''" + ")" * 600,
        "[1].map(x, " * 300 + "x" + ")" * 300,
        "{1:" * 1000 + "1" + "}" * 1000,
    ],
    ids=lambda text: text[:12],
)
def test_nesting_over_the_limit_is_an_expression_limit_and_no_recursion_error(text: str) -> None:
    with quickly(), pytest.raises(ExpressionLimit, match="nested more than 64 levels"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 60 + "1" + ")" * 60,
        "[" * 60 + "]" * 60,
        "!" * 60 + "true",
        "true ? 1 : " * 60 + "1",
        "[1].map(x, " * 30 + "x" + ")" * 30,
    ],
    ids=lambda text: text[:12],
)
def test_nesting_below_the_limit_is_evaluated(text: str) -> None:
    parse(text).evaluate({})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1" + "+1" * 2000, 2001),
        ("true" + "&&true" * 600, True),
        ("1" + "*1" * 2000, 1),
        ("'a'" + "+'b'" * 900, "a" + "b" * 900),
    ],
)
def test_a_long_run_of_operators_is_no_nesting(text: str, expected: Any) -> None:
    with quickly():
        assert parse(text).evaluate({}) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"{HUNDREDS}.map(x, {HUNDREDS}.map(y, {HUNDREDS}.map(z, x + y + z)))",
        f"{HUNDREDS}.exists(x, {HUNDREDS}.exists(y, {HUNDREDS}.exists(z, false)))",
        "inputs.list.map(x, inputs.list.map(y, 1))",
        "inputs.list.filter(x, inputs.list == inputs.list)",
        "inputs.list.exists(x, -1 in inputs.list)",
        "inputs.list.exists(x, inputs.list.contains(-1))",
        "inputs.list.exists(x, inputs.long != '' + inputs.long)",
        "inputs.list.exists(x, inputs.long < '' + inputs.long && false)",
        "inputs.list.exists(x, inputs.long.toUpper() == '')",
        "inputs.list.exists(x, inputs.long.trim() == '')",
        "inputs.list.exists(x, inputs.long.replace('x', 'y') == '')",
        "inputs.list.exists(x, inputs.long.split('y') == [])",
        "inputs.list.exists(x, inputs.long.contains('xy'))",
        "inputs.list.exists(x, inputs.squares.flatten() == [])",
        "inputs.list.exists(x, inputs.list + inputs.list == [])",
        "inputs.list.exists(x, jsonEncode(inputs.list) == '')",
        "inputs.list.exists(x, toString(inputs.list) == '')",
        "inputs.list.exists(x, ('[' + inputs.half + ']').jsonDecode().default('') == 1)",
        "inputs.list.exists(x, inputs.long.matches('y'))",
        "inputs.list.exists(x, bytes(inputs.long) == b'')",
        "inputs.list.exists(x, parseInt(inputs.long).default(1) == 0)",
        "inputs.list.exists(x, parseFloat(inputs.long).default(1) == 0)",
    ],
)
def test_the_budget_ends_any_blow_up_in_time(text: str) -> None:
    assert limited(text) == "the expression needs more than 500000 steps of work"


def test_a_limit_is_not_an_error_that_default_or_logic_may_swallow() -> None:
    blow_up = f"{HUNDREDS}.map(x, {HUNDREDS}.map(y, {HUNDREDS}.map(z, 1)))"
    for text in (f"{blow_up}.default(1)", f"{blow_up} == 1 || true", f"has({blow_up}[0].x)"):
        limited(text)


@pytest.mark.parametrize(
    "text",
    [
        "inputs.half + inputs.half",
        "inputs.half.replace('x', 'xy')",
        "inputs.half.replace('', 'xy')",
        "['a'].map(a, a + a)" + ".map(a, a + a)" * 30,
        "bytes(inputs.half) + bytes(inputs.half)",
        "jsonEncode([inputs.half]) + inputs.half",
    ],
)
def test_a_text_stops_growing(text: str) -> None:
    assert limited(text) == "a text of more than 1000000 characters"


@pytest.mark.parametrize(
    "text",
    [
        "inputs.many + [1]",
        "inputs.half.split('')",
        "inputs.half.split('x')",
        "inputs.lists.flatten()",
        "(inputs.many + []).map(x, x) + [1]",
    ],
)
def test_a_list_stops_growing(text: str) -> None:
    assert limited(text) == "a list of more than 100000 elements"


def test_a_result_over_one_megabyte_is_refused() -> None:
    assert limited("inputs.long") == "a result of more than 1000000 bytes"
    assert limited("[inputs.half, inputs.half]") == "a result of more than 1000000 bytes"
    assert limited("{inputs.half: inputs.half}") == "a result of more than 1000000 bytes"
    assert limited("inputs.lists.map(l, inputs.many)") == "a result of more than 1000000 bytes"


def test_a_result_that_is_small_in_memory_and_huge_as_json_is_refused() -> None:
    assert limited("[1]" + ".map(a, [a, a])" * 40) == "a result of more than 1000000 bytes"


def test_results_of_one_rendering_are_limited_together() -> None:
    params = {str(number): "{{ inputs.nearly }}" for number in range(5)}
    context = {"inputs": {"nearly": "x" * 900_000}}
    assert len(render("{{ inputs.nearly }}", context)) == 900_000
    with quickly(), pytest.raises(ExpressionLimit, match="4000000 bytes in all") as caught:
        render(params, context)
    assert caught.value.location == "4"


def test_one_rendering_has_one_budget() -> None:
    params = ["{{ size(inputs.list.map(x, inputs.list[0] + x)) }}"] * 20
    render(params[:1], CONTEXT)
    with quickly(), pytest.raises(ExpressionLimit) as caught:
        render(params, CONTEXT)
    assert caught.value.location is not None


def test_deep_data_is_a_limit_and_no_recursion_error() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    context = {"inputs": {"deep": deep, "other": json.loads("[" * 900 + "]" * 900)}}
    assert limited("inputs.deep", context) == "a result nested more than 100 levels"
    assert limited("jsonEncode(inputs.deep)", context)
    limited("inputs.deep == inputs.deep.map(x, x)", context)
    limited("inputs.json.jsonDecode()")
    for call in (lambda: render(deep, context), lambda: list(templates(deep))):
        with pytest.raises(ExpressionLimit, match="params nested more than 100 levels"):
            call()


def test_matches_uses_re2_so_no_pattern_takes_exponential_time() -> None:
    context = {"inputs": {"text": "a" * 50_000}}
    with quickly():
        assert parse("inputs.text.matches('^(a+)+$')").evaluate(context) is True
        assert parse("inputs.text.matches('^(a|a)*b$')").evaluate(context) is False
    assert sys.modules["re2"].__name__ == "re2"
    with pytest.raises(EvaluationError):
        # Python's re has back references, RE2 cannot have them.
        parse("'aa'.matches('(a)\\\\1')").evaluate({})


def test_a_pattern_is_limited_in_length_number_and_cost() -> None:
    assert "1000 characters" in limited("''.matches(inputs.list.map(x, 'ab')[0] + inputs.half)")
    assert "20 different patterns" in limited("inputs.list.exists(x, ''.matches('a' + string(x)))")
    assert "steps of work" in limited("inputs.half.matches('(x{0,100}){0,9}y')")


def test_an_invalid_pattern_writes_nothing_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(EvaluationError):
        parse("''.matches('(((')").evaluate({})
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "text", ['"' + "\\n" * 2000, "'''" + "\\n" * 2000, "'" + "\\a" * 40 + "\n'"]
)
def test_an_open_string_with_many_escapes_is_refused_at_once(text: str) -> None:
    # The grammar's own lexer needs exponential time here: 10 s for 24 escapes.
    with quickly(), pytest.raises(ExpressionError, match="closing quote"):
        parse(text)


def test_the_parser_sees_no_string_and_no_comment() -> None:
    text = "a + 'b\\'c' + r\"d\\\" // e 'f"
    assert mask(text).text == 'a + "    " + "   "        '
    assert len(mask(text).text) == len(text)


def test_parsing_does_not_change_the_recursion_limit_of_the_process() -> None:
    before = sys.getrecursionlimit()
    parse("1 + 1").evaluate({})
    assert sys.getrecursionlimit() == before
