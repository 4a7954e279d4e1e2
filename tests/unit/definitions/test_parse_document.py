"""YAML and JSON to values and lines, and everything that is refused on the way."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.definitions.parse import parse_document
from chalicelib.core.errors import BadRequest, TooLarge, UnsupportedMediaType

YAML, JSON = "application/yaml", "application/json"


def value(text: str, content_type: str = YAML) -> Any:
    return parse_document(text.encode(), content_type).value


def malformed(raw: str | bytes, content_type: str = YAML) -> BadRequest:
    with pytest.raises(BadRequest) as refusal:
        parse_document(raw.encode() if isinstance(raw, str) else raw, content_type)
    assert f"line {refusal.value.extra['line']}, column " in refusal.value.detail
    return refusal.value


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("-0", 0),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.0", 1.0),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("9223372036854775807", 2**63 - 1),
        ("=", "="),
    ],
)
def test_plain_yaml_means_what_yaml_1_2_says(text: str, meaning: object) -> None:
    found = value(f"a: {text}\n")["a"]
    assert found == meaning
    assert type(found) is type(meaning)


def test_lines_count_from_one_and_point_at_members_and_items() -> None:
    document = parse_document(
        b"name: x\nsteps:\n  - name: a\n    retry:\n      max_attempts: 3\n  - name: b\n", YAML
    )
    assert document.lines["name"] == 1
    assert document.lines["steps[0].retry.max_attempts"] == 5
    assert document.lines["steps[1]"] == 6
    assert document.line_of("steps[1].retry.backoff") == 6


def test_json_has_the_same_lines() -> None:
    text = b'{\n "name": "x",\n "steps": [\n  {"name": "a"},\n\n  {"name":\n   "b"}\n ]\n}'
    lines = parse_document(text, JSON).lines
    assert (lines["name"], lines["steps[0].name"], lines["steps[1]"]) == (2, 4, 6)


def test_names_that_are_no_words_are_quoted_in_places() -> None:
    document = parse_document(b'{"a": {"x.y": 1, "": 2}}', JSON)
    assert set(document.lines) == {"", "a", 'a["x.y"]', 'a[""]'}
    assert document.line_of('a["x.y"].z[3]["\\"]"]') == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "there twice"),
        ("1: a", "are text"),
        ("true: a", "are text"),
        ("? [a]\n: b", "are text"),
        ("a: !python/object x", "tags are not accepted"),
        ("a: !!binary aGk=", "tags are not accepted"),
        ("a: !!int '5'", "tags are not accepted"),
        ("!x\na: b", "tags are not accepted"),
        ("a: 1\n---\nb: 2", "second document"),
        ("", "empty"),
        ("# only a comment", "empty"),
        ("a: *b", "nothing complete is named"),
        ("a: &b [*b]", "nothing complete is named"),
        ("a: .inf", "no number"),
        ("a: .NaN", "no number"),
        ("a: 1e999", "too large"),
        ("a: 9223372036854775808", "64 bits"),
        ("a: " + "9" * 10_000, "64 bits"),
        ("a: 0x" + "f" * 10_000, "64 bits"),
        ("a: [", "line 2"),
        ("a: b: c", "not allowed"),
        ("\ta: b", "line 1"),
        ('a: "\\0"', "NUL"),
        ("b: &x {k: 1}\na: {<<: *x}", "merge keys"),
        ("[" * 51, "deeper than 50"),
        ("[" * 100_000, "deeper than 50"),
        ("a: \x07", "does not allow"),
    ],
)
def test_bad_yaml_is_refused_with_its_place(text: str, message: str) -> None:
    assert message in malformed(text).detail


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value"),
        ("{'a': 1}", "line 1, column 2"),
        ('{"a": 1,}', "line 1"),
        ('{"a": NaN}', "no JSON number"),
        ('{"a": -Infinity}', "no JSON number"),
        ('{"a": 1e999}', "too large"),
        ('{"a": 18446744073709551616}', "64 bits"),
        ('{"a": ' + "9" * 100_000 + "}", "64 bits"),
        ('{"a": 1,\n "a": 2}', "line 2, column 2"),
        ('{"a": "\\u0000"}', "NUL"),
        ('{"a": "\\ud800"}', "surrogate"),
        ("[" * 51 + "]" * 51, "deeper than 50"),
        ("[" * 100_000, "deeper than 50"),
        ("yes", "Expecting value"),
        ("{} {}", "Extra data"),
    ],
)
def test_bad_json_is_refused_with_its_place(text: str, message: str) -> None:
    assert message in malformed(text, JSON).detail


def test_nesting_of_fifty_is_fine_in_both() -> None:
    for content_type in (YAML, JSON):
        assert value("[" * 50 + "]" * 50, content_type)


def test_aliases_stand_for_what_they_name() -> None:
    assert value("a: &x {k: [1]}\nb: *x\n") == {"a": {"k": [1]}, "b": {"k": [1]}}


def test_an_alias_bomb_is_refused_by_what_it_would_become() -> None:
    levels = [f"l{level}: &l{level} [{','.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 9)]
    assert "more than 20,000 values" in malformed("\n".join(["l0: &l0 [x]", *levels])).detail


def test_a_few_aliases_of_a_long_text_are_refused_too() -> None:
    text = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 20)}]"
    assert "characters with aliases expanded" in malformed(text).detail


def test_too_many_values_are_refused() -> None:
    for content_type in (YAML, JSON):
        assert "more than 20,000" in malformed("[" + "1," * 20_000 + "1]", content_type).detail


def test_long_names_do_not_multiply_the_places() -> None:
    inner = ",".join(["1"] * 15_000)
    text = "{" + f'"{"k" * 2_000}": {{' * 40 + f'"x": [{inner}]' + "}" * 41
    lines = parse_document(text.encode(), JSON).lines
    assert sum(map(len, lines)) < 1_000_000


def test_broken_utf_8_and_nul_bytes_are_refused_with_their_place() -> None:
    assert "line 2, column 4: the document is not UTF-8" in malformed(b"a: 1\nb: \xff").detail
    assert "line 2, column 5: the document contains a NUL" in malformed(b"a: 1\nb: x\0").detail


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse_document(b"\xef\xbb\xbf{}", JSON).value == {}
    assert parse_document(b"\xef\xbb\xbfa: 1", YAML).value == {"a": 1}


def test_a_megabyte_is_the_limit() -> None:
    fits = b"a: " + b"x" * 999_997
    assert parse_document(fits, YAML).value["a"]
    with pytest.raises(TooLarge, match="1,000,001"):
        parse_document(fits + b"x", YAML)


@pytest.mark.parametrize(
    "content_type",
    [JSON, YAML, "text/yaml", "Text/YAML; charset=UTF-8", 'application/json;charset="utf-8"'],
)
def test_three_content_types_are_taken(content_type: str) -> None:
    assert parse_document(b"{}", content_type).value == {}


@pytest.mark.parametrize("content_type", ["", "text/plain", "yaml", "text/yaml; charset=latin-1"])
def test_other_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        parse_document(b"{}", content_type)
