"""Bodies that start runs, and what is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import Field

from chalicelib.api.v1.run_models import STATUSES, CamelBody, CamelModel
from chalicelib.api.v1.workflow_models import DEFINITION_SCHEMA, VersionNumber
from chalicelib.core.graph_workflows.start import Request


class StartRequest(CamelBody):
    """What any run may be started with."""

    payload: dict[str, Any] | None = Field(
        default=None, description="The trigger's body; checked by `inputSchema`."
    )
    prop_values: dict[str, Any] | None = Field(default=None, description="`{{$props.k}}`.")
    run_id: str | None = Field(
        default=None,
        description="The run's id, chosen by the client: the same one with the same body is one run.",
        json_schema_extra={"pattern": "^run_[A-Za-z0-9_-]{1,76}$"},
    )
    simulate: bool = Field(default=False, description="Nothing leaves the system.")
    dust_test: bool = Field(default=False, description="Amounts are the smallest unit.")

    def request(self, key: str | None) -> Request:
        """As the core wants it. Raises Invalid for both modes at once."""
        from chalicelib.core.graphs.modes import mode_of

        mode = mode_of(simulate=self.simulate, dust_test=self.dust_test)
        return Request(self.payload, self.prop_values, self.run_id, mode, key)


class RunWorkflow(StartRequest):
    """Which version runs; without one the newest, draft or published."""

    version: VersionNumber | None = None

    def request(self, key: str | None) -> Request:
        return replace(super().request(key), version=self.version)


class RunDefinition(StartRequest):
    """A definition that belongs to this run alone."""

    definition: Any = Field(json_schema_extra=DEFINITION_SCHEMA)


class StartedRun(CamelModel):
    run_id: str


class SyncRun(CamelModel):
    """A run that was waited for."""

    run_id: str
    status: str = Field(json_schema_extra={"enum": list(STATUSES)})
    execution_state: dict[str, Any]
    duration_ms: int


class ResumeRequest(CamelBody):
    """What the node that waits is told; it is in its result."""

    payload: Any = None


class Resumed(CamelModel):
    action: str = Field(json_schema_extra={"enum": ["resumed", "skipped"]})
    reason: str
