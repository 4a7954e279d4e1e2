"""`{{ }}` in the payloads of a graph: finding the expressions, and putting their values there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.core.graphs.expressions import Expression, ExpressionProblem, parse

OPEN, CLOSE = "{{", "}}"
MOST_DEPTH: Final = 50
"""Levels of a payload."""
MOST_TEXT: Final = 4_000_000
"""Characters that all texts of one payload together may be rendered to."""


def pieces(text: str) -> list[str | Expression]:
    """A text as literal pieces and expressions, in order. Raises ExpressionProblem."""
    found: list[str | Expression] = []
    position = 0
    while (start := text.find(OPEN, position)) >= 0:
        if start > position:
            found.append(text[position:start])
        end = _close(text, start + len(OPEN))
        found.append(parse(text[start + len(OPEN) : end].strip()))
        position = end + len(CLOSE)
    if position < len(text):
        found.append(text[position:])
    return found


def texts_of(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text with a `{{` in a payload, keys included, with its place."""
    if depth > MOST_DEPTH:
        raise ExpressionProblem(f"it is nested more than {MOST_DEPTH} levels deep")
    if isinstance(value, str):
        if OPEN in value:
            yield place, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            inner = f"{place}.{key}" if place else str(key)
            if OPEN in key:
                yield inner, key
            yield from texts_of(member, inner, depth + 1)
    elif isinstance(value, list | tuple):
        for position, member in enumerate(value):
            yield from texts_of(member, f"{place}[{position}]", depth + 1)


def is_whole(text: str) -> bool:
    """Whether a text is one expression and nothing else, so that it keeps the value's type."""
    if not text.startswith(OPEN):
        return False
    try:
        return len(pieces(text)) == 1
    except ExpressionProblem:
        return False


def render(value: Any, context: Mapping[str, Any]) -> Any:
    """A payload with its expressions replaced: a whole one by its value, in other text as text.
    Keys stay as they are. Raises ExpressionProblem."""
    return _Rendering(context).value(value, 0)


def as_text(value: Any) -> str:
    """A value inside of text: texts as they are, null as nothing, everything else as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class _Rendering:
    """One payload; what all of its texts together may grow to is limited."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self._context = context
        self._left = MOST_TEXT

    def value(self, value: Any, depth: int) -> Any:
        if depth > MOST_DEPTH:
            raise ExpressionProblem(f"it is nested more than {MOST_DEPTH} levels deep")
        if isinstance(value, str):
            return self._text(value) if OPEN in value else value
        if isinstance(value, Mapping):
            return {key: self.value(member, depth + 1) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(member, depth + 1) for member in value]
        return value

    def _text(self, text: str) -> Any:
        found = pieces(text)
        if len(found) == 1 and isinstance(found[0], Expression):
            return found[0].value(self._context)
        parts = [
            as_text(piece.value(self._context)) if isinstance(piece, Expression) else piece
            for piece in found
        ]
        self._left -= sum(map(len, parts))
        if self._left < 0:
            raise ExpressionProblem(f"its texts have more than {MOST_TEXT:,} characters")
        return "".join(parts)


def _close(text: str, position: int) -> int:
    """Where the `}}` is that ends an expression: not inside of its texts."""
    quote = ""
    while position < len(text):
        here = text[position]
        if quote:
            if here == "\\":
                position += 1
            elif here == quote:
                quote = ""
        elif here in "'\"":
            quote = here
        elif text.startswith(CLOSE, position):
            return position
        position += 1
    raise ExpressionProblem("a {{ without its }}")
