"""What stands between quotes in Elixir: escapes, heredocs, sigils. Interpolation is refused."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from chalicelib.core.definitions.nodes import malformed
from chalicelib.core.errors import BadRequest

_ESCAPE = re.compile(
    r"#\{|\\(?:x(?P<byte>[0-9A-Fa-f]{2})|u\{(?P<code>[0-9A-Fa-f]{1,6})\}|u(?P<four>[0-9A-Fa-f]{4})"
    r"|(?P<one>.))",
    re.DOTALL,
)
_MEANINGS: Final = {
    **{"n": "\n", "t": "\t", "r": "\r", "s": " ", "0": "\0", "\n": ""},
    **{"a": "\a", "b": "\b", "d": "\x7f", "e": "\x1b", "f": "\f", "v": "\v"},
}
_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "<": ">"}
_HEREDOC: Final = re.compile(r"[ \t\r]*\n")


class Source:
    """A text whose places have lines and columns, from 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        before = bisect_left(self._ends, offset)
        return before + 1, offset - (self._ends[before - 1] if before else -1)

    def refusal(self, offset: int, message: str) -> BadRequest:
        """The refusal of what stands at an offset."""
        return malformed(*self.place(offset), message)


def read_quoted(source: Source, start: int) -> tuple[str, int]:
    """The text whose first quote (`"`, `'`, or three of them) stands at `start`, and where it ends."""
    quote = source.text[start]
    return _delimited(source, start, quote, plain=False)


def read_sigil(source: Source, start: int) -> tuple[str | list[str], int]:
    """What the sigil at `start` means, and where it ends: a text (`~s`, `~S`), or words (`~w`,
    `~W`). A capital letter takes everything as it is."""
    letter, opening = source.text[start + 1], source.text[start + 2 : start + 3]
    if letter not in "sSwW" or opening not in tuple("([{<|/\"'"):
        raise source.refusal(start, f"the sigil `~{letter}` is no literal that is read here")
    text, end = _delimited(source, start + 2, opening, plain=letter in "SW")
    if letter in "sS":
        return text, end
    if source.text[end : end + 1] in ("a", "s", "c"):
        end += 1
    return text.split(), end


def _delimited(source: Source, start: int, opening: str, *, plain: bool) -> tuple[str, int]:
    if opening in "\"'" and source.text.startswith(opening * 3, start):
        return _heredoc(source, start, opening * 3, plain=plain)
    closing = _CLOSING.get(opening, opening)
    others = rf"[^\\{re.escape(closing)}]*"
    match = re.compile(rf"{others}(?:\\.{others})*", re.DOTALL).match(source.text, start + 1)
    end = match.end() if match else start
    if match is None or source.text[end : end + 1] != closing:
        raise source.refusal(start, "this text does not end")
    if plain:
        return match.group().replace(f"\\{closing}", closing), end + 1
    return _unescaped(source, start + 1, end), end + 1


def _heredoc(source: Source, start: int, quotes: str, *, plain: bool) -> tuple[str, int]:
    """Lines between three quotes, without the indentation of the closing ones."""
    begin = _HEREDOC.match(source.text, start + 3)
    if begin is None:
        raise source.refusal(start, f"after {quotes} a new line begins")
    last = re.compile(rf"^([ \t]*){quotes}", re.MULTILINE).search(source.text, begin.end())
    if last is None:
        raise source.refusal(start, "this text does not end")
    width = len(last.group(1))
    found = []
    offset = begin.end()
    while offset < last.start():
        end = source.text.index("\n", offset) + 1
        line = source.text[offset:end]
        indentation = min(width, len(line) - len(line.lstrip(" \t")))
        begin_at = offset + indentation
        found.append(source.text[begin_at:end] if plain else _unescaped(source, begin_at, end))
        offset = end
    return "".join(found), last.end()


def _unescaped(source: Source, start: int, end: int) -> str:
    def meaning(match: re.Match[str]) -> str:
        at = start + match.start()
        if match.group() == "#{":
            raise source.refusal(at, "`#{`: a text is read as it stands, nothing is put into it")
        if (one := match.group("one")) is not None:
            if one in "xu":
                raise source.refusal(at, "an escape without its hexadecimal digits")
            return _MEANINGS.get(one, one)
        if (byte := match.group("byte")) is not None:
            if int(byte, 16) > 0x7F:
                raise source.refusal(at, "a byte over 7F is no text; write it as `\\u{…}`")
            return chr(int(byte, 16))
        code = int(match.group("code") or match.group("four"), 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise source.refusal(at, "an escape that stands for no character")
        return chr(code)

    return _ESCAPE.sub(meaning, source.text[start:end])
