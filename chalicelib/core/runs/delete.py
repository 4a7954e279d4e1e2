"""Deleting a run that is over: out of every reader's sight with one write, then part by part.

    over, sealed ── mark ── out of all lists and counts, 404 for everybody ── parts ── last event
                     │                                                  │          and the run
                     └──────────────────────────────────────────────────┴─ died here: a second request,
                                                                           or the reconciler, goes on

Nothing is deleted that is live or not sealed: an end that has not been told yet would be told of a
run that is not there. So what could write to the run again is over, or meets a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.ids import RUN_ID
from chalicelib.core.runs.model import Run
from chalicelib.core.runs.ports import Machines

SECONDS: Final = 20.0
"""How long a request may delete parts: API Gateway waits 29 s. The reconciler deletes the rest."""
REASON: Final = "its run was deleted"


class DeletionStore(Protocol):
    def mark(self, org: str, run_id: str, *, at: str) -> tuple[bool, Run | None]:
        """Take a run that is over and sealed out of every list and every answer: (whether it is
        marked now, by this call or an earlier one; the run). None when there is no such run."""

    def marked(self, org: str) -> Iterable[Run]:
        """Runs that are marked and not all gone, oldest first."""

    def remove_some(self, run: Run) -> bool:
        """Delete some of what a marked run left, itself last. True while something is left."""


@dataclass(frozen=True, slots=True)
class Deleter:
    store: DeletionStore
    machines: Machines
    clock: Clock
    seconds: Callable[[], float]
    """Seconds of a clock that only goes forward."""

    def delete(self, org: str, run_id: str) -> None:
        """Delete a run with its inputs, outputs, steps, events and large outputs (ours).

        From the answer on, and from the first write on where the request dies, nobody is told of
        it any more. Raises NotFound for an unknown or deleted run, Conflict for one that is live
        or ended so recently that its end has not been told yet.
        """
        if not RUN_ID.match(run_id):
            raise NotFound("execution not found")
        end = self.seconds() + SECONDS
        marked, run = self.store.mark(org, run_id, at=rfc3339(self.clock()))
        if run is None:
            raise NotFound("execution not found")
        if not marked:
            why = "it is live: cancel it first" if run.live else "it has just ended: try again"
            raise Conflict(f"the execution cannot be deleted: {why}", run_status=run.status.value)
        self._remove(run, lambda: self.seconds() < end)

    def go_on(self, run: Run) -> None:
        """Delete what is left of a marked run (the reconciler's part)."""
        self._remove(run, lambda: True)

    def _remove(self, run: Run, may_go_on: Callable[[], bool]) -> None:
        # A cancel may have died before its own StopExecution; from now on nobody would look again.
        self.machines.stop(run.machine, run.id, REASON)
        while self.store.remove_some(run):
            if not may_go_on():
                return
