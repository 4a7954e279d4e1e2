"""Letting a stored run go: what it reuses of another one first, then StartExecution.

    run stored ── steps of its source copied ── execution started
        │                   │
        └───────────────────┴─ died here: the reconciler finds no execution, and launches again

The execution is what makes steps run, so none can run before it is there what they reuse. Launching
twice does no harm: a step that is over never changes, so a second copy is the same as the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.compiler.shared import runs_in_sync
from chalicelib.core.runs.model import Run, RunStatus, Step, StepStatus
from chalicelib.core.runs.ports import Machines, RunStore, Settlement

_SOURCE_GONE = "the run that it retries was deleted before its outputs were copied"


class ReuseStore(Protocol):
    def reuse(self, run: Run, steps: Sequence[Step]) -> bool:
        """Store another run's steps as steps of this one that are over, marked as reused, with
        copies of their large outputs. False when one of those is gone."""


@dataclass(frozen=True, slots=True)
class Launcher:
    runs: RunStore
    machines: Machines
    reused: ReuseStore
    clock: Clock

    def launch(self, run: Run) -> Run:
        """Start a live run's execution; one that exists already is fine. The run as it is then.

        A run whose source is gone meanwhile fails: running its steps again is not what was asked.
        Raises Unavailable when AWS says "later".
        """
        if run.source is not None and not self._reuse(run, run.source):
            failed = Settlement(RunStatus.FAILED, rfc3339(self.clock()), error=_SOURCE_GONE)
            return self.runs.settle(run.org, run.id, failed)[1] or run
        if not runs_in_sync(run.machine):  # whoever asked for that one runs it
            self.machines.start(run.machine, run.id, execution_input(run))
        return run

    def _reuse(self, run: Run, source: str) -> bool:
        detail = self.runs.records(run.org, source)
        if detail is None:
            return False
        return self.reused.reuse(run, reusable(detail.steps))


def reusable(steps: Sequence[Step]) -> list[Step]:
    """The steps of a run that need not run again: those that succeeded."""
    return [step for step in steps if step.status is StepStatus.SUCCEEDED]


def execution_input(run: Run) -> dict[str, str | int]:
    """All that ever travels through Step Functions: which run it is, and of what."""
    return {
        "org": run.org,
        "run_id": run.id,
        "workflow": run.workflow,
        "version": run.version,
    }
