"""A stage for tests of brains: what is asked of it is written down, what it answers is set."""

from __future__ import annotations

from typing import Any

import boto3

from chalicelib.brains.base import Containers, World
from chalicelib.cloud.http import HttpAnswer
from chalicelib.core.credentials import Credential
from chalicelib.core.reach import Place, Reach

PLACE = Place("aws", "us-east-1", "123456789012")


class FakeHttp:
    """Answers in turn with what it was given: (status, body)."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def request(self, method: str, url: str, **more: Any) -> HttpAnswer:
        self.requests.append({"method": method, "url": url, **more})
        status, body = self.answers.pop(0)
        return HttpAnswer(status, {}, body.encode(), url)


def a_client(service: str) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


def a_world(
    *,
    http: FakeHttp | None = None,
    client: Any = None,
    patterns: tuple[str, ...] = (),
    model: str = "",
    containers: Containers | None = None,
    secret: Credential | None = None,
) -> World:
    def credential(org: str, name: str) -> Credential:
        assert (org, secret is not None) == ("org_acme", True)
        assert secret is not None
        assert secret.name == name
        return secret

    found: Any = http or FakeHttp()
    return World(
        http=lambda: found,
        bedrock=lambda: client,
        aws=lambda service: client,
        reach=lambda org: Reach(org, "runyard-test", patterns, (), PLACE),
        credential=credential,
        model=model,
        containers=containers,
    )
