"""The reconciler: compares what DynamoDB holds with what Step Functions knows, and repairs.

It looks only at open runs (those that are live, or over but not sealed), and at runs whose deletion
has begun. For each open one it asks `repair`,
which is pure, what is wrong, and does the one thing that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import chain

from chalicelib.core.clock import Clock, parse_rfc3339, rfc3339
from chalicelib.core.compiler.shared import SYNC_SECONDS, runs_in_sync
from chalicelib.core.errors import RunyardError
from chalicelib.core.runs.conclude import Finisher
from chalicelib.core.runs.delete import Deleter
from chalicelib.core.runs.launch import Launcher
from chalicelib.core.runs.model import Run, RunStatus
from chalicelib.core.runs.ports import ExecutionState, Machines, RunStore, Settlement

GRACE = timedelta(seconds=10)
"""Younger than this, a run may still be between its write and its StartExecution."""


class Repair(Enum):
    NOTHING = "nothing"
    ADMIT = "admit"
    START = "start"
    CONCLUDE = "conclude"
    TIME_OUT = "time out"
    STOP = "stop"
    SIGNAL = "signal"
    SEAL = "seal"
    CLOSE = "close"
    DELETE = "delete"


def repair(run: Run, execution: ExecutionState, now: datetime) -> Repair:
    """What is wrong with this run, if anything."""
    age = now - parse_rfc3339(run.finished_at or run.started_at)
    if run.live:
        if run.status is RunStatus.QUEUED:
            return Repair.ADMIT
        if run.deadline is not None and rfc3339(now) >= run.deadline:
            return Repair.TIME_OUT
        if execution is ExecutionState.RUNNING:
            # A gate and the last of its producers may both have died before they looked.
            return Repair.SIGNAL if run.gates and age > GRACE else Repair.NOTHING
        if execution is ExecutionState.MISSING:
            return Repair.START if age > GRACE else Repair.NOTHING
        return Repair.CONCLUDE
    if execution is ExecutionState.RUNNING:
        # A cancel died between its write and StopExecution, or a failing machine is on its way
        # to its end; stopping the second does no harm.
        return Repair.STOP if age > GRACE else Repair.NOTHING
    if not run.sealed:
        return Repair.SEAL if age > GRACE else Repair.NOTHING
    return Repair.CLOSE


@dataclass(slots=True)
class Report:
    """What one pass did: how many runs it looked at, and how many of each repair."""

    looked_at: int = 0
    repairs: dict[str, int] = field(default_factory=dict)

    def count(self, done: Repair) -> None:
        self.looked_at += 1
        if done is not Repair.NOTHING:
            self.repairs[done.value] = self.repairs.get(done.value, 0) + 1


@dataclass(frozen=True, slots=True)
class Reconciler:
    runs: RunStore
    machines: Machines
    finisher: Finisher
    launcher: Launcher
    seal: Callable[[str, str], None]
    """Writes what is missing of a terminal run's log, ending with its terminal event."""
    open_gates: Callable[[str, str], int]
    """Opens a run's gates that could be open and are not; how many that were."""
    admit: Callable[[str, str], int]
    """Lets queued runs of a workflow go where places are free; how many."""
    clock: Clock
    deleter: Deleter

    def sweep(self, orgs: Iterable[str], *, may_go_on: Callable[[], bool]) -> Report:
        """One pass over every organisation's open runs, oldest first, while there is time.

        A run that cannot be repaired now (AWS throttles, say) does not keep the others from
        being looked at: its error is raised at the end of the pass.
        """
        report = Report()
        queues: set[tuple[str, str]] = set()
        errors: list[RunyardError] = []
        for org in orgs:
            open_runs = ((run, self.reconcile) for run in self.runs.open_runs(org))
            half_deleted = ((run, self.delete) for run in self.deleter.store.marked(org))
            for run, act in chain(open_runs, half_deleted):
                if not may_go_on():
                    break
                if run.status is RunStatus.QUEUED:
                    if (org, run.workflow) in queues:
                        continue  # one look at a queue is enough
                    queues.add((org, run.workflow))
                try:
                    report.count(act(run))
                except RunyardError as problem:
                    errors.append(problem)
        if errors:
            raise ExceptionGroup("some runs could not be reconciled", errors)
        return report

    def delete(self, run: Run) -> Repair:
        """Go on with a deletion that did not come to its end."""
        self.deleter.go_on(run)
        return Repair.DELETE

    def _state(self, run: Run) -> ExecutionState:
        """What Step Functions knows of a run's execution, or what follows from its age where it
        cannot be asked."""
        if not runs_in_sync(run.machine):
            return self.machines.state(run.machine, run.id)
        over = (
            self.clock() - parse_rfc3339(run.started_at) > timedelta(seconds=SYNC_SECONDS) + GRACE
        )
        return ExecutionState.FAILED if over or not run.live else ExecutionState.RUNNING

    def reconcile(self, run: Run) -> Repair:
        """Repair one run as far as one step goes; the next pass does the next."""
        state = self._state(run)
        wrong = repair(run, state, self.clock())
        match wrong:
            case Repair.ADMIT:
                if self.admit(run.org, run.workflow) == 0:
                    return Repair.NOTHING
            case Repair.START:
                # The index knows less of a run than launching needs.
                whole = self.runs.get(run.org, run.id)
                if whole is not None and whole.live:
                    self.launcher.launch(whole)
            case Repair.CONCLUDE:
                self.finisher.finish_ended(run.org, run.id, state, {})
            case Repair.TIME_OUT:
                late = Settlement(
                    RunStatus.TIMED_OUT, rfc3339(self.clock()), error="the run exceeded its timeout"
                )
                self.runs.settle(run.org, run.id, late)
                self.machines.stop(run.machine, run.id, "the run exceeded its timeout")
            case Repair.STOP:
                self.machines.stop(run.machine, run.id, "its run is over")
            case Repair.SIGNAL:
                if self.open_gates(run.org, run.id) == 0:
                    return Repair.NOTHING
            case Repair.SEAL:
                self.seal(run.org, run.id)
            case Repair.CLOSE:
                self.runs.close(run)
            case Repair.NOTHING:
                pass
        return wrong
