"""SwarmObjects. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make, members


def list_swarm_objects(name: str) -> Request[t.SwarmObjectList]:
    """List objects with their lifecycle state."""
    return make(
        "GET",
        "/api/swarms/{name}/objects",
        path={"name": name},
    )


def add_swarm_object(
    name: str,
    *,
    new_name: str,
    handler: str | None = None,
    backend: str | Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    connections: Sequence[str] | None = None,
    incoming: Sequence[str] | None = None,
    idempotency_key: str | None = None,
) -> Request[t.AddedNode]:
    """Add an object to a running swarm."""
    return make(
        "POST",
        "/api/swarms/{name}/objects",
        path={"name": name},
        body=members(
            {"name": new_name},
            {
                "handler": handler,
                "backend": backend,
                "config": config,
                "connections": connections,
                "incoming": incoming,
            },
            needed=True,
        ),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def remove_swarm_object(name: str, object: str) -> Request[t.RemovedNode]:
    """Remove an object from a running swarm."""
    return make(
        "DELETE",
        "/api/swarms/{name}/objects/{object}",
        path={"name": name, "object": object},
    )


def get_swarm_object(name: str, object: str) -> Request[t.ObjectState]:
    """Get an object's live read-only state."""
    return make(
        "GET",
        "/api/swarms/{name}/objects/{object}",
        path={"name": name, "object": object},
    )


def configure_swarm_object(
    name: str, object: str, *, body: Mapping[str, Any] | None = None
) -> Request[t.ConfiguredObject]:
    """Change an object's configuration."""
    return make(
        "PATCH",
        "/api/swarms/{name}/objects/{object}/config",
        path={"name": name, "object": object},
        body=body,
    )


class SwarmObjects:
    """The parts of a swarm without a model (S3)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, name: str) -> t.SwarmObjectList:
        """List objects with their lifecycle state.

        `GET /api/swarms/{name}/objects`; role viewer.

        `name`: The swarm's name.
        """
        return self._send(list_swarm_objects(name))

    def add(
        self,
        name: str,
        *,
        new_name: str,
        handler: str | None = None,
        backend: str | Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        connections: Sequence[str] | None = None,
        incoming: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.AddedNode:
        """Add an object to a running swarm.

        `POST /api/swarms/{name}/objects`; role operator.

        `name`: The swarm's name.

        `handler`: A registered name, or a Lambda's ARN.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            add_swarm_object(
                name,
                new_name=new_name,
                handler=handler,
                backend=backend,
                config=config,
                connections=connections,
                incoming=incoming,
                idempotency_key=idempotency_key,
            )
        )

    def remove(self, name: str, object: str) -> t.RemovedNode:
        """Remove an object from a running swarm.

        `DELETE /api/swarms/{name}/objects/{object}`; role operator.

        `name`: The swarm's name.

        `object`: The object's name.
        """
        return self._send(remove_swarm_object(name, object))

    def get(self, name: str, object: str) -> t.ObjectState:
        """Get an object's live read-only state.

        `GET /api/swarms/{name}/objects/{object}`; role viewer.

        `name`: The swarm's name.

        `object`: The object's name.
        """
        return self._send(get_swarm_object(name, object))

    def configure(
        self, name: str, object: str, *, body: Mapping[str, Any] | None = None
    ) -> t.ConfiguredObject:
        """Change an object's configuration.

        `PATCH /api/swarms/{name}/objects/{object}/config`; role operator.

        `name`: The swarm's name.

        `object`: The object's name.
        """
        return self._send(configure_swarm_object(name, object, body=body))


class AsyncSwarmObjects:
    """The parts of a swarm without a model (S3)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self, name: str) -> t.SwarmObjectList:
        """List objects with their lifecycle state.

        `GET /api/swarms/{name}/objects`; role viewer.

        `name`: The swarm's name.
        """
        return await self._send(list_swarm_objects(name))

    async def add(
        self,
        name: str,
        *,
        new_name: str,
        handler: str | None = None,
        backend: str | Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        connections: Sequence[str] | None = None,
        incoming: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.AddedNode:
        """Add an object to a running swarm.

        `POST /api/swarms/{name}/objects`; role operator.

        `name`: The swarm's name.

        `handler`: A registered name, or a Lambda's ARN.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            add_swarm_object(
                name,
                new_name=new_name,
                handler=handler,
                backend=backend,
                config=config,
                connections=connections,
                incoming=incoming,
                idempotency_key=idempotency_key,
            )
        )

    async def remove(self, name: str, object: str) -> t.RemovedNode:
        """Remove an object from a running swarm.

        `DELETE /api/swarms/{name}/objects/{object}`; role operator.

        `name`: The swarm's name.

        `object`: The object's name.
        """
        return await self._send(remove_swarm_object(name, object))

    async def get(self, name: str, object: str) -> t.ObjectState:
        """Get an object's live read-only state.

        `GET /api/swarms/{name}/objects/{object}`; role viewer.

        `name`: The swarm's name.

        `object`: The object's name.
        """
        return await self._send(get_swarm_object(name, object))

    async def configure(
        self, name: str, object: str, *, body: Mapping[str, Any] | None = None
    ) -> t.ConfiguredObject:
        """Change an object's configuration.

        `PATCH /api/swarms/{name}/objects/{object}/config`; role operator.

        `name`: The swarm's name.

        `object`: The object's name.
        """
        return await self._send(configure_swarm_object(name, object, body=body))
