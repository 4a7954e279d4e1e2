"""Events as log lines."""

from __future__ import annotations

import pytest

from chalicelib.core.runs.events import Event
from chalicelib.core.runs.lines import log_line

STEP = {"step": "fetch", "attempt": 2, "action": "http/request"}


@pytest.mark.parametrize(
    ("kind", "data", "level", "step", "message"),
    [
        (
            "started",
            {"workflow": "w", "version": 3},
            "info",
            None,
            "execution of w version 3 started",
        ),
        ("step_started", STEP, "info", "fetch", "fetch started (http/request), attempt 2"),
        ("step_completed", STEP, "info", "fetch", "fetch completed"),
        ("step_skipped", STEP, "info", "fetch", "fetch skipped"),
        ("step_failed", {**STEP, "error": "no"}, "error", "fetch", "fetch failed: no"),
        ("completed", {"status": "succeeded"}, "info", None, "execution completed"),
        ("cancelled", {"status": "cancelled"}, "warning", None, "execution cancelled"),
        ("error", {"status": "timed_out", "message": "x"}, "error", None, "execution timed out: x"),
        ("job_started", {}, "info", None, "job started"),
    ],
)
def test_an_event_is_a_line(
    kind: str, data: dict[str, object], level: str, step: str | None, message: str
) -> None:
    line = log_line(Event("key", kind, "2026-03-18T09:00:00.000Z", data, seq=7))
    assert (line.seq, line.timestamp) == (7, "2026-03-18T09:00:00.000Z")
    assert (line.level, line.step, line.message) == (level, step, message)


def test_a_retry_says_of_what() -> None:
    data = {"workflow": "w", "version": 1, "sourceRunId": "run_a"}
    assert log_line(Event("started", "started", "", data)).message.endswith("as a retry of run_a")
