"""What is in S3: outputs too large for an item as JSON, texts as they are, named by where they belong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chalicelib.cloud.calls import code_of, later_is_unavailable
from chalicelib.core.errors import BadRequest, TooLarge, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from chalicelib.core.runs.model import Step

LARGE: Final = 100_000
"""Bytes of JSON from which on an output goes to S3 and leaves a pointer."""
LARGE_OF_ITEM: Final = 10_000
"""The same for the output of one item of a loop: all of them are read at once, up to a thousand."""


def definition_key(org: str, workflow: str, digest: str) -> str:
    """Where a large version's source and plan are. The digest is of both, so that no object ever
    changes, whoever applies at the same time."""
    return f"definitions/{org}/{workflow}/{digest}.json"


def output_prefix(org: str, run_id: str) -> str:
    """Where all large outputs of a run are."""
    return f"outputs/{org}/{run_id}/"


def output_key(org: str, run_id: str, step: Step) -> str:
    """Where the output of a step's try is, if it is large."""
    item = "" if step.index is None else f".item-{step.index}"
    return f"{output_prefix(org, run_id)}{step.name}{item}.{step.attempt}.json"


def own_definition_key(org: str, run_id: str) -> str:
    """Where the version that belongs to one run is, if it is large: gone with its outputs."""
    return f"{output_prefix(org, run_id)}@definition.json"


def items_key(org: str, run_id: str, step: str) -> str:
    """Where the items of a loop are, if they are large."""
    return f"{output_prefix(org, run_id)}{step}.items.json"


class Blobs:
    """`client` is a function, so that no S3 client is made by a process that needs none."""

    def __init__(self, client: Callable[[], S3Client], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, value: Any) -> str:
        """Store a JSON value under a key; the key."""
        body = json.dumps(value, separators=(",", ":")).encode()
        with later_is_unavailable("S3"):
            self._client().put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/json"
            )
        return key

    def get(self, key: str) -> Any:
        """The value stored under a key. Raises botocore's ClientError when there is none."""
        with later_is_unavailable("S3"):
            answer = self._client().get_object(Bucket=self._bucket, Key=key)
        return json.loads(answer["Body"].read())

    def put_text(self, key: str, text: str) -> None:
        """Store a text under a key."""
        with later_is_unavailable("S3"):
            self._client().put_object(
                Bucket=self._bucket, Key=key, Body=text.encode(), ContentType="text/plain"
            )

    def text(self, key: str, *, most: int) -> str | None:
        """The text stored under a key; None when there is none. Raises TooLarge for one of over
        `most` bytes, BadRequest for what is no UTF-8 text."""
        try:
            with later_is_unavailable("S3"):
                answer = self._client().get_object(Bucket=self._bucket, Key=key)
                if answer["ContentLength"] > most:
                    raise TooLarge(f"{key} is over {most:,} bytes")
                body: bytes = answer["Body"].read()
            return body.decode()
        except UnicodeDecodeError as problem:
            raise BadRequest(f"{key} is no UTF-8 text") from problem
        except ClientError as error:
            if code_of(error) not in ("NoSuchKey", "404"):
                raise
            return None

    def names(self, prefix: str, *, most: int) -> list[str]:
        """The keys under a prefix, in order, at most so many: one listing for each 1,000."""
        found: list[str] = []
        start: Any = {}
        while len(found) < most:
            with later_is_unavailable("S3"):
                page = self._client().list_objects_v2(Bucket=self._bucket, Prefix=prefix, **start)
            found += [one["Key"] for one in page.get("Contents", [])]
            if not page.get("IsTruncated"):
                break
            start = {"ContinuationToken": page["NextContinuationToken"]}
        return found[:most]

    def copy(self, key: str, target: str) -> bool:
        """Copy an object inside the bucket; S3 does it, no data comes here. False when there is
        none (it was deleted, or has expired)."""
        try:
            with later_is_unavailable("S3"):
                self._client().copy_object(
                    Bucket=self._bucket,
                    Key=target,
                    CopySource={"Bucket": self._bucket, "Key": key},
                )
        except ClientError as error:
            if code_of(error) not in ("NoSuchKey", "404"):
                raise
            return False
        return True

    def delete(self, key: str) -> None:
        """Delete one object. One that is not there is fine."""
        with later_is_unavailable("S3"):
            self._client().delete_object(Bucket=self._bucket, Key=key)

    def delete_some(self, prefix: str) -> bool:
        """Delete up to 1,000 objects under a prefix: one listing, and one call if there are some.
        False when there is none."""
        with later_is_unavailable("S3"):
            page = self._client().list_objects_v2(Bucket=self._bucket, Prefix=prefix)
            found = page.get("Contents", [])
            if not found:
                return False
            answer = self._client().delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": one["Key"]} for one in found], "Quiet": True},
            )
        if answer.get("Errors"):
            raise Unavailable(f"S3: {answer['Errors'][0].get('Code', 'it did not delete')}")
        return True

    def reachable(self) -> None:
        """Raises botocore's errors or Unavailable when the bucket does not answer."""
        with later_is_unavailable("S3"):
            self._client().head_bucket(Bucket=self._bucket)
