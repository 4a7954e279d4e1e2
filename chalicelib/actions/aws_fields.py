"""Types of parameters that name AWS resources, and bodies that go to or come from them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from chalicelib.actions.base import JSON
from chalicelib.core.errors import Problem
from chalicelib.core.steps import StepFailed

MOST_MESSAGE = 262_144
"""Bytes of a message, its attributes not counted: SQS's, SNS's and EventBridge's limit."""

# Plain ranges and lengths beside them: the expressions that pydantic compiles know all of Unicode,
# and counting its letters makes them huge.
_ARN = r"arn:[a-z-]+:{service}:[a-z0-9-]*:[0-9]+:"

Bucket = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*[a-z0-9]\z", max_length=63)]
Key = Annotated[str, Field(min_length=1, max_length=1024)]
Queue = Annotated[
    str,
    Field(pattern=rf"^({_ARN.format(service='sqs')})?[A-Za-z0-9_-]+(\.fifo)?\z", max_length=200),
]
Topic = Annotated[
    str,
    Field(pattern=rf"^({_ARN.format(service='sns')})?[A-Za-z0-9_-]+(\.fifo)?\z", max_length=400),
]
Bus = Annotated[
    str,
    Field(
        pattern=rf"^({_ARN.format(service='events')}event-bus/)?[A-Za-z0-9_./-]+\z", max_length=400
    ),
]
Function = Annotated[
    str,
    Field(pattern=rf"^({_ARN.format(service='lambda')}function:)?[A-Za-z0-9_-]+\z", max_length=200),
]
Attributes = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+\z", max_length=256)],
        Annotated[str, Field(min_length=1)],
    ],
    Field(max_length=10),
]


def only_one(params: Mapping[str, Any], *names: str) -> list[Problem]:
    """A problem unless exactly one of the parameters is there."""
    if len(set(names) & params.keys()) == 1:
        return []
    return [Problem("", f"exactly one of {', '.join(names[:-1])} and {names[-1]} is required")]


def as_text(value: JSON) -> str:
    """A message: text as it is, everything else as JSON. Raises StepFailed `invalid_params`."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError) as error:
        raise StepFailed("invalid_params", f"not JSON: {error}", retryable=False) from error


def as_bytes(text: str, most: int, what: str) -> bytes:
    """Text as UTF-8. Raises StepFailed (final): `invalid_params` for half a character, `too_large`."""
    try:
        found = text.encode()
    except UnicodeEncodeError as error:
        message = f"{what}: contains half a character"
        raise StepFailed("invalid_params", message, retryable=False) from error
    return within(found, most, what)


def within(body: bytes, most: int, what: str) -> bytes:
    """The bytes. Raises StepFailed `too_large` (final) over `most`."""
    if len(body) > most:
        raise StepFailed("too_large", f"{what}: over {most:,} bytes", retryable=False)
    return body


def from_base64(text: str) -> bytes:
    """What base64 stands for. Raises StepFailed `invalid_params` (final)."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StepFailed("invalid_params", "base64: is none", retryable=False) from error


def function_name(function: str) -> str:
    """A function's name without its ARN."""
    return function.rpartition(":")[2]


def message_text(value: JSON) -> str:
    """A message as text within the limit of queues, topics and buses."""
    text = as_text(value)
    as_bytes(text, MOST_MESSAGE, "message")
    return text


def deduplication(key: str | None, given: str | None) -> str | None:
    """The deduplication id of a FIFO queue or topic: the author's, or one that every try of the
    step shares, so that a try that is repeated sends nothing twice."""
    if given is not None or key is None:
        return given
    import hashlib

    return hashlib.sha256(key.encode()).hexdigest()
