"""S3: what was changed of a running swarm, and the configuration that it makes."""

from __future__ import annotations

from typing import Any, Final

from chalice.app import Response

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Parameter
from chalicelib.api.swarms.dialect import SwarmRoutes
from chalicelib.api.swarms.node_models import ClearedOverlay, SwarmOverlay
from chalicelib.core.errors import BadRequest
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = SwarmRoutes(__name__, tag="swarms")

ELIXIR: Final = "text/x-elixir"
_FORMATS: Final = ("exs", "json", "yaml", "yml")


@routes.declare(
    "GET",
    "/api/swarms/{name}/overlay",
    role=Role.VIEWER,
    summary="Show the recorded overlay events",
    answer=SwarmOverlay,
    errors=(404,),
)
def get_swarm_overlay(request: ApiRequest, name: str) -> dict[str, Any]:
    """In the order in which they were made. What stands under names of secrets is not shown."""
    from chalicelib.core.swarms.redaction import redacted

    found = services().swarms.overlay(request.caller.org, name)
    return {
        "swarm": name,
        "events": [{"op": event.op, "payload": redacted(event.payload)} for event in found],
    }


@routes.declare(
    "DELETE",
    "/api/swarms/{name}/overlay",
    role=Role.OPERATOR,
    summary="Clear the overlay",
    answer=ClearedOverlay,
    errors=(400, 404),
)
def clear_swarm_overlay(request: ApiRequest, name: str) -> ClearedOverlay:
    """The swarm is what its configuration file says again."""
    services().swarms.clear_overlay(request.caller.org, name)
    return ClearedOverlay(swarm=name)


@routes.declare(
    "POST",
    "/api/swarms/{name}/snapshot",
    role=Role.VIEWER,
    summary="Return the effective config (seed and overlay) as Elixir source",
    produces=ELIXIR,
    or_produces=("application/json", "application/yaml"),
    parameters=(
        Parameter("format", "`exs` unless given.", {"type": "string", "enum": list(_FORMATS)}),
    ),
    errors=(400, 404),
)
def snapshot_swarm(request: ApiRequest, name: str) -> Response:
    """It can be read by `POST /api/config/validate` and made a swarm again. Secrets in it are
    written as `[REDACTED]`."""
    from chalicelib.core.swarms.rendering import RENDERERS

    format = request.query.get("format", "exs")
    if format not in _FORMATS:
        raise BadRequest(f"format {format[:32]!r} is none of {', '.join(_FORMATS)}")
    render, media = RENDERERS[format]
    text = render(services().swarms.snapshot(request.caller.org, name))
    return Response(body=text, status_code=200, headers={"Content-Type": media})
