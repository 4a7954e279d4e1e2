"""`sqs/send`: a message to a queue (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from pydantic import Field

from chalicelib.actions.aws_fields import Attributes, Queue, deduplication, message_text
from chalicelib.actions.base import JSON, Action, ActionContext, ActionParams
from chalicelib.cloud.aws import calling
from chalicelib.core.errors import Problem


class SqsSendParams(ActionParams):
    """What is sent to which queue."""

    queue: Queue = Field(description="The queue's name, or its ARN.")
    message: JSON = Field(description="Text, or any other value, which is sent as JSON.")
    delay_seconds: int | None = Field(
        default=None, ge=0, le=900, description="Hidden for so long; not for FIFO queues."
    )
    attributes: Attributes = Field(default_factory=dict, description="Message attributes: text.")
    group_id: str | None = Field(
        default=None, min_length=1, max_length=128, description="Message group of a FIFO queue."
    )
    deduplication_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="Of a FIFO queue's message; one that all tries of the step share otherwise.",
    )


class SqsSendOutput(TypedDict):
    message_id: str
    sequence_number: str | None
    """Of FIFO queues."""


class SqsSend(Action[SqsSendParams]):
    name = "sqs/send"
    Params = SqsSendParams
    Output = SqsSendOutput
    effectful = True

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        queue = params.get("queue")
        if isinstance(queue, str) and queue.endswith(".fifo") and "group_id" not in params:
            return [Problem("group_id", "is required for a FIFO queue")]
        return []

    def run(self, params: SqsSendParams, context: ActionContext) -> SqsSendOutput:
        *_, account, name = context.allowed("sqs", params.queue, params.queue).split(":")
        request: dict[str, Any] = {"MessageBody": message_text(params.message)}
        if params.delay_seconds is not None:
            request["DelaySeconds"] = params.delay_seconds
        if params.attributes:
            request["MessageAttributes"] = {
                key: {"DataType": "String", "StringValue": value}
                for key, value in params.attributes.items()
            }
        if name.endswith(".fifo"):
            request["MessageGroupId"] = params.group_id
            found = deduplication(context.idempotency_key, params.deduplication_id)
            request["MessageDeduplicationId"] = found
        with calling(name):
            client = context.aws("sqs")
            url = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
            answer = client.send_message(QueueUrl=url, **request)
        return {
            "message_id": answer["MessageId"],
            "sequence_number": answer.get("SequenceNumber"),
        }
