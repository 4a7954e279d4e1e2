"""JSON to nodes. `json` judges the syntax; a second pass over the tokens keeps the lines."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from chalicelib.core.definitions.nodes import MOST_DEPTH, Node, counted, malformed, number

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+|\n')
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class _ConstantError(Exception):
    """NaN or Infinity, which `json` would take."""


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


def _check(text: str) -> None:
    try:
        # Numbers stay text here: a huge one must not cost anything before it is refused.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise malformed(error.lineno, error.colno, error.msg) from None
    except _ConstantError as error:
        raise malformed(1, 1, f"{error} is no JSON number") from None
    except RecursionError:
        raise malformed(1, 1, f"nested deeper than {MOST_DEPTH} levels") from None


def _scalar(lexeme: str, line: int, column: int) -> Any:
    if lexeme.startswith('"'):
        return json.loads(lexeme)
    if lexeme in _WORDS:
        return _WORDS[lexeme]
    return number(lexeme, line, column)


def read_json(text: str) -> Node:
    """The nodes of a JSON text (RFC 8259). Raises BadRequest with line and column."""
    _check(text)
    tree = _Tree()
    line, line_start = 1, 0
    for match in _TOKEN.finditer(text):
        lexeme, column = match.group(), match.start() - line_start + 1
        if lexeme == "\n":
            line, line_start = line + 1, match.end()
        elif lexeme in "]}":
            tree.close()
        elif lexeme in "[{":
            tree.open(Node("sequence" if lexeme == "[" else "mapping", line, column))
        elif lexeme not in ":,":
            tree.add(Node("scalar", line, column, _scalar(lexeme, line, column)))
    return tree.root


class _Tree:
    """Nodes put together with a stack of its own. The tokens are those of a valid text."""

    def __init__(self) -> None:
        self._top = Node("sequence", 1, 1)
        self._open = [self._top]
        self._keys: list[Node | None] = [None]
        self._nodes = 0

    @property
    def root(self) -> Node:
        return self._top.items[0]

    def open(self, node: Node) -> None:
        self.add(node)
        if len(self._open) > MOST_DEPTH:
            raise malformed(node.line, node.column, f"nested deeper than {MOST_DEPTH} levels")
        self._open.append(node)
        self._keys.append(None)

    def close(self) -> None:
        self._open.pop()
        self._keys.pop()

    def add(self, node: Node) -> None:
        self._nodes += 1
        counted(self._nodes, node.line, node.column)
        parent, key = self._open[-1], self._keys[-1]
        if parent.kind == "sequence":
            parent.items.append(node)
        elif key is None:
            self._keys[-1] = node
        else:
            parent.entries.append((key, node))
            self._keys[-1] = None
