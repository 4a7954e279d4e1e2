"""`swarm/task`: a task for an agent of a swarm, as a step (S3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from pydantic import AfterValidator, Field

from chalicelib.actions.base import Action, ActionContext, ActionParams
from chalicelib.actions.wait_fields import WaitSeconds, timeout_problems
from chalicelib.core.errors import Problem
from chalicelib.core.swarms.model import MOST_CONTENT_BYTES
from chalicelib.core.waits import TASK


def _content(text: str) -> str:
    if len(text.encode()) > MOST_CONTENT_BYTES:
        raise ValueError(f"must have at most {MOST_CONTENT_BYTES:,} bytes in UTF-8")
    return text


class SwarmTaskParams(ActionParams):
    """Who is given what, and how long that may take."""

    swarm: str = Field(min_length=1, max_length=64, description="The swarm's name.")
    agent: str = Field(min_length=1, max_length=64, description="The agent's name.")
    task: Annotated[str, AfterValidator(_content)] = Field(
        min_length=1, description="What the agent is told; at most 100,000 bytes in UTF-8."
    )
    timeout: WaitSeconds | None = Field(
        default=None, description="How long it may take; without it as long as the run may."
    )


class SwarmTaskOutput(TypedDict):
    swarm: str
    agent: str
    mail_id: str
    output: str | None


class SwarmTask(Action[SwarmTaskParams]):
    """Only checks what is asked: `core.swarms.task_steps` sends it, and the agent's turn ends the
    step."""

    name = TASK
    Params = SwarmTaskParams
    Output = SwarmTaskOutput
    effectful = True

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        return timeout_problems(params)

    def run(self, params: SwarmTaskParams, context: ActionContext) -> dict[str, Any]:
        return {"swarm": params.swarm, "agent": params.agent, "task": params.task}
