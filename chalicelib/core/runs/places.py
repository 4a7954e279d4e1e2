"""At most so many runs of a workflow at once (`max_parallel_executions`, S2).

    start ── queued ─────────────── first in the queue, a place free ── running ── over
             its turn in the queue           place taken                            place given back

A workflow's places are one item: the set of the runs that hold one. Taking and giving back are
idempotent, so a process that dies anywhere leaves nothing that the next call or the reconciler does
not put right. Every start goes through the queue, so nobody overtakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chalicelib.core.clock import Clock, parse_rfc3339
from chalicelib.core.runs.deadlines import deadline_of
from chalicelib.core.runs.launch import Launcher
from chalicelib.core.runs.model import Run, RunDetail, RunStatus
from chalicelib.core.runs.ports import NoPlace, PlaceStore, RunStore, Version, VersionStore


@dataclass(frozen=True, slots=True)
class Admission:
    runs: RunStore
    places: PlaceStore
    versions: VersionStore
    launcher: Launcher
    clock: Clock
    kept: timedelta
    """How long the stage keeps a run."""

    def launch(self, run: Run) -> Run:
        """Let a stored run go, or, if it is queued, whoever's turn it is; the run as it is then.

        Raises Unavailable when AWS says "later".
        """
        if run.status is not RunStatus.QUEUED:
            return self.launcher.launch(run)
        self.admit(run.org, run.workflow)
        return self.runs.get(run.org, run.id) or run

    def admit(self, org: str, workflow: str) -> int:
        """Let queued runs of a workflow go, oldest first, as long as places are free: how many."""
        admitted = 0
        while (run_id := self.places.next(org, workflow)) is not None:
            run = self.runs.get(org, run_id)
            if run is None or run.status is not RunStatus.QUEUED:
                self.places.skip(org, workflow, run_id)
                continue
            version = self.versions.version(org, workflow, run.version)
            started = parse_rfc3339(run.started_at)
            deadline = (
                deadline_of(version.plan, self.clock(), started=started, kept=self.kept)
                if version
                else None
            )
            try:
                admitted += self.places.take(run, self._limit(run), deadline)
            except NoPlace:
                break
            # Also where somebody else let it go: whoever that was may have died before this.
            running = self.runs.get(org, run_id)
            if running is not None and running.status is RunStatus.RUNNING:
                self.launcher.launch(running)
        return admitted

    def leave(self, detail: RunDetail) -> None:
        """A run is over: its place goes to the next one. Part of the aftermath."""
        if detail.run.limit:
            self.places.leave(detail.run)
            self.admit(detail.run.org, detail.run.workflow)

    def _limit(self, run: Run) -> int | None:
        """What the newest version allows; the run's own version where the workflow is archived."""
        newest: Version | None = self.versions.latest(run.org, run.workflow)
        return newest.plan.max_parallel if newest is not None else run.limit
