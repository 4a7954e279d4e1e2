"""Bodies of agents, objects, edges and what is recorded of their changes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from chalicelib.api.swarms.dialect import SwarmBody, SwarmModel
from chalicelib.api.swarms.models import OutgoingEdges, SwarmAgent, SwarmObject


class SwarmAgentList(SwarmModel):
    agents: list[SwarmAgent]


class NewSwarmAgent(SwarmBody):
    """An agent, and with whom it is connected."""

    name: str
    backend: str | dict[str, Any] | None = Field(
        default=None,
        description='A type, `"mock"`, or an object: `{"type": "docker", "image": "coder"}`.',
    )
    skills: list[str] | None = None
    model: str | None = None
    endpoint: str | None = None
    presets: list[str] | None = None
    config: dict[str, Any] | None = None
    connections: list[str] | None = Field(default=None, description="Whom it may send to.")
    incoming: list[str] | None = Field(default=None, description="Who may send to it.")


class AddedNode(SwarmModel):
    status: Literal["added"] = "added"
    name: str


class RemovedNode(SwarmModel):
    status: Literal["removed"] = "removed"
    name: str


class SwarmTask(SwarmBody):
    task: str = Field(description="At most 100,000 bytes in UTF-8.")
    run: bool = Field(
        default=False,
        description="Whether it is a run of type `agent-task`: listed, streamed, cancelled.",
    )


class SentTask(SwarmModel):
    status: Literal["sent"] = "sent"
    agent: str
    task: str
    run_id: str | None = Field(default=None, description="Given only of a task that is a run.")


class RestartedAgent(SwarmModel):
    status: Literal["restarted"] = "restarted"
    agent: str


class AgentHistoryEntry(SwarmModel):
    """A task, a message that came, or one that went. What does not fit the type is left out."""

    type: Literal["task", "incoming", "outgoing"]
    content: Any
    timestamp: str
    from_: str | None = Field(default=None, alias="from")
    to: str | list[str] | None = None
    message_type: str | None = None


class AgentHistory(SwarmModel):
    history: list[AgentHistoryEntry]


class AgentLogLine(SwarmModel):
    session_id: str
    timestamp: str
    role: str = Field(description="`system`, `user`, `assistant` or `tool`.")
    content: str


class AgentLogs(SwarmModel):
    logs: list[AgentLogLine]


class AgentScale(SwarmBody):
    count: int = Field(ge=0, description="How many agents the group is to have.")


class NotScaled(SwarmModel):
    name: str
    reason: str


class ScaledAgents(SwarmModel):
    added: list[str]
    removed: list[str]
    failed: list[NotScaled]


class ScaledGroup(SwarmModel):
    status: Literal["ok"] = "ok"
    result: ScaledAgents


class SwarmObjectList(SwarmModel):
    objects: list[SwarmObject]


class NewSwarmObject(SwarmBody):
    """An object, and with whom it is connected."""

    name: str
    handler: str | None = Field(default=None, description="A registered name, or a Lambda's ARN.")
    backend: str | dict[str, Any] | None = None
    config: dict[str, Any] | None = None
    connections: list[str] | None = None
    incoming: list[str] | None = None


class ObjectState(SwarmModel):
    object: str
    state: dict[str, Any] = Field(description="Whatever the handler keeps.")


class ConfiguredObject(SwarmModel):
    status: Literal["updated"] = "updated"
    object: str
    keys: list[str] = Field(description="The members that were set.")


class SwarmTopology(SwarmModel):
    topology: list[OutgoingEdges]


class TopologyChange(SwarmBody):
    """Edges as `["from", "to"]` or `{"from", "to"}`; what is neither is ignored."""

    add: list[Any] | None = None
    remove: list[Any] | None = None


class ChangedTopology(SwarmModel):
    status: Literal["ok"] = "ok"
    added: int
    removed: int


class RecordedChange(SwarmModel):
    op: str
    payload: dict[str, Any]


class SwarmOverlay(SwarmModel):
    swarm: str
    events: list[RecordedChange]


class ClearedOverlay(SwarmModel):
    status: Literal["cleared"] = "cleared"
    swarm: str


class SwarmLogEntry(SwarmModel):
    """A message that was routed; `to` is a list where it went to all targets."""

    timestamp: str
    swarm: str
    from_: str = Field(alias="from")
    to: str | list[str]
    type: str
    content_preview: str = Field(description="The first 100 characters.")


class SwarmMessageLog(SwarmModel):
    messages: list[SwarmLogEntry]
