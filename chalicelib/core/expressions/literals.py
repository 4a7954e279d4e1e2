"""From a literal as written to its value: CEL's numbers, strings and bytes."""

from __future__ import annotations

import re

from chalicelib.core.expressions.errors import CompileError
from chalicelib.core.expressions.scan import StringToken
from chalicelib.core.expressions.values import INT_MAX, INT_MIN, UINT_MAX, Uint

_ESCAPE = re.compile(
    r"\\(?:(?P<char>[abfnrtv\\?\"'`])|[xX](?P<hex>[0-9a-fA-F]{2})|u(?P<u4>[0-9a-fA-F]{4})"
    r"|U(?P<u8>[0-9a-fA-F]{8})|(?P<octal>[0-3][0-7]{2})|(?P<bad>.|\Z))",
    re.DOTALL,
)
_CHARACTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def string_value(token: StringToken, column: int) -> str | bytes:
    """The text of a string literal, or the bytes of a `b'…'`. Raises CompileError."""
    if "b" in token.prefix:
        return _bytes_value(token, column)
    if "r" in token.prefix:
        return token.body
    text = _ESCAPE.sub(lambda escape: _escaped(escape, column), token.body)
    _encoded(text, column)
    return text


def number_value(kind: str, text: str, column: int) -> int | float | Uint:
    """The number of an `INT_LIT`, `UINT_LIT` or `FLOAT_LIT`. Raises CompileError out of range."""
    if kind == "FLOAT_LIT":
        return float(text)
    unsigned = kind == "UINT_LIT"
    digits = text[:-1] if unsigned else text
    number = int(digits, 16 if "x" in digits.lower() else 10)
    low, high = (0, UINT_MAX) if unsigned else (INT_MIN, INT_MAX)
    if not low <= number <= high:
        raise CompileError("a whole number outside 64 bits", column=column)
    return Uint(number) if unsigned else number


def _escaped(escape: re.Match[str], column: int) -> str:
    if escape["char"]:
        return _CHARACTERS.get(escape["char"], escape["char"])
    for base, group in ((16, "hex"), (16, "u4"), (16, "u8"), (8, "octal")):
        if escape[group]:
            point = int(escape[group], base)
            if point > 0x10FFFF:
                break
            return chr(point)
    raise CompileError(f"an unknown escape {escape.group()!r} in a string", column=column)


def _bytes_value(token: StringToken, column: int) -> bytes:
    if "r" in token.prefix:
        return _encoded(token.body, column)
    found, position = bytearray(), 0
    for escape in _ESCAPE.finditer(token.body):
        found += _encoded(token.body[position : escape.start()], column)
        character = _escaped(escape, column)
        # \xff and \377 are one byte here, and one character in a string.
        byte = escape["hex"] or escape["octal"]
        found += bytes([ord(character)]) if byte else _encoded(character, column)
        position = escape.end()
    return bytes(found + _encoded(token.body[position:], column))


def _encoded(text: str, column: int) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise CompileError("half of a surrogate pair in a string", column=column) from error
