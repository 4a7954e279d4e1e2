"""S3: what is here, at `GET /`."""

from __future__ import annotations

from typing import Any, Final

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import PUBLIC
from chalicelib.api.swarms.dialect import SwarmRoutes
from chalicelib.api.swarms.other_models import ApiDescriptor
from chalicelib.core.swarms.watching import SERVER_EVENTS

routes = SwarmRoutes(__name__, tag="documentation")

VERSION: Final = "1.0.0"
"""Of S3's API, which its clients look at; the program's own is in `/healthz`."""
CLIENT_EVENTS: Final = (
    "send_task",
    "get_status",
    "subscribe_logs",
    "unsubscribe_logs",
    "subscribe_events",
    "unsubscribe_events",
)
_GROUPS: Final = {
    "swarms": "/api/swarms",
    "agents": "/api/swarms/{name}/agents",
    "objects": "/api/swarms/{name}/objects",
    "topology": "/api/swarms/{name}/topology",
    "messages": "/api/swarms/{name}/messages",
    "overlay": "/api/swarms/{name}/overlay",
    "snapshot": "/api/swarms/{name}/snapshot",
    "events": "/api/events",
    "skills": "/api/skills",
    "config": "/api/config/validate",
    "workflows": "/api/v1/workflows",
    "executions": "/api/v1/executions",
    "graphs": "/v1/workflows",
    "runs": "/v1/runs",
    "openapi": "/openapi.json",
    "asyncapi": "/asyncapi.json",
    "explorer": "/docs",
    "health": "/healthz",
}


@routes.declare(
    "GET",
    "/",
    role=PUBLIC,
    summary="What this API has, and where",
    answer=ApiDescriptor,
)
def describe_api(request: ApiRequest) -> dict[str, Any]:
    """For people and for S3's clients."""
    from chalicelib.api.openapi import TAGS

    return {
        "name": "Runyard",
        "version": VERSION,
        "description": "Starts, watches, streams and stops workflow runs and agent swarms.",
        "endpoints": _GROUPS,
        "websocket": {
            "url": "/swarm",
            "channel": "swarm:{swarm_name}",
            "events": {
                "client_to_server": list(CLIENT_EVENTS),
                "server_to_client": list(SERVER_EVENTS),
            },
        },
        "documentation": dict(TAGS),
    }
