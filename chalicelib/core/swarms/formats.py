"""Configurations as text: Elixir literals (`exs`), JSON or YAML, each read as data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, Final

from chalicelib.core.definitions.json_reader import read_json
from chalicelib.core.definitions.nodes import Node, malformed, to_value
from chalicelib.core.definitions.parse import Document
from chalicelib.core.definitions.yaml_reader import read_yaml
from chalicelib.core.errors import TooLarge
from chalicelib.core.swarms.elixir_reader import read_elixir

MOST_BYTES: Final = 6_000_000
"""Of a configuration's text in UTF-8: as much as a request's body."""
MOST_VALUES: Final = 500_000
"""With aliases expanded; 100,000 edges are 300,000."""

_READERS: Final[dict[str, Callable[[str], Node]]] = {
    "exs": read_elixir,
    "json": read_json,
    "yaml": read_yaml,
    "yml": read_yaml,
}


def parse_document(text: str, format: str) -> Document:
    """The content of a text in a format of S3 (any other one is read as `exs`), with lines.

    Raises BadRequest that names the line of what cannot be read, and TooLarge.
    """
    size = len(text.encode(errors="surrogatepass"))
    if size > MOST_BYTES:
        raise TooLarge(f"A configuration has at most {MOST_BYTES:,} bytes; this one has {size:,}.")
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        before = text[: text.index("\0")]
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise malformed(*place, "the text contains a NUL character")
    read = _READERS.get(format.lower(), read_elixir)
    value, lines = to_value(read(text), most_nodes=MOST_VALUES, most_characters=MOST_BYTES)
    return Document(value, lines)


def parse(text: str, format: str) -> Any:
    """What `parse_document` reads, without the lines."""
    return parse_document(text, format).value


def format_of_path(path: str) -> str:
    """The format that a file's name ends in: `json`, `yaml`, else `exs`."""
    ending = PurePosixPath(path).suffix.removeprefix(".").lower()
    return {"json": "json", "yaml": "yaml", "yml": "yaml"}.get(ending, "exs")
