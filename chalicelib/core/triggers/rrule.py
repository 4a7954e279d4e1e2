"""Recurrence rules of iCalendar (RFC 5545), said to EventBridge Scheduler as one cron expression (S1).

    FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9;BYMINUTE=30     cron(30 9 ? * MON,WED *)
    FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18                cron(0 18 ? * 6L *)
    FREQ=HOURLY;INTERVAL=6                           cron(0 0,6,12,18 * * ? *)
    FREQ=DAILY;INTERVAL=2                            refused: a cron cannot count days

The library `dateutil` reads the rule and fills in from DTSTART what it leaves open. Without a DTSTART
that is the first of everything: January, the 1st, Monday, 00:00. What cannot be said exactly is
refused. DTSTART and UNTIL become the schedule's own start and end.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

LONGEST: Final = 500
"""Characters of a rule."""
LONGEST_EXPRESSION: Final = 256
_FIRST: Final = datetime(2001, 1, 1)
_DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_LINE: Final = re.compile(r"(?:(RRULE|DTSTART)(?:;TZID=([A-Za-z0-9_+/-]+))?:)?([^\s:]+)\Z")
_TIME: Final = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?\Z")
_UNTIL: Final = re.compile(r";?UNTIL=([^;]*)")
_LEFT_OUT: Final = ("BYSETPOS", "BYYEARDAY", "BYWEEKNO", "BYEASTER", "COUNT")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule that was read. `start` and `end` are aware; both are inclusive."""

    expression: str
    start: datetime | None = None
    end: datetime | None = None

    def covers(self, due: datetime) -> bool:
        """Whether the rule is in force at that time."""
        after = self.start is None or due >= self.start
        return after and (self.end is None or due <= self.end)


def read_rule(text: str, timezone: str) -> Recurrence:
    """The rule as EventBridge is to be told. `text` is an RRULE, with or without that word before it,
    and may have a line with DTSTART above it.

    Raises ValueError, saying why, for what is no rule and for what EventBridge cannot say.
    """
    if len(text) > LONGEST:
        raise ValueError(f"a rule has at most {LONGEST} characters")
    rule, start = _parts(text, timezone)
    until = _UNTIL.search(rule)
    end = _instant(until.group(1), timezone, last=True) if until else None
    expression = _expression(_UNTIL.sub("", rule).strip(";"), start or _FIRST)
    return Recurrence(expression, _aware(start, timezone) if start else None, end)


def _parts(text: str, timezone: str) -> tuple[str, datetime | None]:
    """The rule, and DTSTART as the clocks of the rule's zone show it."""
    rule, start = None, None
    for line in text.strip().upper().split("\n"):
        found = _LINE.match(line.strip())
        if found is None:
            raise ValueError("is no recurrence rule of RFC 5545, such as `FREQ=DAILY;BYHOUR=9`")
        word, zone, value = found.groups()
        if zone is not None and zone != timezone.upper():
            raise ValueError(f"its TZID is not the trigger's time zone, {timezone}")
        if word == "DTSTART":
            start = _local(_instant(value, timezone), timezone)
        elif rule is not None:
            raise ValueError("has two rules: use a trigger for each")
        else:
            rule = value
    if rule is None:
        raise ValueError("has no RRULE")
    return rule, start


