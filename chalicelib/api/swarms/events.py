"""S3: the durable log of what happened in swarms."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Parameter
from chalicelib.api.swarms.dialect import SwarmRoutes
from chalicelib.api.swarms.found import LIMIT, limit, node_of
from chalicelib.api.swarms.other_models import AgentEventPage, EventPage, SwarmEventPage
from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import BadRequest
from chalicelib.core.roles import Role
from chalicelib.core.swarms.model import NAME, NodeKind
from chalicelib.core.swarms.taxonomy import CATEGORIES, LEVELS, TYPES, filter_problem
from chalicelib.core.swarms.views import event_view
from chalicelib.services import services

routes = SwarmRoutes(__name__, tag="swarm events")

MOST_MINUTES: Final = 5_256_000
"""Ten years."""
_NAMED: Final = {"type": "string", "pattern": NAME.pattern.replace(r"\Z", "$")}
_SHARED: Final = (
    Parameter("level", "Only events of this level.", {"type": "string", "enum": list(LEVELS)}),
    Parameter("category", "Only of this one.", {"type": "string", "enum": list(CATEGORIES)}),
    Parameter("event_type", "Only of this type.", {"type": "string", "enum": sorted(TYPES)}),
    Parameter(
        "minutes",
        "Only events from the last so many minutes.",
        {"type": "integer", "minimum": 1, "maximum": MOST_MINUTES},
    ),
    LIMIT,
)
_SWARM: Final = Parameter("swarm", "Only events of this swarm.", _NAMED)
_AGENT: Final = Parameter("agent", "Only events about this agent or object.", _NAMED)


@routes.declare(
    "GET",
    "/api/events",
    role=Role.VIEWER,
    summary="Query events with filters, newest first",
    answer=EventPage,
    parameters=(*_SHARED, _SWARM, _AGENT),
    errors=(400,),
)
def list_events(request: ApiRequest) -> dict[str, Any]:
    """All filters that are there must hold. `query` repeats them as they were understood."""
    page, query = _page(request, _name(request, "swarm"), _name(request, "agent"))
    return {**page, "query": query}


@routes.declare(
    "GET",
    "/api/swarms/{name}/events",
    role=Role.VIEWER,
    summary="Query events for one swarm, newest first",
    answer=SwarmEventPage,
    parameters=(*_SHARED, _AGENT),
    errors=(400, 404),
)
def list_swarm_events(request: ApiRequest, name: str) -> dict[str, Any]:
    services().swarms.found(request.caller.org, name)
    page, _ = _page(request, name, _name(request, "agent"))
    return {**page, "swarm": name}


@routes.declare(
    "GET",
    "/api/swarms/{name}/agents/{agent}/events",
    role=Role.VIEWER,
    summary="Query events for one agent, newest first",
    answer=AgentEventPage,
    parameters=_SHARED,
    errors=(400, 404),
)
def list_agent_events(request: ApiRequest, name: str, agent: str) -> dict[str, Any]:
    node_of(request.caller.org, name, agent, NodeKind.AGENT)
    page, _ = _page(request, name, agent)
    return {**page, "swarm": name, "agent": agent}


def _page(
    request: ApiRequest, swarm: str | None, agent: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The events that are asked for, and the filters. Raises BadRequest."""
    from chalicelib.core.swarms.ports import EventFilters

    query, most, minutes = request.query, limit(request), _minutes(request)
    since = services().clock() - timedelta(minutes=minutes) if minutes is not None else None
    filters = EventFilters(
        level=query.get("level"),
        category=query.get("category"),
        swarm=swarm,
        agent=agent,
        event_type=query.get("event_type"),
        since=rfc3339(since) if since else None,
    )
    if problem := filter_problem(filters):
        raise BadRequest(problem)
    found = services().swarm_events.find(request.caller.org, filters, most)
    told = {
        "level": filters.level,
        "category": filters.category,
        "swarm": swarm,
        "agent": agent,
        "event_type": filters.event_type,
        "minutes": minutes,
        "limit": most,
    }
    events = [event_view(event) for event in found]
    return (
        {"events": events, "count": len(events)},
        {name: value for name, value in told.items() if value is not None},
    )


def _minutes(request: ApiRequest) -> int | None:
    text = request.query.get("minutes")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MOST_MINUTES:
        raise BadRequest(f"minutes {text[:32]!r} is not a whole number from 1 to {MOST_MINUTES}")
    return int(text)


def _name(request: ApiRequest, parameter: str) -> str | None:
    """A name to filter by: a name of nobody finds nothing, what is no name is refused."""
    given = request.query.get(parameter)
    if given is not None and not NAME.match(given):
        raise BadRequest(f"{parameter} {given[:64]!r} is no name")
    return given
