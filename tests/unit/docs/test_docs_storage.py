"""docs/storage.md has every key, every index and every limit of the store, as they are."""

from __future__ import annotations

import inspect
import typing
from typing import Any

import pytest
from docs_pages import ROOT, code, rows, section, text_of

from chalicelib.store import blobs, keys, swarm_keys
from infra.merge import read

PAGE = text_of("docs/storage.md")
TABLE = read(ROOT / "infra" / "template.yaml")["Resources"]["Table"]["Properties"]
FUNCTIONS = {
    name: function
    for module in (keys, swarm_keys)
    for name, function in vars(module).items()
    if inspect.isfunction(function) and function.__module__ == module.__name__
}
ITEM_KEYS = [name for name in FUNCTIONS if name.endswith("_key")]
ROWS = {code(name): (code(pk), code(sk)) for name, pk, sk, _ in rows(section(PAGE, "Keys"))}


class Number(int):
    """A number that writes itself as its name and its format: `<seq:08d>`."""

    name: str

    def __new__(cls, name: str) -> Number:
        made = super().__new__(cls, 0)
        made.name = name
        return made

    def __format__(self, how: str) -> str:
        return f"<{self.name}:{how}>" if how else f"<{self.name}>"


def shown(function: Any) -> Any:
    """What a function of `keys` gives when every argument is its own name in brackets."""
    hints = typing.get_type_hints(function)
    names = inspect.signature(function).parameters
    return function(*[Number(n) if hints[n] is int else f"<{n}>" for n in names])


def test_the_page_lists_exactly_the_functions_that_make_keys() -> None:
    assert list(ROWS) == ITEM_KEYS


@pytest.mark.parametrize("name", ITEM_KEYS)
def test_a_key_is_what_the_page_says(name: str) -> None:
    assert shown(FUNCTIONS[name]) == dict(zip(("pk", "sk"), ROWS[name], strict=True))


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - set(ITEM_KEYS) - {"shard_of"}))
def test_parts_of_keys_are_described(name: str) -> None:
    assert f"`{name}`" in PAGE
    assert f"`{shown(FUNCTIONS[name])}`" in PAGE


def test_the_indexes_are_those_of_the_template() -> None:
    declared = [
        (index["IndexName"], *[part["AttributeName"] for part in index["KeySchema"]])
        for index in TABLE["GlobalSecondaryIndexes"]
    ]
    assert [tuple(map(code, row[:3])) for row in rows(section(PAGE, "Indexes"))] == declared


def test_every_attribute_of_a_key_or_index_is_described() -> None:
    for attribute in TABLE["AttributeDefinitions"]:
        assert f"`{attribute['AttributeName']}`" in PAGE


def test_the_time_to_live_is_the_attribute_that_the_page_names() -> None:
    assert f"`{TABLE['TimeToLiveSpecification']['AttributeName']}`" in PAGE


def test_the_size_of_a_large_output_is_the_stores() -> None:
    assert f"over {blobs.LARGE:,} bytes" in PAGE
    assert f"over {blobs.LARGE:,} bytes" in text_of("docs/architecture.md")
