"""A run that is over takes its children along: those that are live are cancelled, and theirs.

A child's id is in the record of the step that starts it before the child is there, and its create
checks that its parent is live. So whoever looks after the parent's end sees every child there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.runs.model import Run, RunDetail, RunStatus, Step, StepStatus
from chalicelib.core.runs.ports import Machines, RunStore, Settlement

REASON: Final = "the execution that started it is over"
_DONE: Final = frozenset({StepStatus.SUCCEEDED, StepStatus.SKIPPED})


@dataclass(frozen=True, slots=True)
class Cascade:
    runs: RunStore
    machines: Machines
    clock: Clock
    in_loops: Callable[[str, str], Iterable[Step]]
    """(org, run id) → the records of steps in the bodies of its loops."""

    def follow(self, run: Run) -> int:
        """Cancel what a run that is over has started and what is still live; how many runs.

        One Query, and for each child what a cancel costs; nothing for runs that wait for nobody.
        Raises Unavailable when AWS says "later": the run's aftermath does it again.
        """
        if not run.gates:
            return 0
        detail = self.runs.records(run.org, run.id)
        return self.run_over(detail) if detail is not None else 0

    def run_over(self, detail: RunDetail) -> int:
        """The same for a run that was read whole (a part of its aftermath)."""
        found = 0
        inside = (
            self.in_loops(detail.run.org, detail.run.id) if detail.run.graph.get("nested") else ()
        )
        for step in (*detail.steps, *inside):
            child = step.waiting_for.get("execution_id")
            if child is not None and not step.reused and step.status not in _DONE:
                found += self.cancel(detail.run.org, child)
        return found

    def cancel(self, org: str, run_id: str) -> int:
        """Cancel one child and what it has started; how many were live. None of them has to be
        there."""
        settlement = Settlement(RunStatus.CANCELLED, rfc3339(self.clock()), error=REASON)
        done, run = self.runs.settle(org, run_id, settlement)
        if run is None:
            return 0
        found = int(done) + self.follow(run)
        if done:
            self.machines.stop(run.machine, run.id, REASON)
        return found
