"""CEL as Runyard speaks it: literals, operators, macros, and where cel-python's own differ."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.expressions import EvaluationError, ExpressionError, MissingValue, parse

CONTEXT: dict[str, Any] = {
    "inputs": {
        "name": "Ada",
        "count": 3,
        "price": 2.5,
        "nothing": None,
        "flag": True,
        "items": [{"id": 1, "tag": "a"}, {"id": 2, "tag": "b"}, {"id": 3}],
        "big": 2**70,
    },
    "steps": {"fetch": {"output": {"status": 200, "tags": ["x", "y"]}, "error": None}},
    "env": {"STAGE": "prod"},
    "trigger": {"type": "manual"},
    "execution": {"id": "run_1"},
}


def value(text: str) -> Any:
    return parse(text).evaluate(CONTEXT)


def refused(text: str) -> str:
    with pytest.raises(EvaluationError) as caught:
        value(text)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("-1", -1),
        ("0x1F", 31),
        ("-0x1F", -31),
        ("5u", 5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("null", None),
        ("'it\\'s'", "it's"),
        ('"a\\n\\t\\\\"', "a\n\t\\"),
        ("'\\x41\\u00e9\\U0001F600\\101'", "Aé😀A"),
        ("r'\\d+'", "\\d+"),
        ("'''a\n\"b\"'''", 'a\n"b"'),
        ("'é // no comment'", "é // no comment"),
        ("1 // a comment", 1),
        ("[1, 'a', null]", [1, "a", None]),
        ("{'a': 1, 'b': [2]}", {"a": 1, "b": [2]}),
        ("[]", []),
        ("{}", {}),
    ],
)
def test_literals_have_their_value(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("10 - 2 - 3", 5),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7 % -2", 1),
        ("7.0 / 2.0", 3.5),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("-inputs.count", -3),
        ("--1", 1),
        ("!!true", True),
        ("1-1", 0),
        ("inputs.count -1", 2),
        ("true ? 1 : 2", 1),
        ("false ? 1 : true ? 2 : 3", 2),
        ("5u - 3u", 2),
        ("b'ab' + b'c' == b'abc'", True),
    ],
)
def test_operators_compute_as_cel_does(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_int_and_double_may_be_mixed_and_give_a_double() -> None:
    assert value("inputs.count * inputs.price") == 7.5
    assert type(value("1 + 1.0")) is float


@pytest.mark.parametrize(
    "text",
    [
        "9223372036854775807 + 1",
        "-9223372036854775807 - 2",
        "9223372036854775807 * 2",
        "-(-9223372036854775807 - 1)",
        "inputs.big + 1",
        "0u - 1u",
    ],
)
def test_whole_numbers_overflow_at_64_bits(text: str) -> None:
    assert "64 bits" in refused(text)


def test_a_number_beyond_64_bits_passes_through_unchanged() -> None:
    assert value("inputs.big") == 2**70


def test_the_smallest_whole_number_can_be_written() -> None:
    assert value("-9223372036854775808") == -(2**63)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 == 1.0", True),
        ("1u == 1", True),
        ("1 < 1.5", True),
        ("2.5 > 2", True),
        ("inputs.price <= inputs.count", True),
        ("9007199254740993 == 9007199254740992.0", False),
        ("null == null", True),
        ("null == 1", False),
        ("inputs.nothing != 'x'", True),
        ("true == 1", False),
        ("1 == true", False),
        ("'1' == 1", False),
        ("[1, 2] == [1.0, 2]", True),
        ("[1] == [true]", False),
        ("{'a': [1]} == {'a': [1.0]}", True),
        ("{'a': 1} != {'b': 1}", True),
        ("'a' < 'b'", True),
        ("b'a' < b'b'", True),
        ("false < true", True),
        ("1 in [1.0]", True),
        ("true in [1]", False),
        ("'a' in {'a': null}", True),
        ("'x' in inputs", False),
    ],
)
def test_values_compare_by_value_and_never_across_types_but_numbers(
    text: str, expected: bool
) -> None:
    assert value(text) is expected


@pytest.mark.parametrize("text", ["'a' < 1", "null < 1", "[1] < [2]", "true < 1", "'a' in 'abc'"])
def test_what_has_no_order_is_refused(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("false && 1 / 0 > 0", False),
        ("1 / 0 > 0 && false", False),
        ("true || inputs.missing", True),
        ("inputs.missing || true", True),
        ("inputs.count && false", False),
    ],
)
def test_logic_ignores_an_error_that_cannot_matter(text: str, expected: bool) -> None:
    assert value(text) is expected


@pytest.mark.parametrize(
    "text", ["true && 1 / 0 > 0", "1 / 0 > 0 || false", "inputs.count && true", "1 ? 2 : 3", "!1"]
)
def test_logic_reports_an_error_that_matters(text: str) -> None:
    assert refused(text)


def test_only_the_chosen_branch_is_evaluated() -> None:
    assert value("true ? 1 : 1 / 0") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inputs.items.map(i, i.id)", [1, 2, 3]),
        ("inputs.items.map(i, i.id > 1, i.id * 10)", [20, 30]),
        ("inputs.items.filter(i, i.id != 2).map(i, i.id)", [1, 3]),
        ("inputs.items.all(i, i.id > 0)", True),
        ("inputs.items.exists(i, i.id == 3)", True),
        ("inputs.items.exists_one(i, i.id > 1)", False),
        ("inputs.items.exists(i, i.tag == 'a')", True),
        ("[].all(i, false)", True),
        ("[].exists(i, true)", False),
        ("{'b': 1, 'a': 2}.map(k, k)", ["b", "a"]),
        ("{1: 'a'}.exists(k, k == 1)", True),
        ("[1, 2].map(x, [10, 20].map(y, x + y))", [[11, 21], [12, 22]]),
        ("[1].map(x, [2].map(x, x))", [[2]]),
        ("[1].map(inputs, inputs + 1)", [2]),
    ],
)
def test_macros(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_a_macro_over_no_list_is_refused() -> None:
    assert refused("inputs.name.map(c, c)") == "map needs a list or a map, not a string"


def test_exists_reports_an_error_when_nothing_is_found() -> None:
    assert "has no member 'tag'" in refused("inputs.items.exists(i, i.tag == 'z')")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("has(inputs.name)", True),
        ("has(inputs.nothing)", True),
        ("has(inputs.missing)", False),
        ("has(inputs.missing.deeper)", False),
        ("has(inputs.name.length)", False),
        ("has(inputs.items[7])", False),
        ("has(steps.fetch.output.status)", True),
        ("has(steps['fetch'])", True),
    ],
)
def test_has_tells_what_is_there(text: str, expected: bool) -> None:
    assert value(text) is expected


def test_has_does_not_hide_other_errors() -> None:
    assert "division by zero" in refused("has(inputs.items[1 / 0])")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inputs.items[0].id", 1),
        ("inputs['name']", "Ada"),
        ("inputs.items[1.0].id", 2),
        ("{1: 'a', 2: 'b'}[2]", "b"),
        ("{1: 'a'}[1.0]", "a"),
        ("{true: 'yes', false: 'no'}[inputs.flag]", "yes"),
        ("{1: 'int', true: 'bool'}[true]", "bool"),
        (".inputs.name", "Ada"),
        ("steps.fetch.output.tags[1]", "y"),
    ],
)
def test_members_and_elements(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inputs.missing", "inputs has no member 'missing'"),
        ("steps.fetch.output.body", "steps.fetch.output has no member 'body'"),
        ("inputs.nothing.x", "inputs.nothing is null and has no member 'x'"),
        ("inputs.name.x", "inputs.name is a string and has no member 'x'"),
        ("inputs.items[3]", "inputs.items has no element 3"),
        ("inputs.items[-1]", "inputs.items has no element -1"),
        ("inputs.items[0.5]", "inputs.items has no element 0.5"),
        ("inputs.items[0].name", "inputs.items[0] has no member 'name'"),
        ("inputs.name[0]", "inputs.name is a string; it has no element by an int"),
    ],
)
def test_what_is_missing_is_named_with_its_path(text: str, message: str) -> None:
    with pytest.raises(MissingValue) as caught:
        value(text)
    assert caught.value.message == message


def test_a_root_that_the_context_lacks_is_missing_not_unknown() -> None:
    with pytest.raises(MissingValue, match="there is no trigger here"):
        parse("trigger.type").evaluate({"inputs": {}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("timestamp('2024-05-01T12:00:00+02:00')", "2024-05-01T10:00:00Z"),
        ("timestamp('2024-05-01T10:00:00.250Z')", "2024-05-01T10:00:00.25Z"),
        ("timestamp(0)", "1970-01-01T00:00:00Z"),
        ("timestamp('2024-05-01T10:00:00Z') + duration('90m')", "2024-05-01T11:30:00Z"),
        ("duration('1h30m')", 5400),
        ("duration('-1.5s')", -1.5),
        ("timestamp('2024-05-02T00:00:00Z') - timestamp('2024-05-01T00:00:00Z')", 86400),
        ("b'\\xff\\x00'", "/wA="),
        ("type(1)", "int"),
        ("{1: 'a', true: 'b'}", {"1": "a", "true": "b"}),
    ],
)
def test_results_are_plain_json(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize("text", ["1.0 / 0.0", "0.0 / 0.0", "[1e308 * 10.0]", "{1: 'a', '1': 'b'}"])
def test_what_json_cannot_hold_is_refused(text: str) -> None:
    assert refused(text)


def test_a_result_shares_nothing_with_the_context() -> None:
    found = parse("inputs.items").evaluate(CONTEXT)
    found[0]["id"] = 99
    assert CONTEXT["inputs"]["items"][0]["id"] == 1


def test_an_error_in_a_list_or_map_is_an_error_of_the_whole() -> None:
    assert "division by zero" in refused("{'a': 1 / 0}")
    assert "division by zero" in refused("[1, 1 / 0]")


def test_messages_never_show_values_of_the_context() -> None:
    context = {"inputs": {"token": "s3cret-token", "list": ["s3cret-token"]}}
    for text in ("inputs.token + 1", "inputs.token.x", "inputs.list.x", "parseInt(inputs.token)"):
        with pytest.raises(ExpressionError) as caught:
            parse(text).evaluate(context)
        assert "s3cret" not in str(caught.value)
