"""docs/swarm-configuration.md tells the truth about configurations."""

from __future__ import annotations

import re

import pytest
from docs_pages import blocks, rows, section, text_of

from chalicelib.core.swarms import formats, reading
from chalicelib.core.swarms.config import read_config
from chalicelib.core.swarms.elixir_writer import render
from chalicelib.core.swarms.formats import parse
from chalicelib.core.swarms.kinds import BACKENDS, HANDLERS, OPTIONS
from chalicelib.core.swarms.model import ALWAYS_ROUTABLE, MOST_EDGES, MOST_NODES
from chalicelib.core.swarms.overlay import OPS

PAGE = text_of("docs/swarm-configuration.md")
CONFIGURATION = section(PAGE, "Configurations of swarms")


def words(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_the_three_formats_say_the_same(format: str) -> None:
    (elixir,) = blocks(CONFIGURATION, "elixir")
    (other,) = blocks(CONFIGURATION, format)
    one, two = read_config(parse(elixir, "exs")), read_config(parse(other, format))
    assert (one.agents, one.objects) == (two.agents, two.objects)
    assert set(one.topology) == set(two.topology)


def test_the_example_is_as_a_snapshot_would_be() -> None:
    (elixir,) = blocks(CONFIGURATION, "elixir")
    assert render(read_config(parse(elixir, "exs"))) == elixir


def test_every_backend_is_there_with_its_option() -> None:
    table = section(PAGE, "Agents").split("\n\n")[2]
    found = {name: words(option) for names, option in rows(table) for name in words(names)}
    assert found.keys() == BACKENDS
    for name, option in OPTIONS.items():
        assert option in found[name]


def test_every_handler_is_there() -> None:
    handlers = dict(rows(section(PAGE, "Objects")))["`handler`"]
    assert words(handlers.split(".")[0]) == HANDLERS


def test_every_op_is_there() -> None:
    assert set().union(*(words(op) for op, _ in rows(section(PAGE, "Overlay")))) == set(OPS)


def test_the_limits_are_these() -> None:
    limits = dict(rows(section(PAGE, "Limits")))
    assert f"{formats.MOST_BYTES:,} bytes" in limits["a configuration's text"]
    assert f"{formats.MOST_VALUES:,} values" in limits["a configuration's text"]
    assert limits["agents and objects"] == f"{MOST_NODES:,}"
    assert limits["edges"] == f"{MOST_EDGES:,}"
    of_config = limits["one `config`, the options of one backend"]
    assert of_config == f"{reading.MOST_CONFIG_BYTES:,} bytes as JSON, {reading.MOST_DEPTH} levels"
    of_lists = limits["`skills`, `presets`"]
    assert of_lists == f"{reading.MOST_LISTED} each, {reading.MOST_TEXT:,} characters a line"


def test_the_names_that_need_not_be_there_are_these() -> None:
    (sentence,) = re.findall(r"[^.;]*may be named without being there", CONFIGURATION)
    assert words(sentence) == ALWAYS_ROUTABLE
