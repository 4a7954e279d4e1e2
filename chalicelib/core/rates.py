"""S4's rate limits as rules: classes, their sizes, and windows that are fixed in UTC."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_SIZE: Final = re.compile(r"(?P<limit>[1-9][0-9]{0,6})/(?:(?P<word>minute|hour)|(?P<s>[0-9]+)s)")
_WORDS: Final = {"minute": 60, "hour": 3600}
LONGEST_WINDOW: Final = 86_400
"""Seconds: a day."""


@dataclass(frozen=True, slots=True)
class RateClass:
    """At most `limit` requests in `window` seconds. `by_address`: per client address, and not per
    token."""

    name: str
    limit: int
    window: int
    by_address: bool = False


CLASSES: Final[Mapping[str, RateClass]] = {
    found.name: found
    for found in (
        RateClass("auth", 20, 60, by_address=True),
        RateClass("get", 1000, 60),
        RateClass("write", 100, 60),
        RateClass("pipelines", 20, 3600),
        RateClass("batch", 5, 3600),
    )
}
"""S4's table."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands in a window: whether this request is within the limit, how many more
    are, and in how many seconds the window ends."""

    allowed: bool
    limit: int
    remaining: int
    reset: int


def classes_with(sizes: str) -> dict[str, RateClass]:
    """S4's classes with the sizes that a stage gives: `get=1000/minute,batch=5/hour,auth=3/10s`.

    What is not named keeps its size. Raises ValueError for anything else: another name, a name
    twice, no number from 1 to 9,999,999, a window over a day.
    """
    found = dict(CLASSES)
    named: set[str] = set()
    for part in filter(None, (part.strip() for part in sizes.split(","))):
        name, _, size = part.partition("=")
        match = _SIZE.fullmatch(size)
        if name not in CLASSES or name in named or match is None:
            raise ValueError(
                f"rate limit {part[:64]!r}: write each of {', '.join(CLASSES)} at most once, "
                "as in get=1000/minute, batch=5/hour or auth=3/10s"
            )
        window = _WORDS[match["word"]] if match["word"] else int(match["s"])
        if not 1 <= window <= LONGEST_WINDOW:
            raise ValueError(f"rate limit {part[:64]!r}: a window is 1 to {LONGEST_WINDOW} s")
        named.add(name)
        known = CLASSES[name]
        found[name] = RateClass(name, int(match["limit"]), window, known.by_address)
    return found


def window_start(found: RateClass, now: float) -> int:
    """When the window that `now` is in began, epoch seconds: windows of all callers begin at once."""
    return int(now // found.window) * found.window


def standing(found: RateClass, now: float, counted: int, *, allowed: bool = True) -> Standing:
    """Where a caller stands after `counted` requests in the window that `now` is in."""
    left = window_start(found, now) + found.window - now
    return Standing(
        allowed=allowed,
        limit=found.limit,
        remaining=max(0, found.limit - counted),
        reset=max(1, math.ceil(left)),
    )
