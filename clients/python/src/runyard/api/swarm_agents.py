"""SwarmAgents. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make, members


def list_swarm_agents(name: str) -> Request[t.SwarmAgentList]:
    """List agents and their status."""
    return make(
        "GET",
        "/api/swarms/{name}/agents",
        path={"name": name},
    )


def add_swarm_agent(
    name: str,
    *,
    new_name: str,
    backend: str | Mapping[str, Any] | None = None,
    skills: Sequence[str] | None = None,
    model: str | None = None,
    endpoint: str | None = None,
    presets: Sequence[str] | None = None,
    config: Mapping[str, Any] | None = None,
    connections: Sequence[str] | None = None,
    incoming: Sequence[str] | None = None,
    idempotency_key: str | None = None,
) -> Request[t.AddedNode]:
    """Add a new agent to a running swarm."""
    return make(
        "POST",
        "/api/swarms/{name}/agents",
        path={"name": name},
        body=members(
            {"name": new_name},
            {
                "backend": backend,
                "skills": skills,
                "model": model,
                "endpoint": endpoint,
                "presets": presets,
                "config": config,
                "connections": connections,
                "incoming": incoming,
            },
            needed=True,
        ),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def remove_swarm_agent(name: str, agent: str) -> Request[t.RemovedNode]:
    """Remove an agent from a running swarm."""
    return make(
        "DELETE",
        "/api/swarms/{name}/agents/{agent}",
        path={"name": name, "agent": agent},
    )


def get_swarm_agent(name: str, agent: str) -> Request[t.SwarmAgent]:
    """Get a single agent's status."""
    return make(
        "GET",
        "/api/swarms/{name}/agents/{agent}",
        path={"name": name, "agent": agent},
    )


def get_agent_history(
    name: str, agent: str, *, limit: int | None = None
) -> Request[t.AgentHistory]:
    """Get the agent's message history, newest first."""
    return make(
        "GET",
        "/api/swarms/{name}/agents/{agent}/history",
        path={"name": name, "agent": agent},
        query={"limit": limit},
    )


def get_agent_logs(name: str, agent: str, *, limit: int | None = None) -> Request[t.AgentLogs]:
    """Get the agent's conversation logs, oldest first."""
    return make(
        "GET",
        "/api/swarms/{name}/agents/{agent}/logs",
        path={"name": name, "agent": agent},
        query={"limit": limit},
    )


def restart_swarm_agent(
    name: str, agent: str, *, replay: str | None = None
) -> Request[t.RestartedAgent]:
    """Restart an agent."""
    return make(
        "POST",
        "/api/swarms/{name}/agents/{agent}/restart",
        path={"name": name, "agent": agent},
        query={"replay": replay},
    )


def scale_swarm_agents(name: str, agent: str, *, count: int) -> Request[t.ScaledGroup]:
    """Scale an agent group to a target count."""
    return make(
        "POST",
        "/api/swarms/{name}/agents/{agent}/scale",
        path={"name": name, "agent": agent},
        body=members({"count": count}, {}, needed=True),
    )


