"""`python -m infra.deploy --stage prod`: zip and template to S3, a change set, its result.

boto3 only. The same code deploys to AWS and to an emulator; they differ in the session alone.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from infra.errors import InfraError
from infra.package import Artifact, package
from infra.sessions import LOCAL, Session, session

_CAPABILITIES: Final = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_NOTHING_TO_DO: Final = ("didn't contain changes", "No updates are to be performed")

STAGE_SETTINGS: Final[dict[str, dict[str, str]]] = {
    # One machine, one user: its own network may be called, and nothing is rationed.
    # Mails of the emulator go nowhere, so any sender will do.
    LOCAL: {
        "OutboundAllow": "127.0.0.0/8",
        "MetricsPublic": "true",
        "RateLimits": "off",
        "StepResources": "arn:aws:ses:us-east-1:000000000000:identity/*",
        # A worker that was killed is missed sooner.
        "TurnSeconds": "30",
    },
}
"""Template parameters that a stage sets; all others keep the template's defaults."""


def stack_name(stage: str) -> str:
    """The CloudFormation stack of a stage."""
    return f"runyard-{stage}"


def deploy(
    artifact: Artifact,
    found: Session,
    *,
    template: str | None = None,
    parameters: Mapping[str, str] | None = None,
    poll: float = 5,
) -> dict[str, str]:
    """Deploys an artifact and returns the stack's outputs. Nothing changed is fine.

    `template` replaces the artifact's own text, `parameters` add to the stage's settings, `poll` is
    how often to look, in seconds. Raises InfraError with the resources that failed."""
    try:
        return _deploy(artifact, found, template or artifact.template_text, parameters or {}, poll)
    except (ClientError, BotoCoreError) as error:
        raise InfraError(f"deploying {stack_name(artifact.stage)}: {error}") from error


def _deploy(
    artifact: Artifact, found: Session, template: str, parameters: Mapping[str, str], poll: float
) -> dict[str, str]:
    bucket = _artifact_bucket(found)
    storage = found.client("s3")
    _upload(storage, bucket, artifact.code_key, Path(artifact.zip_path).read_bytes())
    body = template.encode()
    template_key = f"runyard/{hashlib.sha256(body).hexdigest()}.json"
    _upload(storage, bucket, template_key, body)
    settings = {**STAGE_SETTINGS.get(artifact.stage, {}), **parameters}
    settings |= {"CodeBucket": bucket, "CodeKey": artifact.code_key}
    url = f"{storage.meta.endpoint_url}/{bucket}/{template_key}"
    return _apply(found.client("cloudformation"), stack_name(artifact.stage), url, settings, poll)


def _apply(
    client: Any, stack: str, template_url: str, settings: Mapping[str, str], poll: float
) -> dict[str, str]:
    """Makes a change set, executes it, waits."""
    status = _status(client, stack)
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        # A first deployment that failed: CloudFormation lets it be deleted, nothing else.
        destroy_stack(client, stack, poll)
        status = None
    kind = "CREATE" if status in (None, "REVIEW_IN_PROGRESS") else "UPDATE"
    started = time.time()
    change_set = client.create_change_set(
        StackName=stack,
        ChangeSetName=f"runyard-{time.time_ns()}",
        ChangeSetType=kind,
        TemplateURL=template_url,
        Capabilities=_CAPABILITIES,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in sorted(settings.items())
        ],
    )["Id"]
    waits = {"Delay": poll, "MaxAttempts": 720}
    try:
        client.get_waiter("change_set_create_complete").wait(
            ChangeSetName=change_set, WaiterConfig=waits
        )
    except WaiterError as error:
        reason = str(error.last_response.get("StatusReason", error))
        client.delete_change_set(ChangeSetName=change_set)
        if any(phrase in reason for phrase in _NOTHING_TO_DO):
            return outputs(client, stack)
        raise InfraError(f"{stack}: the change set was refused: {reason}") from error
    client.execute_change_set(ChangeSetName=change_set)
    try:
        client.get_waiter(f"stack_{kind.lower()}_complete").wait(
            StackName=stack, WaiterConfig=waits
        )
    except WaiterError as error:
        raise InfraError(_failures(client, stack, started)) from error
    return outputs(client, stack)


def _artifact_bucket(found: Session) -> str:
    """The bucket for zips and templates, made when it is not there."""
    account = found.client("sts").get_caller_identity()["Account"]
    name = f"runyard-artifacts-{account}-{found.region_name}"
    storage = found.client("s3")
    try:
        storage.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        # us-east-1 is the one region that must not be named.
        elsewhere = found.region_name != "us-east-1"
        place = {"CreateBucketConfiguration": {"LocationConstraint": found.region_name}}
        storage.create_bucket(Bucket=name, **(place if elsewhere else {}))
        storage.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
    return name


def _upload(storage: Any, bucket: str, key: str, content: bytes) -> None:
    """Content-addressed: what is there already is the same."""
    try:
        storage.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        storage.put_object(Bucket=bucket, Key=key, Body=content)


def _status(client: Any, stack: str) -> str | None:
    """The stack's status; None when there is none."""
    try:
        found = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    status: str = found[0]["StackStatus"]
    return None if status == "DELETE_COMPLETE" else status


def outputs(client: Any, stack: str) -> dict[str, str]:
    """The outputs of a stack that exists, by name."""
    found = client.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in found}


def existing_outputs(stage: str, found: Session) -> dict[str, str] | None:
    """The outputs of a stage that is deployed and whole; None when it is not."""
    client = found.client("cloudformation")
    status = _status(client, stack_name(stage))
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return None
    return outputs(client, stack_name(stage))


def _failures(client: Any, stack: str, since: float) -> str:
    """What went wrong, oldest first: the first failure is the cause, the rest are its echo."""
    lines = []
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            failed = event["ResourceStatus"].endswith("FAILED")
            if failed and event["Timestamp"].timestamp() >= since - 1:
                reason = event.get("ResourceStatusReason", "no reason given")
                kind = event["ResourceType"]
                lines.append(f"  {event['LogicalResourceId']} ({kind}): {reason}")
    return "\n".join([f"{stack}: the deployment failed and was rolled back.", *reversed(lines)])


def destroy_stack(client: Any, stack: str, poll: float = 5) -> None:
    """Deletes a stack and waits. What is retained (the table and the bucket of a deployed stage)
    stays. Raises InfraError with the resources that failed."""
    started = time.time()
    client.delete_stack(StackName=stack)
    try:
        client.get_waiter("stack_delete_complete").wait(
            StackName=stack, WaiterConfig={"Delay": poll, "MaxAttempts": 720}
        )
    except WaiterError as error:
        raise InfraError(_failures(client, stack, started)) from error


def main(arguments: list[str] | None = None) -> int:
    """Deploys a stage, or destroys it with --destroy."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=main.__doc__)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--destroy", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="Parameter=value")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.stage == LOCAL:
            raise InfraError("the local stage is started with `make run`")
        found = session(chosen.stage)
        if chosen.destroy:
            destroy_stack(found.client("cloudformation"), stack_name(chosen.stage))
            return 0
        settings = dict(pair.split("=", 1) for pair in chosen.set)
        for name, value in sorted(
            deploy(package(chosen.stage), found, parameters=settings).items()
        ):
            print(f"{name:24} {value}")
    except (InfraError, ClientError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
