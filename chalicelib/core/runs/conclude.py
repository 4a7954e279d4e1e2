"""How a run ends by itself: from the machine's last state, or because its execution is over.

`verdict` is the rule and pure; `Finisher` reads, applies it and writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from chalicelib.core.clock import Clock, parse_rfc3339, rfc3339
from chalicelib.core.plan import Plan
from chalicelib.core.runs.model import STEP_OVER, Run, RunDetail, RunStatus, Step, StepStatus
from chalicelib.core.runs.ports import ExecutionState, RunStore, Settlement, VersionStore

_LOST = "the execution ended before the run did"

RenderOutputs = Callable[[Plan, RunDetail], Any]
"""Renders the plan's outputs; raises ValueError with a readable reason when it cannot."""


@dataclass(frozen=True, slots=True)
class MachineError:
    """What Step Functions says of a failure: its name, e.g. `States.Timeout`, and its cause."""

    name: str
    cause: str = ""

    @classmethod
    def read(cls, caught: Mapping[str, Any]) -> Self:
        """From what a `Catch` hands on: `{"Error", "Cause"}`."""
        return cls(str(caught["Error"]), str(caught.get("Cause") or ""))

    @property
    def message(self) -> str:
        """The cause's own message where it is a Lambda error document, or an execution that failed
        with one, else the cause."""
        try:
            document = json.loads(self.cause)
        except ValueError:
            return self.cause[:500]
        if isinstance(document, dict) and isinstance(document.get("Cause"), str):
            return type(self)(self.name, document["Cause"]).message
        if isinstance(document, dict) and isinstance(document.get("errorMessage"), str):
            return str(document["errorMessage"])[:500]
        return self.cause[:500]


def verdict(plan: Plan, detail: RunDetail, error: MachineError | None, now: datetime) -> Settlement:
    """The terminal status of a run whose machine has come to its end.

    A run all of whose steps are over has succeeded unless one of them failed, even if the machine
    stumbled afterwards. Otherwise steps that are still running were cut off: those past their
    timeout failed with `timeout`; if there is none, the running ones failed with the machine's
    message. A step after whose failure the workflow goes on is never the reason. A run past its own
    deadline has timed out, whatever else is wrong with it.
    """
    at = rfc3339(now)
    over = {step.name for step in detail.steps if step.status in STEP_OVER}
    fatal = [
        (step.name, step.error or "failed")
        for step in detail.steps
        if step.status is StepStatus.FAILED and not plan.step(step.name).continue_on_error
    ]
    if not fatal and all(step.name in over for step in plan.inside()):
        return Settlement(RunStatus.SUCCEEDED, at)
    if detail.run.deadline is not None and at >= detail.run.deadline:
        return Settlement(RunStatus.TIMED_OUT, at, error="the run exceeded its timeout")
    cut_off = () if fatal else _cut_off(plan, detail, error, now)
    if fatal or cut_off:
        name, reason = (fatal or cut_off)[0]
        why = f"step {name} failed: {reason}"
    else:
        why = f"{error.name}: {error.message}".rstrip(": ") if error else _LOST
    return Settlement(RunStatus.FAILED, at, error=why, failed_steps=cut_off)


def _cut_off(
    plan: Plan, detail: RunDetail, error: MachineError | None, now: datetime
) -> tuple[tuple[str, str], ...]:
    running = [
        step
        for step in detail.steps
        if step.status not in STEP_OVER and not plan.step(step.name).continue_on_error
    ]
    ends = sorted((end, step.name) for step in running if (end := _ends_at(plan, step)))
    late = [name for end, name in ends if now >= end]
    if not late and error is not None and error.name == "States.Timeout":
        # The machine counts from before the Lambda's start, so it may be ahead of our clock.
        late = [name for _, name in ends[:1]]
    if late:
        return tuple((name, "timeout") for name in late)
    reason = (error.message or error.name) if error else _LOST
    return tuple((step.name, step.error or reason) for step in running)


def _ends_at(plan: Plan, step: Step) -> datetime | None:
    """When a step that has begun is over its timeout; None where it has none, and for a loop, whose
    timeout is for each of its items."""
    planned = plan.step(step.name)
    limit = planned.timeout_seconds if planned.for_each is None else None
    if limit is None or step.started_at is None:
        return None
    return parse_rfc3339(step.started_at) + timedelta(seconds=limit)


@dataclass(frozen=True, slots=True)
class Finisher:
    runs: RunStore
    versions: VersionStore
    render_outputs: RenderOutputs
    clock: Clock

    def finish(self, org: str, run_id: str, error: MachineError | None) -> Run | None:
        """Write the terminal status if the run is still live; the run as it is then.

        None when there is no such run (deleted meanwhile): nothing is left to do.
        """
        detail = self.runs.detail(org, run_id)
        if detail is None or not detail.run.live:
            return detail.run if detail else None
        version = self.versions.version(org, detail.run.workflow, detail.run.version)
        if version is None:
            settlement = Settlement(
                RunStatus.FAILED, rfc3339(self.clock()), error="its version was deleted"
            )
        else:
            settlement = self._judge(version.plan, detail, error)
        _, run = self.runs.settle(org, run_id, settlement, run=detail.run)
        return run

    def finish_ended(
        self, org: str, run_id: str, state: ExecutionState, cause: Mapping[str, str]
    ) -> Run | None:
        """The same for a run whose execution ended without reaching its last state.

        An execution that somebody aborted by hand makes the run cancelled; one over its time
        timed out; everything else failed.
        """
        at = rfc3339(self.clock())
        if state is ExecutionState.ABORTED:
            stopped = Settlement(RunStatus.CANCELLED, at, error="its execution was stopped")
            return self.runs.settle(org, run_id, stopped)[1]
        if state is ExecutionState.TIMED_OUT:
            late = Settlement(RunStatus.TIMED_OUT, at, error="the run exceeded its timeout")
            return self.runs.settle(org, run_id, late)[1]
        error = None
        if state is not ExecutionState.SUCCEEDED:
            error = MachineError(cause.get("error") or "ExecutionFailed", cause.get("cause") or "")
        return self.finish(org, run_id, error)

    def _judge(self, plan: Plan, detail: RunDetail, error: MachineError | None) -> Settlement:
        settlement = verdict(plan, detail, error, self.clock())
        if settlement.status is not RunStatus.SUCCEEDED:
            return settlement
        try:
            outputs = self.render_outputs(plan, detail)
        except ValueError as problem:
            return Settlement(RunStatus.FAILED, settlement.at, error=f"outputs: {problem}")
        return Settlement(RunStatus.SUCCEEDED, settlement.at, outputs=outputs)
