"""`email/send`: a mail through SES (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from pydantic import BeforeValidator, Field

from chalicelib.actions.aws_fields import as_bytes
from chalicelib.actions.base import Action, ActionContext, ActionParams
from chalicelib.cloud.aws import calling
from chalicelib.core.errors import Problem
from chalicelib.core.reach import Reach, identities
from chalicelib.core.steps import StepFailed

MOST_RECIPIENTS = 50
"""SES's limit of all of a mail's recipients together."""
MOST_BYTES = 1_000_000


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Address = Annotated[str, Field(pattern=r"^[^\s@<>,;]+@[A-Za-z0-9.-]+\z", max_length=320)]
"""A bare address. A line break would let a mail grow headers."""
Addresses = Annotated[list[Address], BeforeValidator(_as_list), Field(max_length=MOST_RECIPIENTS)]


class EmailSendParams(ActionParams):
    """A mail. At least one of `text` and `html`."""

    from_: Address = Field(alias="from", description="The sender: an identity of the stage's.")
    to: Addresses = Field(description="Whom it goes to: an address or a list.", min_length=1)
    cc: Addresses = Field(default_factory=list, description="Who gets a copy.")
    bcc: Addresses = Field(default_factory=list, description="Who gets a copy unseen.")
    reply_to: Addresses = Field(default_factory=list, description="Where answers go.")
    subject: Annotated[str, Field(pattern=r"^[^\r\n]+\z", max_length=500)] = Field(
        description="One line of text."
    )
    text: str | None = Field(default=None, description="The body as plain text.")
    html: str | None = Field(default=None, description="The body as HTML.")


class EmailSendOutput(TypedDict):
    message_id: str


class EmailSend(Action[EmailSendParams]):
    name = "email/send"
    Params = EmailSendParams
    Output = EmailSendOutput
    effectful = True

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        if {"text", "html"} & params.keys():
            return []
        return [Problem("", "at least one of text and html is required")]

    def run(self, params: EmailSendParams, context: ActionContext) -> EmailSendOutput:
        recipients = [*params.to, *params.cc, *params.bcc]
        if len(recipients) > MOST_RECIPIENTS:
            message = f"to, cc and bcc: over {MOST_RECIPIENTS} recipients"
            raise StepFailed("invalid_params", message, retryable=False)
        _check_sender(params.from_, context)
        body = {
            name: {"Data": text, "Charset": "UTF-8"}
            for name, text in (("Text", params.text), ("Html", params.html))
            if text is not None and as_bytes(text, MOST_BYTES, name.lower()) is not None
        }
        with calling(f"mail from {params.from_}"):
            answer = context.aws("sesv2").send_email(
                FromEmailAddress=params.from_,
                Destination={
                    "ToAddresses": params.to,
                    "CcAddresses": params.cc,
                    "BccAddresses": params.bcc,
                },
                ReplyToAddresses=params.reply_to,
                Content={
                    "Simple": {
                        "Subject": {"Data": params.subject, "Charset": "UTF-8"},
                        "Body": body,
                    }
                },
            )
        return {"message_id": answer["MessageId"]}


def _check_sender(address: str, context: ActionContext) -> None:
    """The stage has to name the sender's address or its domain; neither can have the prefix."""
    reach = context.reach or Reach("", prefix="runyard")
    *first, last = identities(address)
    if not any(reach.allows(reach.arn("ses", one)) for one in first):
        reach.allow(reach.arn("ses", last), address)
