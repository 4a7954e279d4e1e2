"""What the operations stand on: AWS clients, stores and engines, each built on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.core.clock import Clock, utc_now
from chalicelib.settings import Settings
from chalicelib.store.table import Table

if TYPE_CHECKING:
    from datetime import timedelta

    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

    from chalicelib.cloud.http import OutboundHttp
    from chalicelib.cloud.machines import StepFunctions
    from chalicelib.cloud.post import Post
    from chalicelib.cloud.signatures import Signatures
    from chalicelib.core.reach import Reach
    from chalicelib.core.runs.gates import GateKeeper
    from chalicelib.identity_services import Identity
    from chalicelib.store.approval_lists import ApprovalLists
    from chalicelib.store.blobs import Blobs
    from chalicelib.store.http_counts import HttpCounter
    from chalicelib.store.log import EventLog
    from chalicelib.store.loops import Loops
    from chalicelib.store.metrics import Metrics
    from chalicelib.store.models import Models
    from chalicelib.store.places import Places
    from chalicelib.store.rates import RateCounts
    from chalicelib.store.run_lists import RunLists
    from chalicelib.store.runs import Runs
    from chalicelib.store.secrets import Secrets
    from chalicelib.store.sockets import Sockets
    from chalicelib.store.steps import Steps
    from chalicelib.store.tokens import Tokens
    from chalicelib.store.workflows import Workflows
    from chalicelib.v1_services import V1

ClientFactory = Callable[..., Any]

_TRIES = {"lambda": 1, "sesv2": 1}
"""Users' functions and mails are tried again by the step's `retry` alone: each try may act."""
_READ_SECONDS = {"lambda": 890, "bedrock-runtime": 600}
"""These may answer late. A step has 15 minutes."""


SYNC_READ_SECONDS = 25
"""How long a request waits for a run: API Gateway waits 29 s."""


def boto_client(service: str, **options: Any) -> Any:
    """A boto3 client with adaptive-free standard retries and short timeouts."""
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": _TRIES.get(service, 4)},
        connect_timeout=3,
        read_timeout=_READ_SECONDS.get(service, 60),
    )
    config = config.merge(options.pop("config", None) or Config())
    return boto3.client(service, config=config, **options)


class Resources:
    """A stage's clients and stores. `Services` adds what is done with them."""

    def __init__(
        self, found: Settings, *, client: ClientFactory = boto_client, clock: Clock = utc_now
    ) -> None:
        self.settings = found
        self.clock = clock
        self._client = cache(client)

    def client(self, service: str) -> Any:
        """The client of a service, made once."""
        return self._client(service)

    @property
    def kept(self) -> timedelta:
        """How long this stage keeps runs."""
        from datetime import timedelta

        return timedelta(days=self.settings.retention_days)

    @cached_property
    def table(self) -> Table:
        return Table(self._client("dynamodb"), self.settings.table)

    @cached_property
    def blobs(self) -> Blobs:
        from chalicelib.store.blobs import Blobs

        return Blobs(lambda: self._client("s3"), self.settings.bucket)

    @cached_property
    def runs(self) -> Runs:
        from chalicelib.store.runs import Runs

        found = self.settings
        return Runs(
            self.table, self.blobs, shards=found.index_shards, retention_days=found.retention_days
        )

    @cached_property
    def steps(self) -> Steps:
        from chalicelib.store.steps import Steps

        return Steps(self.table, self.blobs, retention_days=self.settings.retention_days)

    @cached_property
    def loops(self) -> Loops:
        from chalicelib.store.loops import Loops

        return Loops(self.table, self.blobs, retention_days=self.settings.retention_days)

    @cached_property
    def gates(self) -> GateKeeper:
        from chalicelib.core.runs.gates import GateKeeper
        from chalicelib.store.gates import Gates

        gates = Gates(self.table, retention_days=self.settings.retention_days)
        return GateKeeper(self.runs, gates, self.machines, self.clock)

    @cached_property
    def places(self) -> Places:
        from chalicelib.store.places import Places

        return Places(self.table, shards=self.settings.index_shards)

    @cached_property
    def lists(self) -> RunLists:
        from chalicelib.store.run_lists import RunLists

        return RunLists(self.table, shards=self.settings.index_shards)

    @cached_property
    def approval_lists(self) -> ApprovalLists:
        from chalicelib.store.approval_lists import ApprovalLists

        return ApprovalLists(self.table, shards=self.settings.index_shards)

    @cached_property
    def workflows(self) -> Workflows:
        from chalicelib.store.workflows import Workflows

        newest = lambda org, workflow: self.v1.newest(org, workflow)  # noqa: E731 - made on demand
        return Workflows(self.table, self.blobs, newest_graph=newest)

    @cached_property
    def v1(self) -> V1:
        """Graph workflows, and what else only S1 has."""
        from chalicelib.v1_services import V1

        return V1(self)

    @cached_property
    def models(self) -> Models:
        from chalicelib.store.models import Models

        return Models(self.table)

    @cached_property
    def tokens(self) -> Tokens:
        from chalicelib.store.tokens import Tokens

        return Tokens(self.table, clock=lambda: self.clock().timestamp())

    @cached_property
    def identity(self) -> Identity:
        """Users, and the tokens of their logins."""
        from chalicelib.identity_services import Identity

        return Identity(self)

    @cached_property
    def secrets(self) -> Secrets:
        from chalicelib.cloud.sealing import Seals
        from chalicelib.store.secrets import Secrets

        seals = Seals(lambda: self._client("kms"), self.settings.secrets_key)
        return Secrets(self.table, seals, clock=self.clock)

    @cached_property
    def log(self) -> EventLog:
        from chalicelib.store.log import EventLog

        return EventLog(self.table, clock=self.clock, retention_days=self.settings.retention_days)

    @cached_property
    def sockets(self) -> Sockets:
        from chalicelib.store.sockets import Sockets

        return Sockets(self.table)

    @cached_property
    def metrics(self) -> Metrics:
        from chalicelib.store.metrics import Metrics

        return Metrics(self.table)

    @cached_property
    def http_counter(self) -> HttpCounter:
        from chalicelib.store.http_counts import HttpCounter

        return HttpCounter(lambda: self.metrics, clock=lambda: self.clock().timestamp())

    @cached_property
    def rate_counts(self) -> RateCounts:
        from chalicelib.store.rates import RateCounts

        return RateCounts(self.table, clock=lambda: self.clock().timestamp(), log=self.log_problem)

    def orgs(self) -> list[str]:
        from chalicelib.store.orgs import Orgs

        return Orgs(self.table).ids()

    @cached_property
    def machines(self) -> StepFunctions:
        from chalicelib.cloud.machines import StepFunctions

        found = self.settings
        return StepFunctions(
            lambda: self._client("stepfunctions"),
            prefix=found.machine_prefix,
            role_arn=found.machine_role_arn,
            sync_client=lambda: self._waiting_client,
        )

    @cached_property
    def _waiting_client(self) -> Any:
        """Step Functions' for requests that are answered at an execution's end. Its host has a prefix
        of its own on AWS, which an emulator's has not."""
        from botocore.config import Config

        emulated = self._client("stepfunctions").meta.endpoint_url.startswith("http://")
        config = Config(
            inject_host_prefix=not emulated,
            read_timeout=SYNC_READ_SECONDS,
            retries={"total_max_attempts": 1},
        )
        return self._client("stepfunctions", config=config)

    @cached_property
    def post(self) -> Post:
        from chalicelib.cloud.post import Post

        return Post(
            lambda: self._client(
                "apigatewaymanagementapi", endpoint_url=self.settings.socket_endpoint
            )
        )

    def aws(self, service: str) -> Any:
        """The client of an AWS service that only actions use."""
        return self._client(service)

    @cached_property
    def outbound_http(self) -> OutboundHttp:
        from chalicelib.cloud.http import OutboundHttp
        from chalicelib.core.addresses import parse_networks

        found = self.settings
        return OutboundHttp(
            parse_networks(found.outbound_allow), user_agent=f"runyard/{found.version}"
        )

    def reach(self, org: str) -> Reach:
        """What an organisation's steps may touch of AWS."""
        from chalicelib.core.reach import Place, Reach, parse_patterns

        found = self.settings
        return Reach(
            org,
            prefix=found.machine_prefix,
            patterns=parse_patterns(found.step_resources),
            own=(found.bucket, found.table),
            place=Place.of(found.step_arn),
        )

    def bedrock(self) -> BedrockRuntimeClient:
        client: BedrockRuntimeClient = self._client("bedrock-runtime")
        return client

    def log_problem(self, message: str, problem: Exception) -> None:
        from chalicelib.telemetry import logger

        logger.warning(message, extra={"problem": str(problem)})

    @cached_property
    def signatures(self) -> Signatures:
        from chalicelib.cloud.signatures import Signatures

        return Signatures(lambda: self.client("lambda"), self.settings.signature_arn)
