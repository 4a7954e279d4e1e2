"""RFC 5545 rules to EventBridge's cron: the times of the library, or a refusal that says why."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.triggers.rrule import LONGEST, read_rule

DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]


def says(expression: str, at: datetime) -> bool:
    """Whether EventBridge's cron is due then, by its manual: `L` is the last, `3#2` the second
    Tuesday of a month (Sunday is 1), `6L` its last Friday."""
    minute, hour, day, month, weekday, year = re.sub(r"cron\((.*)\)", r"\1", expression).split()
    assert (day == "?") != (weekday == "?") and year == "*"
    last_day = (at + timedelta(days=1)).month != at.month
    number = at.isoweekday() % 7 + 1
    in_month = (at.day - 1) // 7 + 1
    last_week = (at + timedelta(days=7)).month != at.month
    fits_day = day in ("*", "?") or (last_day if day == "L" else str(at.day) in day.split(","))
    if weekday == "?" or DAYS[at.weekday()] in weekday.split(","):
        fits_weekday = True
    elif "#" in weekday:
        fits_weekday = weekday == f"{number}#{in_month}"
    else:
        fits_weekday = weekday == f"{number}L" and last_week
    parts = ((minute, at.minute), (hour, at.hour), (month, at.month))
    return (
        fits_day
        and fits_weekday
        and all(field == "*" or str(value) in field.split(",") for field, value in parts)
    )


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("FREQ=MINUTELY", "cron(* * * * ? *)"),
        ("FREQ=MINUTELY;INTERVAL=15", "cron(0,15,30,45 * * * ? *)"),
        ("FREQ=HOURLY;INTERVAL=6", "cron(0 0,6,12,18 * * ? *)"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=30", "cron(30 9 * * ? *)"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9", "cron(0 9 ? * MON,WED *)"),
        ("FREQ=MONTHLY;BYDAY=2TU", "cron(0 0 ? * 3#2 *)"),
        ("FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18", "cron(0 18 ? * 6L *)"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "cron(0 0 L * ? *)"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "cron(0 0 1,15 * ? *)"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=18", "cron(0 0 18 3 ? *)"),
        ("DTSTART:20260131T090500\nRRULE:FREQ=DAILY", "cron(5 9 * * ? *)"),
        ("FREQ=YEARLY", "cron(0 0 1 1 ? *)"),
    ],
)
def test_a_rule_is_said_exactly(rule: str, wanted: str) -> None:
    assert read_rule(rule, "UTC").expression == wanted


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("", "no recurrence rule"),
        ("every day", "no recurrence rule"),
        ("FREQ=SOMETIMES", "no recurrence rule"),
        ("FREQ=DAILY;NOVEL=1", "no recurrence rule"),
        ("FREQ=SECONDLY", "no seconds"),
        ("FREQ=DAILY;BYSECOND=30", "no seconds"),
        ("FREQ=DAILY;INTERVAL=2", "count days"),
        ("FREQ=WEEKLY;INTERVAL=2", "count weeks"),
        ("FREQ=YEARLY;INTERVAL=2", "count years"),
        ("FREQ=MINUTELY;INTERVAL=7", "7 minutes does not divide an hour"),
        ("FREQ=HOURLY;INTERVAL=5", "5 hours does not divide a day"),
        ("FREQ=DAILY;COUNT=3", "maxRuns"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "at once"),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", "from a month's end"),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", "one weekday"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1", "BYSETPOS"),
        ("RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", "two rules"),
        ("FREQ=DAILY;UNTIL=soon", "no time"),
        ("FREQ=DAILY;UNTIL=20261332", "no time"),
        ("DTSTART;TZID=ASIA/TOKYO:20260101T000000\nFREQ=DAILY", "TZID"),
        ("DTSTART:20260101T000000", "no RRULE"),
        ("FREQ=DAILY;" + "BYHOUR=9" * 100, str(LONGEST)),
        ("FREQ=DAILY;BYHOUR=99", "no recurrence rule|never comes"),
    ],
)
def test_what_is_no_rule_or_cannot_be_said_is_refused_with_the_reason(rule: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_rule(rule, "UTC")


def test_until_and_dtstart_are_times_of_the_rules_zone() -> None:
    rule = "DTSTART:20260701T080000\nRRULE:FREQ=DAILY;UNTIL=20260710T080000"
    found = read_rule(rule, "Europe/Berlin")
    assert found.start == datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert found.end == datetime(2026, 7, 10, 6, tzinfo=UTC)
    assert found.covers(found.start) and found.covers(found.end)
    assert not found.covers(found.end + timedelta(seconds=1))
    assert not found.covers(found.start - timedelta(seconds=1))
    whole_day = read_rule("FREQ=DAILY;UNTIL=20260710", "UTC").end
    assert whole_day == datetime(2026, 7, 10, 23, 59, 59, tzinfo=UTC)
    assert read_rule("FREQ=DAILY;UNTIL=20260710T080000Z", "Europe/Berlin").end == datetime(
        2026, 7, 10, 8, tzinfo=UTC
    )


_LISTS = {
    "BYMINUTE": st.integers(0, 59),
    "BYHOUR": st.integers(0, 23),
    "BYMONTH": st.integers(1, 12),
    "BYMONTHDAY": st.sampled_from([*range(1, 32), -1]),
    "BYDAY": st.sampled_from(["MO", "TU", "SA", "SU", "1MO", "2TU", "-1FR"]),
}


@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_what_is_taken_is_due_when_the_library_says(data: st.DataObject) -> None:
    freq = data.draw(
        st.sampled_from(["MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    )
    members = data.draw(st.sets(st.sampled_from(sorted(_LISTS)), max_size=3))
    rule = f"FREQ={freq}"
    if data.draw(st.booleans()):
        rule += f";INTERVAL={data.draw(st.sampled_from([1, 2, 3, 5, 15]))}"
    for member in sorted(members):
        chosen = data.draw(st.lists(_LISTS[member], min_size=1, max_size=2, unique=True))
        rule += f";{member}=" + ",".join(map(str, chosen))
    try:
        expression = read_rule(rule, "UTC").expression
    except ValueError:
        return
    # A Monday, the 1st of January, 00:00: what the rule falls back to.
    start = datetime(2018, 1, 1)
    listed = rrulestr(rule, dtstart=start)
    probe = start + timedelta(minutes=data.draw(st.integers(0, 100_000)))
    window = [probe + timedelta(minutes=minute) for minute in range(0, 1_500)]
    due = set(listed.between(window[0], window[-1], inc=True))
    told = {at for at in window if says(expression, at.replace(tzinfo=UTC))}
    assert told == due, f"{rule} is not {expression}"
