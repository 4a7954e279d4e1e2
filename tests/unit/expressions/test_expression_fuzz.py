"""Whatever the text and the data: a JSON value or an ExpressionError, and nothing else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.core.expressions import (
    ExpressionError,
    condition,
    parse,
    parse_condition,
    render,
    templates,
)
from chalicelib.core.expressions.functions import FUNCTIONS

STEPS = ["a", "a-b", "1st"]
ANY_TEXT = st.text(st.characters(codec=None), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**66), 2**66)
    | st.floats()
    | ANY_TEXT
    | st.sampled_from(["12", "2024-05-01T10:00:00Z", "1h30m", "(a", "[1]", "UTC", "a-b"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "inputs": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("x", "y", "list", "true"), VALUES)
        ),
        "steps": st.fixed_dictionaries(
            {}, optional={name: st.fixed_dictionaries({"output": VALUES}) for name in STEPS}
        ),
        "env": VALUES,
    },
)
ATOMS = st.sampled_from(
    [
        "inputs.x",
        "inputs.y",
        "inputs.list",
        "env.K",
        "steps.a.output",
        "steps.a-b.output",
        "steps['1st'].output",
        "steps",
        "trigger",
        "x",
        "0",
        "1",
        "-1",
        "2.5",
        "9223372036854775807",
        "5u",
        "true",
        "false",
        "null",
        "'a'",
        "''",
        "'UTC'",
        "b'\\xff'",
        "[]",
        "{}",
        "[1,2.0,'a']",
        "{'a':1,2:[3]}",
        "'2024-05-01T10:00:00Z'",
        "'1h30m'",
        '"""q"""',
        "r'\\d'",
        "int",
    ]
)
OPERATORS = st.sampled_from(
    ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||"]
)
NAMES = st.sampled_from([*FUNCTIONS, "default", "has", "map", "filter", "all", "exists", "nope"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} {} {}".format, inner, OPERATORS, inner),
        st.builds("({}) {} ({})".format, inner, OPERATORS, inner),
        st.builds("{}({})".format, NAMES, inner),
        st.builds("{}({}, {})".format, NAMES, inner, inner),
        st.builds("({}).{}()".format, inner, NAMES),
        st.builds("({}).{}({})".format, inner, NAMES, inner),
        st.builds("({}).{}({}, {})".format, inner, NAMES, inner, inner),
        st.builds("({}).{}(x, {})".format, inner, NAMES, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({}).x".format, inner),
        st.builds("-{}".format, inner),
        st.builds("!({})".format, inner),
        st.builds("({}) ? ({}) : ({})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("has(({}).x)".format, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, _grown, max_leaves=8)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid expression, a few characters of which were dropped, doubled or replaced."""
    text = draw(EXPRESSIONS)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        new = draw(
            st.sampled_from(["", "'", '"', "\\", "{", "}", "(", ")", ".", "[", "-", "r'", "\n"])
        )
        text = text[:at] + new + text[at + draw(st.integers(0, 2)) :]
    return text


def outcome(text: str, context: dict[str, Any]) -> Any:
    """The value, checked to be strict JSON that can be stored, or the error."""
    try:
        found = parse(text, steps=STEPS).evaluate(context)
    except ExpressionError as error:
        assert error.message
        assert error.column is None or 1 <= error.column <= len(text) + 1
        return error
    json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    return found


relaxed = settings(
    deadline=None,
    max_examples=300,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@relaxed
@given(st.text(max_size=60) | ANY_TEXT, CONTEXTS)
@example("\ud800", {})
@example("'\ud800'", {})
@example("'\\ud800'", {})
@example("b'\ud800'", {})
@example("inputs.x", {"inputs": {"x": "\ud800"}})
@example("inputs.x.matches('a')", {"inputs": {"x": "\ud800"}})
@example("bytes(inputs.x)", {"inputs": {"x": "\ud800"}})
@example("inputs.x * 1.0", {"inputs": {"x": 10**400}})
@example("inputs.x == 1.0", {"inputs": {"x": 10**400}})
@example("inputs.x < 1.0", {"inputs": {"x": 10**400}})
@example("[1][inputs.x]", {"inputs": {"x": float("nan")}})
@example("[1][inputs.x]", {"inputs": {"x": float("inf")}})
@example("{inputs.x: 1}", {"inputs": {"x": float("nan")}})
@example("inputs.x", {"inputs": {"x": 10**5000}})
@example("toString(inputs.x)", {"inputs": {"x": 10**5000}})
@example("inputs.list[inputs.x]", {"inputs": {"x": 10**5000, "list": []}})
@example("inputs[inputs.x]", {"inputs": {"x": 10**5000}})
@example("jsonDecode(inputs.x)", {"inputs": {"x": "9" * 5000}})
@example("9" * 4090, {})
@example("inputs.x", {"inputs": 5})
@example("inputs.x", {"inputs": {"x": (1, 2)}})
@example("inputs.x == inputs.x", {"inputs": {"x": {1, 2}}})
@example("inputs.x", {"inputs": {"x": {1: 2}}})
@example("inputs.x.map(k, k)", {"inputs": {"x": {None: 2}}})
def test_random_text_gives_json_or_an_expression_error(text: str, context: dict[str, Any]) -> None:
    outcome(text, context)


@relaxed
@given(EXPRESSIONS, CONTEXTS)
def test_valid_expressions_over_random_data_give_json_or_an_expression_error(
    text: str, context: dict[str, Any]
) -> None:
    outcome(text, context)


@relaxed
@given(mutated(), CONTEXTS)
def test_mutated_expressions_give_json_or_an_expression_error(
    text: str, context: dict[str, Any]
) -> None:
    outcome(text, context)


@relaxed
@given(EXPRESSIONS, CONTEXTS)
def test_evaluation_is_repeatable_and_leaves_the_context_alone(
    text: str, context: dict[str, Any]
) -> None:
    before = repr(context)
    assert repr(outcome(text, context)) == repr(outcome(text, context))
    assert repr(context) == before


@relaxed
@given(
    st.recursive(
        st.builds("{}{{{{{}}}}}{}".format, ANY_TEXT, EXPRESSIONS | mutated() | ANY_TEXT, ANY_TEXT)
        | SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
        max_leaves=5,
    ),
    CONTEXTS,
)
def test_rendering_random_params_gives_params_or_an_expression_error(
    params: Any, context: dict[str, Any]
) -> None:
    try:
        found = list(templates(params))
        render(params, context, steps=STEPS)
    except ExpressionError as error:
        assert error.message
    else:
        for _, text in found:
            parse(text, steps=STEPS)


@relaxed
@given(EXPRESSIONS)
def test_a_template_holds_any_expression_that_parses(text: str) -> None:
    try:
        parse(text, steps=STEPS)
    except ExpressionError:
        return
    assert list(templates({"a": f"x{{{{ {text} }}}}y"})) == [("a", text)]


@relaxed
@given(EXPRESSIONS | mutated(), CONTEXTS)
def test_a_condition_is_true_false_or_an_expression_error(
    text: str, context: dict[str, Any]
) -> None:
    try:
        parse_condition(text, steps=STEPS)
        assert condition(text, context, steps=STEPS) in (True, False)
    except ExpressionError as error:
        assert error.message
