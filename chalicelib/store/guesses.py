"""Wrong tries at a token's name, so that secrets cannot be guessed (S0).

        first wrong try            each further one          the minute is over
    (no item) ──── tries 1, since ──── tries + 1 ────┬──── the next wrong try begins again
                                                     └ from 6 on: locked until since + 60 s

The item is read together with the token, so a right token costs no call more; a wrong one costs one
conditional update. Names that no token has are counted alike: an answer tells nobody which exist.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.errors import RateLimited
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Table, Update

MOST_TRIES: Final = 5
WINDOW_SECONDS: Final = 60
_IF_STILL: Final = "#since_ms = :since"
_IF_FIRST: Final = "attribute_not_exists(#pk)"
_BEGIN: Final = "SET #since_ms = :now, #tries = :one, #expires_at = :expires_at"


def locked_until(item: Mapping[str, Any] | None, now: float) -> float:
    """Until when (epoch seconds) a name is locked; 0 when it is not."""
    if item is None or item["tries"] <= MOST_TRIES:
        return 0.0
    end = _end(item)
    return end if now < end else 0.0


def refusal(until: float, now: float) -> RateLimited:
    """What a locked name is answered, whatever the secret."""
    seconds = max(1, math.ceil(until - now))
    return RateLimited(
        f"too many wrong tokens of this name; try again in {seconds} s", retry_after=seconds
    )


def count_wrong_try(
    table: Table, name: str, known: Mapping[str, Any] | None, now: float
) -> Mapping[str, Any]:
    """Count a wrong try; the item then. `known` is the item as it was read before.

    One write, unless another try at the same name came in between: then it is counted behind it.
    """
    while True:
        try:
            return table.write(_update(name, known, now)) or {}
        except ConditionFailed as failed:
            known = failed.old


def _update(name: str, known: Mapping[str, Any] | None, now: float) -> Update:
    key = keys.guesses_key(name)
    if known is not None and now < _end(known):
        values = {"since": known["since_ms"], "one": 1}
        return Update(key, "ADD #tries :one", condition=_IF_STILL, values=values)
    values = {"now": int(now * 1000), "one": 1, "expires_at": int(now) + 2 * WINDOW_SECONDS}
    if known is None:
        return Update(key, _BEGIN, condition=_IF_FIRST, values=values)
    values["since"] = known["since_ms"]
    return Update(key, _BEGIN, condition=_IF_STILL, values=values)


def _end(item: Mapping[str, Any]) -> float:
    return float(item["since_ms"]) / 1000 + WINDOW_SECONDS
