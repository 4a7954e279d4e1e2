"""SwarmEvents. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from typing import Literal

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make


def list_events(
    *,
    level: Literal["error", "warning", "info", "debug"] | None = None,
    category: Literal["backend", "routing", "agent", "swarm", "system", "object"] | None = None,
    event_type: Literal[
        "agent_added",
        "agent_error",
        "agent_released",
        "agent_removed",
        "agent_restarted",
        "agent_scaled",
        "ask_timed_out",
        "backend_error",
        "backend_started",
        "events_cleared",
        "handler_crashed",
        "inbox_full",
        "invalid_route",
        "mail_dropped",
        "mail_replayed",
        "message_broadcast",
        "message_delivered",
        "message_received",
        "message_routed",
        "object_added",
        "object_configured",
        "object_rejected",
        "object_removed",
        "object_restarted",
        "overlay_cleared",
        "skill_updated",
        "swarm_error",
        "swarm_paused",
        "swarm_repaired",
        "swarm_restarted",
        "swarm_resumed",
        "swarm_started",
        "swarm_stopped",
        "target_not_found",
        "task_sent",
        "task_skipped",
        "timer_fired",
        "tool_called",
        "tool_failed",
        "topology_changed",
        "turn_completed",
        "turn_retried",
    ]
    | None = None,
    minutes: int | None = None,
    limit: int | None = None,
    swarm: str | None = None,
    agent: str | None = None,
) -> Request[t.EventPage]:
    """Query events with filters, newest first."""
    return make(
        "GET",
        "/api/events",
        query={
            "level": level,
            "category": category,
            "event_type": event_type,
            "minutes": minutes,
            "limit": limit,
            "swarm": swarm,
            "agent": agent,
        },
    )


def list_swarm_events(
    name: str,
    *,
    level: Literal["error", "warning", "info", "debug"] | None = None,
    category: Literal["backend", "routing", "agent", "swarm", "system", "object"] | None = None,
    event_type: Literal[
        "agent_added",
        "agent_error",
        "agent_released",
        "agent_removed",
        "agent_restarted",
        "agent_scaled",
        "ask_timed_out",
        "backend_error",
        "backend_started",
        "events_cleared",
        "handler_crashed",
        "inbox_full",
        "invalid_route",
        "mail_dropped",
        "mail_replayed",
        "message_broadcast",
        "message_delivered",
        "message_received",
        "message_routed",
        "object_added",
        "object_configured",
        "object_rejected",
        "object_removed",
        "object_restarted",
        "overlay_cleared",
        "skill_updated",
        "swarm_error",
        "swarm_paused",
        "swarm_repaired",
        "swarm_restarted",
        "swarm_resumed",
        "swarm_started",
        "swarm_stopped",
        "target_not_found",
        "task_sent",
        "task_skipped",
        "timer_fired",
        "tool_called",
        "tool_failed",
        "topology_changed",
        "turn_completed",
        "turn_retried",
    ]
    | None = None,
    minutes: int | None = None,
    limit: int | None = None,
    agent: str | None = None,
) -> Request[t.SwarmEventPage]:
    """Query events for one swarm, newest first."""
    return make(
        "GET",
        "/api/swarms/{name}/events",
        path={"name": name},
        query={
            "level": level,
            "category": category,
            "event_type": event_type,
            "minutes": minutes,
            "limit": limit,
            "agent": agent,
        },
    )


def list_agent_events(
    name: str,
    agent: str,
    *,
    level: Literal["error", "warning", "info", "debug"] | None = None,
    category: Literal["backend", "routing", "agent", "swarm", "system", "object"] | None = None,
    event_type: Literal[
        "agent_added",
        "agent_error",
        "agent_released",
        "agent_removed",
        "agent_restarted",
        "agent_scaled",
        "ask_timed_out",
        "backend_error",
        "backend_started",
        "events_cleared",
        "handler_crashed",
        "inbox_full",
        "invalid_route",
        "mail_dropped",
        "mail_replayed",
        "message_broadcast",
        "message_delivered",
        "message_received",
        "message_routed",
        "object_added",
        "object_configured",
        "object_rejected",
        "object_removed",
        "object_restarted",
        "overlay_cleared",
        "skill_updated",
        "swarm_error",
        "swarm_paused",
        "swarm_repaired",
        "swarm_restarted",
        "swarm_resumed",
        "swarm_started",
        "swarm_stopped",
        "target_not_found",
        "task_sent",
        "task_skipped",
        "timer_fired",
        "tool_called",
        "tool_failed",
        "topology_changed",
        "turn_completed",
        "turn_retried",
    ]
    | None = None,
    minutes: int | None = None,
    limit: int | None = None,
) -> Request[t.AgentEventPage]:
    """Query events for one agent, newest first."""
    return make(
        "GET",
        "/api/swarms/{name}/agents/{agent}/events",
        path={"name": name, "agent": agent},
        query={
            "level": level,
            "category": category,
            "event_type": event_type,
            "minutes": minutes,
            "limit": limit,
        },
    )


class SwarmEvents:
    """What happened in swarms (S3)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list_events(
        self,
        *,
        level: Literal["error", "warning", "info", "debug"] | None = None,
        category: Literal["backend", "routing", "agent", "swarm", "system", "object"] | None = None,
        event_type: Literal[
            "agent_added",
            "agent_error",
            "agent_released",
            "agent_removed",
            "agent_restarted",
            "agent_scaled",
            "ask_timed_out",
            "backend_error",
            "backend_started",
            "events_cleared",
            "handler_crashed",
            "inbox_full",
            "invalid_route",
            "mail_dropped",
            "mail_replayed",
            "message_broadcast",
            "message_delivered",
            "message_received",
            "message_routed",
            "object_added",
            "object_configured",
            "object_rejected",
            "object_removed",
            "object_restarted",
            "overlay_cleared",
            "skill_updated",
            "swarm_error",
            "swarm_paused",
            "swarm_repaired",
            "swarm_restarted",
            "swarm_resumed",
            "swarm_started",
            "swarm_stopped",
            "target_not_found",
            "task_sent",
            "task_skipped",
            "timer_fired",
            "tool_called",
            "tool_failed",
            "topology_changed",
            "turn_completed",
            "turn_retried",
        ]
        | None = None,
        minutes: int | None = None,
        limit: int | None = None,
        swarm: str | None = None,
        agent: str | None = None,
    ) -> t.EventPage:
        """Query events with filters, newest first.

        `GET /api/events`; role viewer.

        `level`: Only events of this level.

        `category`: Only of this one.

        `event_type`: Only of this type.

        `minutes`: Only events from the last so many minutes.

        `limit`: At most this many.

        `swarm`: Only events of this swarm.

        `agent`: Only events about this agent or object.
        """
        return self._send(
            list_events(
                level=level,
                category=category,
                event_type=event_type,
                minutes=minutes,
                limit=limit,
                swarm=swarm,
                agent=agent,
            )
        )

    def list_swarm_events(
        self,
        name: str,
        *,
        level: Literal["error", "warning", "info", "debug"] | None = None,
        category: Literal["backend", "routing", "agent", "swarm", "system", "object"] | None = None,
        event_type: Literal[
            "agent_added",
            "agent_error",
            "agent_released",
            "agent_removed",
            "agent_restarted",
            "agent_scaled",
            "ask_timed_out",
            "backend_error",
            "backend_started",
            "events_cleared",
            "handler_crashed",
            "inbox_full",
            "invalid_route",
            "mail_dropped",
            "mail_replayed",
            "message_broadcast",
            "message_delivered",
            "message_received",
            "message_routed",
            "object_added",
            "object_configured",
            "object_rejected",
            "object_removed",
            "object_restarted",
            "overlay_cleared",
            "skill_updated",
            "swarm_error",
            "swarm_paused",
            "swarm_repaired",
            "swarm_restarted",
            "swarm_resumed",
            "swarm_started",
            "swarm_stopped",
            "target_not_found",
            "task_sent",
            "task_skipped",
            "timer_fired",
            "tool_called",
            "tool_failed",
            "topology_changed",
            "turn_completed",
            "turn_retried",
        ]
        | None = None,
        minutes: int | None = None,
        limit: int | None = None,
        agent: str | None = None,
    ) -> t.SwarmEventPage:
        """Query events for one swarm, newest first.

        `GET /api/swarms/{name}/events`; role viewer.

        `name`: The swarm's name.

        `level`: Only events of this level.

        `category`: Only of this one.

        `event_type`: Only of this type.

        `minutes`: Only events from the last so many minutes.

        `limit`: At most this many.

        `agent`: Only events about this agent or object.
        """
        return self._send(
            list_swarm_events(
                name,
                level=level,
                category=category,
                event_type=event_type,
                minutes=minutes,
                limit=limit,
                agent=agent,
            )
        )

    def list_agent(
        self,
        name: str,
        agent: str,
        *,
        level: Literal["error", "warning", "info", "debug"] | None = None,
        category: Literal["backend", "routing", "agent", "swarm", "system", "object"] | None = None,
        event_type: Literal[
            "agent_added",
            "agent_error",
            "agent_released",
            "agent_removed",
            "agent_restarted",
            "agent_scaled",
            "ask_timed_out",
            "backend_error",
            "backend_started",
            "events_cleared",
            "handler_crashed",
            "inbox_full",
            "invalid_route",
            "mail_dropped",
            "mail_replayed",
            "message_broadcast",
            "message_delivered",
            "message_received",
            "message_routed",
            "object_added",
            "object_configured",
            "object_rejected",
            "object_removed",
            "object_restarted",
            "overlay_cleared",
            "skill_updated",
            "swarm_error",
            "swarm_paused",
            "swarm_repaired",
            "swarm_restarted",
            "swarm_resumed",
            "swarm_started",
            "swarm_stopped",
            "target_not_found",
            "task_sent",
            "task_skipped",
            "timer_fired",
            "tool_called",
            "tool_failed",
            "topology_changed",
            "turn_completed",
            "turn_retried",
        ]
        | None = None,
        minutes: int | None = None,
        limit: int | None = None,
    ) -> t.AgentEventPage:
        """Query events for one agent, newest first.

        `GET /api/swarms/{name}/agents/{agent}/events`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `level`: Only events of this level.

        `category`: Only of this one.

        `event_type`: Only of this type.

        `minutes`: Only events from the last so many minutes.

        `limit`: At most this many.
        """
        return self._send(
            list_agent_events(
                name,
                agent,
                level=level,
                category=category,
                event_type=event_type,
                minutes=minutes,
                limit=limit,
            )
        )


