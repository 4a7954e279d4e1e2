"""Durations as authors write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.definitions.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("90s", 90), ("1m30s", 90), ("24h", 86_400), ("7d", 604_800), ("1.5h", 5_400)],
)
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "5", "s", "-5s", "+5s", "5 s", "5S", "1m30", "1h-3m", "1e3s", "5s\n", "٣s", "9" * 99],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration such as"):
        parse_duration(text)


@given(st.integers(0, 10**12))
def test_formatting_reads_back_to_the_millisecond(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1_000)) == milliseconds / 1_000


def test_the_shortest_text_is_chosen() -> None:
    assert [format_duration(seconds) for seconds in (0, 0.25, 90, 86_400, 90_061)] == [
        "0s",
        "250ms",
        "1m30s",
        "1d",
        "1d1h1m1s",
    ]


def test_a_negative_duration_has_no_text() -> None:
    with pytest.raises(ValueError, match="not negative"):
        format_duration(-1)
