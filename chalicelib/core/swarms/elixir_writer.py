"""A configuration as an Elixir map literal (S3, snapshot). Elixir evaluates it, and our reader reads
it back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from chalicelib.core.swarms.config import to_dict
from chalicelib.core.swarms.model import SwarmConfig
from chalicelib.core.swarms.redaction import redacted

_WIDTH: Final = 98
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}\Z")
_NO_TEXT: Final = frozenset({"nil", "true", "false"})
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class _Atom(str):
    __slots__ = ()


def render(config: SwarmConfig) -> str:
    """The source: `%{name:, agents:, objects:, topology:}`, without what is empty, and with
    `[REDACTED]` for secrets."""
    found = redacted(to_dict(config))
    for agent in found.get("agents", ()):
        _use_atoms(agent)
    for node in found.get("objects", ()):
        _use_atoms(node)
    if "topology" in found:
        found["topology"] = [tuple(map(_Atom, edge)) for edge in found["topology"]]
    return "".join(_broken(found, 0)) + "\n"


def _use_atoms(node: dict[str, Any]) -> None:
    """What are names in Elixir too: of nodes, handlers and backends."""
    backend = node.get("backend")
    if isinstance(backend, dict):
        backend["type"] = _Atom(backend["type"])
    for name in ("name", "handler", "backend"):
        if isinstance(node.get(name), str):
            node[name] = _Atom(node[name])


def _flat(value: Any) -> str:
    """A literal on one line."""
    opening, parts, closing = _parts(value)
    if opening is None:
        return _scalar(value)
    return opening + ", ".join(prefix + _flat(inner) for prefix, inner in parts) + closing


def _broken(value: Any, indent: int) -> Iterator[str]:
    """A literal with a line for each part of it, where a part fits one."""
    opening, parts, closing = _parts(value)
    if opening is None:
        yield _scalar(value)
        return
    yield opening
    for number, (prefix, inner) in enumerate(parts):
        margin = " " * (indent + 2)
        yield f"{',' if number else ''}\n{margin}{prefix}"
        # Cut first: a part that is endless is not written out to see that it does not fit.
        flat = _flat(inner) if _is_short(inner) else None
        if flat is not None and len(margin) + len(prefix) + len(flat) < _WIDTH:
            yield flat
        else:
            yield from _broken(inner, indent + 2)
    yield f"\n{' ' * indent}{closing}"


def _is_short(value: Any) -> bool:
    """Whether a literal may fit one line: no more than a few parts, at any depth."""
    left = _WIDTH // 3
    waiting = [value]
    while waiting and left > 0:
        one = waiting.pop()
        left -= 1
        if isinstance(one, dict | list | tuple):
            if len(one) > left:
                return False
            waiting += one.values() if isinstance(one, dict) else one
    return not waiting


def _parts(value: Any) -> tuple[str | None, Iterable[tuple[str, Any]], str]:
    match value:
        case dict():
            # `key:` may only follow `"key" =>`, so one name that is no plain word quotes them all.
            plain = all(map(_PLAIN.match, value))
            return "%{", [(_name(key, plain), inner) for key, inner in value.items()], "}"
        case list():
            return "[", [("", inner) for inner in value], "]"
        case tuple():
            return "{", [("", inner) for inner in value], "}"
    return None, (), ""


def _name(key: str, plain: bool) -> str:
    return f"{key}: " if plain else f"{_quoted(key)} => "


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return "true" if value else "false"
        case _Atom():
            # `:nil` is no name but nil itself, and so are the two others.
            if value in _NO_TEXT:
                return _quoted(value)
            return f":{value}" if _PLAIN.match(value) else f":{_quoted(value)}"
        case float():
            return _float(value)
        case str():
            return _quoted(value)
    return str(value)


def _float(value: float) -> str:
    """Elixir wants a point before an exponent."""
    mantissa, e, exponent = repr(value).partition("e")
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}{e}{exponent}"


def _quoted(text: str) -> str:
    body = "".join(map(_escaped, text)).replace("#{", "\\#{")
    return f'"{body}"'


def _escaped(character: str) -> str:
    """Whatever does not print is written by its number: Elixir refuses some of it, and a reader
    cannot see it."""
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() else f"\\u{{{ord(character):X}}}"
