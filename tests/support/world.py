"""A world of one process: moto's DynamoDB, S3 and Step Functions, with Runyard's own services on top.

The table is made from the template that is deployed, so a key or index that is missing there is
missing here. moto does not run the machines: a test drives the steps, which is what lets it stop
between any two calls.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from chalicelib.core.runs.ports import ExecutionState
from chalicelib.services import Services
from chalicelib.settings import Settings
from tests.support.clients import Calls, Watched
from tests.support.quick import kept_client

ROOT = Path(__file__).resolve().parents[2]
ORG = "org_test"
REGION = "us-east-1"
SETTINGS = Settings(
    table="runyard-test",
    bucket="runyard-test",
    step_arn=f"arn:aws:lambda:{REGION}:123456789012:function:step",
    finish_arn=f"arn:aws:lambda:{REGION}:123456789012:function:finish",
    machine_role_arn="arn:aws:iam::123456789012:role/machines",
    machine_prefix="runyard-test",
    outbound_allow="127.0.0.0/8",
    schedule_group="runyard-test",
    schedule_role_arn="arn:aws:iam::123456789012:role/schedules",
    fire_arn=f"arn:aws:lambda:{REGION}:123456789012:function:fire",
)


class _CloudFormation(yaml.SafeLoader):
    """Reads a template; its intrinsic functions stay as their plain arguments."""


def _plain(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


_CloudFormation.add_multi_constructor("!", _plain)


def aws_client(service: str, **more: Any) -> Any:
    """A service of AWS, as it is in moto."""
    return kept_client(service, region=REGION, **more)


@cache
def table_properties() -> dict[str, Any]:
    """The table as the template declares it, for `create_table`."""
    template = yaml.load((ROOT / "infra/template.yaml").read_text(), _CloudFormation)
    found: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: found[name] for name in wanted}


class Clock:
    """A clock that tests turn. It moves a millisecond with every look, so no two times are equal."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class World:
    """Runyard's services on moto, with every AWS call watched."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.clock = Clock()
        client: Callable[..., Any] = lambda service, **more: Watched(  # noqa: E731
            aws_client(service, **more), service, self.calls
        )
        aws_client("dynamodb").create_table(TableName=SETTINGS.table, **table_properties())
        aws_client("s3").create_bucket(Bucket=SETTINGS.bucket)
        aws_client("scheduler").create_schedule_group(Name=SETTINGS.schedule_group)
        self._client = client
        self._changed: dict[str, Any] = {}
        self.services = self.fresh()
        self.frames: dict[str, list[dict[str, Any]]] = {}
        self.retries: dict[str, tuple[str, str]] = {}
        """Of a retry: the id of its run → the run it retries, and the key."""
        self.due: dict[str, str] = {}
        """Of a run that the clock starts: its id → when it is due."""
        self.approves = True
        """What the people of a test answer when they are asked."""

    def fresh(self, **changed: Any) -> Services:
        """Services of a new process: nothing is remembered."""
        found = SETTINGS.model_copy(update=self._changed | changed)
        return Services(found, client=self._client, clock=self.clock)

    def keep_secrets(self) -> None:
        """Give the stage a key of KMS, which processes made from here on use."""
        key = aws_client("kms").create_key()["KeyMetadata"]["KeyId"]
        self._changed["secrets_key"] = key
        self.services = self.fresh()

    def sign_in_works(self) -> None:
        """Give the stage what the tokens of logins are signed with."""
        key = aws_client("kms").create_key()["KeyMetadata"]["KeyId"]
        self._changed["signing_key"] = key
        self.services = self.fresh()
        self.services.identity.signing.ensure()

    def apply(self, definition: Mapping[str, Any], *, org: str = ORG) -> None:
        """Apply a definition given as plain data."""
        import json

        self.services.applier.apply(
            org,
            definition["name"],
            json.dumps(definition).encode(),
            "application/json",
            principal="test",
        )

    def start(self, workflow: str, *, org: str = ORG, **more: Any) -> str:
        """Start a run; its id."""
        more = {"inputs": {}, "trigger": {}, "principal": "test", **more}
        return self.services.starter.start(org, workflow, **more).run.id

    def step_event(
        self,
        run_id: str,
        step: str,
        *,
        retry: int = 0,
        phase: str = "",
        signals: Sequence[str] = (),
        index: int | None = None,
        token: str = "",
    ) -> dict[str, Any]:
        """What Step Functions would send to the step's Lambda."""
        run = self.services.runs.get(ORG, run_id)
        assert run is not None
        payload = {
            "org": ORG,
            "run_id": run_id,
            "workflow": run.workflow,
            "version": run.version,
        }
        event = {"run": payload, "step": step, "retry": retry}
        more = {"phase": phase, "signals": list(signals), "token": token}
        event |= {name: value for name, value in more.items() if value}
        return event if index is None else event | {"index": index}

    def run_step(self, run_id: str, step: str, **more: Any) -> Any:
        from chalicelib.workers.step import run_step

        return run_step(self.services, self.step_event(run_id, step, **more), lambda: 60.0)

    def run_loop(self, run_id: str, step: str, *, retry: int = 0) -> None:
        """All calls of a step with `for_each`, one after the other."""
        indices = self.run_step(run_id, step, retry=retry, phase="items")["indices"]
        for index in indices:
            self.run_step(run_id, step, retry=retry, phase="item", index=index)
        self.run_step(run_id, step, retry=retry, phase="collect")

    def gate(
        self, run_id: str, step: str, producers: Sequence[str], token: str, *, retry: int = 0
    ) -> None:
        """The call of the gate before a step."""
        from chalicelib.workers.step import run_step

        event = self.step_event(run_id, step, retry=retry)
        event |= {"gate": list(producers), "token": token}
        run_step(self.services, event, lambda: 60.0)

    def finish(self, run_id: str, error: Mapping[str, str] | None = None) -> str:
        """The machine's last state; the run's status then."""
        from chalicelib.workers.finish import RunFailed, finish_run

        run = {"org": ORG, "run_id": run_id}
        with contextlib.suppress(RunFailed):
            finish_run(self.services, {"run": run, "input": dict(error) if error else run})
        return self.status(run_id)

    def status(self, run_id: str) -> str:
        found = self.services.runs.get(ORG, run_id)
        assert found is not None
        return found.status.value

    def execution(self, run_id: str) -> ExecutionState:
        found = self.services.runs.get(ORG, run_id)
        assert found is not None
        return self.services.machines.state(found.machine, run_id)

    def items(self) -> list[dict[str, Any]]:
        """Every item of the table, for assertions."""
        from chalicelib.store.wire import from_wire

        found = aws_client("dynamodb").scan(TableName=SETTINGS.table)
        return [from_wire(item) for item in found["Items"]]
