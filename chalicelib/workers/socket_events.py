"""API Gateway's three WebSocket events: connect, message, disconnect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.errors import RateLimited
from chalicelib.core.roles import Principal, Role
from chalicelib.core.swarms.phoenix import version_of
from chalicelib.services import Services
from chalicelib.store.sockets import LIFETIME_SECONDS, Connection

RUNS_PATH: Final = "/ws"
SWARMS_PATH: Final = "/swarm/websocket"
SOCKET_PATHS: Final = frozenset({RUNS_PATH, SWARMS_PATH})
"""Paths whose protocol is built. The front door knows more, for what is to come."""

LOCAL: Final = Principal("local", "org_local", Role.ADMIN)


def connect(found: Services, connection_id: str, query: Mapping[str, str]) -> dict[str, Any]:
    """The handshake: `?token=` has to be good, and the path one of ours. Anything else refuses it."""
    path = query.get("path", "")
    if path not in SOCKET_PATHS:
        return {"statusCode": 501 if path else 404}
    if path == SWARMS_PATH and version_of(query) is None:
        return {"statusCode": 400}
    principal = LOCAL
    if found.settings.auth_mode != "none":
        try:
            known = found.identity.bearers.principal(query.get("token", ""))
        except RateLimited as refusal:
            return {"statusCode": refusal.status}
        if known is None:
            return {"statusCode": 401}
        principal = known
    expires_at = int(found.clock().timestamp()) + LIFETIME_SECONDS
    kept = {"vsn": query["vsn"]} if "vsn" in query else {}
    found.sockets.open(Connection(connection_id, path, principal, expires_at, kept))
    found.tokens.record_use()
    return {"statusCode": 200}


def message(found: Services, connection_id: str, body: str) -> None:
    """One frame. A connection we do not know (its item expired) is closed."""
    connection = found.sockets.get(connection_id)
    if connection is None:
        found.post.close(connection_id)
        return
    if connection.path == SWARMS_PATH:
        found.phoenix_requests.handle(connection, body)
        return
    found.socket_requests.handle(connection, body)


def disconnect(found: Services, connection_id: str) -> None:
    """The socket is closed. API Gateway tells this with best effort; items expire by themselves."""
    found.sockets.forget(connection_id)
