"""Writes that touch one item while a transaction does conflict, and the SDK does not retry them: the
table does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core.errors import Unavailable
from chalicelib.store.table import MOST_CONFLICTS, Check, Table, Update
from chalicelib.workers.step import run_step
from tests.support.world import ORG, World

ONE_STEP = {"name": "one", "steps": [{"name": "only", "action": "transform", "params": {}}]}


class Contended:
    """A DynamoDB client whose next `conflicts` transactions are cancelled as AWS cancels them."""

    def __init__(self, client: Any, conflicts: int) -> None:
        self._client = client
        self.conflicts = conflicts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **arguments: Any) -> Any:
        if not self.conflicts:
            return self._client.transact_write_items(**arguments)
        self.conflicts -= 1
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
        error: Any = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
        raise ClientError({**error, "CancellationReasons": reasons}, "TransactWriteItems")


def test_a_step_retries_its_conflicts_and_says_how_many(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.apply(ONE_STEP)
    run_id = world.start("one")
    event = world.step_event(run_id, "only")
    services = world.fresh()
    client: Any = Contended(services.table._client, 3)
    services.table = Table(client, services.table.name, sleep=lambda _: None)
    run_step(services, event, lambda: 60.0)
    assert [vars(record).get("conflicts") for record in caplog.records] == [3]
    assert world.finish(run_id) == "succeeded"


def test_conflicts_that_do_not_end_are_given_up_as_unavailable(world: World) -> None:
    client: Any = Contended(world.services.table._client, 10_000)
    table = Table(client, world.services.table.name, sleep=lambda _: None)
    with pytest.raises(Unavailable):
        table.transact([Check({"pk": "a", "sk": "b"}, "attribute_not_exists(#pk)")])
    assert table.conflicts == MOST_CONFLICTS


class Busy:
    """A DynamoDB client whose next updates meet a transaction on the same item."""

    def __init__(self, client: Any, conflicts: int) -> None:
        self._client = client
        self.conflicts = conflicts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **arguments: Any) -> Any:
        if not self.conflicts:
            return self._client.update_item(**arguments)
        self.conflicts -= 1
        error: Any = {"Error": {"Code": "TransactionConflictException", "Message": ""}}
        raise ClientError(error, "UpdateItem")


def test_a_cancel_that_meets_a_steps_transaction_is_tried_again(world: World) -> None:
    world.apply(ONE_STEP)
    run_id = world.start("one")
    services = world.fresh()
    client: Any = Busy(services.table._client, 3)
    services.table = Table(client, services.table.name, sleep=lambda _: None)
    assert services.canceller.cancel(ORG, run_id).status.value == "cancelled"
    assert services.table.conflicts == 3


def test_a_write_whose_conflicts_do_not_end_is_given_up_as_unavailable(world: World) -> None:
    client: Any = Busy(world.services.table._client, 10_000)
    table = Table(client, world.services.table.name, sleep=lambda _: None)
    with pytest.raises(Unavailable):
        table.write(Update({"pk": "a", "sk": "b"}, "REMOVE #c"))
    assert table.conflicts == MOST_CONFLICTS
