"""`events/put`: an event to a bus of EventBridge (S2)."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from pydantic import AfterValidator, Field

from chalicelib.actions.aws_fields import Bus, message_text
from chalicelib.actions.base import Action, ActionContext, ActionParams
from chalicelib.actions.fields import Instant
from chalicelib.cloud.aws import calling
from chalicelib.core.steps import StepFailed


def _not_aws(source: str) -> str:
    if source.startswith("aws."):
        raise ValueError("must not begin with aws.")
    return source


class EventsPutParams(ActionParams):
    """One event, as EventBridge has it."""

    bus: Bus = Field(description="The event bus's name, or its ARN.")
    source: Annotated[str, AfterValidator(_not_aws)] = Field(
        min_length=1, max_length=256, description="Who says it. Not `aws.…`."
    )
    detail_type: str = Field(min_length=1, max_length=128, description="What has happened.")
    detail: dict[str, Any] = Field(default_factory=dict, description="What is to be known of it.")
    resources: list[Annotated[str, Field(min_length=1, max_length=2048)]] = Field(
        default_factory=list, max_length=100, description="What it is about, mostly ARNs."
    )
    time: Instant | None = Field(
        default=None, description="When it happened: RFC 3339 with an offset; now otherwise."
    )


class EventsPutOutput(TypedDict):
    event_id: str


class EventsPut(Action[EventsPutParams]):
    name = "events/put"
    Params = EventsPutParams
    Output = EventsPutOutput
    effectful = True

    def run(self, params: EventsPutParams, context: ActionContext) -> EventsPutOutput:
        named = params.bus if params.bus.startswith("arn:") else f"event-bus/{params.bus}"
        arn = context.allowed("events", named, params.bus)
        name = arn.rpartition("event-bus/")[2]
        entry: dict[str, Any] = {
            "EventBusName": arn,
            "Source": params.source,
            "DetailType": params.detail_type,
            "Detail": message_text(params.detail),
            "Resources": params.resources,
        }
        if params.time is not None:
            entry["Time"] = params.time
        with calling(name):
            (answer,) = context.aws("events").put_events(Entries=[entry])["Entries"]
        if "EventId" not in answer:
            raise _entry_failed(name, str(answer.get("ErrorCode", "")))
        return {"event_id": answer["EventId"]}


def _entry_failed(bus: str, code: str) -> StepFailed:
    """An entry can be refused though the call was taken."""
    if code in ("ThrottlingException", "InternalFailure", "InternalException"):
        return StepFailed("unavailable", f"{bus}: {code}")
    return StepFailed("request_refused", f"{bus}: {code}", retryable=False)
