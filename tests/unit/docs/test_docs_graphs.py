"""docs/graphs.md tells the truth: its tables are complete, its example is a graph."""

from __future__ import annotations

import json
import re

from docs_pages import code, rows, section, text_of

from chalicelib.core.compiler.history import MOST_EVENTS
from chalicelib.core.graphs.budget import MOST_RUN
from chalicelib.core.graphs.conditions import OPERATORS
from chalicelib.core.graphs.plans import MOST_ITERATIONS
from chalicelib.core.graphs.problems import ProblemType
from chalicelib.core.graphs.shape import MOST_LEVELS
from chalicelib.core.graphs.types import NODE_TYPES
from chalicelib.core.graphs.validation import MOST_BYTES, MOST_NODES, problems_of

PAGE = text_of("docs/graphs.md")


def test_every_type_of_node_is_there_with_all_of_its_payload() -> None:
    found = {}
    for name, payload, _ in rows(section(PAGE, "Types of nodes")):
        found[code(name)] = set(re.findall(r"`(\w+)`", payload))
    assert found == {
        name: {word for field in each.fields for word in (field.name, *field.aliases)}
        for name, each in NODE_TYPES.items()
    }


def test_every_operator_is_there() -> None:
    assert set(re.findall(r"`(\$\w+)`", PAGE)) >= set(OPERATORS)


def test_every_type_of_problem_is_there() -> None:
    (listed,) = re.findall(r"each problem has a type \((.*?)\)", PAGE)
    assert tuple(re.findall(r"`(\w+)`", listed)) == ProblemType.__args__


def test_the_limits_are_the_ones_there_are() -> None:
    for number in (MOST_ITERATIONS, MOST_LEVELS, MOST_RUN, MOST_EVENTS, MOST_BYTES, MOST_NODES):
        assert f"{number:,}" in PAGE


def test_the_example_is_a_graph() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert problems_of(json.loads(example), "example") == []
