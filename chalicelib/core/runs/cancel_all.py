"""Cancelling everything that is live: O(live), whatever the history is.

Two rounds. The first writes: each live run of the open index is settled, several at once. What this
call settled is counted, and what its parent's end took along before it was its turn. The second
tidies up: it stops the executions, as far as the time goes; the reconciler stops the rest. So however
slow Step Functions is (it allows 200 stops a second), it never keeps a run from being cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Final, TypeVar

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import Unavailable
from chalicelib.core.runs.cancel import REASON
from chalicelib.core.runs.cascade import REASON as ALONG
from chalicelib.core.runs.model import Run, RunStatus
from chalicelib.core.runs.ports import Machines, RunStore, Settlement

SECONDS: Final = 22.0
"""How long a request may go on with new runs: API Gateway waits 29 s, and calls in flight, their
retries and a cold start need theirs."""
_WORKERS: Final = 8
"""Calls at once; a client keeps ten connections."""
_CHUNK: Final = 64
"""Runs between two looks at the clock."""
T = TypeVar("T")


class _Found(Enum):
    """What became of a run that was live when it was listed."""

    OURS = "cancelled by this call"
    ALONG = "cancelled along with its parent, by this call or by the parent's aftermath"
    OVER = "it ended by itself"
    LEFT = "AWS said later"


@dataclass(frozen=True, slots=True)
class CancelledAll:
    """How many runs this call cancelled, and whether it knows of live ones that it left."""

    count: int
    more: bool


@dataclass(frozen=True, slots=True)
class BulkCanceller:
    runs: RunStore
    machines: Machines
    clock: Clock
    seconds: Callable[[], float]
    """Seconds of a clock that only goes forward."""
    descend: Callable[[Run], int]
    """Cancels what a run that is over has started (`cascade`)."""
    workers: int = _WORKERS

    def cancel(self, org: str, run_type: str | None = None) -> CancelledAll:
        """Cancel every live run of an organisation, or those of one type (S0).

        A run that AWS does not let us cancel now counts as left. Raises Unavailable when not even
        the list of live runs can be had.
        """
        end = self.seconds() + SECONDS
        wanted = (
            run for run in self.runs.open_runs(org) if run.live and run_type in (None, run.type)
        )
        cancelled: list[Run] = []
        count = 0
        more = False
        with ThreadPoolExecutor(self.workers) as pool:
            for chunk in _chunks(wanted):
                if self.seconds() >= end:
                    more = True
                    break
                for run, found in zip(chunk, pool.map(self._settle, chunk), strict=True):
                    if found is _Found.OURS:
                        cancelled.append(run)
                    count += found in (_Found.OURS, _Found.ALONG)
                    more = more or found is _Found.LEFT
            for chunk in _chunks(cancelled):
                if self.seconds() >= end:
                    break
                list(pool.map(self._stop, chunk))
        return CancelledAll(count, more)

    def _settle(self, run: Run) -> _Found:
        """Cancel one run and what it has started. Children that are left then are the aftermath's."""
        settlement = Settlement(RunStatus.CANCELLED, rfc3339(self.clock()), error=REASON)
        try:
            done, now = self.runs.settle(run.org, run.id, settlement, run=run)
        except Unavailable:
            return _Found.LEFT
        if not done:
            along = now is not None and now.status is RunStatus.CANCELLED and now.error == ALONG
            return _Found.ALONG if along else _Found.OVER
        try:
            self.descend(run)
        except Unavailable:
            return _Found.OURS
        return _Found.OURS

    def _stop(self, run: Run) -> bool:
        """Whether its execution was told to stop. If not, the reconciler will tell it."""
        try:
            self.machines.stop(run.machine, run.id, REASON)
        except Unavailable:
            return False
        return True


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    waiting = iter(items)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk
