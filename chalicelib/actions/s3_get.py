"""`s3/get`: an object of a bucket (S2)."""

from __future__ import annotations

import base64
from typing import Any, Literal, NotRequired, TypedDict

from pydantic import Field

from chalicelib.actions.aws_fields import Bucket, Key
from chalicelib.actions.base import JSON, Action, ActionContext, ActionParams
from chalicelib.actions.json_text import json_or_none
from chalicelib.cloud.aws import calling
from chalicelib.core.clock import rfc3339
from chalicelib.core.steps import StepFailed

MOST_BYTES = 5_000_000
_CHUNK = 262_144


class S3GetParams(ActionParams):
    """Which object, and how much of it is too much."""

    bucket: Bucket = Field(description="The bucket's name.")
    key: Key = Field(description="The object's key.")
    version_id: str | None = Field(
        default=None, min_length=1, max_length=1024, description="A version of it."
    )
    max_bytes: int = Field(
        default=MOST_BYTES, ge=1, le=MOST_BYTES, description="A larger object fails the step."
    )


class S3GetOutput(TypedDict):
    size: int
    content_type: str
    etag: str
    last_modified: str
    metadata: dict[str, str]
    body: str
    json: JSON
    encoding: NotRequired[Literal["base64"]]
    """Only there when `body` is not UTF-8."""


class S3Get(Action[S3GetParams]):
    name = "s3/get"
    Params = S3GetParams
    Output = S3GetOutput
    effectful = False

    def run(self, params: S3GetParams, context: ActionContext) -> S3GetOutput:
        where = f"{params.bucket}/{params.key}"
        context.allowed("s3", where, params.bucket)
        version = {} if params.version_id is None else {"VersionId": params.version_id}
        with calling(where):
            answer = context.aws("s3").get_object(Bucket=params.bucket, Key=params.key, **version)
            body = _read(answer, params.max_bytes, where)
        return _output(answer, body)


def _read(answer: Any, most: int, where: str) -> bytes:
    """The body, piece by piece: a large object is given up before it fills the memory."""
    found = bytearray()
    with answer["Body"] as stream:
        if answer["ContentLength"] > most:
            raise _too_large(where, most)
        while piece := stream.read(_CHUNK):
            found += piece
            if len(found) > most:
                raise _too_large(where, most)
    return bytes(found)


def _too_large(where: str, most: int) -> StepFailed:
    return StepFailed("too_large", f"{where}: over {most:,} bytes", retryable=False)


def _output(answer: Any, body: bytes) -> S3GetOutput:
    found: S3GetOutput = {
        "size": len(body),
        "content_type": answer.get("ContentType", ""),
        "etag": answer["ETag"].strip('"'),
        "last_modified": rfc3339(answer["LastModified"]),
        "metadata": dict(answer.get("Metadata", {})),
        "body": "",
        "json": None,
    }
    try:
        found["body"] = body.decode()
        found["json"] = json_or_none(found["body"])
    except UnicodeDecodeError:
        found["body"] = base64.b64encode(body).decode()
        found["encoding"] = "base64"
    return found
