"""S4's rate limits: their sizes, how a stage changes them, and when a window ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.rates import CLASSES, classes_with, standing, window_start


def test_the_sizes_are_those_of_s4s_table() -> None:
    sizes = {name: (found.limit, found.window) for name, found in CLASSES.items()}
    assert sizes == {
        "auth": (20, 60),
        "get": (1000, 60),
        "write": (100, 60),
        "pipelines": (20, 3600),
        "batch": (5, 3600),
    }
    assert [name for name, found in CLASSES.items() if found.by_address] == ["auth"]


def test_a_stage_names_the_sizes_it_wants_others_and_the_rest_stays() -> None:
    found = classes_with(" get=2000/minute, batch=7/hour,auth=3/10s,")
    assert (found["get"].limit, found["get"].window) == (2000, 60)
    assert (found["batch"].limit, found["batch"].window) == (7, 3600)
    assert (found["auth"].limit, found["auth"].window, found["auth"].by_address) == (3, 10, True)
    assert found["write"] == CLASSES["write"]
    assert classes_with("") == CLASSES


@pytest.mark.parametrize(
    "sizes",
    [
        "get",
        "get=",
        "get=1000",
        "get=0/minute",
        "get=-1/minute",
        "get=1/day",
        "get=1/0s",
        "get=1/86401s",
        "get=1.5/minute",
        "get=10000000/minute",
        "read=1/minute",
        "get=1/minute,get=2/minute",
        "get=1/minute;write=1/minute",
        "GET=1/minute",
    ],
)
def test_anything_else_is_refused(sizes: str) -> None:
    with pytest.raises(ValueError, match="rate limit"):
        classes_with(sizes)


@given(st.floats(min_value=0, max_value=4e9), st.sampled_from(sorted(CLASSES)))
def test_every_moment_is_in_one_window_that_ends_after_it(now: float, name: str) -> None:
    found = CLASSES[name]
    start = window_start(found, now)
    assert start <= now < start + found.window
    assert start % found.window == 0
    assert 1 <= standing(found, now, 0).reset <= found.window


def test_remaining_is_never_below_nothing() -> None:
    assert standing(CLASSES["batch"], 0.0, 3).remaining == 2
    assert standing(CLASSES["batch"], 0.0, 9).remaining == 0