def _expression(rule: str, start: datetime) -> str:
    from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, SECONDLY, YEARLY, rrulestr

    for word in _LEFT_OUT:
        if f"{word}=" in rule:
            hint = "; `maxRuns` limits a trigger" if word == "COUNT" else ""
            raise ValueError(f"`{word}` cannot be said to EventBridge{hint}")
    try:
        read: Any = rrulestr(rule, dtstart=start)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise ValueError(f"is no recurrence rule: {str(problem)[:100]}") from problem
    freq, step = read._freq, read._interval
    if freq == SECONDLY or set(read._bysecond or (0,)) != {0}:
        raise ValueError("EventBridge knows no seconds: the shortest rhythm is a minute")
    minutes = set(read._byminute or range(60))
    hours = set(read._byhour or range(24))
    months = set(read._bymonth or range(1, 13))
    if step > 1:
        if freq == MINUTELY:
            minutes &= _every(step, start.minute, 60, "minutes", "an hour")
        elif freq == HOURLY:
            hours &= _every(step, start.hour, 24, "hours", "a day")
        elif freq == MONTHLY:
            months &= {m + 1 for m in _every(step, start.month - 1, 12, "months", "a year")}
        else:
            what = {DAILY: "days", YEARLY: "years"}.get(freq, "weeks")
            raise ValueError(f"EventBridge cannot count {what}: `INTERVAL` has to be 1 here")
    if not (minutes and hours and months):
        raise ValueError("it never comes")
    day, weekday = _days(read, by_year=freq == YEARLY)
    found = (
        f"cron({_listed(minutes, 0, 59)} {_listed(hours, 0, 23)} {day} "
        f"{_listed(months, 1, 12)} {weekday} *)"
    )
    if len(found) > LONGEST_EXPRESSION:
        raise ValueError(f"EventBridge's form of it has more than {LONGEST_EXPRESSION} characters")
    return found


def _days(read: Any, *, by_year: bool) -> tuple[str, str]:
    """The fields for days of the month and of the week; one of them is `?`."""
    days, from_end = set(read._bymonthday or ()), set(read._bynmonthday or ())
    weekdays, nth = set(read._byweekday or ()), set(read._bynweekday or ())
    if (days or from_end) and (weekdays or nth):
        raise ValueError(
            "days of the month and of the week that have to hold at once cannot be said to EventBridge"
        )
    if from_end:
        if days or from_end != {-1}:
            raise ValueError(
                "of the days from a month's end only -1, alone, can be said to EventBridge"
            )
        return "L", "?"
    if nth:
        if weekdays or len(nth) > 1 or (by_year and not read._bymonth):
            raise ValueError(
                "one weekday of a month (`BYDAY=2TU`, `-1FR`) can be said to EventBridge"
            )
        ((weekday, place),) = nth
        number = (weekday + 1) % 7 + 1  # EventBridge counts from Sunday, 1
        if place == -1:
            return "?", f"{number}L"
        if not 1 <= place <= 5:
            raise ValueError("a month's weekdays are counted from 1 to 5, or the last is -1")
        return "?", f"{number}#{place}"
    if weekdays and len(weekdays) < 7:
        return "?", ",".join(_DAYS[day] for day in sorted(weekdays))
    return (_listed(days, 1, 31) if days else "*"), "?"


def _every(step: int, first: int, length: int, what: str, whole: str) -> set[int]:
    """Each `step`th of a cycle, from `first` on. Raises ValueError where the cycle has a rest."""
    if length % step:
        raise ValueError(f"an `INTERVAL` of {step} {what} does not divide {whole}: no cron says it")
    return {(first + number) % length for number in range(0, length, step)}


def _listed(numbers: Collection[int], first: int, last: int) -> str:
    ordered = sorted(numbers)
    if len(ordered) == last - first + 1:
        return "*"
    return ",".join(map(str, ordered))


def _instant(text: str, timezone: str, *, last: bool = False) -> datetime:
    """A time of RFC 5545, aware. A date alone is its first second, or its last."""
    found = _TIME.match(text)
    if found is None:
        raise ValueError(f"`{text[:30]}` is no time such as 20260131T090000")
    date, time, utc = found.groups()
    clock = time or ("235959" if last else "000000")
    try:
        local = datetime.strptime(date + clock, "%Y%m%d%H%M%S")
    except ValueError as problem:
        raise ValueError(f"`{text[:30]}` is no time that there is") from problem
    return local.replace(tzinfo=UTC) if utc else _aware(local, timezone)


def _aware(local: datetime, timezone: str) -> datetime:
    from zoneinfo import ZoneInfo

    return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def _local(instant: datetime, timezone: str) -> datetime:
    from zoneinfo import ZoneInfo

    return instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
