"""What was revoked before its time: a short list that every process reads again every 30 seconds.

Entries stand in the order of their time, so a process that knows the list asks for the new ones
only: a Query that mostly finds nothing. It looks back two minutes each time, because an entry may
become visible later than one with a later time. After a day an entry is of no use: the tokens that
it was about have ended by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib.core.identity.jwts import LIFETIME_SECONDS, Claims
from chalicelib.store import keys
from chalicelib.store.table import Put, Table

REMEMBERED_SECONDS: Final = 30.0
_LOOKS_BACK_SECONDS: Final = 120
_MARGIN_SECONDS: Final = 120


class Revocations:
    """`clock` gives epoch seconds."""

    def __init__(self, table: Table, *, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._read_at = 0.0
        self._known: dict[str, tuple[int, float]] = {}
        """What → the least generation that is good (a token's own entry: none is), and until when
        this has to be known."""

    def covers(self, claims: Claims, *, fresh: bool = False) -> bool:
        """Whether a token was revoked. No call, but one Query where the list is 30 seconds old, or
        a `fresh` one is wanted. Raises Unavailable."""
        if fresh or self._clock() >= self._read_at + REMEMBERED_SECONDS:
            self._read()
        if claims.jti in self._known:
            return True
        least, _ = self._known.get(claims.sub, (0, 0.0))
        return claims.generation < least

    def revoke(self, claims: Claims) -> None:
        """Revoke one token: one write."""
        entry = self._entry(claims.jti, 0, claims.exp)
        self._table.write(Put(entry))
        self._learn(entry)

    def of_user(self, user_id: str, least: int) -> Put:
        """The write that revokes every token of a user of a generation before `least`."""
        entry = self._entry(user_id, least, int(self._clock()) + LIFETIME_SECONDS)
        return Put(entry)

    def _entry(self, what: str, least: int, ends: int) -> dict[str, Any]:
        at = int(self._clock() * 1000)
        ends += _MARGIN_SECONDS
        more = {"what": what, "least": least, "expires_at": ends}
        return {**keys.revocation_key(at, what), **more}

    def _read(self) -> None:
        now = self._clock()
        since = max(0, int((self._read_at - _LOOKS_BACK_SECONDS) * 1000))
        key = keys.revocation_key(since, "")
        found = self._table.query_all(
            "#pk = :pk AND #sk >= :since",
            {"pk": key["pk"], "since": key["sk"]},
            only=("what", "least", "expires_at"),
        )
        for item in found:
            self._learn(item)
        self._known = {what: entry for what, entry in self._known.items() if entry[1] > now}
        self._read_at = now

    def _learn(self, item: Mapping[str, Any]) -> None:
        least, ends = int(item["least"]), float(item["expires_at"])
        before = self._known.get(item["what"], (0, 0.0))
        self._known[item["what"]] = (max(before[0], least), max(before[1], ends))
