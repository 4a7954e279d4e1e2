"""What stands in `{{ }}` of a graph (S1): paths into what earlier nodes gave, and `||`.

    {{fetch.result.body.items[0].name || 'nobody'}}      a node's result
    {{$nodes.fetch.result.status}}                       the same in the other form
    {{$trigger.body.x}}  {{root.result.body.x}}          what started the run
    {{$props.k}}  {{$inputs.k}}  {{$item}}  {{$index}}   values of the run, and of a loop

What is not there is null. `a || b` is `b` where `a` is null, false, 0 or an empty text, as in
JavaScript. There are no calls and no arithmetic: nothing here can run long.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

NODES, TRIGGER, PROPS, INPUTS, ITEM, INDEX = (
    "$nodes",
    "$trigger",
    "$props",
    "$inputs",
    "$item",
    "$index",
)
ROOTS: Final = (NODES, TRIGGER, PROPS, INPUTS, ITEM, INDEX)
MOST_CHARACTERS: Final = 1_000
"""Of one expression."""

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<or>\|\|)
    | (?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w-])
    | (?P<name>\$?[A-Za-z0-9_][A-Za-z0-9_-]*)
    | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<dot>\.)
    | (?P<open>\[)
    | (?P<close>\])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None, "undefined": None}
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final[Mapping[str, str]] = {"n": "\n", "t": "\t", "r": "\r"}


class ExpressionProblem(ValueError):
    """An expression that cannot be read, or a payload that grows over its limits."""


@dataclass(frozen=True, slots=True)
class Path:
    """A value by its way: `root` is one of ROOTS, and the first part behind `$nodes` a node."""

    root: str
    parts: tuple[str | int, ...]

    @property
    def node(self) -> str | None:
        """The node that it is about."""
        return str(self.parts[0]) if self.root == NODES and self.parts else None


@dataclass(frozen=True, slots=True)
class Constant:
    value: Any


@dataclass(frozen=True, slots=True)
class Expression:
    """Alternatives: the first that is there is the value, or else the last."""

    text: str
    terms: tuple[Path | Constant, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(term for term in self.terms if isinstance(term, Path))

    def value(self, context: Mapping[str, Any]) -> Any:
        """Over a context that maps ROOTS to their values; null for what is not there."""
        found: Any = None
        for term in self.terms:
            found = term.value if isinstance(term, Constant) else _follow(context, term)
            if found not in (None, False, "") and not _is_zero(found):
                return found
        return found


@lru_cache(maxsize=4_000)
def parse(text: str) -> Expression:
    """Read one expression, without its braces. Raises ExpressionProblem."""
    if len(text) > MOST_CHARACTERS:
        raise ExpressionProblem(f"an expression has at most {MOST_CHARACTERS:,} characters")
    tokens = list(_tokens(text))
    terms: list[Path | Constant] = []
    position = 0
    while True:
        term, position = _term(tokens, position)
        terms.append(term)
        kind, found = tokens[position]
        if kind == "end":
            return Expression(text, tuple(terms))
        if kind != "or":
            raise ExpressionProblem(f"unexpected {found!r}")
        position += 1


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ExpressionProblem(f"unexpected {text[position:].strip()[:20]!r}")
        yield match.lastgroup, match.group(match.lastgroup)
        if match.lastgroup == "end":
            return
        position = match.end()


def _term(tokens: list[tuple[str, str]], position: int) -> tuple[Path | Constant, int]:
    kind, text = tokens[position]
    position += 1
    if kind == "text":
        return Constant(_unquoted(text)), position
    if kind == "number" and tokens[position][0] in ("or", "end"):
        return Constant(json.loads(text)), position
    if kind not in ("name", "number"):
        raise ExpressionProblem("a value is missing" if kind in ("end", "or") else f"at {text!r}")
    if text in _WORDS and tokens[position][0] in ("or", "end"):
        return Constant(_WORDS[text]), position
    parts: list[str | int] = []
    while (kind := tokens[position][0]) in ("dot", "open"):
        inner_kind, inner = tokens[position + 1]
        position += 2
        if kind == "dot":
            if inner_kind not in ("name", "number"):
                raise ExpressionProblem("a name is missing behind the dot")
            # `items.0.1` reads as a number of its own.
            parts.extend(inner.split(".") if inner_kind == "number" else [inner])
            continue
        if inner_kind == "number" and inner.isdigit():
            parts.append(int(inner))
        elif inner_kind == "text":
            parts.append(_unquoted(inner))
        else:
            raise ExpressionProblem("in brackets stands a number or a text")
        if tokens[position][0] != "close":
            raise ExpressionProblem("a ] is missing")
        position += 1
    return _path(text, parts), position


def _path(name: str, parts: list[str | int]) -> Path:
    if not name.startswith("$"):
        return Path(NODES, (name, *parts))
    if name not in ROOTS:
        raise ExpressionProblem(f"unknown variable {name[:40]!r}; there are {', '.join(ROOTS)}")
    if name == NODES and not parts:
        raise ExpressionProblem("a node is missing behind $nodes")
    return Path(name, tuple(parts))


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])


def _follow(context: Mapping[str, Any], path: Path) -> Any:
    found: Any = context.get(path.root)
    for part in path.parts:
        if isinstance(found, Mapping):
            found = found.get(str(part))
        elif isinstance(found, list | tuple) and str(part).isdigit():
            position = int(part)
            found = found[position] if position < len(found) else None
        elif isinstance(found, list | tuple | str) and part == "length":
            found = len(found)
        else:
            return None
    return found


def _is_zero(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0
