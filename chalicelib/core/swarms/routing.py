"""Whom a message reaches: decided when it is delivered, by the edges that are there then (S3).

A node sends to its targets and to nobody else, whatever it knows about others. `metrics`, `tick`
and `gateway` may send to every node, and every node may send to them where they exist. Nobody sends
to itself: two edges make a round, none makes a loop.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from chalicelib.core.swarms.model import ALWAYS_ROUTABLE, Edge, Mail, Outgoing, SwarmEvent
from chalicelib.core.swarms.taxonomy import event

PREVIEW: Final = 100
"""Characters of a content that the message log shows."""
MOST_ALLOWED_SHOWN: Final = 100
"""Targets that an `invalid_route` event lists."""
MESSAGE_TYPES: Final = ("direct", "broadcast", "ask", "reply")


@dataclass(frozen=True, slots=True)
class Delivery:
    """The message goes to these nodes, in this order; a broadcast of one without targets to none."""

    sender: str
    to: tuple[str, ...]
    type: str
    content: Any
    correlation: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The message goes nowhere, and an event says why."""

    event_type: Literal["invalid_route", "target_not_found"]
    sender: str
    to: str
    allowed: tuple[str, ...]


def route(
    sender: str, targets: Collection[str], nodes: Collection[str], outgoing: Outgoing
) -> Delivery | Refusal:
    """Where a message of `sender` goes. `targets` are those its edges lead to; `nodes` all nodes of
    the swarm as it is now.

    An edge to a node that is gone leads nowhere. Raises nothing.
    """
    reachable = tuple(name for name in _ordered(targets) if name in nodes and name != sender)
    if outgoing.to is None:
        return Delivery(sender, reachable, "broadcast", outgoing.content, outgoing.correlation)
    to = outgoing.to
    if to not in nodes:
        return Refusal("target_not_found", sender, to, reachable)
    if to == sender:
        return Refusal("invalid_route", sender, to, reachable)
    if to in reachable or to in ALWAYS_ROUTABLE or sender in ALWAYS_ROUTABLE:
        kind = outgoing.type if outgoing.type in ("ask", "reply") else "direct"
        return Delivery(sender, (to,), kind, outgoing.content, outgoing.correlation)
    return Refusal("invalid_route", sender, to, reachable)


def targets_in(topology: Iterable[Edge], sender: str) -> tuple[str, ...]:
    """The names that a node's edges lead to, in the order of the topology."""
    return tuple(to for source, to in topology if source == sender)


def routed_event(
    found: Delivery | Refusal, *, swarm: str, item: str, position: int, timestamp: str
) -> SwarmEvent:
    """What tells of a routed message: the entry of the message log, or why it was refused.

    `item` is the outbox item's id and `position` the message's place in it. The id follows from
    both, so a record of the stream that comes twice makes the same event.
    """
    if isinstance(found, Refusal):
        missing = found.event_type == "target_not_found"
        reason = "there is no such node" if missing else "no edge leads there"
        return event(
            found.event_type,
            swarm=swarm,
            agent=found.sender,
            message=f"{found.sender} → {found.to[:64]}: {reason}",
            id=event_id(item, position),
            timestamp=timestamp,
            metadata={
                "from": found.sender,
                "to": found.to[:64],
                "allowed_targets": list(found.allowed[:MOST_ALLOWED_SHOWN]),
            },
        )
    to: str | list[str] = list(found.to) if found.type == "broadcast" else found.to[0]
    shown = ", ".join(found.to[:5]) + (", …" if len(found.to) > 5 else "")
    return event(
        "message_broadcast" if found.type == "broadcast" else "message_routed",
        swarm=swarm,
        agent=found.sender,
        message=f"{found.sender} → {shown or 'nobody'}",
        id=event_id(item, position),
        timestamp=timestamp,
        metadata=log_entry(found, to),
    )


def delivered_event(mail: Mail, to: str, *, swarm: str) -> SwarmEvent:
    """What tells that a message is in a node's inbox: one for each recipient, the same however often
    the message is handed over."""
    return event(
        "message_delivered",
        swarm=swarm,
        agent=to,
        message=f"from {mail.sender}: in the inbox",
        id=f"evt_{mail.id.removeprefix('mail_')}",
        timestamp=mail.at,
        metadata={"from": mail.sender, "to": to},
    )


def mail_for(
    delivery: Delivery, to: str, *, item: str, position: int, number: int, at: str
) -> Mail:
    """The piece of mail that `to`, one of its recipients, gets under its mailbox's next `number`."""
    return Mail(
        number=number,
        id=mail_id(item, position, to),
        kind="message",
        type=delivery.type,
        sender=delivery.sender,
        content=delivery.content,
        at=at,
        correlation=delivery.correlation,
    )


def mail_id(item: str, position: int, to: str) -> str:
    """The id of one recipient's mail. Another for each: what is asked outside goes by it."""
    return f"mail_{_digest(item, position, to)}"


def event_id(item: str, position: int) -> str:
    """The id of the event of a message, the same however often the message is handed over. Messages
    of one turn have one time: the position keeps their order in the log."""
    return f"evt_{position:04d}{_digest(item, position)}"


def _digest(*parts: str | int) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:26]


def log_entry(delivery: Delivery, to: str | list[str]) -> Mapping[str, Any]:
    """What the message log says of a message beside when and in which swarm. The log's types are
    `direct`, `broadcast` and `ask`: a reply is a direct message with the ask's correlation."""
    entry = {
        "from": delivery.sender,
        "to": to,
        "type": "direct" if delivery.type == "reply" else delivery.type,
        "content_preview": preview(delivery.content),
    }
    return entry if delivery.correlation is None else {**entry, "correlation": delivery.correlation}


def preview(content: Any) -> str:
    """The first 100 characters of a content: text as it is, anything else as JSON."""
    return as_text(content)[:PREVIEW]


def as_text(content: Any) -> str:
    """A content as text: text as it is, anything else as JSON."""
    if isinstance(content, str):
        return content
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return "…"


def _ordered(targets: Collection[str]) -> Iterable[str]:
    """Without repetitions, in order; sets have no order, so by name."""
    return sorted(targets) if isinstance(targets, set | frozenset) else dict.fromkeys(targets)
