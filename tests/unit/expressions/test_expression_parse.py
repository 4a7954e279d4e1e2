"""What parsing tells: errors with their column, step references, roots, and step names."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.core.expressions import CompileError, ExpressionError, condition, parse
from chalicelib.core.expressions.limits import CACHED_EXPRESSIONS


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "an empty expression", None),
        ("  ", "an empty expression", None),
        ("1 +", "the expression ends too early", 4),
        ("(1", "the expression ends too early", 3),
        ("1 2", "unexpected '2'", 3),
        ("a..b", "unexpected '.'", 3),
        ("inputs.x = 1", "unexpected '='", 10),
        ("'a\\'b' 'c'", 'unexpected "\'"', 8),
        ("inputs.x ==\n  && 1", "unexpected '&'", 15),
        ("'''a\nb''' 1", "unexpected '1'", 11),
        ("x + 'open", "a string without its closing quote", 5),
        ("'a\nb'", "a string without its closing quote", 1),
        ("inputs.x + '\\q'", "an unknown escape '\\\\q' in a string", 12),
        ("99999999999999999999", "a whole number outside 64 bits", 1),
        ("Person{name: 'x'}", "messages (Type{field: value}) do not exist here", 1),
        ("'\\ud800'", "half of a surrogate pair in a string", 1),
    ],
)
def test_what_does_not_compile_says_why_and_where(
    text: str, message: str, column: int | None
) -> None:
    with pytest.raises(CompileError) as caught:
        parse(text)
    assert (caught.value.message, caught.value.column) == (message, column)


def test_an_unknown_variable_is_refused_with_a_suggestion() -> None:
    with pytest.raises(CompileError) as caught:
        parse("1 + input.x")
    assert caught.value.column == 5
    assert "unknown variable 'input', did you mean 'inputs'?" in caught.value.message


def test_a_variable_of_a_macro_is_known_only_inside_it() -> None:
    parse("[1].map(x, [2].map(y, x + y))")
    with pytest.raises(CompileError):
        parse("[1].map(x, x) + [x]")
    with pytest.raises(CompileError):
        parse("x.map(x, x)")


def test_errors_are_value_errors_whose_text_has_the_column() -> None:
    with pytest.raises(ValueError, match=r"unexpected '2' \(column 3\)"):
        parse("1 2")


def test_evaluation_errors_have_the_column_of_what_failed() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("1 + inputs.items.map(i, i.name)[0]").evaluate({"inputs": {"items": [{}]}})
    assert caught.value.column == 27


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("steps.a.output", {"a"}),
        ("steps['a-b'].output + steps[\"c\"].output", {"a-b", "c"}),
        ("(steps).a", {"a"}),
        (".steps.a", {"a"}),
        ("has(steps.a.output) && steps.b.error == null", {"a", "b"}),
        ("[1].map(x, steps.a.output)", {"a"}),
        ("'steps.a' + inputs.steps.b", set()),
        ("[{'a': 1}].map(steps, steps.a)", set()),
    ],
)
def test_step_references_are_the_steps_named(text: str, steps: set[str]) -> None:
    found = parse(text)
    assert found.step_references == steps
    assert not found.dynamic_steps


@pytest.mark.parametrize(
    "text",
    [
        "steps[inputs.which].output",
        "steps['a' + 'b']",
        "size(steps)",
        "steps.map(s, s)",
        "steps.a == steps",
    ],
)
def test_using_steps_without_a_name_makes_them_dynamic(text: str) -> None:
    assert parse(text).dynamic_steps


def test_the_names_of_a_loop_are_told_like_roots_and_missing_where_there_is_none() -> None:
    found = parse("item.a + index")
    assert found.roots == {"item", "index"}
    assert found.evaluate({"item": {"a": 1}, "index": 2}) == 3
    with pytest.raises(ExpressionError, match="there is no item here"):
        found.evaluate({"inputs": {}})


def test_roots_are_the_variables_in_use() -> None:
    assert parse("inputs.x == env.Y && [1].all(steps, steps > 0)").roots == {"inputs", "env"}


NAMES = ["a", "a-b", "a-b-c", "1st", "true", "in"]
CONTEXT = {
    "inputs": {"n": 1, "a": 5},
    "steps": {name: {"output": name, "n": len(name)} for name in NAMES},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps.a-b.output", "a-b"),
        ("steps.a-b-c.output", "a-b-c"),
        ("steps.a.output", "a"),
        ("steps.1st.output", "1st"),
        ("steps.true.output", "true"),
        ("steps.in.output", "in"),
        ("steps.a-b.output + steps.a.output", "a-ba"),
        ("steps.a-b.n-1", 2),
        ("steps.a-b.n -steps.a.n", 2),
        ("has(steps.a-b.output)", True),
        ("steps.a-b", {"output": "a-b", "n": 3}),
        ("'steps.a-b.output'", "steps.a-b.output"),
        ("'it is \\' steps.a-b'", "it is ' steps.a-b"),
        ("1 // steps.a-b", 1),
        ("inputs.a-steps.a-b.n", 2),
    ],
)
def test_a_step_name_with_a_dash_may_follow_the_dot(text: str, expected: object) -> None:
    assert parse(text, steps=NAMES).evaluate(CONTEXT) == expected


def test_a_longer_word_is_not_taken_for_a_step_name() -> None:
    with pytest.raises(CompileError, match="unknown variable 'bc'"):
        parse("steps.a-bc.output", steps=["a", "a-b"])


def test_without_such_a_step_the_dash_is_a_minus() -> None:
    found = parse("steps.a - inputs.n", steps=["a", "x-y"])
    assert found.evaluate({"steps": {"a": 3}, "inputs": {"n": 1}}) == 2


def test_the_same_text_means_what_the_steps_at_hand_make_of_it() -> None:
    assert parse("steps.a-inputs.n", steps=["a"]).step_references == {"a"}
    assert parse("steps.a-inputs.n", steps=["a", "a-inputs"]).step_references == {"a-inputs"}


def test_columns_are_those_of_the_author_behind_a_step_name_with_a_dash() -> None:
    with pytest.raises(CompileError) as caught:
        parse("steps.a-b.output + nope", steps=["a-b"])
    assert caught.value.column == 20


@pytest.mark.parametrize("name", ["in", "null", "true", "false", "package", "if", "as"])
def test_words_of_the_language_may_be_member_names(name: str) -> None:
    assert parse(f"inputs.{name}").evaluate({"inputs": {name: 7}}) == 7


@pytest.mark.parametrize("name", ["trueish", "nullable", "index", "falsey"])
def test_names_may_begin_with_a_word_of_the_language(name: str) -> None:
    assert parse(f"[1].map({name}, {name})").evaluate({}) == [1]


def test_an_expression_is_immutable_and_parsed_once() -> None:
    found = parse("inputs.x")
    assert parse("inputs.x", steps=["x", "unrelated-step"]) is found
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.text = "other"  # type: ignore[misc]


def test_the_cache_is_bounded() -> None:
    from chalicelib.core.expressions.expression import _parse

    for number in range(CACHED_EXPRESSIONS + 10):
        parse(f"{number}")
    assert _parse.cache_info().currsize == CACHED_EXPRESSIONS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inputs.n == 1", True),
        ("{{ inputs.n > 1 }}", False),
        ("  {{inputs.n == 1}}\n", True),
        ("steps.a-b.n == 3", True),
        ("{'a': {'b': true}}.a.b", True),
    ],
)
def test_a_condition_is_bare_or_wrapped(text: str, expected: bool) -> None:
    assert condition(text, CONTEXT, steps=NAMES) is expected


@pytest.mark.parametrize(
    "text", ["inputs.n", "'true'", "null", "{{ true }} && true", "{{ true", "x {{ true }}"]
)
def test_a_condition_that_is_not_true_or_false_is_an_error(text: str) -> None:
    with pytest.raises(ExpressionError):
        condition(text, CONTEXT)


def test_nothing_heavy_is_loaded_before_the_first_expression() -> None:
    code = (
        "import sys, chalicelib.core.expressions as e\n"
        "heavy = {'celpy', 'lark', 're2', 'pendulum', 'boto3', 'chalice'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
        "e.parse('1'); print('celpy' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "True"]


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("inputs.a + inputs['b-c']", {"a", "b-c"}),
        ("has(inputs.a)", {"a"}),
        ("size(inputs)", set()),
        ("inputs[steps.a.output.name]", set()),
        ("[1].map(inputs, inputs.a)", set()),
        ("trigger.inputs.a", set()),
    ],
)
def test_input_references_are_the_inputs_named(text: str, inputs: set[str]) -> None:
    assert parse(text, steps=["a"]).input_references == inputs
