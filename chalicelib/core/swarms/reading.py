"""Values from outside, looked at member by member: every problem is noted, none stops the reading."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.core.definitions import locations
from chalicelib.core.definitions.locations import item, member
from chalicelib.core.definitions.nodes import fits
from chalicelib.core.errors import Invalid, Problem, RunyardError
from chalicelib.core.swarms.model import NAME

MOST_PROBLEMS: Final = 100
"""More are not noted: the answer has a size."""
MOST_TEXT: Final = 2_048
"""Characters of a model's name, an endpoint, a skill."""
MOST_LISTED: Final = 100
"""Skills or presets of one agent."""
MOST_DEPTH: Final = 20
MOST_CONFIG_BYTES: Final = 32_000
"""Of one `config`, and of one backend's options, as JSON in UTF-8."""

_LONGEST_NAME: Final = 64
_LONGEST_LOCATION: Final = 200
_IN_DETAIL: Final = 5


@dataclass(slots=True)
class Findings:
    """The problems so far, and where to say they are."""

    lines: Mapping[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, location: str, message: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            if len(location) > _LONGEST_LOCATION:
                location = location[:_LONGEST_LOCATION] + "…"
            line = locations.nearest_line(self.lines, location) if self.lines else None
            self.problems.append(Problem(location, message, line))

    def refuse(self) -> None:
        """Raise Invalid with all problems, if there are any."""
        if self.problems:
            said = "; ".join(map(_text, self.problems[:_IN_DETAIL]))
            rest = len(self.problems) - _IN_DETAIL
            raise Invalid(f"{said}; and {rest} more" if rest > 0 else said, self.problems)


def texts(error: RunyardError) -> list[str]:
    """What S3's `errors` list: a text for each problem, with its place; else the error's sentence."""
    if isinstance(error, Invalid) and error.problems:
        return [_text(problem) for problem in error.problems]
    return [error.detail]


def _text(problem: Problem) -> str:
    """The message first, for clients look at how it begins. A member of the value itself needs no
    place: the message names it."""
    places = [problem.location] if set(problem.location) & set(".[") else []
    if problem.line is not None:
        places.append(f"line {problem.line}")
    return f"{problem.message} ({', '.join(places)})" if places else problem.message


def mapping(value: object, location: str, name: str, findings: Findings) -> Mapping[str, Any]:
    """A map; empty, with a problem, for anything else."""
    if isinstance(value, Mapping):
        return value
    findings.add(location, f"`{name}` must be a map")
    return {}


def sequence(value: object, location: str, name: str, findings: Findings) -> Sequence[Any]:
    """A list, which may be left out; empty, with a problem, for anything else."""
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return value
    findings.add(location, f"`{name}` must be a list")
    return ()


def node_name(value: object, location: str, subject: str, findings: Findings) -> str:
    """A name of the one pattern; `subject` begins the sentence that refuses another one."""
    if value is None:
        findings.add(location, f"{subject} is missing")
    elif not isinstance(value, str):
        findings.add(location, f"{subject} must be text")
    elif len(value) > _LONGEST_NAME:
        findings.add(location, f"{subject} must have at most {_LONGEST_NAME} characters")
    elif not NAME.match(value):
        findings.add(
            location,
            f"{subject} must start with a letter and contain only alphanumeric, underscore, "
            "or hyphen characters",
        )
    else:
        return value
    return ""


def text(value: object, location: str, name: str, findings: Findings) -> str | None:
    """A line of text, which may be left out."""
    if value is None:
        return None
    if not isinstance(value, str):
        findings.add(location, f"`{name}` must be text")
    elif not value or len(value) > MOST_TEXT:
        findings.add(location, f"`{name}` must have 1 to {MOST_TEXT:,} characters")
    elif any(_is_control(character) for character in value):
        findings.add(location, f"`{name}` must not contain control characters")
    else:
        return value
    return None


def text_list(value: object, location: str, name: str, findings: Findings) -> tuple[str, ...]:
    """Lines of text, each once."""
    listed = sequence(value, location, name, findings)
    if len(listed) > MOST_LISTED:
        findings.add(location, f"`{name}` must have at most {MOST_LISTED} items")
        return ()
    found = [
        text("" if one is None else one, item(location, index), name, findings)
        for index, one in enumerate(listed)
    ]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def config(value: object, location: str, name: str, findings: Findings) -> Mapping[str, Any]:
    """A map of JSON values within limits, which may be left out; tuples become lists."""
    if value is None:
        return {}
    before = len(findings.problems)
    copied = _Copy(location, name, findings).of(mapping(value, location, name, findings), (), 1)
    if len(findings.problems) > before:
        return {}
    if len(json.dumps(copied, ensure_ascii=False).encode()) > MOST_CONFIG_BYTES:
        findings.add(location, f"`{name}` must have at most {MOST_CONFIG_BYTES:,} bytes as JSON")
        return {}
    return copied if isinstance(copied, dict) else {}


_Path = tuple[()] | tuple["_Path", str | int]
"""The way to a value, from its end: places are only written out where there is a problem."""


@dataclass(frozen=True, slots=True)
class _Copy:
    """Copies a value as JSON, and notes what JSON cannot hold."""

    location: str
    name: str
    findings: Findings

    def of(self, value: object, path: _Path, depth: int) -> object:
        if depth > MOST_DEPTH:
            self._add(path, f"is nested deeper than {MOST_DEPTH} levels")
        elif isinstance(value, Mapping):
            return {
                self._key(key, path): self.of(inner, (path, str(key)), depth + 1)
                for key, inner in value.items()
            }
        elif isinstance(value, list | tuple):
            return [self.of(inner, (path, index), depth + 1) for index, inner in enumerate(value)]
        elif isinstance(value, str):
            if not _storable(value):
                self._add(path, "contains a text with NUL or half a surrogate pair")
        elif isinstance(value, float):
            if not math.isfinite(value):
                self._add(path, "contains a number that JSON does not know")
        elif isinstance(value, int):
            if not fits(value):
                self._add(path, "contains an integer that does not fit 64 bits")
        elif value is not None:
            self._add(path, "contains a value that JSON does not know")
        return value

    def _key(self, key: object, path: _Path) -> str:
        if isinstance(key, str) and _storable(key):
            return key
        self._add(path, "has a member whose name is no text that can be kept")
        return ""

    def _add(self, path: _Path, message: str) -> None:
        steps: list[str | int] = []
        while path:
            path, step = path
            steps.append(step)
        location = self.location
        for step in reversed(steps):
            if len(location) > _LONGEST_LOCATION:
                break
            location = item(location, step) if isinstance(step, int) else member(location, step)
        self.findings.add(location, f"`{self.name}` {message}")


def _storable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character < "\xa0" or "\ud800" <= character <= "\udfff"
