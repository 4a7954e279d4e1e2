"""Unix cron to EventBridge's: the same times, for every schedule that is taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cronsim import CronSim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.core.triggers.cron import (
    LONGEST_EXPRESSION,
    expressions,
    is_timezone,
    latest_occurrence,
    next_occurrence,
    zones,
)

DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
NOW = datetime(2026, 3, 18, 9, 0, 30, tzinfo=UTC)


def matcher(expression: str) -> Callable[[datetime], bool]:
    """EventBridge's own rules, written down from its manual and not from our code: fields are
    lists of numbers, ranges and names; `*` and `?` are any; exactly one of the days is `?`."""
    found = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", expression)
    assert found, expression
    minute, hour, day, month, weekday, year = found.groups()
    assert (day == "?") != (weekday == "?"), expression
    assert year == "*"

    def fits(field: str, value: int, name: str = "") -> bool:
        for part in field.split(","):
            first, dash, last = part.partition("-")
            if part in ("*", "?", name):
                return True
            if part.isdecimal() and int(part) == value:
                return True
            if dash and int(first) <= value <= int(last):
                return True
        return False

    return lambda at: (
        fits(minute, at.minute)
        and fits(hour, at.hour)
        and fits(day, at.day)
        and fits(month, at.month)
        and fits(weekday, at.isoweekday() % 7 + 1, DAYS[at.isoweekday() % 7])
    )


@pytest.mark.parametrize(
    ("schedule", "wanted"),
    [
        ("* * * * *", ["cron(* * * * ? *)"]),
        ("*/15 * * * *", ["cron(0,15,30,45 * * * ? *)"]),
        ("30 9 * * 1-5", ["cron(30 9 ? * MON,TUE,WED,THU,FRI *)"]),
        ("0 9-17 * * *", ["cron(0 9-17 * * ? *)"]),
        ("0 0 * * 0", ["cron(0 0 ? * SUN *)"]),
        ("0 0 * * 7", ["cron(0 0 ? * SUN *)"]),
        ("0 0 * * sun", ["cron(0 0 ? * SUN *)"]),
        ("0 0 * * 5-7", ["cron(0 0 ? * SUN,FRI,SAT *)"]),
        ("0 0 1 JAN *", ["cron(0 0 1 1 ? *)"]),
        ("0 0 1,15 * *", ["cron(0 0 1,15 * ? *)"]),
        ("0 0 29 2 *", ["cron(0 0 29 2 ? *)"]),
        ("0 0 13 * 5", ["cron(0 0 13 * ? *)", "cron(0 0 ? * FRI *)"]),
        ("0 0 1-31 * 1", ["cron(0 0 * * ? *)"]),
        ("0 0 * * 0-6", ["cron(0 0 * * ? *)"]),
    ],
)
def test_a_schedule_is_said_in_eventbridges_words(schedule: str, wanted: list[str]) -> None:
    assert list(expressions(schedule)) == wanted


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of week"),
        ("* * * * MOON", "day of week"),
        ("*/0 * * * *", "minute"),
        ("5-1 * * * *", "minute"),
        (", * * * *", "minute"),
        ("0 0 31 2 *", "never comes"),
        ("0 0 L * *", "no Unix cron"),
        ("0 0 LW * *", "no Unix cron"),
        ("0 0 * * 5L", "no Unix cron"),
        ("0 0 * * MON#1", "no Unix cron"),
        ("0 0 */2 * 1", "at once"),
        ("0 0 1 * */2", "at once"),
        ("0 0 0 * * *", "five fields"),
        ("@daily", "five fields"),
        ("", "five fields"),
        ("0-28,30-59 0-10,12-22 1-14,16-31 1-5,7-12 *", "256"),
    ],
)
def test_what_cannot_be_said_exactly_is_refused_with_its_reason(schedule: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        expressions(schedule)


def _field(first: int, last: int, names: dict[int, str]) -> st.SearchStrategy[str]:
    number = st.integers(first, last)
    single = number.map(lambda n: names.get(n, str(n)))
    between = st.tuples(number, number).map(lambda two: f"{min(two)}-{max(two)}")
    stepped = st.tuples(st.one_of(st.just("*"), between), st.integers(1, last)).map(
        lambda two: f"{two[0]}/{two[1]}"
    )
    one = st.one_of(single, between, stepped)
    several = st.lists(one, min_size=2, max_size=4).map(",".join)
    return st.one_of(st.just("*"), st.just("*"), one, several)


MONTHS = dict(
    enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
)
SCHEDULES = st.tuples(
    _field(0, 59, {}),
    _field(0, 23, {}),
    _field(1, 31, {}),
    _field(1, 12, MONTHS),
    _field(0, 7, dict(enumerate(DAYS))),
).map(" ".join)


@given(SCHEDULES, st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1)))
@settings(max_examples=400)
def test_the_translation_names_the_times_that_the_library_names(
    schedule: str, start: datetime
) -> None:
    try:
        found = expressions(schedule)
    except ValueError as problem:
        assert re.search("at once|256|never comes", str(problem)), schedule
        return
    assert max(map(len, found)) <= LONGEST_EXPRESSION
    matches = [matcher(expression) for expression in found]
    begin = start.replace(second=0, microsecond=0, tzinfo=UTC)
    times = CronSim(schedule, begin)
    first = next(times, None)
    assume(first is not None)
    # Around a time that the library names, minute by minute, and each of its next times.
    assert first is not None
    around = [first + timedelta(minutes=offset) for offset in range(-90, 90)]
    named = set()
    for at in CronSim(schedule, around[0] - timedelta(minutes=1)):
        if at > around[-1]:
            break
        named.add(at)
    assert {at for at in around if any(match(at) for match in matches)} == named
    for _ in range(20):
        at = next(times, None)
        if at is None:
            break
        assert any(match(at) for match in matches)


@given(SCHEDULES, st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1)))
@settings(max_examples=100)
def test_on_whole_days_neither_names_more_than_the_other(schedule: str, start: datetime) -> None:
    try:
        found = expressions(schedule)
    except ValueError:
        assume(False)
    matches = [matcher(expression) for expression in found]
    read = CronSim(schedule, start)
    at = start.replace(hour=min(read.hours), minute=min(read.minutes), second=0, microsecond=0)
    for _ in range(70):
        at += timedelta(days=1)
        wanted = next(CronSim(schedule, at - timedelta(minutes=1))) == at
        assert any(match(at) for match in matches) == wanted


class TestOccurrences:
    def test_the_latest_is_at_or_before_now(self) -> None:
        assert latest_occurrence("0 9 * * *", "UTC", NOW) == NOW.replace(second=0)
        on_time = NOW.replace(second=0)
        assert latest_occurrence("0 9 * * *", "UTC", on_time) == on_time
        before = on_time - timedelta(milliseconds=1)
        assert latest_occurrence("0 9 * * *", "UTC", before) == on_time - timedelta(days=1)

    def test_the_next_is_after_now(self) -> None:
        assert next_occurrence("0 9 * * *", "UTC", NOW.replace(second=0)) == datetime(
            2026, 3, 19, 9, tzinfo=UTC
        )

    def test_they_follow_the_clock_of_the_zone(self) -> None:
        winter, summer = NOW, NOW + timedelta(days=30)
        for now, hour in ((winter, 6), (summer, 5)):
            found = next_occurrence("0 7 * * *", "Europe/Berlin", now)
            assert found is not None
            assert (found.tzinfo, found.hour) == (UTC, hour)

    def test_a_schedule_that_comes_once_in_four_years(self) -> None:
        assert latest_occurrence("0 0 29 2 *", "UTC", NOW) == datetime(2024, 2, 29, tzinfo=UTC)
        assert next_occurrence("0 0 29 2 *", "UTC", NOW) == datetime(2028, 2, 29, tzinfo=UTC)

    @given(SCHEDULES, st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]))
    @settings(max_examples=60)
    def test_between_the_latest_and_the_next_lies_now(self, schedule: str, zone: str) -> None:
        try:
            expressions(schedule)
        except ValueError:
            assume(False)
        latest, following = (
            latest_occurrence(schedule, zone, NOW),
            next_occurrence(schedule, zone, NOW),
        )
        assert latest is None or latest <= NOW
        assert following is None or following > NOW
        if following is not None:
            assert latest_occurrence(schedule, zone, following) == following


class TestTimeZones:
    @pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])
    def test_iana_names_are_time_zones(self, name: str) -> None:
        assert is_timezone(name)

    @pytest.mark.parametrize(
        "name", ["", "Europe", "europe/berlin", "Europe/Bern", "../etc/passwd", "CEST", "localtime"]
    )
    def test_nothing_else_is(self, name: str) -> None:
        assert not is_timezone(name)

    def test_there_are_hundreds(self) -> None:
        assert len(zones()) > 400
