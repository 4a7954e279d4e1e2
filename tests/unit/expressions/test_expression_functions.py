"""Every function, as a function and as a method, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.expressions import CompileError, EvaluationError, parse

CONTEXT = {"inputs": {"x": "given", "nothing": None, "n": 3}, "steps": {}}


def value(text: str) -> Any:
    return parse(text).evaluate(CONTEXT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'AbC'.toLower()", "abc"),
        ("toLower('AbC')", "abc"),
        ("'straße'.toUpper()", "STRASSE"),
        ("toUpper('a')", "A"),
        ("' a \\n'.trim()", "a"),
        ("trim(' a ')", "a"),
        ("'a-b-c'.replace('-', '+')", "a+b+c"),
        ("replace('aa', '', '.')", ".a.a."),
        ("'a,b,,c'.split(',')", ["a", "b", "", "c"]),
        ("split('abc', '')", ["a", "b", "c"]),
        ("parseInt('12')", 12),
        ("' -7 '.parseInt()", -7),
        ("parseInt(12.9)", 12),
        ("parseFloat('1.5')", 1.5),
        ("'2'.parseFloat()", 2.0),
        ("parseFloat(3)", 3.0),
        ("toString('a')", "a"),
        ("toString(12)", "12"),
        ("toString(1.5)", "1.5"),
        ("true.toString()", "true"),
        ("toString(null)", ""),
        ("toString([1, {'a': 'é'}])", '[1,{"a":"é"}]'),
        ("toString(timestamp(0))", "1970-01-01T00:00:00Z"),
        ("[[1], [2, [3]], 4].flatten()", [1, 2, [3], 4]),
        ("flatten([])", []),
        ("jsonEncode({'a': [1, null, 'é\"']})", '{"a":[1,null,"é\\""]}'),
        ("'a'.jsonEncode()", '"a"'),
        ("jsonDecode('{\"a\": [1, 2.5, null]}').a[1]", 2.5),
        ("'[1]'.jsonDecode()", [1]),
    ],
)
def test_s2_functions(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inputs.x.default('d')", "given"),
        ("default(inputs.x, 'd')", "given"),
        ("inputs.missing.default('d')", "d"),
        ("default(inputs.missing, 'd')", "d"),
        ("inputs.missing.deeper[3].default('d')", "d"),
        ("inputs.x.deeper.default('d')", "d"),
        ("inputs.nothing.default('d')", "d"),
        ("steps.never.output.default([])", []),
        ("trigger.type.default('none')", "none"),
        ("parseInt('many').default(0)", 0),
        ("inputs.missing.default(inputs.also).default(1)", 1),
        ("inputs.n.default(1 / 0)", 3),
        ("false.default(true)", False),
        ("''.default('d')", ""),
    ],
)
def test_default_replaces_what_is_missing_null_or_an_error(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("size('né😀')", 3),
        ("[1, 2].size()", 2),
        ("size({'a': 1})", 1),
        ("size(b'ab')", 2),
        ("'abc'.contains('b')", True),
        ("[1, 2].contains(2.0)", True),
        ("{'a': 1}.contains('a')", True),
        ("'abc'.startsWith('ab')", True),
        ("'abc'.endsWith('ab')", False),
        ("'run_12'.matches('^run_[0-9]+$')", True),
        ("matches('abc', 'x')", False),
        ("int('-12')", -12),
        ("int(1.9)", 1),
        ("int(-1.9)", -1),
        ("int(timestamp('1970-01-01T00:01:00Z'))", 60),
        ("uint(3)", 3),
        ("double('1e3')", 1000.0),
        ("double(2)", 2.0),
        ("string(12)", "12"),
        ("string(true)", "true"),
        ("string(1.5)", "1.5"),
        ("string(b'abc')", "abc"),
        ("string(duration('90s'))", "90s"),
        ("string(timestamp(0))", "1970-01-01T00:00:00Z"),
        ("bool('true')", True),
        ("bool('0')", False),
        ("bytes('é') == b'\\303\\251'", True),
        ("dyn(1) == 1", True),
        ("type('a') == string", True),
        ("type(null) == null_type", True),
        ("type([]) == list && type({}) == map && type(1u) == uint", True),
        ("type(type(1)) == type", True),
    ],
)
def test_standard_functions(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getFullYear()", 2024),
        ("getMonth()", 1),
        ("getDate()", 29),
        ("getDayOfMonth()", 28),
        ("getDayOfWeek()", 4),
        ("getDayOfYear()", 59),
        ("getHours()", 23),
        ("getHours('Europe/Paris')", 0),
        ("getDate('+02:00')", 1),
        ("getHours('-01:30')", 22),
        ("getMinutes()", 30),
        ("getSeconds()", 15),
        ("getMilliseconds()", 250),
    ],
)
def test_parts_of_a_timestamp(text: str, expected: int) -> None:
    assert value(f"timestamp('2024-02-29T23:30:15.250Z').{text}") == expected


def test_parts_of_a_duration() -> None:
    assert value("duration('90m').getHours()") == 1
    assert value("duration('90m').getMinutes()") == 90
    assert value("duration('-90s').getMinutes()") == -1
    assert value("duration('123.321s').getMilliseconds()") == 321
    with pytest.raises(EvaluationError):
        value("duration('1h').getFullYear()")


@pytest.mark.parametrize(
    "text",
    [
        "toLower(1)",
        "trim(null)",
        "split('a', 1)",
        "replace('a', 'b', null)",
        "parseInt('1_000')",
        "parseInt('')",
        "parseInt('1.5')",
        "parseInt('٣')",
        "parseInt(null)",
        "parseFloat('nan')",
        "parseFloat('inf')",
        "parseFloat('1_0.0')",
        "int('9223372036854775808')",
        "int(1e300)",
        "int(true)",
        "uint(-1)",
        "string([1])",
        "string(null)",
        "string(b'\\xff')",
        "bool('yes')",
        "bool(1)",
        "size(null)",
        "size(1)",
        "flatten('a')",
        "jsonDecode('{')",
        "jsonDecode('NaN')",
        "jsonDecode(1)",
        "jsonEncode(1.0 / 0.0)",
        "'a'.matches('(')",
        "'a'.matches('(?=a)')",
        "'a'.contains(1)",
        "timestamp('yesterday')",
        "timestamp('2024-13-01T00:00:00Z')",
        "timestamp('2024-05-01')",
        "timestamp(99999999999999)",
        "timestamp('9999-12-31T23:59:59Z') + duration('1h')",
        "duration('1')",
        "duration('1y')",
        "duration('99999999999999h')",
        "timestamp(0).getHours('Nowhere/City')",
        "timestamp(0).getHours('America')",
        "timestamp(0).getHours('../etc/passwd')",
        "timestamp(0).getHours(1)",
    ],
)
def test_what_does_not_fit_is_an_evaluation_error(text: str) -> None:
    with pytest.raises(EvaluationError):
        value(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lower('a')", "unknown function 'lower', did you mean 'toLower'?"),
        ("'a'.tolower()", "unknown function 'tolower', did you mean 'toLower'?"),
        ("inputs.x.reduce(a, b, 0, a)", "unknown function 'reduce', did you mean 'replace'?"),
        ("split('a')", "split takes 2 argument(s), not 1"),
        ("'a'.split()", "split takes 1 argument(s), not 0"),
        ("timestamp(0).getHours('UTC', 1)", "getHours takes 0 or 1 argument(s), not 2"),
        ("'1'.int()", "int is not a method: write int(x)"),
        ("map([1], x, x)", "map is a method of lists: list.map(x, …)"),
        ("[1].map(x)", "map takes a variable and an expression: list.map(x, …)"),
        ("[1].all(x.y, true)", "all takes a variable and an expression: list.all(x, …)"),
        ("[1].filter(x, true, x)", "filter takes a variable and an expression: list.filter(x, …)"),
        ("has(inputs)", "has needs a member: has(a.b)"),
        ("default(1)", "default takes 2 argument(s), not 1"),
    ],
)
def test_a_wrong_call_does_not_compile(text: str, message: str) -> None:
    with pytest.raises(CompileError) as caught:
        parse(text)
    assert caught.value.message == message
