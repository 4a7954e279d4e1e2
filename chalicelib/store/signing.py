"""The keys that tokens of people are signed with: at most two, in one item, sealed by KMS.

        rotation              60 s later               the next rotation, a day later or more
    A signs, A verifies ── A signs, A and B verify ── B signs, A and B verify ── B signs, B and C …

A new key waits 60 seconds before it signs, so that every warm function has read it by then: none
ever meets a token of a key that it does not know yet.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib.cloud.sealing import Seals, Unreadable
from chalicelib.core.errors import Conflict, Unavailable
from chalicelib.core.identity.jwts import LIFETIME_SECONDS
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Put, Table

REMEMBERED_SECONDS: Final = 30.0
WAITS_SECONDS: Final = 60
_KEY_BYTES: Final = 32


class SigningKeys:
    """`clock` gives epoch seconds. A warm process reads the item every 30 s and opens a key once."""

    def __init__(self, table: Table, seals: Seals, *, clock: Callable[[], float]) -> None:
        self._table = table
        self._seals = seals
        self._clock = clock
        self._known: list[Mapping[str, Any]] = []
        self._until = 0.0
        self._opened: dict[str, bytes] = {}

    def signing(self) -> tuple[str, bytes]:
        """The id and the bytes of the newest key that may sign. Raises Unavailable without one."""
        now = self._clock()
        ready = [key for key in self._keys() if key["signs_at"] <= now]
        if not ready:
            raise Unavailable("this stage has no key to sign tokens with: run its bootstrap")
        found = max(ready, key=lambda key: float(key["signs_at"]))
        return found["kid"], self._open(found)

    def verifying(self, kid: str) -> bytes | None:
        """The key of that id, if it is one of those that are valid."""
        for key in self._keys():
            if key["kid"] == kid:
                return self._open(key)
        return None

    def ensure(self) -> None:
        """Make the stage's first key, if it has none."""
        if self._table.get(keys.signing_key()) is None:
            self._store([self._new(waits=0)], None)

    def rotate(self, *, discard: bool = False) -> str:
        """Add a key, and drop the one before the last; its id. With `discard` the new one is the
        only one: every token of a login ends.

        Raises Conflict while tokens of the key that would be dropped may be alive, and when somebody
        else rotates at this moment.
        """
        item = self._table.get(keys.signing_key())
        old: list[Mapping[str, Any]] = list(item["keys"]) if item else []
        newest = max((float(key["signs_at"]) for key in old), default=0.0)
        if len(old) > 1 and not discard and self._clock() < newest + LIFETIME_SECONDS:
            raise Conflict("the last rotation is less than a day old: tokens would end early")
        made = self._new(waits=WAITS_SECONDS if old and not discard else 0)
        self._store([made] if discard else [*old[-1:], made], item)
        return str(made["kid"])

    def _new(self, *, waits: int) -> dict[str, Any]:
        kid = f"key_{secrets.token_hex(8)}"
        sealed = self._seals.seal(secrets.token_bytes(_KEY_BYTES), _context(kid))
        return {"kid": kid, "sealed": sealed, "signs_at": int(self._clock()) + waits}

    def _store(self, found: list[Mapping[str, Any]], old: Mapping[str, Any] | None) -> None:
        turn = int(old["turn"]) if old else 0
        put = Put(
            {**keys.signing_key(), "keys": found, "turn": turn + 1},
            condition="#turn = :turn" if old else "attribute_not_exists(#pk)",
            values={"turn": turn} if old else {},
        )
        try:
            self._table.write(put)
        except ConditionFailed as failed:
            raise Conflict("the keys were changed meanwhile") from failed
        self._until = 0.0

    def _keys(self) -> list[Mapping[str, Any]]:
        now = self._clock()
        if now >= self._until:
            item = self._table.get(keys.signing_key())
            self._known = list(item["keys"]) if item else []
            valid = {key["kid"] for key in self._known}
            self._opened = {kid: key for kid, key in self._opened.items() if kid in valid}
            self._until = now + REMEMBERED_SECONDS if self._known else 0.0
        return self._known

    def _open(self, key: Mapping[str, Any]) -> bytes:
        kid = key["kid"]
        if kid not in self._opened:
            try:
                self._opened[kid] = self._seals.open(key["sealed"], _context(kid))
            except Unreadable as gone:
                raise Unavailable("the key that tokens are signed with cannot be opened") from gone
        return self._opened[kid]


def _context(kid: str) -> dict[str, str]:
    return {"purpose": "tokens", "kid": kid}
