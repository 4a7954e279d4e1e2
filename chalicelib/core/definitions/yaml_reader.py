"""YAML to nodes, from the parser's events: nothing is constructed, so no tag can do anything.

Plain scalars follow the core schema of YAML 1.2: only `true` and `false` are booleans (`yes`, `no`,
`on` and `off` are text), `010` is ten, `0o10` eight, and dates stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chalicelib.core.definitions.nodes import MOST_DEPTH, Node, counted, fits, malformed, number

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEAN = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TEXT_TAGS = {"!", "tag:yaml.org,2002:str"}
_COLLECTION_TAGS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


def _resolve(text: str, line: int, column: int) -> str | int | float | bool | None:
    """What a plain scalar means."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if text.isascii() and _DECIMAL.fullmatch(text):
        return number(text, line, column)
    if _BASED.fullmatch(text):
        # At most 22 digits of base 8 make 64 bits; more are refused before they cost anything.
        value = int(text, 0) if len(text[2:].lstrip("0")) <= 22 else 1 << 64
        if not fits(value):
            raise malformed(line, column, "the integer does not fit 64 bits")
        return value
    if _SPECIAL.fullmatch(text):
        raise malformed(line, column, f"{text} is no number that JSON knows")
    return text


def read_yaml(text: str) -> Node:
    """The nodes of a text of one YAML document. Raises BadRequest with line and column."""
    import yaml  # heavy: only who reads YAML pays for it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder().build(yaml.parse(text, Loader=loader))
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise malformed(line, column, "a character that YAML does not allow") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise malformed(line, column, error.problem or "this is not YAML") from None
    except yaml.YAMLError:
        raise malformed(1, 1, "this is not YAML") from None


class _Builder:
    """Turns events into nodes with a stack of its own, so that no nesting can exhaust Python's."""

    def __init__(self) -> None:
        self._documents = 0
        self._anchors: dict[str, Node] = {}
        self._open: list[tuple[Node, str | None]] = []
        self._keys: list[Node | None] = []
        self._root: Node | None = None
        self._nodes = 0

    def build(self, events: Iterator[Any]) -> Node:
        for event in events:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            match type(event).__name__:
                case "DocumentStartEvent":
                    self._documents += 1
                    if self._documents > 1:
                        raise malformed(line, column, "a second document begins here; send one")
                case "AliasEvent":
                    if event.anchor not in self._anchors:
                        raise malformed(line, column, f"nothing complete is named &{event.anchor}")
                    self._add(self._anchors[event.anchor], line, column)
                case "ScalarEvent":
                    node = Node("scalar", line, column, _scalar(event, line, column))
                    self._add(node, line, column, plain=event.style in (None, ""))
                    self._name(event.anchor, node)
                case "SequenceStartEvent":
                    self._begin(Node("sequence", line, column), event)
                case "MappingStartEvent":
                    self._begin(Node("mapping", line, column), event)
                case "SequenceEndEvent" | "MappingEndEvent":
                    node, anchor = self._open.pop()
                    self._keys.pop()
                    self._name(anchor, node)
        if self._root is None:
            raise malformed(1, 1, "the document is empty")
        return self._root

    def _begin(self, node: Node, event: Any) -> None:
        if event.tag not in _COLLECTION_TAGS:
            raise malformed(node.line, node.column, "tags are not accepted")
        if len(self._open) >= MOST_DEPTH:
            raise malformed(node.line, node.column, f"nested deeper than {MOST_DEPTH} levels")
        self._add(node, node.line, node.column)
        # An anchor is known when its node is complete: an alias inside it finds nothing.
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
        self._open.append((node, event.anchor))
        self._keys.append(None)

    def _name(self, anchor: str | None, node: Node) -> None:
        if anchor is not None:
            self._anchors[anchor] = node

    def _add(self, node: Node, line: int, column: int, *, plain: bool = False) -> None:
        self._nodes += 1
        counted(self._nodes, line, column)
        if not self._open:
            self._root = node
            return
        parent = self._open[-1][0]
        if parent.kind == "sequence":
            parent.items.append(node)
        elif (key := self._keys[-1]) is not None:
            parent.entries.append((key, node))
            self._keys[-1] = None
        elif plain and node.value == "<<":
            raise malformed(line, column, "merge keys (<<) are not part of YAML 1.2")
        else:
            self._keys[-1] = node


def _scalar(event: Any, line: int, column: int) -> str | int | float | bool | None:
    if event.tag in _TEXT_TAGS:
        return str(event.value)
    if event.tag is not None:
        raise malformed(line, column, "tags are not accepted, except !!str")
    plain_resolves, _ = event.implicit
    return _resolve(event.value, line, column) if plain_resolves else str(event.value)
