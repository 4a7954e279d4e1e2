"""Actions that call AWS, against moto: what they send, what they give, how they fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.actions import registry
from chalicelib.actions.base import ActionContext
from chalicelib.cloud.aws import calling
from chalicelib.cloud.http import OutboundHttp
from chalicelib.core.reach import Place, Reach
from chalicelib.core.steps import StepFailed
from tests.support.quick import quick_aws

MINE = "runyard-test-user-acme--"
PLACE = Place("aws", "us-east-1", "123456789012")


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> Iterator[ActionContext]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with quick_aws():
        yield ActionContext(
            http=OutboundHttp(),
            bedrock=lambda: client("bedrock-runtime"),
            remaining=lambda: 30.0,
            idempotency_key="run_1/send",
            aws=client,
            reach=Reach(
                "org_acme", "runyard-test", ("arn:aws:ses:*:*:identity/example.org",), (), PLACE
            ),
        )


def refused(name: str, params: dict[str, Any], context: ActionContext) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        registry.run(name, params, context)
    return caught.value


def test_bytes_go_to_a_bucket_and_come_back_as_base64(context: ActionContext) -> None:
    client("s3").create_bucket(Bucket=f"{MINE}b")
    where = {"bucket": f"{MINE}b", "key": "k"}
    put = registry.run("s3/put", {**where, "base64": "/wD+", "metadata": {"a": "b"}}, context)
    assert put["size"] == 3
    got = registry.run("s3/get", where, context)
    assert (got["body"], got["encoding"], got["metadata"]) == ("/wD+", "base64", {"a": "b"})
    assert got["content_type"] == "application/octet-stream"
    assert got["etag"] == put["etag"]


@pytest.mark.parametrize("value", ["text", None, False, [1], {"a": "ä"}])
def test_any_value_is_put_as_json_and_comes_back_as_it_was(
    context: ActionContext, value: Any
) -> None:
    client("s3").create_bucket(Bucket=f"{MINE}b")
    where = {"bucket": f"{MINE}b", "key": "k"}
    registry.run("s3/put", {**where, "json": value}, context)
    got = registry.run("s3/get", where, context)
    assert (json.loads(got["body"]), got["json"]) == (value, value)


def test_pages_of_a_bucket_go_on_where_the_last_one_ended(context: ActionContext) -> None:
    client("s3").create_bucket(Bucket=f"{MINE}b")
    for key in "abc":
        client("s3").put_object(Bucket=f"{MINE}b", Key=key, Body=b"x")
    params: dict[str, Any] = {"bucket": f"{MINE}b", "limit": 2}
    first = registry.run("s3/list", params, context)
    rest = registry.run("s3/list", {**params, "page_token": first["next"]}, context)
    assert [o["key"] for o in (*first["objects"], *rest["objects"])] == ["a", "b", "c"]
    assert rest["next"] is None


def test_every_try_of_a_step_sends_one_message_to_a_fifo_queue(context: ActionContext) -> None:
    attributes = {"FifoQueue": "true"}
    url = client("sqs").create_queue(QueueName=f"{MINE}q.fifo", Attributes=attributes)["QueueUrl"]
    params = {"queue": f"{MINE}q.fifo", "message": "hi", "group_id": "g"}
    for _ in range(2):
        registry.run("sqs/send", params, context)
    found = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in found] == ["hi"]


def test_a_mail_goes_from_senders_that_the_stage_names(context: ActionContext) -> None:
    client("sesv2").create_email_identity(EmailIdentity="example.org")
    mail = {"from": "ada@example.org", "to": ["a@b.ch"], "subject": "Hi", "text": "x"}
    assert registry.run("email/send", mail, context)["message_id"]
    assert refused("email/send", {**mail, "from": "a@b.ch"}, context).code == "resource_not_allowed"
    many = {**mail, "cc": [f"a{n}@b.ch" for n in range(50)]}
    assert refused("email/send", many, context).code == "invalid_params"
    evil = {**mail, "subject": "Hi\r\nBcc: x@y.ch"}
    assert refused("email/send", evil, context).code == "invalid_params"


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("sqs/send", {"queue": "q", "message": "x" * 262_145}),
        ("sns/publish", {"topic": "q", "message": "ä" * 131_073}),
        (
            "events/put",
            {"bus": "q", "source": "a", "detail_type": "b", "detail": {"x": "x" * 262_144}},
        ),
        ("s3/put", {"bucket": "qqq", "key": "k", "body": "x" * 5_000_001}),
        ("lambda/invoke", {"function": "q", "mode": "event", "payload": "x" * 1_000_000}),
    ],
)
def test_what_is_too_large_is_never_sent(
    context: ActionContext, name: str, params: dict[str, Any]
) -> None:
    member = next(key for key in ("queue", "topic", "bus", "bucket", "function") if key in params)
    found = refused(name, {**params, member: f"{MINE}{params[member]}"}, context)
    assert (found.code, found.retryable) == ("too_large", False)


@pytest.mark.parametrize(
    ("code", "status", "expected", "retryable"),
    [
        ("Throttling", 400, "throttled", True),
        ("TooManyRequestsException", 429, "throttled", True),
        ("SlowDown", 503, "throttled", True),
        ("InternalError", 500, "unavailable", True),
        ("AccessDenied", 403, "access_denied", False),
        ("NoSuchKey", 404, "not_found", False),
        ("InvalidParameterValue", 400, "request_refused", False),
    ],
)
def test_awss_errors_become_failures_without_the_account(
    code: str, status: int, expected: str, retryable: bool
) -> None:
    said = "no arn:aws:sqs:eu-west-1:123456789012:q of 123456789012"
    answer: Any = {
        "Error": {"Code": code, "Message": said},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    with pytest.raises(StepFailed) as caught, calling("q"):
        raise ClientError(answer, "Send")
    assert (caught.value.code, caught.value.retryable) == (expected, retryable)
    assert "123456789012" not in str(caught.value)
