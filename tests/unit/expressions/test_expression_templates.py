"""`{{ }}` in params: where they are, where they end, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.expressions import ExpressionError, MissingValue, render, templates

CONTEXT: dict[str, Any] = {
    "inputs": {
        "name": "Ada",
        "n": 3,
        "f": 2.5,
        "flag": True,
        "none": None,
        "list": [1, "é", None],
        "map": {"a": {"b": 1}},
    },
    "steps": {"a-b": {"output": {"ok": True}}},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ inputs.n }}", 3),
        ("{{inputs.f}}", 2.5),
        ("{{ inputs.flag }}", True),
        ("{{ inputs.none }}", None),
        ("{{ inputs.list }}", [1, "é", None]),
        ("{{ inputs.map }}", {"a": {"b": 1}}),
        ("{{ steps.a-b.output.ok }}", True),
    ],
)
def test_a_lone_template_keeps_its_type(text: str, expected: Any) -> None:
    found = render(text, CONTEXT, steps=["a-b"])
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi {{ inputs.name }}!", "Hi Ada!"),
        ("{{ inputs.n }} of {{ inputs.f }}", "3 of 2.5"),
        ("is {{ inputs.flag }}", "is true"),
        ("[{{ inputs.none }}]", "[]"),
        ("l={{ inputs.list }}", 'l=[1,"é",null]'),
        ("m={{ inputs.map }}", 'm={"a":{"b":1}}'),
        (" {{ inputs.n }}", " 3"),
        ("{{ inputs.n }}\n", "3\n"),
        ("at {{ timestamp(0) }}", "at 1970-01-01T00:00:00Z"),
        ("{{ inputs.name }}{{ inputs.n }}", "Ada3"),
    ],
)
def test_an_embedded_template_becomes_text(text: str, expected: str) -> None:
    assert render(text, CONTEXT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{{ "}}" }}', "}}"),
        ("{{ '{{' }}", "{{"),
        ("{{ {'a': {'b': 1}} }}", {"a": {"b": 1}}),
        ("{{ {'a': {'b': 1}}}}", {"a": {"b": 1}}),
        ("{{{'a': 1}}}", {"a": 1}),
        ("{{ 'it\\'s }}' }}", "it's }}"),
        ("{{ r'\\' }}", "\\"),
        ("{{ '''a'}}'''}}", "a'}}"),
        ("{{ 'http://x' }}", "http://x"),
        ("a }} b", "a }} b"),
        ("a { b } c", "a { b } c"),
        ("{{ '}' }}}", "}}"),
    ],
)
def test_a_template_ends_where_the_expression_does(text: str, expected: Any) -> None:
    assert render(text, CONTEXT) == expected


@pytest.mark.parametrize("text", ["{{", "x {{ y", "{{ 'a }}", "{{ { }}", "ok {{ 1 }} {{ 2 }"])
def test_an_open_template_is_an_error_with_its_place(text: str) -> None:
    for call in (lambda value: list(templates(value)), lambda value: render(value, CONTEXT)):
        with pytest.raises(ExpressionError) as caught:
            call({"headers": {"X": text}})
        assert caught.value.location == "headers.X"
        assert "without its }}" in caught.value.message


def test_templates_are_listed_with_their_places() -> None:
    params = {
        "url": "https://x/{{ inputs.a }}/{{ inputs.b }}",
        "headers": {"X": "{{ env.T }}", "Y": "plain"},
        "items": [1, {"name": "n"}, {"name": "{{ steps.a.output }}"}],
        "matrix": [["{{ 1 }}"]],
    }
    assert list(templates(params)) == [
        ("url", "inputs.a"),
        ("url", "inputs.b"),
        ("headers.X", "env.T"),
        ("items[2].name", "steps.a.output"),
        ("matrix[0][0]", "1"),
    ]


def test_a_template_in_a_plain_string_has_no_place() -> None:
    assert list(templates("{{ 1 }}")) == [("", "1")]


def test_rendering_goes_everywhere_and_leaves_keys_and_other_values() -> None:
    params = {"{{ inputs.n }}": ["{{ inputs.n }}", {"k": "v{{ inputs.n }}"}], "x": 1, "y": None}
    assert render(params, CONTEXT) == {"{{ inputs.n }}": [3, {"k": "v3"}], "x": 1, "y": None}
    assert params["x"] == 1


def test_a_rendered_value_is_not_rendered_again() -> None:
    assert render("{{ inputs.x }}", {"inputs": {"x": "{{ 1 }}"}}) == "{{ 1 }}"


def test_errors_carry_the_location_and_the_column() -> None:
    with pytest.raises(MissingValue) as caught:
        render({"body": [{"text": "Hi {{ inputs.nme }}"}]}, CONTEXT)
    assert caught.value.location == "body[0].text"
    assert caught.value.column == 8
    assert str(caught.value) == "body[0].text: inputs has no member 'nme' (column 8)"


@pytest.mark.parametrize("text", ["{{ }}", "{{ 1 + }}", "{{ nope }}"])
def test_a_template_that_does_not_compile_is_an_error(text: str) -> None:
    with pytest.raises(ExpressionError):
        render(text, CONTEXT)
