"""The one place that opens a connection to AWS or to something that stands in for it."""

from __future__ import annotations

import os
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import boto3
from localstack_client.session import Session as EmulatorSession

from infra.errors import InfraError

LOCAL: Final = "local"
DEFAULT_REGION: Final = "us-east-1"


class Session(Protocol):
    """What the deployer needs of a boto3 session; the emulator's session has it too."""

    @property
    def region_name(self) -> str: ...

    def client(self, service_name: str, **kwargs: Any) -> Any: ...


def emulator_url() -> str:
    """The emulator's address: AWS_ENDPOINT_URL, else LOCALSTACK_HOST, else http://127.0.0.1:4566."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        return os.environ["AWS_ENDPOINT_URL"].rstrip("/")
    return "http://" + os.environ.get("LOCALSTACK_HOST", "127.0.0.1:4566")


def emulator_session(url: str | None = None) -> Session:
    """A session whose clients all speak to the emulator at `url`. The key `test` is the one that
    emulators take for the account's root."""
    parts = urlsplit(url or emulator_url())
    found: Session = EmulatorSession(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 (the emulators' fixed word)
        region_name=DEFAULT_REGION,
        localstack_host=f"{parts.hostname}:{parts.port or 4566}",
    )
    return found


def session(stage: str) -> Session:
    """A session for a stage: the emulator for `local`, otherwise AWS with the usual credentials and
    region. Raises InfraError when no region is set."""
    if stage == LOCAL:
        return emulator_session()
    found: Session = boto3.session.Session()
    if not found.region_name:
        raise InfraError("no AWS region: set AWS_REGION, or `region` in your AWS profile")
    return found
