"""`approval`: waits until a person says yes or no (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from pydantic import Field

from chalicelib.actions.base import Action, ActionContext, ActionParams
from chalicelib.actions.wait_fields import WaitSeconds, timeout_problems
from chalicelib.core.errors import Problem
from chalicelib.core.waits import APPROVAL

MOST_MESSAGE_CHARACTERS = 2_000
"""It stands in an event, and API Gateway's frames have 32 KB."""


class ApprovalParams(ActionParams):
    """What is asked, and for how long."""

    message: str = Field(
        min_length=1,
        max_length=MOST_MESSAGE_CHARACTERS,
        description="What is asked of the people who may approve.",
    )
    timeout: WaitSeconds | None = Field(
        default=None, description="How long it can be answered; without it as long as the run may."
    )


class ApprovalOutput(TypedDict):
    approved: bool
    by: str
    comment: str | None
    at: str


class ApprovalAction(Action[ApprovalParams]):
    """Only checks what is asked: `core.runs.asking` asks, and the answer is the step's output."""

    name = APPROVAL
    Params = ApprovalParams
    Output = ApprovalOutput
    effectful = True

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        return timeout_problems(params)

    def run(self, params: ApprovalParams, context: ActionContext) -> dict[str, Any]:
        return {"message": params.message}
