"""`s3/put`: writes an object of a bucket (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from pydantic import Field

from chalicelib.actions.aws_fields import (
    Bucket,
    Key,
    as_bytes,
    as_text,
    from_base64,
    only_one,
    within,
)
from chalicelib.actions.base import JSON, Action, ActionContext, ActionParams
from chalicelib.actions.fields import HeaderValue
from chalicelib.cloud.aws import calling
from chalicelib.core.errors import Problem

MOST_BYTES = 5_000_000


class S3PutParams(ActionParams):
    """What is written where. Exactly one of `body`, `json` and `base64`."""

    bucket: Bucket = Field(description="The bucket's name.")
    key: Key = Field(description="The object's key. An object that is there is replaced.")
    body: str | None = Field(default=None, description="The content as text, stored as UTF-8.")
    json_: JSON = Field(default=None, alias="json", description="The content as JSON, any value.")
    base64: str | None = Field(default=None, description="The content as base64, for bytes.")
    content_type: HeaderValue | None = Field(
        default=None, description="Its media type; by what the content was given as otherwise."
    )
    metadata: dict[
        Annotated[str, Field(pattern=r"^[a-z0-9_-]+\z", max_length=128)],
        Annotated[str, Field(pattern=r"^[ -~]*\z", max_length=1024)],
    ] = Field(default_factory=dict, max_length=10, description="Metadata of your own.")


class S3PutOutput(TypedDict):
    bucket: str
    key: str
    size: int
    etag: str
    version_id: str | None


class S3Put(Action[S3PutParams]):
    name = "s3/put"
    Params = S3PutParams
    Output = S3PutOutput
    effectful = True

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        return only_one(params, "body", "json", "base64")

    def run(self, params: S3PutParams, context: ActionContext) -> S3PutOutput:
        where = f"{params.bucket}/{params.key}"
        context.allowed("s3", where, params.bucket)
        body, content_type = _content(params)
        with calling(where):
            answer = context.aws("s3").put_object(
                Bucket=params.bucket,
                Key=params.key,
                Body=body,
                ContentType=params.content_type or content_type,
                Metadata=params.metadata,
            )
        return {
            "bucket": params.bucket,
            "key": params.key,
            "size": len(body),
            "etag": answer["ETag"].strip('"'),
            "version_id": answer.get("VersionId"),
        }


def _content(params: S3PutParams) -> tuple[bytes, str]:
    if params.base64 is not None:
        return within(from_base64(params.base64), MOST_BYTES, "base64"), "application/octet-stream"
    if params.body is not None:
        return as_bytes(params.body, MOST_BYTES, "body"), "text/plain; charset=utf-8"
    import json

    text = json.dumps(params.json_) if isinstance(params.json_, str) else as_text(params.json_)
    return as_bytes(text, MOST_BYTES, "json"), "application/json"
