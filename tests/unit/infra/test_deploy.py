"""The deployer against a stand-in for CloudFormation and S3."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from infra import deploy, sessions
from infra.errors import InfraError
from infra.package import Artifact

LATER = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)


class Waiter:
    def __init__(self, reason: str | None) -> None:
        self.reason = reason

    def wait(self, **_: Any) -> None:
        if self.reason is not None:
            raise WaiterError("waiter", "failed", {"StatusReason": self.reason})


class Cloud:
    """CloudFormation, S3 and STS in one, as far as the deployer speaks to them."""

    region_name = "eu-central-1"

    def __init__(self) -> None:
        self.stack: str | None = None
        self.objects: dict[str, bytes] = {}
        self.buckets: set[str] = set()
        self.calls: list[str] = []
        self.change_set: dict[str, Any] = {}
        self.failing: dict[str, str] = {}
        self.meta = type("Meta", (), {"endpoint_url": "https://s3.example"})

    def client(self, service_name: str, **_: Any) -> Cloud:
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}

    def head_bucket(self, **given: str) -> None:
        if given["Bucket"] not in self.buckets:
            raise ClientError({"Error": {"Code": "404"}}, "HeadBucket")

    def create_bucket(self, **given: Any) -> None:
        self.calls.append(f"create_bucket {given['CreateBucketConfiguration']}")
        self.buckets.add(given["Bucket"])

    def put_public_access_block(self, **_: Any) -> None:
        self.calls.append("put_public_access_block")

    def head_object(self, **given: str) -> None:
        if given["Key"] not in self.objects:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")

    def put_object(self, **given: Any) -> None:
        self.calls.append("put_object")
        self.objects[given["Key"]] = given["Body"]

    def describe_stacks(self, **given: str) -> dict[str, Any]:
        if self.stack is None:
            message = f"Stack with id {given['StackName']} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "x")
        outputs = [{"OutputKey": "RestAPIId", "OutputValue": "abc"}]
        return {"Stacks": [{"StackStatus": self.stack, "Outputs": outputs}]}

    def create_change_set(self, **wanted: Any) -> dict[str, str]:
        self.change_set = wanted
        return {"Id": "change-set"}

    def delete_change_set(self, **_: Any) -> None:
        self.calls.append("delete_change_set")

    def execute_change_set(self, **_: Any) -> None:
        self.calls.append("execute_change_set")
        self.stack = "CREATE_COMPLETE"

    def delete_stack(self, **_: Any) -> None:
        self.calls.append("delete_stack")
        self.stack = None

    def get_waiter(self, name: str) -> Waiter:
        return Waiter(self.failing.get(name))

    def get_paginator(self, _: str) -> Cloud:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        def event(name: str, reason: str) -> dict[str, Any]:
            return {
                "LogicalResourceId": name,
                "ResourceType": "AWS::X",
                "ResourceStatus": "CREATE_FAILED",
                "ResourceStatusReason": reason,
                "Timestamp": LATER,
            }

        # Newest first, as CloudFormation gives them.
        return [{"StackEvents": [event("Echo", "cancelled"), event("Cause", "no such thing")]}]


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    (tmp_path / "t.json").write_text("{}")
    (tmp_path / "c.zip").write_bytes(b"zip")
    return Artifact(
        stage="prod",
        architecture="arm64",
        template_path=str(tmp_path / "t.json"),
        zip_path=str(tmp_path / "c.zip"),
        code_hash="c0de",
        zip_bytes=3,
        rest_resources=1,
        functions=1,
        fingerprint="f",
    )


def test_a_first_deployment_creates_and_returns_the_outputs(artifact: Artifact) -> None:
    cloud = Cloud()
    assert deploy.deploy(artifact, cloud, parameters={"LogDays": "7"}) == {"RestAPIId": "abc"}
    assert cloud.change_set["ChangeSetType"] == "CREATE"
    assert cloud.change_set["Capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    given = {p["ParameterKey"]: p["ParameterValue"] for p in cloud.change_set["Parameters"]}
    bucket = "runyard-artifacts-123456789012-eu-central-1"
    assert given == {"CodeBucket": bucket, "CodeKey": "runyard/c0de.zip", "LogDays": "7"}
    assert cloud.objects["runyard/c0de.zip"] == b"zip"
    assert cloud.change_set["TemplateURL"].startswith(f"https://s3.example/{bucket}/runyard/")
    assert "create_bucket {'LocationConstraint': 'eu-central-1'}" in cloud.calls
    assert "put_public_access_block" in cloud.calls


def test_nothing_changed_is_fine_and_uploads_nothing_twice(artifact: Artifact) -> None:
    cloud = Cloud()
    deploy.deploy(artifact, cloud)
    cloud.calls.clear()
    reason = "The submitted information didn't contain changes. Submit different information."
    cloud.failing = {"change_set_create_complete": reason}
    assert deploy.deploy(artifact, cloud) == {"RestAPIId": "abc"}
    assert cloud.change_set["ChangeSetType"] == "UPDATE"
    assert cloud.calls == ["delete_change_set"]


def test_a_refused_change_set_tells_why(artifact: Artifact) -> None:
    cloud = Cloud()
    cloud.failing = {"change_set_create_complete": "Template error: no Foo"}
    with pytest.raises(InfraError, match="refused: Template error: no Foo"):
        deploy.deploy(artifact, cloud)


def test_a_failure_names_the_resources_with_the_cause_first(artifact: Artifact) -> None:
    cloud = Cloud()
    cloud.failing = {"stack_create_complete": "ROLLBACK"}
    with pytest.raises(InfraError) as failed:
        deploy.deploy(artifact, cloud)
    assert str(failed.value).splitlines() == [
        "runyard-prod: the deployment failed and was rolled back.",
        "  Cause (AWS::X): no such thing",
        "  Echo (AWS::X): cancelled",
    ]


def test_a_stack_whose_first_deployment_failed_is_made_anew(artifact: Artifact) -> None:
    cloud = Cloud()
    cloud.stack = "ROLLBACK_COMPLETE"
    deploy.deploy(artifact, cloud)
    assert cloud.calls.index("delete_stack") < cloud.calls.index("execute_change_set")
    assert cloud.change_set["ChangeSetType"] == "CREATE"


def test_the_local_stage_allows_its_own_network_and_rations_nothing() -> None:
    assert deploy.STAGE_SETTINGS == {
        "local": {
            "OutboundAllow": "127.0.0.0/8",
            "MetricsPublic": "true",
            "RateLimits": "off",
            "StepResources": "arn:aws:ses:us-east-1:000000000000:identity/*",
            "TurnSeconds": "30",
        }
    }


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "http://127.0.0.1:4566"),
        ({"LOCALSTACK_HOST": "emulator:4567"}, "http://emulator:4567"),
        ({"AWS_ENDPOINT_URL": "http://10.0.0.1:1/"}, "http://10.0.0.1:1"),
    ],
)
def test_the_local_session_goes_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("LOCALSTACK_HOST", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert sessions.emulator_url() == expected
    client = sessions.session("local").client("s3")
    assert client.meta.endpoint_url.rstrip("/") == expected


def test_a_deployed_stage_without_a_region_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(InfraError, match="set AWS_REGION"):
        sessions.session("prod")
