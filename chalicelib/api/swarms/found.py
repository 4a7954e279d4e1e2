"""The nodes that a path names, and the `limit` of a page."""

from __future__ import annotations

from typing import Final

from chalicelib.api.requests import ApiRequest, limit_of
from chalicelib.api.routing import Parameter
from chalicelib.core.errors import NotFound
from chalicelib.core.swarms.model import MOST_LIMIT, NAME, Node, NodeKind
from chalicelib.services import services

_DEFAULT_LIMIT: Final = 100


def limit_parameter(default: int) -> Parameter:
    """`limit` as a route declares it."""
    whole = {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": default}
    return Parameter("limit", "At most this many.", whole)


LIMIT: Final = limit_parameter(_DEFAULT_LIMIT)
_UNKNOWN: Final = {NodeKind.AGENT: "Agent not found", NodeKind.OBJECT: "Object not found"}


def limit(request: ApiRequest, default: int = _DEFAULT_LIMIT) -> int:
    """What the request asks for. Raises BadRequest."""
    return limit_of(request.query, default=default, most=MOST_LIMIT)


def node_of(org: str, swarm: str, name: str, kind: NodeKind) -> Node:
    """An agent or an object of a swarm. Raises NotFound for either."""
    manager = services().swarms
    manager.found(org, swarm)
    found = manager.store.node(org, swarm, name) if NAME.match(name) else None
    if found is None or found.kind is not kind:
        raise NotFound(_UNKNOWN[kind])
    return found
