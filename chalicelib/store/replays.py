"""What was created under an `Idempotency-Key`, so that a repeated request is answered and not done.

The record is one write of the transaction that creates the thing: there is never one without the
other, and nothing is ever half-way. Of two requests at once one writes; the other finds its answer.

Nothing secret is in a record. A password is there as the hash that its user has, and the text of a
token is left out of the answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.store import keys
from chalicelib.store.table import Put, Table

KEPT_SECONDS: Final = 24 * 3600
_MARGIN_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Replay:
    """A first answer as JSON text. `request` is the hash of what was asked for, without a password;
    `password_hash` is empty where the request had none."""

    request: str
    password_hash: str
    answer: str


class Replays:
    """`clock` gives epoch seconds."""

    def __init__(self, table: Table, *, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock

    def find(self, org: str, name: str) -> Replay | None:
        """What was answered under this name within 24 hours: one read."""
        item = self._table.get(_key(org, name))
        if item is None or item["ends_at"] <= self._clock():
            return None
        return Replay(item["request"], item["password_hash"], item["answer"])

    def record(self, org: str, name: str, replay: Replay) -> Put:
        """The write that remembers an answer, for the transaction of what it tells of."""
        now = int(self._clock())
        item: Mapping[str, Any] = {
            **_key(org, name),
            "request": replay.request,
            "password_hash": replay.password_hash,
            "answer": replay.answer,
            "ends_at": now + KEPT_SECONDS,
            "expires_at": now + KEPT_SECONDS + _MARGIN_SECONDS,
        }
        free = "attribute_not_exists(#pk) OR #ends_at <= :now"
        return Put(item, condition=free, values={"now": now})


def _key(org: str, name: str) -> dict[str, str]:
    return keys.replay_key(org, hashlib.sha256(name.encode()).hexdigest())
