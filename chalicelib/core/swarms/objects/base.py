"""What a handler of objects is, and the limits that every one of them keeps."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from chalicelib.core.json_text import read_json
from chalicelib.core.swarms.model import Mail, Outgoing

MOST_STATE_BYTES: Final = 200_000
"""Of an object's state as JSON, in UTF-8."""
MOST_ENTRY_BYTES: Final = 90_000
"""Of one thing that an object keeps: with what a reply says beside it, it still fits a message."""
MOST_ENTRIES: Final = 1_000
MOST_NUMBER: Final = 2**53 - 1
"""What every JSON reader can count to."""
MOST_REASON: Final = 300
MOST_DEPTH: Final = 100
"""Of lists and objects in each other: readers and writers of JSON give up at different depths."""
UNWRITABLE: Final = 2**62
"""The size of what JSON cannot say, or only some readers could read."""

State: TypeAlias = Mapping[str, Any]
Config: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Post:
    """An effect: POST this as JSON. `key` is the same for every try."""

    url: str
    body: Mapping[str, Any]
    key: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Invoke:
    """An effect: invoke a Lambda and wait for its answer."""

    arn: str
    payload: Mapping[str, Any]


Effect: TypeAlias = Post | Invoke


@dataclass(frozen=True, slots=True)
class Handled:
    """What a piece of mail leads to. With an `effect`, an adapter carries it out first and the
    handler's `answered` says the rest."""

    state: State
    outgoing: tuple[Outgoing, ...] = ()
    effect: Effect | None = None
    rejected: str | None = None
    """Why the object made nothing of the message."""


class Handler(Protocol):
    """Stateless: one object serves every swarm."""

    def initial(self, config: Config) -> State:
        """The state of an object that begins."""

    def problem(self, config: Config) -> str | None:
        """What is wrong with a configuration, `handle` aside; None when it will do."""

    def handle(self, state: State, mail: Mail, config: Config, now: str) -> Handled:
        """What a piece of mail leads to. Raises nothing, whatever the content, the configuration
        and the state are; the state stays within the limits."""

    def answered(self, state: State, mail: Mail, config: Config, answer: Any, now: str) -> Handled:
        """The rest, once the effect's answer is there. Raises StepFailed for an answer that is no
        use. Handlers without effects are never asked."""


class Plain:
    """A handler without effects, and with a configuration that cannot be wrong."""

    def problem(self, config: Config) -> str | None:
        return None

    def answered(self, state: State, mail: Mail, config: Config, answer: Any, now: str) -> Handled:
        return Handled(state)


def command(content: Any) -> Mapping[str, Any] | None:
    """A content as a command: an object with a text `op`, or the JSON text of one (REST and tasks
    send texts). None for every other content."""
    read = content_object(content)
    if isinstance(read, Mapping) and isinstance(read.get("op"), str):
        return read
    return None


def content_object(content: Any) -> Any:
    """A content that is the text of a JSON object as that object, else as it is. What could not be
    stored again (numbers too large, half characters, endless nesting) stays text."""
    if not isinstance(content, str) or content.lstrip()[:1] != "{":
        return content
    try:
        read = read_json(content)
    except ValueError:
        return content
    return content if size(read) >= UNWRITABLE else read


def reply(mail: Mail, content: Any) -> tuple[Outgoing, ...]:
    """An answer to the sender. Nobody answers a reply, or two objects would never come to rest."""
    if mail.sender is None or mail.type == "reply":
        return ()
    return (Outgoing(mail.sender, content, "reply", mail.correlation),)


def refuse(state: State, mail: Mail, code: str, reason: str) -> Handled:
    """The message changes nothing, and its sender is told why."""
    told = {"error": code, "message": reason[:MOST_REASON]}
    return Handled(state, reply(mail, told), rejected=f"{code}: {reason}"[:MOST_REASON])


def unknown(state: State, mail: Mail, ops: Sequence[str]) -> Handled:
    """The refusal of a content that is none of the commands."""
    return refuse(state, mail, "unknown_op", f"content must have an op: {', '.join(ops)}")


def number(value: Any) -> int | float | None:
    """A number that can be counted with, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if abs(value) <= MOST_NUMBER else None


def whole(value: Any, least: int, most: int, default: int) -> int:
    """A whole number within bounds, else the default."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    return default


def size(value: Any) -> int:
    """Bytes of a value as compact JSON in UTF-8; UNWRITABLE for one that has no JSON (NaN, half a
    character) or is nested too deeply, so that every limit refuses it."""
    if _too_deep(value):
        return UNWRITABLE
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return len(text.encode())
    except ValueError:
        return UNWRITABLE


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return False
    return True


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()