def send_swarm_task(
    name: str, agent: str, *, task: str, run: bool | None = None, idempotency_key: str | None = None
) -> Request[t.SentTask]:
    """Send a task to an agent."""
    return make(
        "POST",
        "/api/swarms/{name}/agents/{agent}/task",
        path={"name": name, "agent": agent},
        body=members({"task": task}, {"run": run}, needed=True),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


class SwarmAgents:
    """The agents of a swarm: status, tasks, history, adding, removing, scaling (S3)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, name: str) -> t.SwarmAgentList:
        """List agents and their status.

        `GET /api/swarms/{name}/agents`; role viewer.

        `name`: The swarm's name.
        """
        return self._send(list_swarm_agents(name))

    def add(
        self,
        name: str,
        *,
        new_name: str,
        backend: str | Mapping[str, Any] | None = None,
        skills: Sequence[str] | None = None,
        model: str | None = None,
        endpoint: str | None = None,
        presets: Sequence[str] | None = None,
        config: Mapping[str, Any] | None = None,
        connections: Sequence[str] | None = None,
        incoming: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.AddedNode:
        """Add a new agent to a running swarm.

        `POST /api/swarms/{name}/agents`; role operator.

        `name`: The swarm's name.

        `backend`: A type, `"mock"`, or an object: `{"type": "docker", "image": "coder"}`.

        `connections`: Whom it may send to.

        `incoming`: Who may send to it.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            add_swarm_agent(
                name,
                new_name=new_name,
                backend=backend,
                skills=skills,
                model=model,
                endpoint=endpoint,
                presets=presets,
                config=config,
                connections=connections,
                incoming=incoming,
                idempotency_key=idempotency_key,
            )
        )

    def remove(self, name: str, agent: str) -> t.RemovedNode:
        """Remove an agent from a running swarm.

        `DELETE /api/swarms/{name}/agents/{agent}`; role operator.

        `name`: The swarm's name.

        `agent`: The agent's name.
        """
        return self._send(remove_swarm_agent(name, agent))

    def get(self, name: str, agent: str) -> t.SwarmAgent:
        """Get a single agent's status.

        `GET /api/swarms/{name}/agents/{agent}`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.
        """
        return self._send(get_swarm_agent(name, agent))

    def get_history(self, name: str, agent: str, *, limit: int | None = None) -> t.AgentHistory:
        """Get the agent's message history, newest first.

        `GET /api/swarms/{name}/agents/{agent}/history`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `limit`: At most this many.
        """
        return self._send(get_agent_history(name, agent, limit=limit))

    def get_logs(self, name: str, agent: str, *, limit: int | None = None) -> t.AgentLogs:
        """Get the agent's conversation logs, oldest first.

        `GET /api/swarms/{name}/agents/{agent}/logs`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `limit`: At most this many.
        """
        return self._send(get_agent_logs(name, agent, limit=limit))

    def restart(self, name: str, agent: str, *, replay: str | None = None) -> t.RestartedAgent:
        """Restart an agent.

        `POST /api/swarms/{name}/agents/{agent}/restart`; role operator.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `replay`: `true`: mail that failed for good is tried once more, behind the mail that
        waits.
        """
        return self._send(restart_swarm_agent(name, agent, replay=replay))

    def scale(self, name: str, agent: str, *, count: int) -> t.ScaledGroup:
        """Scale an agent group to a target count.

        `POST /api/swarms/{name}/agents/{agent}/scale`; role operator.

        `name`: The swarm's name.

        `agent`: What the group's agents are called, without numbers.

        `count`: How many agents the group is to have.
        """
        return self._send(scale_swarm_agents(name, agent, count=count))

    def send_task(
        self,
        name: str,
        agent: str,
        *,
        task: str,
        run: bool | None = None,
        idempotency_key: str | None = None,
    ) -> t.SentTask:
        """Send a task to an agent.

        `POST /api/swarms/{name}/agents/{agent}/task`; role operator.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `task`: At most 100,000 bytes in UTF-8.

        `run`: Whether it is a run of type `agent-task`: listed, streamed, cancelled.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            send_swarm_task(name, agent, task=task, run=run, idempotency_key=idempotency_key)
        )


class AsyncSwarmAgents:
    """The agents of a swarm: status, tasks, history, adding, removing, scaling (S3)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self, name: str) -> t.SwarmAgentList:
        """List agents and their status.

        `GET /api/swarms/{name}/agents`; role viewer.

        `name`: The swarm's name.
        """
        return await self._send(list_swarm_agents(name))

    async def add(
        self,
        name: str,
        *,
        new_name: str,
        backend: str | Mapping[str, Any] | None = None,
        skills: Sequence[str] | None = None,
        model: str | None = None,
        endpoint: str | None = None,
        presets: Sequence[str] | None = None,
        config: Mapping[str, Any] | None = None,
        connections: Sequence[str] | None = None,
        incoming: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.AddedNode:
        """Add a new agent to a running swarm.

        `POST /api/swarms/{name}/agents`; role operator.

        `name`: The swarm's name.

        `backend`: A type, `"mock"`, or an object: `{"type": "docker", "image": "coder"}`.

        `connections`: Whom it may send to.

        `incoming`: Who may send to it.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            add_swarm_agent(
                name,
                new_name=new_name,
                backend=backend,
                skills=skills,
                model=model,
                endpoint=endpoint,
                presets=presets,
                config=config,
                connections=connections,
                incoming=incoming,
                idempotency_key=idempotency_key,
            )
        )

    async def remove(self, name: str, agent: str) -> t.RemovedNode:
        """Remove an agent from a running swarm.

        `DELETE /api/swarms/{name}/agents/{agent}`; role operator.

        `name`: The swarm's name.

        `agent`: The agent's name.
        """
        return await self._send(remove_swarm_agent(name, agent))

    async def get(self, name: str, agent: str) -> t.SwarmAgent:
        """Get a single agent's status.

        `GET /api/swarms/{name}/agents/{agent}`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.
        """
        return await self._send(get_swarm_agent(name, agent))

    async def get_history(
        self, name: str, agent: str, *, limit: int | None = None
    ) -> t.AgentHistory:
        """Get the agent's message history, newest first.

        `GET /api/swarms/{name}/agents/{agent}/history`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `limit`: At most this many.
        """
        return await self._send(get_agent_history(name, agent, limit=limit))

    async def get_logs(self, name: str, agent: str, *, limit: int | None = None) -> t.AgentLogs:
        """Get the agent's conversation logs, oldest first.

        `GET /api/swarms/{name}/agents/{agent}/logs`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `limit`: At most this many.
        """
        return await self._send(get_agent_logs(name, agent, limit=limit))

    async def restart(
        self, name: str, agent: str, *, replay: str | None = None
    ) -> t.RestartedAgent:
        """Restart an agent.

        `POST /api/swarms/{name}/agents/{agent}/restart`; role operator.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `replay`: `true`: mail that failed for good is tried once more, behind the mail that
        waits.
        """
        return await self._send(restart_swarm_agent(name, agent, replay=replay))

    async def scale(self, name: str, agent: str, *, count: int) -> t.ScaledGroup:
        """Scale an agent group to a target count.

        `POST /api/swarms/{name}/agents/{agent}/scale`; role operator.

        `name`: The swarm's name.

        `agent`: What the group's agents are called, without numbers.

        `count`: How many agents the group is to have.
        """
        return await self._send(scale_swarm_agents(name, agent, count=count))

    async def send_task(
        self,
        name: str,
        agent: str,
        *,
        task: str,
        run: bool | None = None,
        idempotency_key: str | None = None,
    ) -> t.SentTask:
        """Send a task to an agent.

        `POST /api/swarms/{name}/agents/{agent}/task`; role operator.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `task`: At most 100,000 bytes in UTF-8.

        `run`: Whether it is a run of type `agent-task`: listed, streamed, cancelled.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            send_swarm_task(name, agent, task=task, run=run, idempotency_key=idempotency_key)
        )
