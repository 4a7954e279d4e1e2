"""Phoenix channels on the wire, in both versions that its clients speak (S3).

Version 2 (`?vsn=2.0.0`) is an array `[join_ref, ref, topic, event, payload]`; version 1, without
`vsn`, an object `{topic, event, payload, ref, join_ref}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from chalicelib.core.json_text import read_json

V1: Final = "1.0.0"
V2: Final = "2.0.0"
HEARTBEAT_TOPIC: Final = "phoenix"
_TOPIC: Final = re.compile(r"^swarm:(.{1,200})\Z", re.DOTALL)
_LONGEST: Final = 300
"""Characters of a topic, an event or a reference."""

Version = Literal["1.0.0", "2.0.0"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a channel. `ref` is the client's number of a request, `join_ref` that of the
    join which the message belongs to."""

    topic: str
    event: str
    payload: Any
    ref: str | None = None
    join_ref: str | None = None


def version_of(query: Mapping[str, str]) -> Version | None:
    """The version that a handshake asks for; None for one that nobody speaks here."""
    asked = query.get("vsn", V1)
    if re.fullmatch(r"2\.\d+\.\d+", asked):
        return V2
    return V1 if re.fullmatch(r"1\.\d+\.\d+", asked) else None


def read_frame(text: str, version: Version) -> Frame:
    """A client's frame. Raises ValueError, in words for the log, for what is none."""
    value = read_json(text)
    if version == V2:
        if not isinstance(value, list) or len(value) != 5:
            raise ValueError("a frame is [join_ref, ref, topic, event, payload]")
        join_ref, ref, topic, event, payload = value
    else:
        if not isinstance(value, dict):
            raise ValueError("a frame is an object with topic, event, payload and ref")
        join_ref, ref = value.get("join_ref"), value.get("ref")
        topic, event, payload = value.get("topic"), value.get("event"), value.get("payload")
    return Frame(
        _text("topic", topic),
        _text("event", event),
        payload,
        _reference("ref", ref),
        _reference("join_ref", join_ref),
    )


def frame_value(frame: Frame, version: Version) -> Any:
    """What is to be sent, as JSON has it."""
    if version == V2:
        return [frame.join_ref, frame.ref, frame.topic, frame.event, frame.payload]
    return {
        "topic": frame.topic,
        "event": frame.event,
        "payload": frame.payload,
        "ref": frame.ref,
        "join_ref": frame.join_ref,
    }


def reply(to: Frame, response: Any, *, ok: bool = True) -> Frame:
    """The answer to a request: `phx_reply` with its references."""
    payload = {"status": "ok" if ok else "error", "response": response}
    return Frame(to.topic, "phx_reply", payload, to.ref, to.join_ref)


def topic_of(swarm: str) -> str:
    """The topic that tells of a swarm."""
    return f"swarm:{swarm}"


def swarm_of(topic: str) -> str | None:
    """The swarm that a topic tells of; None for any other topic."""
    found = _TOPIC.match(topic)
    return found.group(1) if found else None


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError(f"{name} has to be a text of at most {_LONGEST} characters")
    return value


def _reference(name: str, value: Any) -> str | None:
    """A number is taken too: some clients count without quoting."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(name, value)
