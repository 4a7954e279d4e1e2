"""The DynamoDB table, as little as the stores need: items as dicts, conditions as named strings.

Conditions and updates are written as `#name` and `:value`; every `#name` stands for the attribute
of that name, so no reserved word can get in the way. Writes that must go together are a list of
`Put`, `Update`, `Check` and `Delete` given to `transact`, which retries conflicts with jitter (the
SDK does not) and counts them.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chalicelib.cloud.calls import LATER, code_of, later_is_unavailable
from chalicelib.core.errors import Unavailable
from chalicelib.store.wire import Item, encoded, from_wire, to_wire
from chalicelib.store.writes import Check, ConditionFailed, Delete, Key, Put, Update, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = [
    "Check",
    "ConditionFailed",
    "Delete",
    "Page",
    "Put",
    "Table",
    "Update",
    "Write",
]

_NAMES = re.compile(r"#(\w+)")
_RETRIED_REASONS: Final = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
MOST_CONFLICTS: Final = 60
"""Retries of one transaction before it is given up as Unavailable (about 20 s with the jitter)."""


class Table:
    """One table. `conflicts` counts the transaction conflicts that were retried since it was made."""

    def __init__(
        self, client: DynamoDBClient, name: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self.name = name
        self._sleep = sleep
        self.conflicts = 0

    def get(self, key: Key) -> Item | None:
        """The item, read consistently, or None."""
        with later_is_unavailable("DynamoDB"):
            answer = self._client.get_item(
                TableName=self.name, Key=to_wire(key), ConsistentRead=True
            )
        return from_wire(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Key], *, only: Sequence[str] = ()) -> list[Item]:
        """Those of the items that exist, read consistently, in no order. At most 100 keys a call.

        `only` names the attributes that are wanted, where not all are.
        """
        request: dict[str, Any] = {"Keys": [to_wire(key) for key in keys], "ConsistentRead": True}
        if only:
            expression = ", ".join(f"#{name}" for name in only)
            request |= {"ProjectionExpression": expression, **_placeholders(expression, {})}
        wanted: Any = {self.name: request}
        found: list[Item] = []
        while wanted:
            with later_is_unavailable("DynamoDB"):
                answer = self._client.batch_get_item(RequestItems=wanted)
            found += [from_wire(item) for item in answer["Responses"].get(self.name, [])]
            wanted = answer.get("UnprocessedKeys")
        return found

    def write(self, write: Put | Update | Delete) -> Item | None:
        """One write. An Update answers the new item. Raises ConditionFailed, Unavailable.

        A transaction under way on the same item refuses even this: that is tried again.
        """
        for turn in range(MOST_CONFLICTS):
            try:
                return self._write(write)
            except ClientError as error:
                if code_of(error) != "TransactionConflictException":
                    raise
            self._after_conflict(turn)
        raise Unavailable("DynamoDB: transaction conflicts did not end")

    def _write(self, write: Put | Update | Delete) -> Item | None:
        arguments = self._arguments(write, "ReturnValuesOnConditionCheckFailure")
        try:
            with later_is_unavailable("DynamoDB"):
                if isinstance(write, Put):
                    self._client.put_item(**arguments)
                    return None
                if isinstance(write, Delete):
                    self._client.delete_item(**arguments)
                    return None
                answer = self._client.update_item(**arguments, ReturnValues="ALL_NEW")
                return from_wire(answer["Attributes"])
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            old = error.response.get("Item")
            raise ConditionFailed({0: from_wire(old) if old else None}) from error

    def write_many(self, writes: Sequence[Put | Delete]) -> None:
        """Writes without conditions, in no order, 25 a call. Raises Unavailable."""
        from chalicelib.store.batches import write_in_batches

        write_in_batches(self._client, self.name, writes, self._sleep)

    def transact(self, writes: Sequence[Write]) -> None:
        """All or nothing. Conflicts and throttles are retried with jitter and counted.

        Raises ConditionFailed with the old items, and Unavailable when the conflicts do not end.
        """
        items = [self._transact_item(write) for write in writes]
        for turn in range(MOST_CONFLICTS):
            try:
                with later_is_unavailable("DynamoDB"):
                    self._client.transact_write_items(TransactItems=items)
                return
            except ClientError as error:
                if code_of(error) == "TransactionInProgressException":
                    reasons: Any = [{"Code": "TransactionConflict"}]
                elif code_of(error) == "TransactionCanceledException":
                    reasons = error.response.get("CancellationReasons", [])
                else:
                    raise
                self._judge(reasons, error)
            self._after_conflict(turn)
        raise Unavailable("DynamoDB: transaction conflicts did not end")

    def _after_conflict(self, turn: int) -> None:
        self.conflicts += 1
        self._sleep(random.uniform(0.005, min(0.5, 0.02 * 1.5**turn)))  # noqa: S311 - jitter

    def _judge(self, reasons: Sequence[Mapping[str, Any]], error: ClientError) -> None:
        """Return when the transaction may be tried again; raise what else it is."""
        failed = {
            index: from_wire(reason["Item"]) if reason.get("Item") else None
            for index, reason in enumerate(reasons)
            if reason.get("Code") == "ConditionalCheckFailed"
        }
        if failed:
            raise ConditionFailed(failed) from error
        if not any(reason.get("Code") in _RETRIED_REASONS | LATER for reason in reasons):
            raise error

    def query(
        self,
        condition: str,
        values: Mapping[str, Any],
        *,
        index: str | None = None,
        forward: bool = True,
        limit: int | None = None,
        start: Mapping[str, str] | None = None,
        count_only: bool = False,
        only: Sequence[str] = (),
    ) -> Page:
        """One page of a Query: consistent on the table, eventually consistent on an index.

        `only` names the members that are wanted of each item; without it, all are.
        """
        wanted = ", ".join(f"#{member}" for member in only)
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ScanIndexForward": forward,
            **_placeholders(f"{condition} {wanted}", values),
        }
        if wanted:
            arguments["ProjectionExpression"] = wanted
        if index is not None:
            arguments["IndexName"] = index
        else:
            arguments["ConsistentRead"] = True
        if limit is not None:
            arguments["Limit"] = limit
        if start is not None:
            arguments["ExclusiveStartKey"] = to_wire(start)
        if count_only:
            arguments["Select"] = "COUNT"
        with later_is_unavailable("DynamoDB"):
            answer = self._client.query(**arguments)
        last = answer.get("LastEvaluatedKey")
        return Page(
            [from_wire(item) for item in answer.get("Items", [])],
            from_wire(last) if last else None,
            answer.get("Count", 0),
        )

    def query_all(
        self, condition: str, values: Mapping[str, Any], **options: Any
    ) -> Iterator[Item]:
        """Every item of a Query, page after page."""
        start: Item | None = None
        while True:
            page = self.query(condition, values, start=start, **options)
            yield from page.items
            start = page.next
            if start is None:
                return

    def _arguments(self, write: Write, on_failure: str) -> dict[str, Any]:
        arguments: dict[str, Any] = {"TableName": self.name}
        expressions = ""
        if isinstance(write, Put):
            arguments["Item"] = to_wire(write.item)
        else:
            arguments["Key"] = to_wire(write.key)
        if isinstance(write, Update):
            arguments["UpdateExpression"] = write.expression
            expressions = write.expression
        if write.condition:
            arguments["ConditionExpression"] = write.condition
            arguments[on_failure] = "ALL_OLD"
            expressions += " " + write.condition
        found = _placeholders(expressions, write.values)
        if isinstance(write, Update) and write.names:
            found["ExpressionAttributeNames"] |= {f"#{n}": v for n, v in write.names.items()}
        return arguments | found

    def _transact_item(self, write: Write) -> Any:
        arguments = self._arguments(write, "ReturnValuesOnConditionCheckFailure")
        kind = {Put: "Put", Update: "Update", Check: "ConditionCheck", Delete: "Delete"}
        return {kind[type(write)]: arguments}


@dataclass(frozen=True, slots=True)
class Page:
    """Items of one Query, where to go on (None: nowhere), and how many there were."""

    items: list[Item]
    next: Item | None
    count: int


def _placeholders(expressions: str, values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = {f"#{name}": name for name in _NAMES.findall(expressions)}
    if names:
        found["ExpressionAttributeNames"] = names
    if values:
        found["ExpressionAttributeValues"] = {
            f":{name}": encoded(value) for name, value in values.items()
        }
    return found
