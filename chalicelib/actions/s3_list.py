"""`s3/list`: a page of a bucket's objects (S2)."""

from __future__ import annotations

from typing import TypedDict

from pydantic import Field

from chalicelib.actions.aws_fields import Bucket
from chalicelib.actions.base import Action, ActionContext, ActionParams
from chalicelib.cloud.aws import calling
from chalicelib.core.clock import rfc3339


class S3ListParams(ActionParams):
    """Which part of a bucket."""

    bucket: Bucket = Field(description="The bucket's name.")
    prefix: str = Field(default="", max_length=1024, description="Only keys that begin with it.")
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=16,
        description="Keys that go on behind it are summed up in `prefixes`; mostly `/`.",
    )
    limit: int = Field(
        default=1000, ge=1, le=1000, description="The most objects and prefixes to give."
    )
    page_token: str | None = Field(
        default=None, min_length=1, max_length=4096, description="The `next` of the page before."
    )


class S3Object(TypedDict):
    key: str
    size: int
    etag: str
    last_modified: str


class S3ListOutput(TypedDict):
    objects: list[S3Object]
    prefixes: list[str]
    next: str | None
    """Null on the last page."""


class S3List(Action[S3ListParams]):
    name = "s3/list"
    Params = S3ListParams
    Output = S3ListOutput
    effectful = False

    def run(self, params: S3ListParams, context: ActionContext) -> S3ListOutput:
        context.allowed("s3", params.bucket, params.bucket)
        more = {"Delimiter": params.delimiter, "ContinuationToken": params.page_token}
        with calling(params.bucket):
            answer = context.aws("s3").list_objects_v2(
                Bucket=params.bucket,
                Prefix=params.prefix,
                MaxKeys=params.limit,
                **{name: value for name, value in more.items() if value is not None},
            )
        return {
            "objects": [
                {
                    "key": found["Key"],
                    "size": found["Size"],
                    "etag": found["ETag"].strip('"'),
                    "last_modified": rfc3339(found["LastModified"]),
                }
                for found in answer.get("Contents", [])
            ],
            "prefixes": [found["Prefix"] for found in answer.get("CommonPrefixes", [])],
            "next": answer.get("NextContinuationToken"),
        }
