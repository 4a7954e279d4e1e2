"""What happened in a run, derived from how its items changed. Pure.

The stream of the table is the outbox: a state change is one write, and its event follows from the
item before and after it. So there is no event that was not stored, and no second item in the
run's transactions. The one consumer of the stream numbers the events of a run (`store.log`), which
keeps parallel steps from contending for a counter.

`key` names an event for ever: the same change seen twice gives the same key, and is logged once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.core.runs.model import (
    ONE_STEP,
    Run,
    RunDetail,
    RunStatus,
    Step,
    StepStatus,
)

TERMINAL_KINDS: Final = frozenset({"completed", "cancelled", "error"})
"""Kinds (S0) that end a run's log."""

METHOD_OUTPUT: Final = "method_output"
MOST_OUTPUT_BYTES: Final = 16_384
"""Of an output's JSON, in an event. An API Gateway frame has 32 KB."""

_RUN_ENDS: Final[Mapping[RunStatus, str]] = {
    RunStatus.SUCCEEDED: "completed",
    RunStatus.CANCELLED: "cancelled",
    RunStatus.FAILED: "error",
    RunStatus.TIMED_OUT: "error",
}
_STEP_ENDS: Final[Mapping[StepStatus, str]] = {
    StepStatus.SUCCEEDED: "step_completed",
    StepStatus.FAILED: "step_failed",
    StepStatus.SKIPPED: "step_skipped",
}


_ORDER: Final[Mapping[str, int]] = {"step_started": 0, "approval_requested": 1}


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `seq` is 0 until the log has numbered it."""

    key: str
    kind: str
    at: str
    data: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0

    @property
    def terminal(self) -> bool:
        return self.kind in TERMINAL_KINDS

    @property
    def last(self) -> bool:
        """Whether it comes after everything that is about steps."""
        return self.terminal or self.kind == METHOD_OUTPUT


def run_events(old: Run | None, new: Run) -> list[Event]:
    """The events of one change of a run's item, in order."""
    found = []
    if old is None:
        data: dict[str, Any] = {
            "runId": new.id,
            "workflow": new.workflow,
            "version": new.version,
        }
        if new.source is not None:
            data["sourceRunId"] = new.source
        found.append(Event("started", "started", new.started_at, data))
    if old is not None and new.status is RunStatus.WAITING and old.status is not new.status:
        # A step asks once in a run, so its name tells this suspension from any other.
        data = {"runId": new.id, "step": new.suspended_by}
        key = f"suspended/{new.suspended_by}"
        found.append(Event(key, "suspended", new.suspended_at or "", data))
    if not new.live and (old is None or old.live):
        found.append(terminal_event(new))
    return found


def terminal_event(run: Run) -> Event:
    """The event that ends the log of a run that is over."""
    data: dict[str, Any] = {"runId": run.id, "status": run.status.value}
    if run.error is not None and run.status is not RunStatus.SUCCEEDED:
        data["message"] = run.error
    return Event("end", _RUN_ENDS[run.status], run.finished_at or run.started_at, data)


def with_method_output(events: Iterable[Event], detail: RunDetail) -> list[Event]:
    """Events of a run that is over, with a method's or a task's output right before the end (S0).

    An output over 16 KB does not fit into a frame: the event says where it is read instead.
    """
    run = detail.run
    step = detail.steps[0] if detail.steps else None
    if run.type not in ONE_STEP or run.status is not RunStatus.SUCCEEDED or step is None:
        return list(events)
    size = len(json.dumps(step.output, ensure_ascii=False).encode())
    data: dict[str, Any] = {"runId": run.id}
    if size <= MOST_OUTPUT_BYTES:
        data["output"] = step.output
    else:
        data |= {"bytes": size, "outputAt": f"/api/v1/executions/{run.id}"}
    output = Event("output", METHOD_OUTPUT, step.finished_at or "", data)
    found: list[Event] = []
    for event in events:
        found += [output, event] if event.terminal else [event]
    return found


def step_events(old: Step | None, new: Step) -> list[Event]:
    """The events of one change of a step's item, in order. A reused step has none: it happened in
    another run."""
    if new.reused:
        return []
    found = []
    began = old is None or old.attempt < new.attempt
    if began and new.status is not StepStatus.SKIPPED:
        data = {"step": new.name, "attempt": new.attempt, "action": new.action}
        at = new.started_at or ""
        found.append(Event(f"{new.name}/{new.attempt}/started", "step_started", at, data))
    if "approval" in new.waiting_for and (old is None or not old.waiting_for):
        asked = new.waiting_for
        data = {"step": new.name, "approvalId": asked["approval"], "message": asked["message"]}
        found.append(Event(f"{new.name}/asked", "approval_requested", asked["at"], data))
    if new.status in _STEP_ENDS and (old is None or old.status is not new.status):
        data = {"step": new.name, "attempt": new.attempt}
        if new.error is not None and new.status is StepStatus.FAILED:
            data["error"] = new.error
        kind = _STEP_ENDS[new.status]
        found.append(Event(f"{new.name}/end", kind, new.finished_at or "", data))
    return found


def all_events(detail: RunDetail) -> list[Event]:
    """What a run's log has to contain, told from its items alone: how a log that lost part of the
    stream is made whole. Tries before a step's last one leave no trace in its item."""
    found = [event for event in run_events(None, detail.run) if not event.terminal]
    of_steps = [event for step in detail.steps for event in step_events(None, step)]
    # Of two events at the same millisecond the earlier kind comes first: a start before an end.
    of_steps.sort(key=lambda event: (event.at, _ORDER.get(event.kind, 2)))
    found += of_steps
    if not detail.run.live:
        found.append(terminal_event(detail.run))
    return found
