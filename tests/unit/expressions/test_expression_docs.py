"""docs/expressions.md is true: its examples are run, its limits compared, no function is left out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.expressions import LOOP_NAMES, ROOTS, ExpressionError, limits, parse, render
from chalicelib.core.expressions.functions import FUNCTIONS
from chalicelib.core.expressions.names import MACROS, SPECIAL

PAGE = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text()
ARROW = "  →  "


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def examples(language: str) -> list[tuple[str, str]]:
    lines = [line for block in blocks(language) for line in block.splitlines()]
    found = [tuple(line.split(ARROW)) for line in lines]
    assert all(len(pair) == 2 for pair in found), "a line without its arrow"
    return found  # type: ignore[return-value]


CONTEXT: dict[str, Any] = json.loads(blocks("json")[0])
STEPS = list(CONTEXT["steps"])


@pytest.mark.parametrize(("text", "expected"), examples("expressions"))
def test_an_expression_gives_what_the_page_says(text: str, expected: str) -> None:
    found = parse(text, steps=STEPS).evaluate(CONTEXT)
    assert json.dumps(found, ensure_ascii=False) == expected


@pytest.mark.parametrize(("text", "expected"), examples("templates"))
def test_a_template_gives_what_the_page_says(text: str, expected: str) -> None:
    found = render(text, CONTEXT, steps=STEPS)
    assert json.dumps(found, ensure_ascii=False) == expected


@pytest.mark.parametrize(("text", "expected"), examples("errors"))
def test_an_error_reads_as_the_page_says(text: str, expected: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, steps=STEPS).evaluate(CONTEXT)
    assert str(caught.value) == expected


def test_the_page_has_examples() -> None:
    assert len(examples("expressions")) > 80
    assert len(examples("templates")) > 8
    assert len(examples("errors")) > 4


@pytest.mark.parametrize("name", [*FUNCTIONS, *MACROS, *SPECIAL])
def test_every_function_has_an_example(name: str) -> None:
    assert any(re.search(rf"\b{name}\(", text) for text, _ in examples("expressions"))


def test_every_root_is_described() -> None:
    for root in ROOTS:
        assert re.search(rf"^\| `{root}\b", PAGE, re.MULTILINE)
    names = ", ".join(f"`{name}`" for name in LOOP_NAMES)
    assert f"| {names} | in the params of a step with" in PAGE


def test_the_table_of_limits_has_the_numbers_of_the_code() -> None:
    rows = dict(re.findall(r"\| `([A-Z_]+)` \| (\d+) \|", PAGE))
    assert {name: int(value) for name, value in rows.items()} == {
        name: getattr(limits, name) for name in rows
    }
    assert {name for name in vars(limits) if name.startswith("MAX_")} <= rows.keys()


def test_the_yaml_example_parses() -> None:
    import yaml

    from chalicelib.core.expressions import parse_condition, templates

    steps = yaml.safe_load(blocks("yaml")[0])["steps"]
    names = [step["name"] for step in steps]
    assert parse_condition(steps[1]["if"], steps=names).step_references == {"fetch-user"}
    assert [parse(text, steps=names).roots for _, text in templates(steps)] == [
        {"inputs"},
        {"steps"},
    ]
