"""How a run ends, and what the reconciler does about one that does not: the pure rules."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clock import rfc3339
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.conclude import MachineError, verdict
from chalicelib.core.runs.events import TERMINAL_KINDS, all_events, run_events, step_events
from chalicelib.core.runs.model import (
    LIVE,
    STEP_OVER,
    TERMINAL,
    Run,
    RunDetail,
    RunStatus,
    Step,
    StepStatus,
    may_become,
    shown_status,
)
from chalicelib.core.runs.ports import ExecutionState
from chalicelib.core.runs.reconcile import Repair, repair

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
STARTED = rfc3339(NOW - timedelta(minutes=1))
PLAN = Plan("w", tuple(PlanStep(name, "transform", timeout_seconds=30) for name in "abc"))
RUN = Run("org", "run_1", "w", 1, "machine", RunStatus.RUNNING, STARTED, 0)

statuses = st.sampled_from(list(RunStatus))
step_statuses = st.sampled_from([s for s in StepStatus if s is not StepStatus.PENDING])
steps = st.lists(st.sampled_from("abc"), unique=True).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                Step,
                name=st.just(name),
                action=st.just("transform"),
                status=step_statuses,
                attempt=st.integers(1, 3),
                started_at=st.just(rfc3339(NOW - timedelta(seconds=10))),
                finished_at=st.just(rfc3339(NOW)),
                error=st.just("because"),
            )
            for name in names
        )
    )
)
errors = (
    st.none() | st.just(MachineError("States.Timeout")) | st.just(MachineError("Lambda.Unknown"))
)


def test_the_lifecycle_has_no_arrow_out_of_a_terminal_status() -> None:
    for old in TERMINAL:
        for new in RunStatus:
            assert not may_become(old, new)
    for old in LIVE:
        assert all(may_become(old, new) for new in TERMINAL)


@given(steps, errors)
def test_a_verdict_is_terminal_and_success_means_every_step_is_over_and_none_failed(
    found: tuple[Step, ...], error: MachineError | None
) -> None:
    settlement = verdict(PLAN, RunDetail(RUN, found), error, NOW)
    assert settlement.status in TERMINAL
    over = {step.name for step in found if step.status in STEP_OVER}
    failed = [step for step in found if step.status is StepStatus.FAILED]
    assert (settlement.status is RunStatus.SUCCEEDED) == (over == set("abc") and not failed)
    if settlement.status is RunStatus.FAILED:
        assert settlement.error


@given(steps, errors)
def test_only_steps_that_are_not_over_are_written_as_failed(
    found: tuple[Step, ...], error: MachineError | None
) -> None:
    settlement = verdict(PLAN, RunDetail(RUN, found), error, NOW)
    over = {step.name for step in found if step.status in STEP_OVER}
    assert not over & {name for name, _ in settlement.failed_steps}


def test_a_step_past_its_timeout_is_the_one_that_failed() -> None:
    late = Step("a", "x", StepStatus.RUNNING, 1, started_at=rfc3339(NOW - timedelta(seconds=31)))
    other = Step("b", "x", StepStatus.RUNNING, 1, started_at=rfc3339(NOW - timedelta(seconds=3)))
    settlement = verdict(PLAN, RunDetail(RUN, (late, other)), MachineError("States.Timeout"), NOW)
    assert settlement.failed_steps == (("a", "timeout"),)
    assert settlement.error == "step a failed: timeout"


def test_a_machine_error_gives_its_own_message() -> None:
    lost = Step("a", "x", StepStatus.RUNNING, 1, started_at=rfc3339(NOW))
    cause = '{"errorMessage": "out of memory", "errorType": "Runtime.ExitError"}'
    error = MachineError("Runtime.ExitError", cause)
    settlement = verdict(PLAN, RunDetail(RUN, (lost,)), error, NOW)
    assert settlement.error == "step a failed: out of memory"


@pytest.mark.parametrize(
    ("status", "execution", "age", "sealed", "expected"),
    [
        ("running", ExecutionState.RUNNING, 3600, False, Repair.NOTHING),
        ("running", ExecutionState.MISSING, 5, False, Repair.NOTHING),
        ("running", ExecutionState.MISSING, 11, False, Repair.START),
        ("running", ExecutionState.FAILED, 11, False, Repair.CONCLUDE),
        ("running", ExecutionState.SUCCEEDED, 1, False, Repair.CONCLUDE),
        ("queued", ExecutionState.MISSING, 3600, False, Repair.ADMIT),
        ("cancelled", ExecutionState.RUNNING, 5, True, Repair.NOTHING),
        ("cancelled", ExecutionState.RUNNING, 11, False, Repair.STOP),
        ("cancelled", ExecutionState.ABORTED, 11, False, Repair.SEAL),
        ("cancelled", ExecutionState.ABORTED, 1, True, Repair.CLOSE),
        ("failed", ExecutionState.MISSING, 1, True, Repair.CLOSE),
    ],
)
def test_the_repair_for_what_is_found(
    status: str, execution: ExecutionState, age: int, sealed: bool, expected: Repair
) -> None:
    at = rfc3339(NOW - timedelta(seconds=age))
    found = dataclasses.replace(RUN, status=RunStatus(status), started_at=at, sealed=sealed)
    if not found.live:
        found = dataclasses.replace(found, finished_at=at)
    assert repair(found, execution, NOW) is expected


@given(statuses, st.sampled_from(ExecutionState), st.booleans(), st.booleans())
def test_every_state_but_a_healthy_one_is_on_its_way_out(
    status: RunStatus, execution: ExecutionState, sealed: bool, late: bool
) -> None:
    """A run is left alone only while it lives and its execution does; a queued one is let go when it can."""
    deadline = rfc3339(NOW) if late else None
    old = rfc3339(NOW - timedelta(hours=1))
    found = dataclasses.replace(
        RUN, status=status, started_at=old, finished_at=old, deadline=deadline, sealed=sealed
    )
    done = repair(found, execution, NOW)
    queued = status is RunStatus.QUEUED
    healthy = found.live and execution is ExecutionState.RUNNING and not late and not queued
    assert (done is Repair.NOTHING) == healthy


@given(steps, statuses)
def test_a_whole_log_starts_with_started_and_ends_with_the_one_terminal_event(
    found: tuple[Step, ...], status: RunStatus
) -> None:
    over = dataclasses.replace(RUN, status=status, finished_at=rfc3339(NOW))
    events = all_events(RunDetail(over, found))
    kinds = [event.kind for event in events]
    assert kinds[0] == "started"
    assert len({event.key for event in events}) == len(events)
    ends = [kind for kind in kinds if kind in TERMINAL_KINDS]
    assert ends == ([] if over.live else kinds[-1:])


@given(st.lists(st.tuples(step_statuses, st.integers(1, 3)), min_size=1, max_size=6))
def test_a_change_seen_twice_gives_the_same_keys(changes: list[tuple[StepStatus, int]]) -> None:
    old: Step | None = None
    for status, attempt in changes:
        new = Step("a", "x", status, attempt, started_at=STARTED, finished_at=STARTED)
        assert step_events(old, new) == step_events(old, new)
        assert step_events(new, new) == []
        old = new


def test_a_run_that_stays_live_or_stays_over_has_no_terminal_event() -> None:
    done = dataclasses.replace(RUN, status=RunStatus.CANCELLED, finished_at=STARTED)
    assert [event.kind for event in run_events(RUN, done)] == ["cancelled"]
    assert run_events(done, dataclasses.replace(done, sealed=True)) == []
    assert run_events(RUN, RUN) == []


@given(statuses, steps)
def test_no_step_of_a_run_that_is_over_reads_as_going_on(
    status: RunStatus, found: tuple[Step, ...]
) -> None:
    over = dataclasses.replace(RUN, status=status)
    for step in (*found, None):
        shown = shown_status(over, step)
        if not over.live:
            assert shown in STEP_OVER
        if step is None and status is RunStatus.CANCELLED:
            assert shown is StepStatus.CANCELLED
