"""Swarms. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make, members


def validate_config(
    *,
    config: Any = None,
    config_path: str | None = None,
    content: str | None = None,
    format: str | None = None,
) -> Request[t.ValidConfig]:
    """Validate a swarm config."""
    return make(
        "POST",
        "/api/config/validate",
        body=members(
            {},
            {"config": config, "config_path": config_path, "content": content, "format": format},
            needed=True,
        ),
    )


def list_swarms() -> Request[t.SwarmList]:
    """List all swarms."""
    return make(
        "GET",
        "/api/swarms",
    )


def create_swarm(
    *,
    config: Mapping[str, Any] | None = None,
    config_path: str | None = None,
    idempotency_key: str | None = None,
) -> Request[t.CreatedSwarm]:
    """Create a swarm from an inline config or a config path."""
    return make(
        "POST",
        "/api/swarms",
        body=members({}, {"config": config, "config_path": config_path}, needed=True),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def clean_swarms(*, all: str | None = None) -> Request[t.CleanedSwarms]:
    """Remove stopped and crashed swarms; with all=true clear all events too."""
    return make(
        "POST",
        "/api/swarms/clean",
        query={"all": all},
    )


def stop_swarm(name: str, *, purge: str | None = None) -> Request[t.StoppedSwarm]:
    """Stop a swarm; with purge=true delete all its data."""
    return make(
        "DELETE",
        "/api/swarms/{name}",
        path={"name": name},
        query={"purge": purge},
    )


def get_swarm(name: str) -> Request[t.SwarmDetails]:
    """Get detailed swarm status."""
    return make(
        "GET",
        "/api/swarms/{name}",
        path={"name": name},
    )


def route_swarm_message(
    name: str, *, from_: str, to: str, content: str, idempotency_key: str | None = None
) -> Request[t.RoutedMessage]:
    """Route a message between two agents."""
    return make(
        "POST",
        "/api/swarms/{name}/message",
        path={"name": name},
        body=members({"from": from_, "to": to, "content": content}, {}, needed=True),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def get_swarm_messages(name: str, *, limit: int | None = None) -> Request[t.SwarmMessageLog]:
    """Get the swarm's recent inter-agent message log, newest first."""
    return make(
        "GET",
        "/api/swarms/{name}/messages",
        path={"name": name},
        query={"limit": limit},
    )


def clear_swarm_overlay(name: str) -> Request[t.ClearedOverlay]:
    """Clear the overlay."""
    return make(
        "DELETE",
        "/api/swarms/{name}/overlay",
        path={"name": name},
    )


def get_swarm_overlay(name: str) -> Request[t.SwarmOverlay]:
    """Show the recorded overlay events."""
    return make(
        "GET",
        "/api/swarms/{name}/overlay",
        path={"name": name},
    )


def pause_swarm(name: str) -> Request[t.PausedSwarm]:
    """Pause a swarm: its agents begin no further turn."""
    return make(
        "POST",
        "/api/swarms/{name}/pause",
        path={"name": name},
    )


def restart_swarm(name: str, *, delete: str | None = None) -> Request[t.RestartedSwarm]:
    """Restart a swarm; with delete=true from a clean slate."""
    return make(
        "POST",
        "/api/swarms/{name}/restart",
        path={"name": name},
        query={"delete": delete},
    )


def resume_swarm(name: str) -> Request[t.ResumedSwarm]:
    """Resume a paused swarm."""
    return make(
        "POST",
        "/api/swarms/{name}/resume",
        path={"name": name},
    )


def snapshot_swarm(
    name: str, *, format: Literal["exs", "json", "yaml", "yml"] | None = None
) -> Request[str]:
    """Return the effective config (seed and overlay) as Elixir source."""
    return make(
        "POST",
        "/api/swarms/{name}/snapshot",
        path={"name": name},
        query={"format": format},
    )


def get_swarm_topology(name: str) -> Request[t.SwarmTopology]:
    """Get the swarm's topology as an adjacency list."""
    return make(
        "GET",
        "/api/swarms/{name}/topology",
        path={"name": name},
    )


def change_swarm_topology(
    name: str, *, add: Sequence[Any] | None = None, remove: Sequence[Any] | None = None
) -> Request[t.ChangedTopology]:
    """Add and remove topology edges."""
    return make(
        "PATCH",
        "/api/swarms/{name}/topology",
        path={"name": name},
        body=members({}, {"add": add, "remove": remove}, needed=False),
    )


