"""Identifiers and times: their forms, and that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clock import parse_rfc3339, rfc3339
from chalicelib.core.ids import RUN_ID, new_id, run_id_for_key

instants = st.datetimes(
    min_value=datetime(2000, 1, 1),
    max_value=datetime(2100, 1, 1),
    timezones=st.just(UTC),
)


@given(instants, instants)
def test_times_as_text_sort_as_times(one: datetime, other: datetime) -> None:
    step = timedelta(milliseconds=1)
    if other - one >= step:
        assert rfc3339(one) < rfc3339(other)


@given(instants)
def test_a_time_comes_back_to_the_millisecond(instant: datetime) -> None:
    back = parse_rfc3339(rfc3339(instant))
    assert timedelta(0) <= instant - back < timedelta(milliseconds=1)


def test_offsets_are_understood_and_their_absence_is_not() -> None:
    given = datetime(2026, 3, 18, 11, 0, tzinfo=timezone(timedelta(hours=2)))
    assert parse_rfc3339("2026-03-18T11:00:00+02:00") == given
    assert rfc3339(given) == "2026-03-18T09:00:00.000Z"
    for bad in ("2026-03-18T11:00:00", "2026-03-18", "yesterday", ""):
        with pytest.raises(ValueError):
            parse_rfc3339(bad)


@given(instants, instants)
def test_run_ids_fit_their_pattern_and_sort_by_time(one: datetime, other: datetime) -> None:
    first, second = new_id("run", one), new_id("run", other)
    assert RUN_ID.match(first)
    assert len(first) == 30
    if other - one >= timedelta(milliseconds=1):
        assert first < second or other.timestamp() - one.timestamp() < 0.002


def test_new_ids_differ() -> None:
    now = datetime(2026, 3, 18, tzinfo=UTC)
    assert len({new_id("run", now) for _ in range(1000)}) == 1000


def test_a_key_names_one_run_per_organisation_and_generation() -> None:
    same = run_id_for_key("org_a", "key")
    assert same == run_id_for_key("org_a", "key")
    assert RUN_ID.match(same)
    others = {
        run_id_for_key("org_b", "key"),
        run_id_for_key("org_a", "other"),
        run_id_for_key("org_a", "key", 1),
    }
    assert same not in others
    assert len(others) == 3


@pytest.mark.parametrize("bad", ["run_", "run_x y", "run_" + "x" * 77, "RUN_x", "run_x\n", "x"])
def test_ids_out_of_pattern_are_refused(bad: str) -> None:
    assert not RUN_ID.match(bad)
