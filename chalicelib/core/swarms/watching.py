"""What a watcher of a swarm is pushed, of each thing that happened (S3). Pure.

an event that was stored  ──▶ its own frame, if its type has one, for everybody who joined
                          └─▶ `event`, for who subscribed to events like it
a line of an agent's log  ──▶ `agent_output`, if the agent said it, for everybody
                          └─▶ `log_entry`, for who subscribed to that agent's log
a node's life             ──▶ `agent_status`, if its state is another one
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.swarms.model import LogLine, NodeKind, NodeLife, SwarmEvent
from chalicelib.core.swarms.views import log_view

Payload = Mapping[str, Any]

SERVER_EVENTS: Final = (
    "agent_output",
    "agent_status",
    "message_routed",
    "message_broadcast",
    "agent_added",
    "agent_removed",
    "topology_changed",
    "swarm_started",
    "swarm_stopped",
    "log_entry",
    "event",
)
"""Everything that is pushed."""
_OF_EVENTS: Final = frozenset(SERVER_EVENTS[2:9])
"""Types of events that have a frame of their own."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to push. `id` names it for ever, `agent` whose it is."""

    id: str
    agent: str | None
    open: tuple[str, Payload] | None
    """(event, payload) for everybody who joined."""
    log: Payload | None = None
    """For who subscribed to the agent's log."""
    event: SwarmEvent | None = None
    """For who subscribed to events like it."""


def of_event(event: SwarmEvent) -> Happening:
    """What an event leads to."""
    own = (event.event_type, event_payload(event)) if event.event_type in _OF_EVENTS else None
    return Happening(event.id, event.agent, own, event=event)


def of_log(id: str, agent: str, line: LogLine) -> Happening:
    """What a line of an agent's log leads to."""
    said = None
    if line.role == "assistant":
        said = (
            "agent_output",
            {
                "agent": agent,
                "output": line.content,
                "timestamp": line.timestamp,
            },
        )
    return Happening(id, agent, said, log={"agent": agent, **log_view(line)})


def of_life(before: NodeLife | None, after: NodeLife, *, at: str) -> Happening | None:
    """What a change of a node's life leads to; None where it shows to nobody."""
    if after.kind is not NodeKind.AGENT or (before is not None and before.state is after.state):
        return None
    payload = {"agent": after.name, "status": after.state.value, "timestamp": at}
    return Happening(f"{after.name}/{at}", after.name, ("agent_status", payload))


def event_payload(event: SwarmEvent) -> dict[str, Any]:
    """The payload of an event's own frame: what it is about, without the log's words."""
    about = {"agent": event.agent} if event.agent is not None else {}
    return {"swarm": event.swarm, **about, **event.metadata, "timestamp": event.timestamp}
