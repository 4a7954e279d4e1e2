"""The words of Elixir's literals. Whatever else stands in a text is refused with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.core.definitions.nodes import number
from chalicelib.core.swarms.elixir_strings import Source, read_quoted, read_sigil

_TOKEN = re.compile(
    r"(?P<blank>(?:\s|\#[^\n]*)+)"
    r"|(?P<mark>%\{|=>|[{}\[\],])"
    r"|(?P<key>[^\W\d][\w@]*[?!]?:)(?!:)"
    r"|(?P<quoted>:?[\"'])"
    r"|(?P<atom>:[^\W\d][\w@]*[?!]?)"
    r"|(?P<based>-?0(?:x[0-9A-Fa-f]+|o[0-7]+|b[01]+)(?:_[0-9A-Fa-f]+)*\b)"
    r"|(?P<number>-?\d+(?:_\d+)*(?:\.\d+(?:_\d+)*(?:[eE][-+]?\d+)?)?)(?![\w.])"
    r"|(?P<sigil>~[a-zA-Z])"
    r"|(?P<word>[^\W\d]\w*[?!]?(?:\.[^\W\d]\w*[?!]?)*)"
)
_MODULE = re.compile(r"[A-Z]\w*(?:\.[A-Z]\w*)*\Z", re.ASCII)
_WORDS: Final[dict[str, bool | None]] = {"nil": None, "true": True, "false": False}
_ONLY_LITERALS: Final = "only literals are read here, nothing is called or computed"
_LONGEST_BASED: Final = 70


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is `value`, `key`, `end`, or the mark itself."""

    kind: str
    offset: int
    value: str | int | float | bool | list[str] | None = None


def tokens(source: Source) -> Iterator[Token]:
    """The tokens of a text, with one of kind `end` behind them. Raises BadRequest."""
    text, offset = source.text, 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            shown = text[offset]
            raise source.refusal(offset, f"unexpected `{shown}`: {_ONLY_LITERALS}")
        end = match.end()
        if match.lastgroup != "blank":
            token, end = _token(source, match)
            yield token
        offset = end
    yield Token("end", offset)


def _token(source: Source, match: re.Match[str]) -> tuple[Token, int]:
    lexeme, offset, end = match.group(), match.start(), match.end()
    match match.lastgroup:
        case "mark":
            return Token(lexeme, offset), end
        case "key":
            return _key(source, offset, end, lexeme[:-1]), end
        case "quoted":
            return _quoted(source, offset, lexeme)
        case "atom":
            return Token("value", offset, _WORDS.get(lexeme[1:], lexeme[1:])), end
        case "based":
            return Token("value", offset, _based(source, offset, lexeme)), end
        case "number":
            value = number(lexeme.replace("_", ""), *source.place(offset))
            return Token("value", offset, value), end
        case "sigil":
            words, end = read_sigil(source, offset)
            return Token("value", offset, words), end
    if lexeme in _WORDS:
        return Token("value", offset, _WORDS[lexeme]), end
    if not _MODULE.match(lexeme) or source.text[end : end + 1] in ("(", "."):
        raise source.refusal(offset, f"`{lexeme[:80]}`: {_ONLY_LITERALS}")
    return Token("value", offset, lexeme.removeprefix("Elixir.")), end


def _quoted(source: Source, offset: int, lexeme: str) -> tuple[Token, int]:
    text, end = read_quoted(source, offset + len(lexeme) - 1)
    if lexeme.startswith(":"):
        return Token("value", offset, _WORDS.get(text, text)), end
    if source.text.startswith(":", end):
        return _key(source, offset, end + 1, text), end + 1
    return Token("value", offset, text), end


def _key(source: Source, offset: int, end: int, name: str) -> Token:
    if not source.text[end : end + 1].isspace():
        raise source.refusal(offset, f"after `{name[:80]}:` there has to be a space")
    return Token("key", offset, name)


def _based(source: Source, offset: int, lexeme: str) -> int:
    digits = lexeme.replace("_", "")
    # Long ones are refused before they cost anything; `number` says how.
    value = int(digits, 0) if len(digits) <= _LONGEST_BASED else 1 << 64
    return int(number(str(value), *source.place(offset)))
