"""S3, swarm management: list, create, look at, stop, pause, resume, restart, message, clean."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.api.middleware import require
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY, Parameter
from chalicelib.api.swarms.dialect import BODY_ERRORS, SwarmRoutes, flag, limited, read
from chalicelib.api.swarms.keys import once
from chalicelib.api.swarms.models import (
    CleanedSwarms,
    CreatedSwarm,
    NewSwarm,
    PausedSwarm,
    RestartedSwarm,
    ResumedSwarm,
    RoutedMessage,
    StoppedSwarm,
    SwarmDetails,
    SwarmList,
    SwarmMessage,
)
from chalicelib.core.errors import BadRequest, NotFound
from chalicelib.core.roles import Role
from chalicelib.core.swarms.model import MOST_CONTENT_BYTES
from chalicelib.core.swarms.views import detail_view, line_view
from chalicelib.services import services

routes = SwarmRoutes(__name__, tag="swarms")

_RESERVED = "clean"
"""`/api/swarms/clean` is a route of its own: a swarm of this name could not be reached."""


def _flag(name: str, description: str) -> Parameter:
    return Parameter(name, description)


@routes.declare(
    "GET",
    "/api/swarms",
    role=Role.VIEWER,
    summary="List all swarms",
    answer=SwarmList,
)
def list_swarms(request: ApiRequest) -> dict[str, Any]:
    """Stopped ones too, until they are cleaned away or purged."""
    found = services().swarms.swarms(request.caller.org)
    return {"swarms": [line_view(swarm) for swarm in sorted(found, key=lambda one: one.name)]}


@routes.declare(
    "POST",
    "/api/swarms",
    role=Role.OPERATOR,
    summary="Create a swarm from an inline config or a config path",
    status=201,
    body=NewSwarm,
    answer=CreatedSwarm,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 409, 413, 415, 422),
)
def create_swarm(request: ApiRequest) -> Response:
    """Its agents take mail as soon as this is answered. A stopped swarm of the name is started anew,
    with what was changed while it ran; a live one is 400 `already_exists`."""
    from chalicelib.api.swarms.configs import config_at, config_of

    given, org = read(request, NewSwarm), request.caller.org
    if given.config is None and given.config_path is None:
        raise BadRequest("Missing 'config' or 'config_path' parameter")

    def create() -> dict[str, Any]:
        if given.config is not None:
            config, path = config_of(given.config), None
        else:
            try:
                config, path = config_at(org, given.config_path or ""), given.config_path
            except NotFound as unknown:
                raise BadRequest(unknown.detail) from unknown
        if config.name == _RESERVED:
            raise BadRequest(f"'{_RESERVED}' cannot be a swarm's name")
        made = services().swarms.create(org, config, path=path)
        return CreatedSwarm(swarm_name=made.name).model_dump()

    return once(request, given, create)


@routes.declare(
    "GET",
    "/api/swarms/{name}",
    role=Role.VIEWER,
    summary="Get detailed swarm status",
    answer=SwarmDetails,
    errors=(404,),
)
def get_swarm(request: ApiRequest, name: str) -> dict[str, Any]:
    """With agents, objects, topology and where its files are."""
    return detail_view(services().swarms.detail(request.caller.org, name))


@routes.declare(
    "DELETE",
    "/api/swarms/{name}",
    role=Role.OPERATOR,
    summary="Stop a swarm; with purge=true delete all its data",
    answer=StoppedSwarm,
    parameters=(_flag("purge", "`true`: delete everything of it too. For admins."),),
    errors=(404,),
)
def stop_swarm(request: ApiRequest, name: str) -> StoppedSwarm:
    """It stays listed as stopped, and a second stop is 404; a purge takes stopped ones too."""
    purge = flag(request, "purge")
    if purge:
        require(Role.ADMIN, request.caller)
    swarm = services().swarms.stop(request.caller.org, name, purge=purge)
    return StoppedSwarm(
        status="purged" if purge else "stopped",
        swarm_name=name,
        config_path=swarm.config_path or None,
    )


@routes.declare(
    "POST",
    "/api/swarms/{name}/pause",
    role=Role.OPERATOR,
    summary="Pause a swarm: its agents begin no further turn",
    answer=PausedSwarm,
    errors=(400, 404),
)
def pause_swarm(request: ApiRequest, name: str) -> PausedSwarm:
    """Mail waits for them meanwhile."""
    count = services().swarms.pause(request.caller.org, name)
    return PausedSwarm(swarm_name=name, containers_paused=count)


@routes.declare(
    "POST",
    "/api/swarms/{name}/resume",
    role=Role.OPERATOR,
    summary="Resume a paused swarm",
    answer=ResumedSwarm,
    errors=(400, 404),
)
def resume_swarm(request: ApiRequest, name: str) -> ResumedSwarm:
    """What waited is handled in its order."""
    count = services().swarms.resume(request.caller.org, name)
    return ResumedSwarm(swarm_name=name, containers_resumed=count)


@routes.declare(
    "POST",
    "/api/swarms/{name}/restart",
    role=Role.OPERATOR,
    summary="Restart a swarm; with delete=true from a clean slate",
    answer=RestartedSwarm,
    parameters=(_flag("delete", "`true`: delete its data first. For admins."),),
    errors=(400, 404),
)
def restart_swarm(request: ApiRequest, name: str) -> RestartedSwarm:
    """From its stored configuration, with what was changed while it ran unless data is deleted.
    A stopped swarm is started."""
    delete = flag(request, "delete")
    if delete:
        require(Role.ADMIN, request.caller)
    services().swarms.restart(request.caller.org, name, delete=delete)
    return RestartedSwarm(swarm_name=name, delete_data=delete)


@routes.declare(
    "POST",
    "/api/swarms/{name}/message",
    role=Role.OPERATOR,
    summary="Route a message between two agents",
    body=SwarmMessage,
    answer=RoutedMessage,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(*BODY_ERRORS, 409, 422),
)
def route_swarm_message(request: ApiRequest, name: str) -> Response:
    """Along an edge of the topology. Along none it is not delivered, which an event `invalid_route`
    tells; the answer is the same."""
    given = read(request, SwarmMessage, missing="Missing 'from', 'to', or 'content' parameter")
    content = limited("content", given.content, MOST_CONTENT_BYTES)

    def send() -> dict[str, Any]:
        services().swarms.route(request.caller.org, name, given.from_, given.to, content)
        routed = RoutedMessage(from_=given.from_, to=given.to, swarm=name)
        return routed.model_dump(by_alias=True)

    return once(request, given, send, status=200)


@routes.declare(
    "POST",
    "/api/swarms/clean",
    role=Role.OPERATOR,
    summary="Remove stopped and crashed swarms; with all=true clear all events too",
    answer=CleanedSwarms,
    parameters=(_flag("all", "`true`: delete the events of all swarms. For admins."),),
)
def clean_swarms(request: ApiRequest) -> CleanedSwarms:
    everything = flag(request, "all")
    if everything:
        require(Role.ADMIN, request.caller)
    removed = services().swarms.clean(request.caller.org, everything=everything)
    return CleanedSwarms(swarms_removed=removed, events_cleared=everything)
