"""A first look at an expression's text: strings, comments, brackets and step names.

The grammar's own lexer needs exponential time for an unterminated string with many escapes, and
it knows no step name with a dash. So the parser gets a *mask*: the same text, character for
character, in which every string is blank, every comment is spaces, and a name it could not read
is underscores. What was there is kept by its offset. As nothing moves, columns stay exact.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from chalicelib.core.expressions import limits
from chalicelib.core.expressions.errors import CompileError, ExpressionLimit

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
STEP_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")

TOKEN = re.compile(
    r"""(?P<prefix>[rR][bB]?|[bB][rR]?)?(?P<quote>\"\"\"|'''|"|')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<comment>//[^\n]*)
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<space>\s+)
    |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)

# The lexer takes these for literals or operators even after a dot.
UNREADABLE_MEMBERS = frozenset({"true", "false", "null", "in"})


@dataclass(frozen=True, slots=True)
class StringToken:
    """A string as written: its prefix (`r`, `b`, in small letters) and the text between quotes."""

    prefix: str
    body: str


@dataclass(slots=True)
class Mask:
    """What the parser reads (`text`), and what stood at the offsets that were masked."""

    text: str
    strings: dict[int, StringToken] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)


def string_end(text: str, token: re.Match[str]) -> int:
    """The offset behind the string that `token` opens. Raises CompileError if it does not end."""
    quote, raw = token["quote"], "r" in (token["prefix"] or "").lower()
    position = token.end()
    while position < len(text):
        if text.startswith(quote, position):
            return position + len(quote)
        if text[position] in "\r\n" and len(quote) == 1:
            break
        position += 2 if text[position] == "\\" and not raw else 1
    raise CompileError("a string without its closing quote", column=token.start() + 1)


def needs_mask(step: str) -> bool:
    """Whether the parser could not read this step's name after `steps.`."""
    return bool(STEP_NAME.match(step)) and (
        not IDENTIFIER.match(step) or step in UNREADABLE_MEMBERS
    )


def mask(text: str, steps: Collection[str] = ()) -> Mask:
    """The mask of an expression; `steps` are the names that `steps.<name>` may have.

    Raises CompileError for a string without end, ExpressionLimit for brackets nested too deep.
    """
    names = sorted(filter(needs_mask, steps), key=len, reverse=True)
    found, parts = Mask(""), []
    position = depth = 0
    after_dot = False
    while position < len(text):
        token = TOKEN.match(text, position)
        assert token is not None  # noqa: S101 - the last alternative takes any character
        end, part, is_dot = token.end(), token.group(), False
        match token.lastgroup:
            case "quote":
                end = string_end(text, token)
                size = len(token["quote"])
                body = text[token.end() : end - size]
                found.strings[position] = StringToken((token["prefix"] or "").lower(), body)
                part = '"' + " " * (end - position - 2) + '"'
            case "name" if after_dot and part in UNREADABLE_MEMBERS:
                found.names[position], part = part, "_" * len(part)
            case "name" if part == "steps" and not after_dot:
                step = _step_at(text, end, names)
                if step:
                    found.names[end + 1] = step
                    part, end = "steps." + "_" * len(step), end + 1 + len(step)
            case "comment":
                part = " " * len(part)
            case "open" | "close":
                depth += 1 if token.lastgroup == "open" else -1
                if depth > limits.MAX_DEPTH:
                    raise ExpressionLimit(
                        f"brackets nested more than {limits.MAX_DEPTH} levels", column=position + 1
                    )
            case "other":
                is_dot = part == "."
        if token.lastgroup not in ("space", "comment"):
            after_dot = is_dot
        parts.append(part)
        position = end
    found.text = "".join(parts)
    return found


def _step_at(text: str, dot: int, names: list[str]) -> str | None:
    """The longest of `names` that stands behind the dot and is not the start of a longer word."""
    if not text.startswith(".", dot):
        return None
    for name in names:
        end = dot + 1 + len(name)
        if text.startswith(name, dot + 1) and not re.match(r"[A-Za-z0-9_]", text[end : end + 1]):
            return name
    return None
