"""Step Functions takes about one new state machine a second: an apply waits for its turn, and when the
request has no time left the client is told when to come back."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.api.problems import render_problem
from chalicelib.cloud.machines import PUBLISH_SECONDS, RETRY_AFTER, StepFunctions
from chalicelib.core.errors import RateLimited
from tests.support.definitions import shape, workflow
from tests.support.world import ORG, SETTINGS, World


class Throttling:
    """A Step Functions client that refuses its first calls, and a clock that sleeping moves."""

    def __init__(self, world: World, refusals: int, code: str = "TooManyRequestsException") -> None:
        self.real = world.services._client("stepfunctions")
        self.meta = self.real.meta
        self.refusals, self.code = refusals, code
        self.calls = 0
        self.pauses: list[float] = []

    def create_state_machine(self, **arguments: Any) -> Any:
        self.calls += 1
        if self.calls <= self.refusals:
            error = {"Error": {"Code": self.code, "Message": "Rate exceeded"}}
            raise ClientError(error, "CreateStateMachine")  # type: ignore[arg-type]
        return self.real.create_state_machine(**arguments)

    def seconds(self) -> float:
        return sum(self.pauses)

    def machines(self) -> StepFunctions:
        return StepFunctions(
            lambda: self,  # type: ignore[arg-type, return-value]
            prefix=SETTINGS.machine_prefix,
            role_arn=SETTINGS.machine_role_arn,
            sleep=self.pauses.append,
            monotonic=self.seconds,
        )


def throttled(world: World, refusals: int, **more: str) -> Throttling:
    client = Throttling(world, refusals, **more)
    world.services.__dict__["machines"] = client.machines()
    return client


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException"])
def test_an_apply_waits_for_its_turn_with_growing_pauses(world: World, code: str) -> None:
    client = throttled(world, 3, code=code)
    world.apply(workflow("w", shape("a")))
    assert client.calls == 4
    assert world.services.workflows.latest(ORG, "w") is not None
    assert 0 < client.pauses[0] < client.pauses[2] and client.seconds() < PUBLISH_SECONDS


def test_without_an_end_it_is_429_with_retry_after_and_nothing_is_stored(world: World) -> None:
    client = throttled(world, 1_000)
    with pytest.raises(RateLimited) as refused:
        world.apply(workflow("w", shape("a")))
    assert client.calls > 2 and client.seconds() <= PUBLISH_SECONDS
    answer = render_problem(refused.value, "/api/v1/workflows/w", "req_1")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str(RETRY_AFTER)
    assert world.services.workflows.head(ORG, "w") is None


def test_content_that_is_applied_already_needs_no_turn(world: World) -> None:
    world.apply(workflow("w", shape("a")))
    client = throttled(world, 1_000)
    world.apply(workflow("w", shape("a")))
    assert client.calls == 0


def test_another_refusal_is_not_tried_again(world: World) -> None:
    client = throttled(world, 1, code="InvalidDefinition")
    with pytest.raises(ClientError):
        world.apply(workflow("w", shape("a")))
    assert (client.calls, client.pauses) == (1, [])
