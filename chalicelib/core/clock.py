"""Times as the whole system writes them: RFC 3339, UTC, milliseconds, `Z`. Text order is time order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Handed in wherever time matters, so that a test can decide what time it is. Aware, UTC."""


def utc_now() -> datetime:
    """The wall clock, aware and in UTC."""
    return datetime.now(UTC)


def rfc3339(instant: datetime) -> str:
    """`2026-03-18T09:00:00.123Z`. Always milliseconds, so that equal lengths sort as text."""
    # Not strftime: it writes the year 900 with three digits, which sorts behind 2026.
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_rfc3339(text: str) -> datetime:
    """An aware UTC datetime. Raises ValueError for anything that is not RFC 3339 with an offset."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None or "T" not in text.upper():
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    try:
        return parsed.astimezone(UTC)
    except OverflowError as problem:
        raise ValueError(f"not a time between the years 1 and 9999: {text!r}") from problem
