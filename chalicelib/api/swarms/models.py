"""Bodies of swarms as wholes: what is given, and what is answered."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from chalicelib.api.swarms.dialect import SwarmBody, SwarmModel
from chalicelib.core.swarms.model import NodeState, SwarmStatus

STATUSES: list[Any] = [status.value for status in SwarmStatus]
STATES: list[Any] = [state.value for state in NodeState]


class NewSwarm(SwarmBody):
    """One of the two; `config` where both are there."""

    config: dict[str, Any] | None = Field(
        default=None, description="The configuration itself: `name`, `agents`, `topology` …"
    )
    config_path: str | None = Field(
        default=None,
        max_length=1024,
        description="A stored configuration file, `.exs`, `.json` or `.yaml`.",
    )


class CreatedSwarm(SwarmModel):
    status: Literal["created"] = "created"
    swarm_name: str


class SwarmLine(SwarmModel):
    name: str
    status: str = Field(json_schema_extra={"enum": STATUSES})
    started_at: str
    agent_count: int
    object_count: int


class SwarmList(SwarmModel):
    swarms: list[SwarmLine]


class SwarmAgent(SwarmModel):
    """An agent with its state."""

    name: str
    swarm_name: str
    state: str = Field(json_schema_extra={"enum": STATES})
    backend: str = Field(description="`mock`, `local`, `bwrap`, `bedrock`, `http`, `lambda` …")
    inbox_size: int = Field(description="Mail that waits.")
    message_count: int = Field(description="Mail handled since the agent was started.")
    skills: list[str]
    started_at: str | None
    last_activity: str | None


class SwarmAgentDetail(SwarmAgent):
    """An agent in the detail of its swarm."""

    backend_type: str
    model: str | None
    skills_paths: list[str]
    container_name: str
    container_status: str = Field(
        description="As a container's: `created`, `running`, `paused`, `exited` or `dead`."
    )


class SwarmObject(SwarmModel):
    """An object with its state."""

    name: str
    state: str = Field(json_schema_extra={"enum": STATES})
    handler: str | None


class SwarmObjectDetail(SwarmObject):
    handler_module: str | None
    source_file: str | None = Field(description="Where its code is.")


class OutgoingEdges(SwarmModel):
    """A node that may send to others."""

    from_: str = Field(alias="from")
    targets: list[str]


class SwarmSize(SwarmModel):
    agent_count: int
    object_count: int
    topology_edges: int


class SwarmFiles(SwarmModel):
    """Where a swarm's things are, as clients name it."""

    config: str | None
    data_dir: str
    log: str


class SwarmDetails(SwarmModel):
    """A swarm with everything in it."""

    name: str
    status: str = Field(json_schema_extra={"enum": STATUSES})
    started_at: str
    config_path: str | None
    agents: list[SwarmAgentDetail]
    objects: list[SwarmObjectDetail]
    agent_counts: dict[str, int] = Field(description="How many agents are in each state.")
    config: SwarmSize
    topology: list[OutgoingEdges]
    file_paths: SwarmFiles


class StoppedSwarm(SwarmModel):
    status: Literal["stopped", "purged"]
    swarm_name: str
    config_path: str | None


class PausedSwarm(SwarmModel):
    status: Literal["paused"] = "paused"
    swarm_name: str
    containers_paused: int


class ResumedSwarm(SwarmModel):
    status: Literal["resumed"] = "resumed"
    swarm_name: str
    containers_resumed: int


class RestartedSwarm(SwarmModel):
    status: Literal["restarted"] = "restarted"
    swarm_name: str
    delete_data: bool


class CleanedSwarms(SwarmModel):
    status: Literal["cleaned"] = "cleaned"
    swarms_removed: int
    events_cleared: bool


class SwarmMessage(SwarmBody):
    """What one agent says to another."""

    from_: str = Field(alias="from")
    to: str
    content: str = Field(description="At most 100,000 bytes in UTF-8.")


class RoutedMessage(SwarmModel):
    status: Literal["routed"] = "routed"
    from_: str = Field(alias="from")
    to: str
    swarm: str
