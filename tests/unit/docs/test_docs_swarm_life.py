"""docs/swarms.md has the backends, handlers, presets and events that there are."""

from __future__ import annotations

import json
import re

from docs_pages import blocks, code, rows, section, text_of

from chalicelib.brains.presets import PRESETS
from chalicelib.core.swarms.backends import BACKENDS
from chalicelib.core.swarms.mock_script import ACTIONS, script_problem
from chalicelib.core.swarms.objects import registry
from chalicelib.core.swarms.taxonomy import TYPES

PAGE = text_of("docs/swarms.md")


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_backend_is_in_the_table() -> None:
    assert [code(name) for name, *_ in rows(section(PAGE, "Backends"))] == list(BACKENDS)


def test_every_handler_is_in_the_table() -> None:
    assert {code(name) for name, *_ in rows(section(PAGE, "Handlers of objects"))} == set(
        registry.names()
    )


def test_every_preset_is_in_the_table_with_its_tools() -> None:
    table = section(PAGE, "Models").split("`presets` add tools")[1]
    found = {code(name): words(tools) for name, tools in rows(table)}
    assert found == {name: [tool.name for tool in tools] for name, tools in PRESETS.items()}


def test_every_type_of_event_is_in_the_table_as_it_is() -> None:
    found = {code(name): rest for name, *rest in rows(section(PAGE, "Types of events"))}
    assert found == {
        name: [kind.level, kind.category, kind.meaning] for name, kind in TYPES.items()
    }


def test_every_member_of_a_script_is_in_the_table_and_the_example_can_be_played() -> None:
    mock = section(PAGE, "Mock")
    assert {word for name, _ in rows(mock) for word in words(name)} == ACTIONS
    (example,) = blocks(mock, "json")
    assert script_problem(json.loads(example)) is None
