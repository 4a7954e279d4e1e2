"""What was created under an `Idempotency-Key`, so that a repeated request is answered and not done.

The record is one write of the transaction that creates the thing: there is never one without the
other, and nothing is ever half-way. Of two requests at once one writes; the other finds its answer.

Where what is done is no single transaction (swarms), a key is claimed before and answered after: a
claim is a record without an answer, and ends by itself.

Nothing secret is in a record. A password is there as the hash that its user has, and the text of a
token is left out of the answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Delete, Put, Table

KEPT_SECONDS: Final = 24 * 3600
_MARGIN_SECONDS: Final = 3600
CLAIMED_SECONDS: Final = 30
"""No request of the API's lasts longer (API Gateway gives up after 29 seconds)."""


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

    def claim(self, org: str, name: str, request: str) -> Replay | None:
        """Take a name that is free; None when it is ours now. Otherwise what is there: the answer is
        empty while the first request is being answered."""
        item = self._item(org, name, Replay(request, "", ""), CLAIMED_SECONDS)
        try:
            self._table.write(self._put(item))
        except ConditionFailed:
            # Gone again by now: whoever had it was refused, which is as good as being under way.
            return self.find(org, name) or Replay(request, "", "")
        return None

    def answer(self, org: str, name: str, request: str, answer: str) -> None:
        """Give a claim its answer."""
        self._table.write(Put(self._item(org, name, Replay(request, "", answer), KEPT_SECONDS)))

    def give_back(self, org: str, name: str) -> None:
        """Nothing was done: the name is free, unless it has an answer from somebody else by now."""
        with suppress(ConditionFailed):
            self._table.write(Delete(_key(org, name), "#answer = :none", {"none": ""}))

    def record(self, org: str, name: str, replay: Replay) -> Put:
        """The write that remembers an answer, for the transaction of what it tells of."""
        return self._put(self._item(org, name, replay, KEPT_SECONDS))

    def _put(self, item: Mapping[str, Any]) -> Put:
        free = "attribute_not_exists(#pk) OR #ends_at <= :now"
        return Put(item, condition=free, values={"now": int(self._clock())})

    def _item(self, org: str, name: str, replay: Replay, seconds: int) -> Mapping[str, Any]:
        now = int(self._clock())
        return {
            **_key(org, name),
            "request": replay.request,
            "password_hash": replay.password_hash,
            "answer": replay.answer,
            "ends_at": now + seconds,
            "expires_at": now + seconds + _MARGIN_SECONDS,
        }


def _key(org: str, name: str) -> dict[str, str]:
    return keys.replay_key(org, hashlib.sha256(name.encode()).hexdigest())
