"""Asks: messages that want a reply, and what becomes of those that get none.

An asker's memory holds its open asks under a reserved key, which its backend never sees. A reply
with the correlation closes one; so does the mail that tells of its end, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.clock import parse_rfc3339, rfc3339
from chalicelib.core.swarms.model import Mail, Outgoing

KEY: Final = "_asks"
MOST_OPEN: Final = 100
"""Of one node; the oldest is forgotten for one more."""
SECONDS: Final = 300
"""How long a reply is waited for, unless the node's config says `ask_seconds`."""
LONGEST_SECONDS: Final = 86_400
CLOCK: Final = "tick"
"""Who the mail about a timeout is from."""


@dataclass(frozen=True, slots=True)
class Ask:
    """An open one. `until` is RFC 3339."""

    correlation: str
    to: str
    until: str


def seconds_of(config: Mapping[str, Any]) -> int:
    """How long a node waits for replies: `ask_seconds` of its config, 1 to 86,400."""
    given = config.get("ask_seconds")
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= LONGEST_SECONDS:
        return given
    return SECONDS


def visible(memory: Mapping[str, Any]) -> dict[str, Any]:
    """A memory without what is kept here: the backend's part, and what clients are shown."""
    return {name: value for name, value in memory.items() if name != KEY}


def pending(memory: Mapping[str, Any]) -> tuple[Ask, ...]:
    """The open asks, the oldest first."""
    kept = memory.get(KEY)
    found = kept if isinstance(kept, Mapping) else {}
    return tuple(
        Ask(correlation, str(entry.get("to", "")), str(entry.get("until", "")))
        for correlation, entry in found.items()
        if isinstance(entry, Mapping)
    )


def is_open(memory: Mapping[str, Any], correlation: str | None) -> bool:
    """Whether an ask of that correlation still waits."""
    return any(ask.correlation == correlation for ask in pending(memory))


def opened(
    memory: Mapping[str, Any], outgoing: Sequence[Outgoing], now: str, seconds: int
) -> dict[str, Any]:
    """The memory with the asks that a turn sends."""
    # Whole seconds, upwards: a schedule knows no finer ones, and one that came early would find
    # nothing due.
    end = parse_rfc3339(now) + timedelta(seconds=seconds, microseconds=999_999)
    until = rfc3339(end.replace(microsecond=0))
    new = [
        Ask(sent.correlation, sent.to, until)
        for sent in outgoing
        if sent.type == "ask" and sent.to is not None and sent.correlation is not None
    ]
    known = {ask.correlation: ask for ask in (*pending(memory), *new)}
    return _with(memory, list(known.values())[-MOST_OPEN:])


def closed(memory: Mapping[str, Any], correlation: str | None) -> dict[str, Any]:
    """The memory without the ask of that correlation."""
    return _with(memory, [ask for ask in pending(memory) if ask.correlation != correlation])


def joined(memory: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """A backend's memory with the open asks of another one."""
    return _with(memory, pending(kept))


def fresh(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Ask, ...]:
    """The asks that a turn opened: each wants a timer."""
    known = {ask.correlation for ask in pending(before)}
    return tuple(ask for ask in pending(after) if ask.correlation not in known)


def expire(memory: Mapping[str, Any], correlation: str, now: str) -> Ask | None:
    """The ask that nobody answered in time, for `timeout_mail`; None when it is closed or not due."""
    for ask in pending(memory):
        if ask.correlation == correlation and ask.until <= now:
            return ask
    return None


def timeout_mail(ask: Ask, *, number: int, at: str) -> Mail:
    """What the asker is told. Its id follows from the ask, so it can be told once only."""
    return Mail(
        number=number,
        id=f"mail_timeout_{ask.correlation}",
        kind="message",
        type="reply",
        sender=CLOCK,
        content={"error": "timeout", "to": ask.to},
        at=at,
        correlation=ask.correlation,
    )


def is_timeout(mail: Mail) -> bool:
    """Whether a piece of mail tells of an ask that nobody answered."""
    return (
        mail.type == "reply"
        and mail.sender == CLOCK
        and isinstance(mail.content, Mapping)
        and mail.content.get("error") == "timeout"
    )


def _with(memory: Mapping[str, Any], asks: Sequence[Ask]) -> dict[str, Any]:
    found = visible(memory)
    if asks:
        found[KEY] = {ask.correlation: {"to": ask.to, "until": ask.until} for ask in asks}
    return found
