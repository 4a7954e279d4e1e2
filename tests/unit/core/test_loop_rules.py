"""The pure rules of loops: which values are lists, what was counted and used, and why one failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clock import rfc3339
from chalicelib.core.plan import ForEach
from chalicelib.core.runs.conclude import MachineError
from chalicelib.core.runs.loops import checked_items, reason, tally, usage_of
from chalicelib.core.runs.model import Iterations, Step, StepStatus
from chalicelib.core.steps import StepFailed

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
TIMEOUT = MachineError("States.Timeout")
statuses = st.sampled_from(
    [StepStatus.RUNNING, StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.PENDING]
)


def record(index: int, status: StepStatus, *, ago: float = 0, **more: Any) -> Step:
    began = rfc3339(NOW - timedelta(seconds=ago))
    return Step("each", "x", status, 1, started_at=began, index=index, **more)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        ("[1]", "text"),
        (True, "true or false"),
        ({"0": 1}, "a map"),
        (3, "a number"),
        (0.5, "a number"),
    ],
)
def test_what_is_no_list_is_refused_for_good(value: Any, kind: str) -> None:
    with pytest.raises(StepFailed, match=f"for_each gives {kind}, not a list") as refused:
        checked_items(value, ForEach("x"))
    assert (refused.value.code, refused.value.retryable) == ("not_a_list", False)


@given(st.integers(0, 60), st.integers(1, 60))
def test_a_list_is_taken_up_to_its_most_items(size: int, most: int) -> None:
    items = [*range(size)]
    if size <= most:
        assert checked_items(items, ForEach("x", max_items=most)) == items
        return
    with pytest.raises(StepFailed, match=f"gives {size} items; at most {most} are") as refused:
        checked_items(items, ForEach("x", max_items=most))
    assert not refused.value.retryable


@given(st.lists(statuses), st.integers(0, 20))
def test_what_has_ended_is_counted(found: list[StepStatus], more: int) -> None:
    records = [record(index, status) for index, status in enumerate(found)]
    counted = tally(records, len(found) + more)
    assert counted.total == len(found) + more
    assert counted.succeeded + counted.failed <= len(found)
    assert counted.succeeded == found.count(StepStatus.SUCCEEDED)
    assert (tally(records, 3) == Iterations(3, 3)) == (
        counted.succeeded == 3 and counted.failed == 0
    )


usages = st.dictionaries(
    st.sampled_from("ab"), st.dictionaries(st.sampled_from("io"), st.integers(0, 9))
)


@given(st.lists(usages))
def test_usage_adds_up_by_model_and_kind(used: list[dict[str, dict[str, int]]]) -> None:
    records = [record(n, StepStatus.SUCCEEDED, usage=usage) for n, usage in enumerate(used)]
    found = usage_of(records)
    for model in "ab":
        for kind in "io":
            wanted = sum(usage.get(model, {}).get(kind, 0) for usage in used)
            assert found.get(model, {}).get(kind, 0) == wanted


@given(st.lists(statuses, max_size=8), st.sampled_from([None, TIMEOUT, MachineError("X", "why")]))
def test_an_item_that_said_why_it_failed_is_the_reason_whatever_else_is_known(
    found: list[StepStatus], error: MachineError | None
) -> None:
    records = [record(n, status, error=f"e{n}") for n, status in enumerate(found)]
    why = reason(records, error, 5, NOW)
    assert why
    if StepStatus.FAILED in found:
        first = found.index(StepStatus.FAILED)
        assert why == f"item {first}: e{first}"


def test_an_item_that_was_cut_off_is_found_by_its_time() -> None:
    running = StepStatus.RUNNING
    records = [
        record(0, StepStatus.SUCCEEDED, ago=90),
        record(1, running, ago=3),
        record(2, running, ago=31),
    ]
    assert reason(records, TIMEOUT, 30, NOW) == "item 2: timeout"
    assert reason(records, TIMEOUT, 32, NOW) == "item 2: timeout"  # the machine's clock is ahead
    assert reason(records[:1], TIMEOUT, 30, NOW) == "timeout"


def test_otherwise_the_machines_own_words_are_the_reason() -> None:
    crash = MachineError("Lambda.Unknown", '{"errorMessage": "out of memory"}')
    assert reason([record(0, StepStatus.RUNNING)], crash, None, NOW) == "out of memory"
    assert reason([], MachineError("States.Runtime"), None, NOW) == "States.Runtime"
    assert reason([], None, None, NOW) == "failed"
