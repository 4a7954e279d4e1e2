"""Swarms, nodes, lives and mail as items: the mapping both ways, and how large an item may be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.errors import TooLarge
from chalicelib.core.swarms.model import (
    AgentSpec,
    Backend,
    LogLine,
    Mail,
    Node,
    NodeKind,
    NodeLife,
    NodeState,
    ObjectSpec,
    Outgoing,
    Swarm,
    SwarmStatus,
    TaskOutcome,
)
from chalicelib.store.run_items import dump
from chalicelib.store.wire import Item

MOST_ITEM_BYTES: Final = 300_000
"""DynamoDB refuses an item over 400 KB; a swarm's are refused before."""
MOST_PARTS: Final = 100
"""Writes of one transaction: DynamoDB's limit."""
MOST_TRANSACTION_BYTES: Final = 3_500_000
"""DynamoDB's limit is 4 MB."""
_SWARM_PLAIN: Final = (
    "incarnation",
    "revision",
    "config_path",
    "started_at",
    "updated_at",
    "agent_count",
    "object_count",
    "edge_count",
    "applied",
)


def swarm_members(swarm: Swarm) -> Item:
    """What a write of a head sets."""
    members = {name: getattr(swarm, name) for name in _SWARM_PLAIN}
    return {"name": swarm.name, "status": str(swarm.status), **members}


def swarm_from(org: str, item: Mapping[str, Any]) -> Swarm:
    return Swarm(
        org=org,
        name=item["name"],
        status=SwarmStatus(item["status"]),
        **{name: item[name] for name in _SWARM_PLAIN},
    )


def node_members(node: Node) -> Item:
    return {
        "name": node.name,
        "kind": node.kind.value,
        "spec": dump(asdict(node.spec)),
        "targets": list(node.targets),
    }


def node_from(item: Mapping[str, Any]) -> Node:
    kind = NodeKind(item["kind"])
    spec = json.loads(item["spec"])
    backend = spec.pop("backend")
    spec["backend"] = Backend(**backend) if backend is not None else None
    found = (
        AgentSpec(**{**spec, "skills": tuple(spec["skills"]), "presets": tuple(spec["presets"])})
        if kind is NodeKind.AGENT
        else ObjectSpec(**spec)
    )
    return Node(item["name"], kind, found, tuple(item["targets"]))


def life_from(
    item: Mapping[str, Any],
    box: Mapping[str, Any] | None,
    memory: Mapping[str, Any] | None = None,
) -> NodeLife:
    """A life from its three items. Lists go without the memory, which may be large."""
    return NodeLife(
        name=item["name"],
        kind=NodeKind(item["kind"]),
        state=NodeState(item["state"]),
        incarnation=item["incarnation"],
        session_id=item["session_id"],
        started_at=item["started_at"],
        last_activity=item.get("last_activity"),
        received=(box or {}).get("received", 0),
        handled=item["handled"],
        message_count=item.get("message_count", 0),
        held=bool(item.get("held")),
        paused=bool(item.get("paused")),
        attempts=item.get("attempts", 0),
        error=item.get("error"),
        memory=json.loads(memory["memory"]) if memory else {},
    )


def mail_members(mail: Mail) -> Item:
    return {
        "number": mail.number,
        "id": mail.id,
        "mail_kind": mail.kind,
        "type": mail.type,
        "sender": mail.sender,
        **_content_members(mail.content),
        "at": mail.at,
        "correlation": mail.correlation,
    }


def mail_from(item: Mapping[str, Any]) -> Mail:
    return Mail(
        number=item["number"],
        id=item["id"],
        kind=item["mail_kind"],
        type=item["type"],
        sender=item.get("sender"),
        content=_content_from(item),
        at=item["at"],
        correlation=item.get("correlation"),
    )


def outcome_members(outcome: TaskOutcome) -> Item:
    return asdict(outcome)


def outcome_from(item: Mapping[str, Any]) -> TaskOutcome:
    return TaskOutcome(
        run_id=item["run_id"],
        step=item["step"],
        mail_id=item["mail_id"],
        output=item.get("output"),
        error=item.get("error"),
    )


def _content_members(content: Any) -> Item:
    """A text as it is, so that one of 100,000 bytes stays that long; all else as JSON."""
    return {"text": content} if isinstance(content, str) else {"content": dump(content)}


def _content_from(item: Mapping[str, Any]) -> Any:
    return item["text"] if "text" in item else json.loads(item["content"])


def outgoing_members(outgoing: Sequence[Outgoing]) -> Item:
    return {"messages": dump([asdict(one) for one in outgoing])}


def outgoing_from(item: Mapping[str, Any]) -> tuple[Outgoing, ...]:
    """The messages of an outbox item, in the order in which they were sent."""
    return tuple(Outgoing(**one) for one in json.loads(item["messages"]))


def log_members(line: LogLine, id: str, node: str) -> Item:
    return {
        "log_id": id,
        "node": node,
        "session_id": line.session_id,
        "timestamp": line.timestamp,
        "role": line.role,
        "content": line.content,
    }


def log_from(item: Mapping[str, Any]) -> LogLine:
    return LogLine(
        session_id=item["session_id"],
        timestamp=item["timestamp"],
        role=item["role"],
        content=item["content"],
        id=item["log_id"],
        agent=item["node"],
    )


def expiry(at: str, retention: timedelta) -> int:
    """When DynamoDB may forget what happened at that time: epoch seconds."""
    return int((parse_rfc3339(at) + retention).timestamp())


def size_of(value: Any) -> int:
    """Bytes of an item or a member of one by DynamoDB's rules, near enough."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping):
        return sum(len(name) + 1 + size_of(member) for name, member in value.items())
    if isinstance(value, list | tuple):
        return sum(1 + size_of(member) for member in value)
    return 10


def checked(item: Item, what: str) -> Item:
    """The item. Raises TooLarge where it cannot be stored."""
    if size_of(item) > MOST_ITEM_BYTES:
        raise TooLarge(f"{what} is over {MOST_ITEM_BYTES:,} bytes")
    return item