class Swarms:
    """Swarms of agents: start, stop, pause, change, message, snapshot (S3)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def validate_config(
        self,
        *,
        config: Any = None,
        config_path: str | None = None,
        content: str | None = None,
        format: str | None = None,
    ) -> t.ValidConfig:
        """Validate a swarm config.

        `POST /api/config/validate`; role viewer.

        `config`: The configuration itself, an object.

        `format`: Of `content`: `exs`, `json`, `yaml` or `yml`; others mean `exs`.
        """
        return self._send(
            validate_config(config=config, config_path=config_path, content=content, format=format)
        )

    def list(self) -> t.SwarmList:
        """List all swarms.

        `GET /api/swarms`; role viewer.
        """
        return self._send(list_swarms())

    def create(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        config_path: str | None = None,
        idempotency_key: str | None = None,
    ) -> t.CreatedSwarm:
        """Create a swarm from an inline config or a config path.

        `POST /api/swarms`; role operator.

        `config`: The configuration itself: `name`, `agents`, `topology` …

        `config_path`: A stored configuration file, `.exs`, `.json` or `.yaml`.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            create_swarm(config=config, config_path=config_path, idempotency_key=idempotency_key)
        )

    def clean(self, *, all: str | None = None) -> t.CleanedSwarms:
        """Remove stopped and crashed swarms; with all=true clear all events too.

        `POST /api/swarms/clean`; role operator.

        `all`: `true`: delete the events of all swarms. For admins.
        """
        return self._send(clean_swarms(all=all))

    def stop(self, name: str, *, purge: str | None = None) -> t.StoppedSwarm:
        """Stop a swarm; with purge=true delete all its data.

        `DELETE /api/swarms/{name}`; role operator.

        `name`: The swarm's name.

        `purge`: `true`: delete everything of it too. For admins.
        """
        return self._send(stop_swarm(name, purge=purge))

    def get(self, name: str) -> t.SwarmDetails:
        """Get detailed swarm status.

        `GET /api/swarms/{name}`; role viewer.

        `name`: The swarm's name.
        """
        return self._send(get_swarm(name))

    def route_message(
        self, name: str, *, from_: str, to: str, content: str, idempotency_key: str | None = None
    ) -> t.RoutedMessage:
        """Route a message between two agents.

        `POST /api/swarms/{name}/message`; role operator.

        `name`: The swarm's name.

        `content`: At most 100,000 bytes in UTF-8.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            route_swarm_message(
                name, from_=from_, to=to, content=content, idempotency_key=idempotency_key
            )
        )

    def get_messages(self, name: str, *, limit: int | None = None) -> t.SwarmMessageLog:
        """Get the swarm's recent inter-agent message log, newest first.

        `GET /api/swarms/{name}/messages`; role viewer.

        `name`: The swarm's name.

        `limit`: At most this many.
        """
        return self._send(get_swarm_messages(name, limit=limit))

    def clear_overlay(self, name: str) -> t.ClearedOverlay:
        """Clear the overlay.

        `DELETE /api/swarms/{name}/overlay`; role operator.

        `name`: The swarm's name.
        """
        return self._send(clear_swarm_overlay(name))

    def get_overlay(self, name: str) -> t.SwarmOverlay:
        """Show the recorded overlay events.

        `GET /api/swarms/{name}/overlay`; role viewer.

        `name`: The swarm's name.
        """
        return self._send(get_swarm_overlay(name))

    def pause(self, name: str) -> t.PausedSwarm:
        """Pause a swarm: its agents begin no further turn.

        `POST /api/swarms/{name}/pause`; role operator.

        `name`: The swarm's name.
        """
        return self._send(pause_swarm(name))

    def restart(self, name: str, *, delete: str | None = None) -> t.RestartedSwarm:
        """Restart a swarm; with delete=true from a clean slate.

        `POST /api/swarms/{name}/restart`; role operator.

        `name`: The swarm's name.

        `delete`: `true`: delete its data first. For admins.
        """
        return self._send(restart_swarm(name, delete=delete))

    def resume(self, name: str) -> t.ResumedSwarm:
        """Resume a paused swarm.

        `POST /api/swarms/{name}/resume`; role operator.

        `name`: The swarm's name.
        """
        return self._send(resume_swarm(name))

    def snapshot(
        self, name: str, *, format: Literal["exs", "json", "yaml", "yml"] | None = None
    ) -> str:
        """Return the effective config (seed and overlay) as Elixir source.

        `POST /api/swarms/{name}/snapshot`; role viewer.

        `name`: The swarm's name.

        `format`: `exs` unless given.
        """
        return self._send(snapshot_swarm(name, format=format))

    def get_topology(self, name: str) -> t.SwarmTopology:
        """Get the swarm's topology as an adjacency list.

        `GET /api/swarms/{name}/topology`; role viewer.

        `name`: The swarm's name.
        """
        return self._send(get_swarm_topology(name))

    def change_topology(
        self, name: str, *, add: Sequence[Any] | None = None, remove: Sequence[Any] | None = None
    ) -> t.ChangedTopology:
        """Add and remove topology edges.

        `PATCH /api/swarms/{name}/topology`; role operator.

        `name`: The swarm's name.
        """
        return self._send(change_swarm_topology(name, add=add, remove=remove))


class AsyncSwarms:
    """Swarms of agents: start, stop, pause, change, message, snapshot (S3)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def validate_config(
        self,
        *,
        config: Any = None,
        config_path: str | None = None,
        content: str | None = None,
        format: str | None = None,
    ) -> t.ValidConfig:
        """Validate a swarm config.

        `POST /api/config/validate`; role viewer.

        `config`: The configuration itself, an object.

        `format`: Of `content`: `exs`, `json`, `yaml` or `yml`; others mean `exs`.
        """
        return await self._send(
            validate_config(config=config, config_path=config_path, content=content, format=format)
        )

    async def list(self) -> t.SwarmList:
        """List all swarms.

        `GET /api/swarms`; role viewer.
        """
        return await self._send(list_swarms())

    async def create(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        config_path: str | None = None,
        idempotency_key: str | None = None,
    ) -> t.CreatedSwarm:
        """Create a swarm from an inline config or a config path.

        `POST /api/swarms`; role operator.

        `config`: The configuration itself: `name`, `agents`, `topology` …

        `config_path`: A stored configuration file, `.exs`, `.json` or `.yaml`.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            create_swarm(config=config, config_path=config_path, idempotency_key=idempotency_key)
        )

    async def clean(self, *, all: str | None = None) -> t.CleanedSwarms:
        """Remove stopped and crashed swarms; with all=true clear all events too.

        `POST /api/swarms/clean`; role operator.

        `all`: `true`: delete the events of all swarms. For admins.
        """
        return await self._send(clean_swarms(all=all))

    async def stop(self, name: str, *, purge: str | None = None) -> t.StoppedSwarm:
        """Stop a swarm; with purge=true delete all its data.

        `DELETE /api/swarms/{name}`; role operator.

        `name`: The swarm's name.

        `purge`: `true`: delete everything of it too. For admins.
        """
        return await self._send(stop_swarm(name, purge=purge))

    async def get(self, name: str) -> t.SwarmDetails:
        """Get detailed swarm status.

        `GET /api/swarms/{name}`; role viewer.

        `name`: The swarm's name.
        """
        return await self._send(get_swarm(name))

    async def route_message(
        self, name: str, *, from_: str, to: str, content: str, idempotency_key: str | None = None
    ) -> t.RoutedMessage:
        """Route a message between two agents.

        `POST /api/swarms/{name}/message`; role operator.

        `name`: The swarm's name.

        `content`: At most 100,000 bytes in UTF-8.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            route_swarm_message(
                name, from_=from_, to=to, content=content, idempotency_key=idempotency_key
            )
        )

    async def get_messages(self, name: str, *, limit: int | None = None) -> t.SwarmMessageLog:
        """Get the swarm's recent inter-agent message log, newest first.

        `GET /api/swarms/{name}/messages`; role viewer.

        `name`: The swarm's name.

        `limit`: At most this many.
        """
        return await self._send(get_swarm_messages(name, limit=limit))

    async def clear_overlay(self, name: str) -> t.ClearedOverlay:
        """Clear the overlay.

        `DELETE /api/swarms/{name}/overlay`; role operator.

        `name`: The swarm's name.
        """
        return await self._send(clear_swarm_overlay(name))

    async def get_overlay(self, name: str) -> t.SwarmOverlay:
        """Show the recorded overlay events.

        `GET /api/swarms/{name}/overlay`; role viewer.

        `name`: The swarm's name.
        """
        return await self._send(get_swarm_overlay(name))

    async def pause(self, name: str) -> t.PausedSwarm:
        """Pause a swarm: its agents begin no further turn.

        `POST /api/swarms/{name}/pause`; role operator.

        `name`: The swarm's name.
        """
        return await self._send(pause_swarm(name))

    async def restart(self, name: str, *, delete: str | None = None) -> t.RestartedSwarm:
        """Restart a swarm; with delete=true from a clean slate.

        `POST /api/swarms/{name}/restart`; role operator.

        `name`: The swarm's name.

        `delete`: `true`: delete its data first. For admins.
        """
        return await self._send(restart_swarm(name, delete=delete))

    async def resume(self, name: str) -> t.ResumedSwarm:
        """Resume a paused swarm.

        `POST /api/swarms/{name}/resume`; role operator.

        `name`: The swarm's name.
        """
        return await self._send(resume_swarm(name))

    async def snapshot(
        self, name: str, *, format: Literal["exs", "json", "yaml", "yml"] | None = None
    ) -> str:
        """Return the effective config (seed and overlay) as Elixir source.

        `POST /api/swarms/{name}/snapshot`; role viewer.

        `name`: The swarm's name.

        `format`: `exs` unless given.
        """
        return await self._send(snapshot_swarm(name, format=format))

    async def get_topology(self, name: str) -> t.SwarmTopology:
        """Get the swarm's topology as an adjacency list.

        `GET /api/swarms/{name}/topology`; role viewer.

        `name`: The swarm's name.
        """
        return await self._send(get_swarm_topology(name))

    async def change_topology(
        self, name: str, *, add: Sequence[Any] | None = None, remove: Sequence[Any] | None = None
    ) -> t.ChangedTopology:
        """Add and remove topology edges.

        `PATCH /api/swarms/{name}/topology`; role operator.

        `name`: The swarm's name.
        """
        return await self._send(change_swarm_topology(name, add=add, remove=remove))
