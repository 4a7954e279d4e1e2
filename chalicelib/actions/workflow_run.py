"""`workflow/run`: a run of another workflow as a step (S2)."""

from __future__ import annotations

from typing import Any, TypedDict

from pydantic import Field

from chalicelib.actions.base import JSON, Action, ActionContext, ActionParams
from chalicelib.core.waits import CHILD


class WorkflowRunParams(ActionParams):
    """Which workflow, and with what."""

    workflow: str = Field(min_length=1, max_length=64, description="The workflow's name.")
    inputs: dict[str, Any] = Field(
        default_factory=dict, description="Its inputs, checked when the step runs."
    )
    version: int | None = Field(
        default=None, ge=1, description="Which version; without it the newest."
    )


class WorkflowRunOutput(TypedDict):
    execution_id: str
    status: str
    outputs: JSON


class WorkflowRun(Action[WorkflowRunParams]):
    """Only checks what is to run: `core.runs.children` starts it, and its end is the step's."""

    name = CHILD
    Params = WorkflowRunParams
    Output = WorkflowRunOutput
    effectful = True

    def run(self, params: WorkflowRunParams, context: ActionContext) -> dict[str, Any]:
        return params.model_dump()
