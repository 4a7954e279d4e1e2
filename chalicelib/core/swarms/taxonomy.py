"""The types of a swarm's events, and which filters take which (S3's Events).

An event's level and category follow from its type, so a filter by them is one by types: a set that
the stores list one by one, and that a socket looks an event up in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.swarms.model import SwarmEvent

if TYPE_CHECKING:
    from chalicelib.core.swarms.ports import EventFilters

LEVELS: Final = ("error", "warning", "info", "debug")
CATEGORIES: Final = ("backend", "routing", "agent", "swarm", "system", "object")


@dataclass(frozen=True, slots=True)
class EventType:
    """What all events of a type have in common."""

    level: str
    category: str
    meaning: str


TYPES: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        "swarm_started": EventType("info", "swarm", "The swarm's nodes are there and take mail."),
        "swarm_stopped": EventType("info", "swarm", "The swarm was stopped."),
        "swarm_paused": EventType("info", "swarm", "No node begins a turn until it is resumed."),
        "swarm_resumed": EventType("info", "swarm", "The nodes go on with the mail that waits."),
        "swarm_restarted": EventType("info", "swarm", "The swarm was asked to start anew."),
        "swarm_error": EventType("error", "swarm", "The swarm could not be started."),
        "topology_changed": EventType("info", "swarm", "Edges were added or removed."),
        "agent_scaled": EventType("info", "swarm", "A group of agents was scaled."),
        "overlay_cleared": EventType("info", "swarm", "The recorded changes were dropped."),
        "agent_added": EventType("info", "agent", "An agent joined the running swarm."),
        "agent_removed": EventType("info", "agent", "An agent left the running swarm."),
        "agent_restarted": EventType("info", "agent", "An agent began a new session."),
        "agent_error": EventType("error", "agent", "A turn failed for good; its mail is dead."),
        "task_sent": EventType("info", "agent", "A task was put into an agent's inbox."),
        "task_skipped": EventType("info", "agent", "The run of a task was over before its turn."),
        "message_received": EventType("debug", "agent", "A node takes up a piece of its mail."),
        "turn_completed": EventType("debug", "agent", "A node is done with a piece of its mail."),
        "inbox_full": EventType("warning", "agent", "Mail was refused: too much waits already."),
        "agent_released": EventType("info", "agent", "A mock that held on was let go."),
        "skill_updated": EventType("info", "agent", "A skill was written for one agent."),
        "ask_timed_out": EventType("warning", "agent", "Nobody answered an ask in time."),
        "object_added": EventType("info", "object", "An object joined the running swarm."),
        "object_removed": EventType("info", "object", "An object left the running swarm."),
        "object_configured": EventType("info", "object", "An object's configuration was changed."),
        "object_restarted": EventType("info", "object", "An object began again, with a new state."),
        "object_rejected": EventType("debug", "object", "An object made nothing of a message."),
        "handler_crashed": EventType("error", "object", "A handler failed on a piece of mail."),
        "message_routed": EventType("info", "routing", "A message was sent to one node."),
        "message_broadcast": EventType("info", "routing", "A message was sent to all targets."),
        "message_delivered": EventType("debug", "routing", "A message is in a node's inbox."),
        "invalid_route": EventType("warning", "routing", "No edge leads there: not delivered."),
        "target_not_found": EventType("warning", "routing", "There is no such node."),
        "turn_retried": EventType("warning", "backend", "A turn failed and is tried again."),
        "backend_error": EventType("error", "backend", "A backend refused a turn for good."),
        "backend_started": EventType("debug", "backend", "Work was handed to a backend outside."),
        "tool_called": EventType("debug", "backend", "A model used a tool."),
        "tool_failed": EventType("warning", "backend", "A tool that a model used failed."),
        "timer_fired": EventType("debug", "system", "A timer's time has come."),
        "mail_replayed": EventType("info", "system", "Dead mail was put into the inbox again."),
        "mail_dropped": EventType("warning", "system", "Mail was for a node that is gone."),
        "swarm_repaired": EventType(
            "warning", "system", "The reconciler finished what had stopped."
        ),
        "events_cleared": EventType("info", "system", "Stored events were deleted."),
    }
)
"""Every type there is."""


def event(
    event_type: str,
    *,
    swarm: str,
    message: str,
    id: str,
    timestamp: str,
    agent: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> SwarmEvent:
    """An event of a known type. `agent` names the node it is about, an object too.

    Raises KeyError for a type that is not in TYPES.
    """
    kind = TYPES[event_type]
    return SwarmEvent(
        id=id,
        timestamp=timestamp,
        level=kind.level,
        category=kind.category,
        swarm=swarm,
        agent=agent,
        event_type=event_type,
        message=message,
        metadata=dict(metadata or {}),
    )


def types_with(level: str | None, category: str | None) -> frozenset[str] | None:
    """The types of that level and category; None where both are None, which is every type.

    The set can be empty: nothing is `error` and `routing`.
    """
    if level is None and category is None:
        return None
    return frozenset(
        name
        for name, kind in TYPES.items()
        if level in (None, kind.level) and category in (None, kind.category)
    )


def types_of(filters: EventFilters) -> frozenset[str] | None:
    """The types that can match, its own type included; None for every type."""
    found = types_with(filters.level, filters.category)
    if filters.event_type is None:
        return found
    named = frozenset({filters.event_type})
    return named if found is None else named & found


def filter_problem(filters: EventFilters) -> str | None:
    """What is wrong with a filter's values; None when they can be asked for."""
    for name, value, known in (
        ("level", filters.level, LEVELS),
        ("category", filters.category, CATEGORIES),
        ("event_type", filters.event_type, tuple(TYPES)),
    ):
        if value is not None and value not in known:
            # Of the types only the first few would fit into a sentence.
            of = f"one of {', '.join(known)}" if len(known) < 10 else "a type of event"
            return f"{name} must be {of}"
    if filters.since is not None:
        try:
            parse_rfc3339(filters.since)
        except ValueError:
            return "since must be an RFC 3339 time"
    return None


def matches(filters: EventFilters, event: SwarmEvent) -> bool:
    """Whether an event passes: all that the filters name must hold. `since` is included.

    Raises ValueError for a `since` that `filter_problem` refuses.
    """
    return (
        filters.level in (None, event.level)
        and filters.category in (None, event.category)
        and filters.swarm in (None, event.swarm)
        and filters.agent in (None, event.agent)
        and filters.event_type in (None, event.event_type)
        and (
            filters.since is None or parse_rfc3339(event.timestamp) >= parse_rfc3339(filters.since)
        )
    )
