"""Skills. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make, members


def list_skills(*, path: str | None = None) -> Request[t.SkillList]:
    """List available skill files."""
    return make(
        "GET",
        "/api/skills",
        query={"path": path},
    )


def get_skill(name: str) -> Request[t.SkillDetail]:
    """Get a skill's content by name."""
    return make(
        "GET",
        "/api/skills/{name}",
        path={"name": name},
    )


def get_agent_skills(name: str, agent: str) -> Request[t.AgentSkills]:
    """Get the agent's skill contents."""
    return make(
        "GET",
        "/api/swarms/{name}/agents/{agent}/skills",
        path={"name": name, "agent": agent},
    )


def update_agent_skill(
    name: str, agent: str, skill: str, *, content: str
) -> Request[t.UpdatedSkill]:
    """Update one of the agent's skill files."""
    return make(
        "PUT",
        "/api/swarms/{name}/agents/{agent}/skills/{skill}",
        path={"name": name, "agent": agent, "skill": skill},
        body=members({"content": content}, {}, needed=True),
    )


class Skills:
    """Markdown files that agents are given (S3)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, *, path: str | None = None) -> t.SkillList:
        """List available skill files.

        `GET /api/skills`; role viewer.

        `path`: Another folder to search.
        """
        return self._send(list_skills(path=path))

    def get(self, name: str) -> t.SkillDetail:
        """Get a skill's content by name.

        `GET /api/skills/{name}`; role viewer.

        `name`: The skill's name; `.md` may be left out.
        """
        return self._send(get_skill(name))

    def get_agent(self, name: str, agent: str) -> t.AgentSkills:
        """Get the agent's skill contents.

        `GET /api/swarms/{name}/agents/{agent}/skills`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.
        """
        return self._send(get_agent_skills(name, agent))

    def update_agent(self, name: str, agent: str, skill: str, *, content: str) -> t.UpdatedSkill:
        """Update one of the agent's skill files.

        `PUT /api/swarms/{name}/agents/{agent}/skills/{skill}`; role operator.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `skill`: The skill's name.
        """
        return self._send(update_agent_skill(name, agent, skill, content=content))


class AsyncSkills:
    """Markdown files that agents are given (S3)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self, *, path: str | None = None) -> t.SkillList:
        """List available skill files.

        `GET /api/skills`; role viewer.

        `path`: Another folder to search.
        """
        return await self._send(list_skills(path=path))

    async def get(self, name: str) -> t.SkillDetail:
        """Get a skill's content by name.

        `GET /api/skills/{name}`; role viewer.

        `name`: The skill's name; `.md` may be left out.
        """
        return await self._send(get_skill(name))

    async def get_agent(self, name: str, agent: str) -> t.AgentSkills:
        """Get the agent's skill contents.

        `GET /api/swarms/{name}/agents/{agent}/skills`; role viewer.

        `name`: The swarm's name.

        `agent`: The agent's name.
        """
        return await self._send(get_agent_skills(name, agent))

    async def update_agent(
        self, name: str, agent: str, skill: str, *, content: str
    ) -> t.UpdatedSkill:
        """Update one of the agent's skill files.

        `PUT /api/swarms/{name}/agents/{agent}/skills/{skill}`; role operator.

        `name`: The swarm's name.

        `agent`: The agent's name.

        `skill`: The skill's name.
        """
        return await self._send(update_agent_skill(name, agent, skill, content=content))
