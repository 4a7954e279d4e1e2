"""Triggers. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make


def list_triggers(name: str) -> Request[t.TriggerList]:
    """The triggers of a workflow's latest version."""
    return make(
        "GET",
        "/api/v1/workflows/{name}/triggers",
        path={"name": name},
    )


class Triggers:
    """Definitions: apply, plan, roll back, archive, read."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, name: str) -> t.TriggerList:
        """The triggers of a workflow's latest version.

        `GET /api/v1/workflows/{name}/triggers`; role viewer.

        `name`: The workflow's name.
        """
        return self._send(list_triggers(name))


class AsyncTriggers:
    """Definitions: apply, plan, roll back, archive, read."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self, name: str) -> t.TriggerList:
        """The triggers of a workflow's latest version.

        `GET /api/v1/workflows/{name}/triggers`; role viewer.

        `name`: The workflow's name.
        """
        return await self._send(list_triggers(name))
