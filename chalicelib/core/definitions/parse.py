"""Bytes of a request to a `Document`: the parsed content and where each part of it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.definitions.json_reader import read_json
from chalicelib.core.definitions.locations import nearest_line
from chalicelib.core.definitions.nodes import MOST_BYTES, malformed, to_value
from chalicelib.core.definitions.yaml_reader import read_yaml
from chalicelib.core.errors import TooLarge, UnsupportedMediaType

_READERS = {
    "application/json": read_json,
    "application/yaml": read_yaml,
    "text/yaml": read_yaml,
}
CONTENT_TYPES = tuple(_READERS)


@dataclass(frozen=True, slots=True)
class Document:
    """Parsed content (JSON types only) and the 1-based line of each place in it.

    A `Document` without lines is fine: that is what content read back from the store is.
    """

    value: Any
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, location: str) -> int | None:
        """The line of a place, or of the nearest place around it; None when nothing is known."""
        return nearest_line(self.lines, location)


def parse_document(raw: bytes, content_type: str) -> Document:
    """Read a definition (S2): one JSON or YAML document in UTF-8, at most 1,000,000 bytes.

    Raises UnsupportedMediaType, TooLarge, and BadRequest with the line and column of what cannot
    be read: syntax, duplicate names, names that are no text, tags, NaN and infinities, integers
    over 64 bits, more than 20,000 values or 50 levels with aliases expanded.
    """
    media_type, _, parameters = content_type.partition(";")
    reader = _READERS.get(media_type.strip().lower())
    charset = _charset(parameters)
    if reader is None or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(
            f"Send {', '.join(CONTENT_TYPES)} in UTF-8, not `{content_type[:100]}`."
        )
    if len(raw) > MOST_BYTES:
        raise TooLarge(f"A definition has at most {MOST_BYTES:,} bytes; this one has {len(raw):,}.")
    text = _decode(raw).removeprefix("\ufeff")
    if "\0" in text:
        before = text[: text.index("\0")]
        raise malformed(*_place(before), "the document contains a NUL character")
    value, lines = to_value(reader(text))
    return Document(value, lines)


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return "utf-8"


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place(raw[: error.start].decode("utf-8"))
    raise malformed(*place, "the document is not UTF-8")


def _place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what comes right after `before`."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")
