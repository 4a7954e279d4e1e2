"""Requests counted against rate limits (S4): one conditional update each.

    ADD count 1  if there is no count, or count < limit      (the item is of one caller, class, window)

DynamoDB makes writes to one item one after the other, so no number of processes lets more through
than the limit. A window is a part of its key: nothing has to be set back when it is over, and the
item goes by its time to live.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import Unavailable
from chalicelib.core.rates import RateClass, Standing, standing, window_start
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Table, Update

KEPT_SECONDS: Final = 600
"""How long a count outlives its window: longer than clocks differ."""
_MOST_REMEMBERED: Final = 1000


class RateCounts:
    """`log` is told when DynamoDB cannot be reached."""

    def __init__(
        self, table: Table, *, clock: Callable[[], float], log: Callable[[str, Exception], None]
    ) -> None:
        self._table = table
        self._clock = clock
        self._log = log
        self._spent: dict[tuple[str, str, str], int] = {}

    def count(self, found: RateClass, owner: str, who: str) -> Standing:
        """Count one request of a caller; where it stands then.

        `owner` is the organisation, or the platform for an address. One write; none for a caller
        that this process has refused in this window already. Where DynamoDB does not answer the
        request goes through, uncounted: a limiter that is down must not take the API along.
        """
        now = self._clock()
        window = window_start(found, now)
        caller = (owner, who, found.name)
        if self._spent.get(caller) == window:
            return standing(found, now, found.limit, allowed=False)
        try:
            item = self._table.write(
                Update(
                    keys.rate_key(owner, who, found.name, window),
                    "SET #expires_at = :expires_at ADD #requests :one",
                    condition="attribute_not_exists(#requests) OR #requests < :limit",
                    values={
                        "expires_at": window + found.window + KEPT_SECONDS,
                        "one": 1,
                        "limit": found.limit,
                    },
                )
            )
        except ConditionFailed:
            self._remember(caller, window)
            return standing(found, now, found.limit, allowed=False)
        except (Unavailable, BotoCoreError, ClientError) as problem:
            self._log("a request was not counted against its rate limit", problem)
            return standing(found, now, 0)
        return standing(found, now, int((item or {}).get("requests", 1)))

    def _remember(self, caller: tuple[str, str, str], window: int) -> None:
        if len(self._spent) >= _MOST_REMEMBERED:
            self._spent.clear()
        self._spent[caller] = window
