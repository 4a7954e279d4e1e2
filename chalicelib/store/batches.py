"""Many writes that need no condition and no order: BatchWriteItem, until all of them are taken."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cloud.calls import later_is_unavailable
from chalicelib.core.errors import Unavailable
from chalicelib.store.table import MOST_CONFLICTS, Delete, Put
from chalicelib.store.wire import to_wire

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_IN_BATCH: Final = 25
"""DynamoDB's limit."""


def write_in_batches(
    client: DynamoDBClient,
    table: str,
    writes: Sequence[Put | Delete],
    sleep: Callable[[float], None],
) -> None:
    """Write everything. What DynamoDB leaves over is sent again, with jitter in between.

    Raises Unavailable when it keeps leaving some over.
    """
    waiting: list[Any] = [_request(write) for write in writes]
    turns = 0
    while waiting:
        batch, rest = waiting[:MOST_IN_BATCH], waiting[MOST_IN_BATCH:]
        with later_is_unavailable("DynamoDB"):
            answer = client.batch_write_item(RequestItems={table: batch})
        left = answer.get("UnprocessedItems", {}).get(table, [])
        waiting = [*left, *rest]
        if left:
            turns += 1
            if turns > MOST_CONFLICTS:
                raise Unavailable("DynamoDB: it keeps leaving writes over")
            sleep(random.uniform(0.005, min(0.5, 0.02 * 1.5**turns)))  # noqa: S311 - jitter


def _request(write: Put | Delete) -> dict[str, Any]:
    if isinstance(write, Put):
        return {"PutRequest": {"Item": to_wire(write.item)}}
    return {"DeleteRequest": {"Key": to_wire(write.key)}}
