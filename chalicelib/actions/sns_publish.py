"""`sns/publish`: a message to a topic (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from pydantic import Field

from chalicelib.actions.aws_fields import Attributes, Topic, deduplication, message_text
from chalicelib.actions.base import JSON, Action, ActionContext, ActionParams
from chalicelib.cloud.aws import calling
from chalicelib.core.errors import Problem


class SnsPublishParams(ActionParams):
    """What is published to which topic."""

    topic: Topic = Field(description="The topic's name, or its ARN.")
    message: JSON = Field(description="Text, or any other value, which is sent as JSON.")
    subject: Annotated[str, Field(pattern=r"^[!-~][ -~]*\z", max_length=100)] | None = Field(
        default=None, description="Of mails made of it: one line of ASCII."
    )
    attributes: Attributes = Field(default_factory=dict, description="Message attributes: text.")
    group_id: str | None = Field(
        default=None, min_length=1, max_length=128, description="Message group of a FIFO topic."
    )
    deduplication_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="Of a FIFO topic's message; one that all tries of the step share otherwise.",
    )


class SnsPublishOutput(TypedDict):
    message_id: str
    sequence_number: str | None
    """Of FIFO topics."""


class SnsPublish(Action[SnsPublishParams]):
    name = "sns/publish"
    Params = SnsPublishParams
    Output = SnsPublishOutput
    effectful = True

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        topic = params.get("topic")
        if isinstance(topic, str) and topic.endswith(".fifo") and "group_id" not in params:
            return [Problem("group_id", "is required for a FIFO topic")]
        return []

    def run(self, params: SnsPublishParams, context: ActionContext) -> SnsPublishOutput:
        arn = context.allowed("sns", params.topic, params.topic)
        request: dict[str, Any] = {"TopicArn": arn, "Message": message_text(params.message)}
        if params.subject is not None:
            request["Subject"] = params.subject
        if params.attributes:
            request["MessageAttributes"] = {
                key: {"DataType": "String", "StringValue": value}
                for key, value in params.attributes.items()
            }
        if arn.endswith(".fifo"):
            request["MessageGroupId"] = params.group_id
            found = deduplication(context.idempotency_key, params.deduplication_id)
            request["MessageDeduplicationId"] = found
        with calling(arn.rpartition(":")[2]):
            answer = context.aws("sns").publish(**request)
        return {
            "message_id": answer["MessageId"],
            "sequence_number": answer.get("SequenceNumber"),
        }
