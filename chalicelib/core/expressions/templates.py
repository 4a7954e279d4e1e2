"""`{{ … }}` in params: finding the expressions in text, and putting their values there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from chalicelib.core.expressions import limits
from chalicelib.core.expressions.errors import CompileError, ExpressionError, ExpressionLimit
from chalicelib.core.expressions.expression import parse
from chalicelib.core.expressions.meter import Meter
from chalicelib.core.expressions.scan import TOKEN, string_end
from chalicelib.core.expressions.values import JSON

OPEN, CLOSE = "{{", "}}"


@dataclass(frozen=True, slots=True)
class Template:
    """One `{{ … }}`; `text` is the expression without the space around it."""

    text: str


Piece: TypeAlias = str | Template


def pieces(text: str) -> list[Piece]:
    """A text as literal pieces and templates, in order; no empty pieces.

    A `}}` inside a string or a map literal of the expression does not end it. Raises CompileError
    for a `{{` without its `}}`; the column is that of the `{{` in the text.
    """
    found: list[Piece] = []
    position = 0
    while (start := text.find(OPEN, position)) >= 0:
        if start > position:
            found.append(text[position:start])
        end = _close(text, start)
        found.append(Template(text[start + 2 : end].strip()))
        position = end + 2
    if position < len(text):
        found.append(text[position:])
    return found


def templates(value: JSON) -> Iterator[tuple[str, str]]:
    """Every template in nested params: its place (`headers.X`, `items[2].name`) and its text (S2).

    The place of a template in a plain string is the empty string. Raises ExpressionError, with
    its location, for a `{{` without its `}}`.
    """
    for location, text in _texts(value, "", 0):
        for piece in _located_pieces(text, location):
            if isinstance(piece, Template):
                yield location, piece.text


def render(value: JSON, context: Mapping[str, Any], *, steps: Collection[str] = ()) -> JSON:
    """The params with every template replaced by its value over the context (S2).

    A string that is one template and nothing else takes the value with its type. In other text a
    string is put as it is, null as nothing, everything else as compact JSON. Keys are untouched.
    All templates share one budget. Raises ExpressionError with the location of the template.
    """
    return _Rendering(context, steps).value(value, "", 0)


class _Rendering:
    def __init__(self, context: Mapping[str, Any], steps: Collection[str]) -> None:
        self.context = context
        self.steps = steps
        self.meter = Meter()

    def value(self, value: JSON, location: str, depth: int) -> JSON:
        _check_depth(depth, location)
        if isinstance(value, Mapping):
            return {
                key: self.value(member, _member(location, key), depth + 1)
                for key, member in value.items()
            }
        if isinstance(value, list | tuple):
            return [
                self.value(item, f"{location}[{index}]", depth + 1)
                for index, item in enumerate(value)
            ]
        if not isinstance(value, str) or OPEN not in value:
            return value
        found = _located_pieces(value, location)
        try:
            return self.text(found)
        except ExpressionError as error:
            error.location = location or None
            raise

    def text(self, found: list[Piece]) -> JSON:
        match found:
            case [Template(text=text)]:
                return parse(text, steps=self.steps).evaluate(self.context, meter=self.meter)
        return "".join(
            parse(piece.text, steps=self.steps).text_value(self.context, meter=self.meter)
            if isinstance(piece, Template)
            else piece
            for piece in found
        )


def _texts(value: JSON, location: str, depth: int) -> Iterator[tuple[str, str]]:
    _check_depth(depth, location)
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _texts(member, _member(location, key), depth + 1)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{location}[{index}]", depth + 1)
    elif isinstance(value, str):
        yield location, value


def _located_pieces(text: str, location: str) -> list[Piece]:
    try:
        return pieces(text)
    except ExpressionError as error:
        error.location = location or None
        raise


def _member(location: str, key: Any) -> str:
    return f"{location}.{key}" if location else str(key)


def _check_depth(depth: int, location: str) -> None:
    if depth > limits.MAX_VALUE_DEPTH:
        raise ExpressionLimit(
            f"params nested more than {limits.MAX_VALUE_DEPTH} levels", location=location[:200]
        )


def _close(text: str, start: int) -> int:
    """The offset of the `}}` that ends the template opened at `start`."""
    position, depth = start + len(OPEN), 0
    while position < len(text):
        token = TOKEN.match(text, position)
        assert token is not None  # noqa: S101 - the last alternative takes any character
        match token.lastgroup:
            case "quote":
                position = _string_end(text, token, start)
                continue
            case "comment":
                # To the end of the line it might hide the end of the template: look inside.
                position += 2
                continue
            case "open" if token.group() == "{":
                depth += 1
            case "close" if token.group() == "}":
                if depth == 0 and text.startswith(CLOSE, position):
                    return position
                depth = max(0, depth - 1)
        position = token.end()
    raise CompileError("a {{ without its }}", column=start + 1)


def _string_end(text: str, token: Any, start: int) -> int:
    try:
        return string_end(text, token)
    except CompileError as error:
        raise CompileError("a {{ without its }}, or an open string", column=start + 1) from error
