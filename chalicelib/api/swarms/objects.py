"""S3, objects: the parts of a swarm without a model."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY
from chalicelib.api.swarms.dialect import BODY_ERRORS, SwarmRoutes, read, read_object
from chalicelib.api.swarms.found import node_of
from chalicelib.api.swarms.keys import once
from chalicelib.api.swarms.node_models import (
    AddedNode,
    ConfiguredObject,
    NewSwarmObject,
    ObjectState,
    RemovedNode,
    SwarmObjectList,
)
from chalicelib.core.roles import Role
from chalicelib.core.swarms.model import NodeKind
from chalicelib.core.swarms.views import objects_view
from chalicelib.services import services

routes = SwarmRoutes(__name__, tag="swarm objects")


@routes.declare(
    "GET",
    "/api/swarms/{name}/objects",
    role=Role.VIEWER,
    summary="List objects with their lifecycle state",
    answer=SwarmObjectList,
    errors=(404,),
)
def list_swarm_objects(request: ApiRequest, name: str) -> dict[str, Any]:
    """By name."""
    return {"objects": objects_view(services().swarms.detail(request.caller.org, name))}


@routes.declare(
    "POST",
    "/api/swarms/{name}/objects",
    role=Role.OPERATOR,
    summary="Add an object to a running swarm",
    status=201,
    body=NewSwarmObject,
    answer=AddedNode,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(*BODY_ERRORS, 409, 422),
)
def add_swarm_object(request: ApiRequest, name: str) -> Response:
    """It is recorded in the overlay, so a restart brings it back."""
    from chalicelib.core.swarms.config import read_names
    from chalicelib.core.swarms.config import read_object as read_spec

    given, org = read(request, NewSwarmObject), request.caller.org

    def add() -> dict[str, Any]:
        spec = read_spec(given.model_dump())
        targets = read_names(given.connections, "connections")
        sources = read_names(given.incoming, "incoming")
        services().swarms.add_object(org, name, spec, targets, sources)
        return AddedNode(name=spec.name).model_dump()

    return once(request, given, add)


@routes.declare(
    "GET",
    "/api/swarms/{name}/objects/{object}",
    role=Role.VIEWER,
    summary="Get an object's live read-only state",
    answer=ObjectState,
    errors=(404,),
)
def get_swarm_object(request: ApiRequest, name: str, object: str) -> dict[str, Any]:
    """Whatever its handler keeps."""
    org = request.caller.org
    node_of(org, name, object, NodeKind.OBJECT)
    life = services().swarm_mail.life(org, name, object)
    return {"object": object, "state": dict(life.memory) if life else {}}


@routes.declare(
    "DELETE",
    "/api/swarms/{name}/objects/{object}",
    role=Role.OPERATOR,
    summary="Remove an object from a running swarm",
    answer=RemovedNode,
    errors=(400, 404),
)
def remove_swarm_object(request: ApiRequest, name: str, object: str) -> RemovedNode:
    """Its edges go with it."""
    services().swarms.remove_object(request.caller.org, name, object)
    return RemovedNode(name=object)


@routes.declare(
    "PATCH",
    "/api/swarms/{name}/objects/{object}/config",
    role=Role.OPERATOR,
    summary="Change an object's configuration",
    body={"type": "object", "description": "Members to set; the others stay."},
    body_required=False,
    answer=ConfiguredObject,
    errors=BODY_ERRORS,
)
def configure_swarm_object(request: ApiRequest, name: str, object: str) -> ConfiguredObject:
    """What it keeps of its state stays; messages from now on meet the new configuration. It may be
    sent bare, or as `{"config": {…}}`."""
    from chalicelib.core.swarms.config import read_changes

    given = read_object(request)
    inner = given.get("config") if set(given) == {"config"} else None
    changes = read_changes(inner if isinstance(inner, dict) else given)
    keys = services().swarms.configure_object(request.caller.org, name, object, changes)
    return ConfiguredObject(object=object, keys=list(keys))
