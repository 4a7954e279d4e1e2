"""Wrong passwords for an address, so that they cannot be guessed.

      a try           each further one        right: it is taken back      the minute is over
    tries 1, since ──── tries + 1 ───┬──────── tries - 1                 ── the next begins again
                                     └ where there are 5: refused until since + 60 s

A try is counted before its password is looked at. So at most five of them are ever looked at within
a minute that were not right, however many come at once. Addresses that nobody has are counted alike.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib.core.errors import RateLimited
from chalicelib.core.identity.sign_in import Try
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Table, Update

MOST_TRIES: Final = 5
WINDOW_SECONDS: Final = 60
_BEGIN: Final = "SET #since_ms = :now, #tries = :one, #expires_at = :expires_at"
_MOST_REMEMBERED: Final = 1000


class PasswordTries:
    """Implements `core.identity.sign_in.Tries`. `clock` gives epoch seconds."""

    def __init__(self, table: Table, *, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._locked: dict[str, float] = {}

    def begin(self, email: str) -> Try:
        """Count a try: one conditional write, a second one where there were some before. None for
        an address that this process knows to be locked. Raises RateLimited, Unavailable."""
        now = self._clock()
        if now < self._locked.get(email, 0.0):
            raise self._refusal(email, self._locked[email], now)
        known: Mapping[str, Any] | None = None
        while True:
            if known is not None and now < _end(known) and known["tries"] >= MOST_TRIES:
                raise self._refusal(email, _end(known), now)
            try:
                item = self._table.write(_update(email, known, now)) or {}
                return Try(email, int(item["since_ms"]))
            except ConditionFailed as failed:
                known = failed.old

    def was_right(self, found: Try) -> None:
        """Take a try back, unless its minute is over: one write."""
        back = Update(
            keys.password_guesses_key(found.email),
            "ADD #tries :less",
            condition="#since_ms = :since AND #tries > :none",
            values={"less": -1, "since": found.since_ms, "none": 0},
        )
        with contextlib.suppress(ConditionFailed):
            self._table.write(back)

    def _refusal(self, email: str, until: float, now: float) -> RateLimited:
        if len(self._locked) >= _MOST_REMEMBERED:
            self._locked.clear()
        self._locked[email] = until
        seconds = max(1, math.ceil(until - now))
        return RateLimited(
            f"too many wrong passwords for this address; try again in {seconds} s",
            retry_after=seconds,
        )


def _update(email: str, known: Mapping[str, Any] | None, now: float) -> Update:
    """What counts a try, where the item is still as it is known. The first guess is "no item"."""
    key = keys.password_guesses_key(email)
    if known is not None and now < _end(known):
        condition = "#since_ms = :since AND #tries < :most"
        values: dict[str, Any] = {"since": known["since_ms"], "most": MOST_TRIES, "one": 1}
        return Update(key, "ADD #tries :one", condition=condition, values=values)
    values = {"now": int(now * 1000), "one": 1, "expires_at": int(now) + 2 * WINDOW_SECONDS}
    if known is None:
        return Update(key, _BEGIN, condition="attribute_not_exists(#pk)", values=values)
    values["since"] = known["since_ms"]
    return Update(key, _BEGIN, condition="#since_ms = :since", values=values)


def _end(item: Mapping[str, Any]) -> float:
    return float(item["since_ms"]) / 1000 + WINDOW_SECONDS