class AsyncSwarmEvents:
    """What happened in swarms (S3)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list_events(
        self,
        *,
        level: Literal["error", "warning", "info", "debug"] | None = None,
        category: Literal["backend", "routing", "agent", "swarm", "system", "object"] | None = None,
        event_type: Literal[
            "agent_added",
            "agent_error",
            "agent_released",
            "agent_removed",
            "agent_restarted",
            "agent_scaled",
            "ask_timed_out",
            "backend_error",
            "backend_started",
            "events_cleared",
            "handler_crashed",
            "inbox_full",
            "invalid_route",
            "mail_dropped",
            "mail_replayed",
            "message_broadcast",
            "message_delivered",
            "message_received",
            "message_routed",
            "object_added",
            "object_configured",
            "object_rejected",
            "object_removed",
            "object_restarted",
            "overlay_cleared",
            "skill_updated",
            "swarm_error",
            "swarm_paused",
            "swarm_repaired",
            "swarm_restarted",
            "swarm_resumed",
            "swarm_started",
            "swarm_stopped",
            "target_not_found",
            "task_sent",
            "task_skipped",
            "timer_fired",
            "tool_called",
            "tool_failed",
            "topology_changed",
            "turn_completed",
            "turn_retried",
        ]
        | None = None,
        minutes: int | None = None,
        limit: int | None = None,
        swarm: str | None = None,
        agent: str | None = None,
    ) -> t.EventPage:
        """Query events with filters, newest first.

        `GET /api/events`; role viewer.

        `level`: Only events of this level.

        `category`: Only of this one.

        `event_type`: Only of this type.

        `minutes`: Only events from the last so many minutes.

        `limit`: At most this many.

        `swarm`: Only events of this swarm.

        `agent`: Only events about this agent or object.
        """
        return await self._send(
            list_events(
                level=level,
                category=category,
                event_type=event_type,
                minutes=minutes,
                limit=limit,
                swarm=swarm,
                agent=agent,
            )
        )

    async def list_swarm_events(
        self,
        name: str,
        *,
        level: Literal["error", "warning", "info", "debug"] | None = None,
        category: Literal["backend", "routing", "agent", "swarm", "system", "object"] | None = None,
        event_type: Literal[
            "agent_added",
            "agent_error",
            "agent_released",
            "agent_removed",
            "agent_restarted",
            "agent_scaled",
            "ask_timed_out",
            "backend_error",
            "backend_started",
            "events_cleared",
            "handler_crashed",
            "inbox_full",
            "invalid_route",
            "mail_dropped",
            "mail_replayed",
            "message_broadcast",
            "message_delivered",
            "message_received",
            "message_routed",
            "object_added",
            "object_configured",
            "object_rejected",
            "object_removed",
            "object_restarted",
            "overlay_cleared",
            "skill_updated",
            "swarm_error",
            "swarm_paused",
            "swarm_repaired",
            "swarm_restarted",
            "swarm_resumed",
            "swarm_started",
            "swarm_stopped",
            "target_not_found",
            "task_sent",
            "task_skipped",
            "timer_fired",
            "tool_called",
            "tool_failed",
            "topology_changed",
            "turn_completed",
            "turn_retried",
        ]
        | None = None,
        minutes: int | None = None,
        limit: int | None = None,
        agent: str | None = None,
    ) -> t.SwarmEventPage:
        """Query events for one swarm, newest first.

        `GET /api/swarms/{name}/events`; role viewer.

        `name`: The swarm's name.

        `level`: Only events of this level.

        `category`: Only of this one.

        `event_type`: Only of this type.

        `minutes`: Only events from the last so many minutes.

        `limit`: At most this many.

        `agent`: Only events about this agent or object.
        """
        return await self._send(
            list_swarm_events(
                name,
                level=level,
                category=category,
                event_type=event_type,
                minutes=minutes,
                limit=limit,
                agent=agent,
            )
        )

    async def list_agent(
        self,
        name: str,
        agent: str,
        *,
        level: Literal["error", "warning", "info", "debug"] | None = None,
        category: Literal["backend", "routing", "agent", "swarm", "system", "object"] | None = None,
        event_type: Literal[
            "agent_added",
            "agent_error",
            "agent_released",
            "agent_removed",
            "agent_restarted",
            "agent_scaled",
            "ask_timed_out",
            "backend_error",
            "backend_started",
            "events_cleared",
            "handler_crashed",
            "inbox_full",
            "invalid_route",
            "mail_dropped",
            "mail_replayed",
            "message_broadcast",
            "message_delivered",
            "message_received",
            "message_routed",
            "object_added",
            "object_configured",
            "object_rejected",
            "object_removed",
            "object_restarted",
            "overlay_cleared",
            "skill_updated",
            "swarm_error",
            "swarm_paused",
            "swarm_repaired",
            "swarm_restarted",
            "swarm_resumed",
            "swarm_started",
            "swarm_stopped",
            "target_not_found",
            "task_sent",
            "task_skipped",
            "timer_fired",
            "tool_called",
            "tool_failed",
            "topology_changed",
            "turn_completed",
            "turn_retried",
        ]
        | None = None,
        minutes: int | None = None,
        limit: int | None = None,
    ) -> t.AgentEventPage:
        """Query events for one agent, newest first.

        `GET /api/swarms/{name}/agents/{agent}/events`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `level`: Only events of this level.

        `category`: Only of this one.

        `event_type`: Only of this type.

        `minutes`: Only events from the last so many minutes.

        `limit`: At most this many.
        """
        return await self._send(
            list_agent_events(
                name,
                agent,
                level=level,
                category=category,
                event_type=event_type,
                minutes=minutes,
                limit=limit,
            )
        )
