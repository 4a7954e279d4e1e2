"""Members of a node's payload: what they are, and what is wrong with the ones that were given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from chalicelib.core.graphs.templates import OPEN, is_whole

Kind = Literal["text", "number", "integer", "boolean", "list", "object", "scalar", "any"]
_WORDS: Final[Mapping[Kind, str]] = {
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "list": "a list",
    "object": "an object",
    "scalar": "text, a number or true or false",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a payload. `kinds` are the types that a value may have once it is rendered."""

    name: str
    kinds: tuple[Kind, ...]
    description: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    """Other names that clients use for it."""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    own: bool = False
    """Its expressions are read by the node itself, once for each element: not rendered before."""
    written_out: bool = False
    """It has to be there when a graph is checked: no expression."""

    @property
    def takes_null(self) -> bool:
        """Whether null is a value; for all others it is as if the member were not there."""
        return "any" in self.kinds

    def problem(self, value: Any, *, rendered: bool) -> str | None:
        """What is wrong with a value. Before rendering an expression may become anything."""
        if not rendered and isinstance(value, str) and OPEN in value:
            if self.written_out:
                return "must be written out, not an expression"
            if is_whole(value) or "text" in self.kinds or "any" in self.kinds:
                return None
        if "any" not in self.kinds and not any(_IS[kind](value) for kind in self.kinds):
            return f"must be {' or '.join(_WORDS[kind] for kind in self.kinds)}"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            if self.least is not None and value < self.least:
                return f"must be at least {self.least:,.16g}"
            if self.most is not None and value > self.most:
                return f"must be at most {self.most:,.16g}"
        return None


def known_names(fields: tuple[Field, ...]) -> dict[str, Field]:
    """Every name that a member may have, aliases included."""
    return {name: field for field in fields for name in (field.name, *field.aliases)}


def canonical(fields: tuple[Field, ...], payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with its members under their own names, without those that are null."""
    known = known_names(fields)
    return {
        known[name].name if name in known else name: value
        for name, value in payload.items()
        if value is not None or name not in known or known[name].takes_null
    }


def field_problems(
    fields: tuple[Field, ...], payload: Mapping[str, Any], *, rendered: bool
) -> Iterator[tuple[str, str, str]]:
    """(member, message, code) of all that is wrong with a payload's members."""
    known = known_names(fields)
    seen: dict[str, str] = {}
    for name, value in payload.items():
        field = known.get(name)
        if field is None or (value is None and not field.takes_null):
            continue  # clients keep members of their own there; `chainId` can be in any payload
        if field.name in seen:
            yield name, f"says the same as `{seen[field.name]}`", "duplicate_member"
        else:
            seen[field.name] = name
            if message := field.problem(value, rendered=rendered):
                yield name, message, "invalid_value"
    for field in fields:
        if field.required and field.name not in seen:
            yield field.name, "is missing", "missing_member"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_IS: Final[Mapping[Kind, Callable[[Any], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and float(value).is_integer(),
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
    "scalar": lambda value: isinstance(value, str | int | float),
    "any": lambda value: True,
}
