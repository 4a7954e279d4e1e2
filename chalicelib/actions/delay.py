"""`delay`: lets time pass. A Wait state does the waiting; the action says until when (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, TypedDict

from pydantic import ConfigDict, Field

from chalicelib.actions.base import Action, ActionContext, ActionParams
from chalicelib.actions.fields import Instant, Seconds
from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Problem
from chalicelib.core.steps import StepFailed

LONGEST = timedelta(days=365)
"""A Standard execution of Step Functions ends after a year."""


class DelayParams(ActionParams):
    """Exactly one of the two."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["duration"]}, {"required": ["until"]}]}
    )

    duration: Annotated[Seconds, Field(ge=0, le=LONGEST.total_seconds())] | None = Field(
        default=None, description="How long: a duration (90s, 1m30s, 24h) or seconds."
    )
    until: Instant | None = Field(
        default=None, description="Until when: RFC 3339 with an offset; a past time is now."
    )


class DelayOutput(TypedDict):
    until: str


def until(params: DelayParams, now: datetime) -> datetime:
    """The instant a delay ends, never before `now`. Both are aware.

    Raises StepFailed `invalid_params` (final) for an instant over a year away.
    """
    if params.duration is not None:
        return now + timedelta(seconds=params.duration)
    instant = params.until or now
    if instant - now > LONGEST:
        message = "until: must not be more than a year away"
        raise StepFailed("invalid_params", message, retryable=False)
    return max(instant, now)


class Delay(Action[DelayParams]):
    name = "delay"
    Params = DelayParams
    Output = DelayOutput
    effectful = False

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        if len({"duration", "until"} & params.keys()) == 1:
            return []
        return [Problem("", "exactly one of duration and until is required")]

    def run(self, params: DelayParams, context: ActionContext) -> DelayOutput:
        now = context.now()
        end = until(params, now)
        # Step Functions drops fractions of a second: rounded up, so that no delay is too short.
        if end > now and end.microsecond:
            end = end.replace(microsecond=0) + timedelta(seconds=1)
        return {"until": rfc3339(end)}
