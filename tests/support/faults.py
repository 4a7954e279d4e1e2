"""Faults for the running stack, and what has to be true of a run whatever happened to it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chalicelib.core.clock import utc_now
from chalicelib.core.runs.events import TERMINAL_KINDS
from chalicelib.store.log import EventLog
from tests.support.stack import PATIENCE_SECONDS, TERMINAL, RunningStack

LOCAL_ORG = "org_local"


def worker_pids(stack: RunningStack, function: str) -> list[int]:
    """The processes of a function, by its logical id: the emulator runs each worker from a folder
    of its own under this stack's home."""
    mark = f"{stack.local.home}/tmp/ministack-lambda-runyard-local-{function}-"
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with suppress(OSError):  # it ended while we were looking
            if mark in (entry / "cmdline").read_text(errors="replace"):
                found.append(int(entry.name))
    return found


def kill_workers(stack: RunningStack, function: str) -> int:
    """SIGKILL for every process of a function; how many there were."""
    pids = worker_pids(stack, function)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


@contextmanager
def killing(
    stack: RunningStack, function: str, *, every: float, most: int = 1_000
) -> Iterator[list[int]]:
    """While this is open a function's processes are looked for `every` so many seconds and killed,
    until `most` have been. The list has one number for each look: how many were killed."""
    kills: list[int] = []
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(every) and sum(kills) < most:
            kills.append(kill_workers(stack, function))

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    try:
        yield kills
    finally:
        stop.set()
        thread.join()


def eventually(what: str, holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds; fail with its name when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def log_of(stack: RunningStack, run_id: str) -> list[dict[str, Any]]:
    """The run's stored events, oldest first, as `{seq, kind, …}`."""
    log = EventLog(stack.table, clock=utc_now, retention_days=1)
    events = log.read(LOCAL_ORG, run_id, limit=5000)
    return [{"seq": event.seq, "kind": event.kind, **event.data} for event in events]


def is_sealed(stack: RunningStack, run_id: str) -> bool:
    """Whether the run's log has its terminal event."""
    events = log_of(stack, run_id)
    return bool(events) and events[-1]["kind"] in TERMINAL_KINDS


def assert_whole(events: Sequence[dict[str, Any]]) -> None:
    """Numbered from 1 without gaps, begun once, ended once and with nothing behind the end."""
    kinds = [event["kind"] for event in events]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1)), events
    assert kinds[0] == "started", kinds
    assert kinds.count("started") == 1, kinds
    assert [kind in TERMINAL_KINDS for kind in kinds] == [False] * (len(kinds) - 1) + [True], kinds


def assert_sound(stack: RunningStack, run_id: str) -> dict[str, Any]:
    """A run that is over: terminal for every reader, its log whole and of one mind with it."""
    detail = stack.api.detail(run_id)
    assert detail["status"] in TERMINAL, detail
    events = log_of(stack, run_id)
    assert_whole(events)
    ends = {"completed": "completed", "cancelled": "cancelled"}
    assert events[-1]["kind"] == ends.get(detail["status"], "error"), (detail["status"], events[-1])
    ended = [event["step"] for event in events if event["kind"] == "step_completed"]
    completed = [step["name"] for step in detail["steps"] if step["status"] == "completed"]
    assert sorted(ended) == sorted(completed)
    return detail
