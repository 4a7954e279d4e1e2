"""Unix cron in five fields: what it means, and how EventBridge says the same.

The meaning is that of Debian's cron, as the library `cronsim` reads it. EventBridge's own cron
counts the days of the week from Sunday = 1, and wants `?` for one of the two day fields, so the
sets of numbers that the library has read are written down anew instead of the text being changed.
What cannot be said exactly is refused.

    30 9 * * 1-5     cron(30 9 ? * MON,TUE,WED,THU,FRI *)
    0 0 1 * 1        cron(0 0 1 * ? *) and cron(0 0 ? * MON *): one day field or the other (Unix)
    0 0 */2 * 1      refused: both at once, which EventBridge cannot say
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cronsim import CronSim

LONGEST_EXPRESSION: Final = 256
"""Characters of EventBridge Scheduler's expressions."""
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SOME_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


def expressions(schedule: str) -> tuple[str, ...]:
    """What EventBridge Scheduler is to be told: one expression, or two whose union it is.

    Raises ValueError, saying why, for what is no cron and for what EventBridge cannot say.
    """
    read = _read(schedule, _SOME_DAY)
    days, weekdays = _plain(read.days), {day % 7 for day in _plain(read.weekdays)}
    every_day, every_weekday = len(days) == 31, len(weekdays) == 7
    either = not read.day_and
    if every_day and every_weekday:
        fields = [("*", "?")]
    elif every_weekday and not either:
        fields = [(_listed(days, 1, 31), "?")]
    elif every_day and not either:
        fields = [("?", _named(weekdays))]
    elif either:
        # One of them may be "any day" all the same (`1-31`): then the union is simply every day.
        whole = every_day or every_weekday
        fields = [("*", "?")] if whole else [(_listed(days, 1, 31), "?"), ("?", _named(weekdays))]
    else:
        raise ValueError(
            "a day of the month and a day of the week that have to hold at once (one of the two "
            "fields begins with `*`) cannot be said to EventBridge; without the `*` either is enough"
        )
    minutes, hours = _listed(read.minutes, 0, 59), _listed(read.hours, 0, 23)
    months = _listed(read.months, 1, 12)
    found = tuple(f"cron({minutes} {hours} {day} {months} {week} *)" for day, week in fields)
    if max(map(len, found)) > LONGEST_EXPRESSION:
        raise ValueError(
            f"EventBridge's form of it has more than {LONGEST_EXPRESSION} characters; use fewer "
            "single values, or two triggers"
        )
    return found


def latest_occurrence(schedule: str, timezone: str, now: datetime) -> datetime | None:
    """The last time at or before `now` that the schedule names, in UTC; None without one in 50
    years."""
    local = _local(now.replace(microsecond=0) + timedelta(seconds=1), timezone)
    return _first(_read(schedule, local, reverse=True))


def next_occurrence(schedule: str, timezone: str, now: datetime) -> datetime | None:
    """The first time after `now` that the schedule names, in UTC; None without one in 50 years."""
    return _first(_read(schedule, _local(now.replace(microsecond=0), timezone)))


def is_timezone(name: str) -> bool:
    """Whether it is the name of an IANA time zone; capitals count."""
    return name in zones()


@cache
def zones() -> frozenset[str]:
    """All names of the IANA database, as the package `tzdata` has them: the list is the same
    wherever this runs."""
    from importlib.resources import files

    return frozenset((files("tzdata") / "zones").read_text().split())


def _read(schedule: str, start: datetime, *, reverse: bool = False) -> CronSim:
    """Raises ValueError for what is no cron. A sixth field (seconds) is none of Unix's."""
    from cronsim import CronSim, CronSimError

    if len(schedule.split()) != 5:
        raise ValueError("has five fields: minute, hour, day of the month, month, day of the week")
    try:
        return CronSim(schedule, start, reverse=reverse)
    except CronSimError as problem:
        field = str(problem).removeprefix("Bad ").replace("-", " ")
        raise ValueError(f"the {field} cannot be read, or never comes") from problem


def _first(times: CronSim) -> datetime | None:
    found = next(times, None)
    return found.astimezone(UTC) if found is not None else None


def _local(instant: datetime, timezone: str) -> datetime:
    if timezone == "UTC":
        return instant.astimezone(UTC)
    from zoneinfo import ZoneInfo

    return instant.astimezone(ZoneInfo(timezone))


def _plain(items: Collection[object]) -> set[int]:
    """Without what the library knows beyond Unix: `L`, `LW`, `5L`, `MON#1`."""
    found = {item for item in items if isinstance(item, int) and item >= 0}
    if len(found) != len(items):
        raise ValueError("`L`, `W` and `#` are no Unix cron")
    return found


def _listed(numbers: Collection[int], first: int, last: int) -> str:
    """`*`, `4`, `9-17` or `0,15,30,45`."""
    ordered = sorted(numbers)
    if len(ordered) == last - first + 1:
        return "*"
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{ordered[0]}-{ordered[-1]}"
    return ",".join(map(str, ordered))


def _named(weekdays: Collection[int]) -> str:
    return ",".join(_DAYS[day] for day in sorted(weekdays))
