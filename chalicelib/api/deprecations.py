"""Routes that will go: one declaration, which the headers and OpenAPI tell of (S4, Versioning)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

NOTICE_MONTHS: Final = 6
"""S4: a deprecated endpoint stays for at least that long."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Deprecated `since` that day, and gone from `sunset` on; both begin at midnight, UTC.

    `instead` is the path of what replaces it. Raises ValueError for less than six months' notice.
    """

    since: date
    sunset: date
    instead: str = ""

    def __post_init__(self) -> None:
        if self.sunset < earliest_sunset(self.since):
            raise ValueError(
                f"a route deprecated since {self.since} stays until "
                f"{earliest_sunset(self.since)} at least, and not until {self.sunset}"
            )

    def headers(self) -> dict[str, str]:
        """`Deprecation` (RFC 9745), `Sunset` (RFC 8594), and `Link` to what replaces it."""
        from email.utils import format_datetime

        since = datetime.combine(self.since, time(), UTC)
        found = {
            "Deprecation": f"@{int(since.timestamp())}",
            "Sunset": format_datetime(datetime.combine(self.sunset, time(), UTC), usegmt=True),
        }
        if self.instead:
            found["Link"] = f'<{self.instead}>; rel="successor-version"'
        return found

    def described(self) -> Mapping[str, Any]:
        """What OpenAPI says of it."""
        return {"deprecated": True, "x-sunset": self.sunset.isoformat()}


def earliest_sunset(since: date) -> date:
    """Six months later: the same day of the month, or the first of the next month without one."""
    month = since.month - 1 + NOTICE_MONTHS
    year, month = since.year + month // 12, month % 12 + 1
    try:
        return date(year, month, since.day)
    except ValueError:
        return date(year + month // 12, month % 12 + 1, 1)
