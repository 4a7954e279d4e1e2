"""Cancelling: the conditional write is the point of no return, StopExecution only tidies up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import RUN_ID
from chalicelib.core.runs.model import Run, RunStatus
from chalicelib.core.runs.ports import Machines, RunStore, Settlement

REASON = "cancelled by request"


@dataclass(frozen=True, slots=True)
class Canceller:
    runs: RunStore
    machines: Machines
    clock: Clock
    descend: Callable[[Run], int]
    """Cancels what a run that is over has started (`cascade`)."""

    def cancel(self, org: str, run_id: str, *, run_type: str | None = None) -> Run:
        """Cancel a live run (S0, S1, S2). After the answer no step of it starts, nor of a run that it
        has started.

        Raises NotFound for an unknown run, for one that is not of the `run_type` that was asked
        for, and for one that is already over, cancelled or not; the error's `extra["run_status"]`
        tells the last from the others.
        """
        if not RUN_ID.match(run_id):
            raise NotFound("execution not found or not cancellable")
        settlement = Settlement(RunStatus.CANCELLED, rfc3339(self.clock()), error=REASON)
        done, run = self.runs.settle(org, run_id, settlement, run_type=run_type)
        if run is None or run_type not in (None, run.type):
            raise NotFound("execution not found or not cancellable")
        if not done:
            raise NotFound("execution not found or not cancellable", run_status=run.status.value)
        self.descend(run)
        self.machines.stop(run.machine, run.id, REASON)
        return run
