"""What both readers make of a text: nodes with a line, turned into plain values within limits.

    JSON text ─ json_reader ─┐
                             ├─ Node ─ to_value ─→ value + line of every place
    YAML text ─ yaml_reader ─┘

An alias points at the node it names, so an alias bomb is a small tree of nodes that would be a huge
value: the limits count what comes out, not what went in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from chalicelib.core.definitions import locations
from chalicelib.core.errors import BadRequest

MOST_BYTES = 1_000_000
MOST_NODES = 20_000
MOST_DEPTH = 50
MOST_READ = 600_000
"""Nodes that a reader makes of one text before anybody counts values: they are what takes memory."""
# A place longer than this is not recorded: its parent's line has to do. Otherwise a few long
# keys around many items would make lists of places far larger than the document.
_LONGEST_LOCATION = 500
_BITS = 64


@dataclass(slots=True)
class Node:
    """One node of a document; `line` and `column` count from 1."""

    kind: Literal["scalar", "sequence", "mapping"]
    line: int
    column: int
    value: str | int | float | bool | None = None
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[Node, Node]] = field(default_factory=list)


def malformed(line: int, column: int, message: str) -> BadRequest:
    """The refusal of a text that cannot be read, with its place."""
    return BadRequest(f"line {line}, column {column}: {message}", line=line, column=column)


def counted(nodes: int, line: int, column: int) -> None:
    """Refuse the node at a place when it is one too many for memory. Raises BadRequest."""
    if nodes > MOST_READ:
        raise malformed(line, column, f"more than {MOST_READ:,} values")


def number(text: str, line: int, column: int) -> int | float:
    """The number a decimal text means: an int of 64 bits, or a finite float. Raises BadRequest."""
    digits = text.lstrip("+-")
    if digits.isdigit():
        if len(digits.lstrip("0")) > 19 or not fits(int(text)):
            raise malformed(line, column, f"the integer does not fit {_BITS} bits")
        return int(text)
    read = float(text)
    if not math.isfinite(read):
        raise malformed(line, column, "the number is too large")
    return read


def fits(value: int) -> bool:
    """Whether an int fits 64 signed bits."""
    return -(1 << (_BITS - 1)) <= value < 1 << (_BITS - 1)


class _Converter:
    def __init__(self, most_nodes: int, most_characters: int) -> None:
        self.lines: dict[str, int] = {}
        self._most_nodes = most_nodes
        self._most_characters = most_characters
        self._nodes = 0
        self._characters = 0

    def convert(self, node: Node, location: str | None, line: int, depth: int) -> Any:
        """The value of `node` at `location`, which is None where places are no longer recorded."""
        self._count(node, depth)
        if location is not None:
            self.lines[location] = line
        if node.kind == "scalar":
            if isinstance(node.value, str):
                self._text(node.value, node)
            return node.value
        if node.kind == "sequence":
            return [
                self.convert(child, _known(location, index), child.line, depth + 1)
                for index, child in enumerate(node.items)
            ]
        found: dict[str, Any] = {}
        for key, child in node.entries:
            name = self._key(key)
            if name in found:
                raise malformed(key.line, key.column, f"the member `{name[:80]}` is there twice")
            found[name] = self.convert(child, _known(location, name), key.line, depth + 1)
        return found

    def _key(self, key: Node) -> str:
        if key.kind != "scalar" or not isinstance(key.value, str):
            raise malformed(key.line, key.column, "names of members are text; quote this one")
        self._text(key.value, key)
        return key.value

    def _count(self, node: Node, depth: int) -> None:
        self._nodes += 1
        if depth > MOST_DEPTH:
            raise malformed(node.line, node.column, f"nested deeper than {MOST_DEPTH} levels")
        if self._nodes > self._most_nodes:
            raise malformed(node.line, node.column, f"more than {self._most_nodes:,} values")

    def _text(self, text: str, node: Node) -> None:
        self._characters += len(text)
        if self._characters > self._most_characters:
            message = f"more than {self._most_characters:,} characters with aliases expanded"
            raise malformed(node.line, node.column, message)
        if "\0" in text:
            raise malformed(node.line, node.column, "the text contains a NUL character")
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise malformed(node.line, node.column, "the text contains half a surrogate pair")


def _known(location: str | None, step: str | int) -> str | None:
    if location is None or len(location) > _LONGEST_LOCATION:
        return None
    if isinstance(step, int):
        return locations.item(location, step)
    return locations.member(location, step) if len(step) <= _LONGEST_LOCATION else None


def to_value(
    root: Node, *, most_nodes: int = MOST_NODES, most_characters: int = MOST_BYTES
) -> tuple[Any, dict[str, int]]:
    """The plain value of a tree of nodes, and the line of every place in it.

    Raises BadRequest over a limit and for duplicate names, names that are no text, NUL characters.
    """
    converter = _Converter(most_nodes, most_characters)
    return converter.convert(root, "", root.line, 1), converter.lines
