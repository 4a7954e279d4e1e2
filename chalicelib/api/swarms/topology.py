"""S3: who may send to whom in a swarm, and what was sent."""

from __future__ import annotations

from typing import Any

from chalicelib.api.requests import ApiRequest
from chalicelib.api.swarms.dialect import BODY_ERRORS, SwarmRoutes, read
from chalicelib.api.swarms.found import LIMIT, limit
from chalicelib.api.swarms.node_models import (
    ChangedTopology,
    SwarmMessageLog,
    SwarmTopology,
    TopologyChange,
)
from chalicelib.core.errors import BadRequest
from chalicelib.core.roles import Role
from chalicelib.core.swarms.model import MOST_EDGES
from chalicelib.core.swarms.views import message_view, topology_view
from chalicelib.services import services

routes = SwarmRoutes(__name__, tag="swarms")

ROUTED = ("message_routed", "message_broadcast")
"""The events that the message log is made of."""


@routes.declare(
    "GET",
    "/api/swarms/{name}/topology",
    role=Role.VIEWER,
    summary="Get the swarm's topology as an adjacency list",
    answer=SwarmTopology,
    errors=(404,),
)
def get_swarm_topology(request: ApiRequest, name: str) -> dict[str, Any]:
    """Only nodes that may send to somebody."""
    return {"topology": topology_view(services().swarms.detail(request.caller.org, name).nodes)}


@routes.declare(
    "PATCH",
    "/api/swarms/{name}/topology",
    role=Role.OPERATOR,
    summary="Add and remove topology edges",
    body=TopologyChange,
    body_required=False,
    answer=ChangedTopology,
    errors=BODY_ERRORS,
)
def change_swarm_topology(request: ApiRequest, name: str) -> ChangedTopology:
    """First those to add. An edge that is no edge is ignored; counted is what really changed."""
    from chalicelib.core.swarms.config import read_edges

    given = read(request, TopologyChange)
    if len(given.add or ()) + len(given.remove or ()) > MOST_EDGES:
        raise BadRequest(f"at most {MOST_EDGES:,} edges can be changed at once")
    added, removed = services().swarms.patch_topology(
        request.caller.org, name, read_edges(given.add), read_edges(given.remove)
    )
    return ChangedTopology(added=added, removed=removed)


@routes.declare(
    "GET",
    "/api/swarms/{name}/messages",
    role=Role.VIEWER,
    summary="Get the swarm's recent inter-agent message log, newest first",
    answer=SwarmMessageLog,
    parameters=(LIMIT,),
    errors=(400, 404),
)
def get_swarm_messages(request: ApiRequest, name: str) -> dict[str, Any]:
    """Messages that were routed: who sent what to whom."""
    from chalicelib.core.swarms.ports import EventFilters

    org, most = request.caller.org, limit(request)
    services().swarms.found(org, name)
    find = services().swarm_events.find
    found = [
        event
        for kind in ROUTED
        for event in find(org, EventFilters(swarm=name, event_type=kind), most)
    ]
    found.sort(key=lambda event: (event.timestamp, event.id), reverse=True)
    return {"messages": [message_view(event) for event in found[:most]]}
