"""Clients that are watched: every AWS call is counted, its capacity summed, and may be made to fail.

`Plan` says which call fails and how: not sent, sent with its answer lost, throttled, or the process
dies right before or right after it. An operation is tested by failing each of its calls in turn.
"""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

NOT_AWS = frozenset({"meta", "exceptions", "get_paginator", "get_waiter", "can_paginate", "close"})
_ONE_AT_A_TIME = threading.Lock()
"""moto is not safe for threads within one call; between calls they may interleave as they like."""
_READS = frozenset({"batch_get_item", "get_item", "query"})


class Died(BaseException):
    """The process is gone: no `except` of ours may catch it."""


class Fault(Enum):
    NOT_SENT = "not sent"
    ANSWER_LOST = "answer lost"
    THROTTLED = "throttled"
    DIED_BEFORE = "died before"
    DIED_AFTER = "died after"
    SENT_TWICE = "sent twice"
    """The SDK got no answer and sent the same request again: its second answer is what we see."""


@dataclass
class Calls:
    """The calls since `reset`, and the one that is to fail (counted from 1)."""

    made: list[str] = field(default_factory=list)
    read_units: float = 0.0
    write_units: float = 0.0
    fail_at: int = 0
    fault: Fault | None = None
    weighing: bool = False
    """Whether units are summed: it takes two reads more for each item that is written."""
    changes: list[dict[str, Any]] | None = None
    """Records as the table's stream would have them, once a test has put a list here."""

    def reset(self) -> None:
        self.made = []
        self.read_units = self.write_units = 0.0
        self.fail_at, self.fault = 0, None
        self.weighing = False

    @contextmanager
    def failing(self, at: int, fault: Fault) -> Iterator[Calls]:
        """The call number `at` from here on fails that way, once."""
        self.reset()
        self.fail_at, self.fault = at, fault
        try:
            yield self
        finally:
            self.fail_at, self.fault = 0, None

    @contextmanager
    def counted(self) -> Iterator[Calls]:
        """Count the calls from here on, and sum their units until the block ends."""
        self.reset()
        self.weighing = True
        yield self
        self.weighing = False


class Watched:
    """A boto3 client whose calls go through `Calls`."""

    def __init__(self, client: Any, service: str, calls: Calls) -> None:
        self._client = client
        self._service = service
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name in NOT_AWS or not callable(found):
            return found

        def call(**arguments: Any) -> Any:
            return self._call(name, found, arguments)

        return call

    def _call(self, name: str, function: Any, arguments: dict[str, Any]) -> Any:
        calls = self._calls
        calls.made.append(f"{self._service}.{name}")
        fault = calls.fault if len(calls.made) == calls.fail_at else None
        url = "http://aws.invalid"
        match fault:
            case Fault.NOT_SENT:
                raise EndpointConnectionError(endpoint_url=url)
            case Fault.THROTTLED:
                error = {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}
                raise ClientError(error, name)
            case Fault.DIED_BEFORE:
                raise Died(f"before {name}")
        if self._service == "dynamodb" and name in _READS:
            arguments = {**arguments, "ReturnConsumedCapacity": "TOTAL"}
        before = self._images(name, arguments)
        if fault is Fault.SENT_TWICE:
            if name == "transact_write_items":
                # The SDK gives every transaction a token, which its retry repeats.
                arguments = {**arguments, "ClientRequestToken": secrets.token_hex(16)}
            function(**arguments)
        with _ONE_AT_A_TIME:
            answer = function(**arguments)
        after = self._images(name, arguments)
        self._count(name, arguments, answer, before, after)
        self._record(before, after)
        if fault is Fault.ANSWER_LOST:
            raise ConnectionClosedError(endpoint_url=url)
        if fault is Fault.DIED_AFTER:
            raise Died(f"after {name}")
        return answer

    def _count(
        self,
        name: str,
        arguments: dict[str, Any],
        answer: Any,
        before: list[dict[str, Any]],
        after: list[dict[str, Any]],
    ) -> None:
        """By AWS's rules, which moto does not know: a Query's unit per 4 KB of what it read, half
        of that where it is not consistent; a write's per KB of the larger of the item before and
        after, twice that in a transaction. Other reads as they are reported."""
        if name == "query" and answer.get("Items"):
            size = sum(item_size(item) for item in answer["Items"])
            factor = 1 if arguments.get("ConsistentRead") else 0.5
            self._calls.read_units += factor * math.ceil(size / 4096)
        elif self._service == "dynamodb" and name in _READS:
            found = answer.get("ConsumedCapacity") or []
            for capacity in found if isinstance(found, list) else [found]:
                self._calls.read_units += capacity.get("CapacityUnits", 0)
        factor = 2 if name == "transact_write_items" else 1
        for old, new in zip(before, after, strict=True):
            size = max(item_size(old), item_size(new))
            self._calls.write_units += factor * max(1, math.ceil(size / 1024))

    def _record(self, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
        """What DynamoDB would put into the table's stream for this write."""
        for old, new in zip(before, after, strict=True):
            if old == new or self._calls.changes is None:
                continue
            keys = {name: (new or old)[name] for name in ("pk", "sk")}
            body: dict[str, Any] = {"Keys": keys}
            body |= {"OldImage": old} if old else {}
            body |= {"NewImage": new} if new else {}
            self._calls.changes.append({"dynamodb": body})

    def _images(self, name: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """The items that a write touches, as they are now."""
        if not self._calls.weighing and self._calls.changes is None:
            return []
        if name == "transact_write_items":
            writes = [next(iter(write.values())) for write in arguments["TransactItems"]]
        elif name == "batch_write_item":
            ((table, requests),) = arguments["RequestItems"].items()
            parts = [next(iter(request.values())) for request in requests]
            writes = [{"TableName": table, **part} for part in parts]
        elif name in {"put_item", "update_item", "delete_item"}:
            writes = [arguments]
        else:
            return []
        return [self._image(write) for write in writes]

    def _image(self, write: dict[str, Any]) -> dict[str, Any]:
        key = write.get("Key") or {name: write["Item"][name] for name in ("pk", "sk")}
        found = self._client.get_item(TableName=write["TableName"], Key=key, ConsistentRead=True)
        image: dict[str, Any] = found.get("Item", {})
        return image


def item_size(item: dict[str, Any]) -> int:
    """Bytes of an item by AWS's rules, near enough: names and values as UTF-8."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S" | "N":
            return len(content.encode())
        case "M":
            return 3 + item_size(content)
        case "L":
            return 3 + sum(1 + _value_size(member) for member in content)
    return 1
