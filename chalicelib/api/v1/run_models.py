"""A run as S1 shows it, member by member, and where each comes from."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from chalicelib.api.models import ApiModel

STATUSES: Final = ("running", "waiting", "success", "failure", "cancelled")


class CamelModel(ApiModel):
    """Members in S1's spelling outside, in ours inside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class CamelBody(CamelModel):
    """What clients send: nothing that is not known, and every type as it is declared."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SimulationFork(CamelModel):
    """Where one chain of a simulated run was forked."""

    chain_id: int
    fork_id: str
    rpc_url: str


class GraphInputSpec(CamelModel):
    """One input that a definition declares."""

    key: str
    type: str = Field(
        json_schema_extra={"enum": ["string", "number", "boolean", "object", "array"]}
    )
    required: bool = False
    description: str = ""


class GraphDefinition(CamelModel):
    """The whole graph that is executed; `blockExpansions` is set on runs' snapshots only."""

    block_expansions: dict[str, Any] | None = None
    input_schema: list[GraphInputSpec] = Field(default_factory=list)
    nodes: dict[str, Any]


class GraphRunLine(CamelModel):
    """All of a run but what can be large."""

    id: str
    organization_id: str
    workflow_id: str | None
    workflow_version: int | None
    status: str = Field(json_schema_extra={"enum": list(STATUSES)})
    trigger_source: str | None
    triggered_by: str | None
    started_at: str
    finished_at: str | None
    source_run_id: str | None = Field(description="The run that this one retries.")
    is_simulation: bool
    simulation_mode: str | None
    simulation_forks: list[SimulationFork]
    is_dust_test: bool
    prop_values: dict[str, Any]
    total_cu: float = Field(description="Compute units of the nodes that ran so far.")


class GraphRun(GraphRunLine):
    """With `summary=true` the last two are left out."""

    execution_state: dict[str, Any] = Field(
        default_factory=dict,
        description="Node id → `{type, status, input, result, error, startedAt, finishedAt}`.",
    )
    workflow_definition: GraphDefinition | None = Field(
        default=None, description="What was executed; null where no graph was."
    )


class GraphRunPage(CamelModel):
    items: list[GraphRunLine]
    limit: int
    offset: int
    has_more: bool


class StatusCounts(CamelModel):
    """How many runs have each status."""

    running: int
    waiting: int
    success: int
    failure: int
    cancelled: int
    total: int
