"""Bodies of events, skills, configurations, and of the API's own description."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from chalicelib.api.swarms.dialect import SwarmBody, SwarmModel


class SwarmEventLine(SwarmModel):
    id: str
    timestamp: str
    level: str
    category: str
    swarm: str | None
    agent: str | None
    event_type: str
    message: str
    metadata: dict[str, Any]


class EventPage(SwarmModel):
    events: list[SwarmEventLine]
    count: int
    query: dict[str, Any] = Field(description="The filters as they were understood.")


class SwarmEventPage(SwarmModel):
    events: list[SwarmEventLine]
    count: int
    swarm: str


class AgentEventPage(SwarmEventPage):
    agent: str


class SkillLine(SwarmModel):
    name: str
    path: str
    relative_path: str
    category: str = Field(description="The folder; `default` for a file at the root.")


class SkillList(SwarmModel):
    skills: list[SkillLine]
    base_path: str
    count: int


class SkillDetail(SwarmModel):
    name: str
    path: str
    content: str
    size: int = Field(description="Of the content in UTF-8, in bytes.")


class AgentSkill(SwarmModel):
    name: str
    content: str
    path: str


class AgentSkills(SwarmModel):
    skills: list[AgentSkill] = Field(description="With the agent's names filled in.")


class SkillContent(SwarmBody):
    content: str


class UpdatedSkill(SwarmModel):
    status: Literal["updated"] = "updated"
    skill: str


class ConfigToValidate(SwarmBody):
    """One of the three."""

    config: Any = Field(default=None, description="The configuration itself, an object.")
    config_path: str | None = Field(default=None, max_length=1024)
    content: str | None = None
    format: str | None = Field(
        default=None, description="Of `content`: `exs`, `json`, `yaml` or `yml`; others mean `exs`."
    )


class ValidConfig(SwarmModel):
    """`config_path` or `format` is repeated where it was given."""

    valid: Literal[True] = True
    config: dict[str, Any] = Field(description="A summary.")


class SocketEvents(SwarmModel):
    client_to_server: list[str]
    server_to_client: list[str]


class SocketAdvice(SwarmModel):
    url: str
    channel: str
    events: SocketEvents


class ApiDescriptor(SwarmModel):
    """What is here and where to read about it."""

    name: str
    version: str
    description: str
    endpoints: dict[str, str]
    websocket: SocketAdvice
    documentation: dict[str, str]
