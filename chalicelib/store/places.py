"""Places of workflows that limit their live runs, and the queue before them.

    PLACES item   holders: the runs that hold a place      (one item a workflow)
    QUEUE items   one for each run that waits, oldest first

Consistent reads on the table itself: an index would show a run too late, and nobody would come back
for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from chalicelib.core.runs.model import Run, RunStatus
from chalicelib.core.runs.ports import NoPlace
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Delete, Put, Table, Update, Write

_IF_PLACE: Final = (
    "attribute_not_exists(#holders) OR size(#holders) < :limit OR contains(#holders, :run)"
)
_IF_QUEUED: Final = "#status = :queued"


def entering(run: Run, expires_at: int) -> Write | None:
    """What goes into the transaction that stores a run with a limit: its turn, or its place."""
    if not run.limit:
        return None
    if run.status is RunStatus.QUEUED:
        return Put(
            {
                **keys.queue_key(run.org, run.workflow, run.started_at, run.id),
                "run": run.id,
                "expires_at": expires_at,
            }
        )
    return _taking(run, run.limit)


def _taking(run: Run, limit: int | None) -> Update:
    values: dict[str, Any] = {"me": {run.id}}
    if limit is None:
        return Update(keys.places_key(run.org, run.workflow), "ADD #holders :me", values=values)
    return Update(
        keys.places_key(run.org, run.workflow),
        "ADD #holders :me",
        condition=_IF_PLACE,
        values={**values, "limit": limit, "run": run.id},
    )


class Places:
    """Implements `core.runs.ports.PlaceStore`."""

    def __init__(self, table: Table, *, shards: int) -> None:
        self._table = table
        self._shards = shards

    def next(self, org: str, workflow: str) -> str | None:
        """One Query for one item."""
        page = self._table.query("#pk = :pk", {"pk": keys.queue_pk(org, workflow)}, limit=1)
        return page.items[0]["run"] if page.items else None

    def take(self, run: Run, limit: int | None, deadline: str | None) -> bool:
        """One transaction: the place, the run's status, its deadline, its turn."""
        shard = keys.shard_of(run.id, self._shards)
        running = RunStatus.RUNNING.value
        values = {
            "running": running,
            "queued": RunStatus.QUEUED.value,
            "g_status": keys.listing(run.org, "RUNS", f"s:{running}", shard),
        }
        expression = "SET #status = :running, #g_status = :g_status"
        if deadline is not None:
            expression += ", #deadline = :deadline"
            values["deadline"] = deadline
        writes: list[Write] = [
            _taking(run, limit),
            Update(keys.run_key(run.org, run.id), expression, condition=_IF_QUEUED, values=values),
            Delete(keys.queue_key(run.org, run.workflow, run.started_at, run.id)),
            *(_fence_deadlines(run, deadline) if deadline is not None else ()),
        ]
        try:
            self._table.transact(writes)
        except ConditionFailed as failed:
            if 1 in failed.failed:
                return False
            raise NoPlace from failed
        return True

    def leave(self, run: Run) -> None:
        """One transaction; doing it twice does no harm."""
        self._table.transact(
            [
                Update(
                    keys.places_key(run.org, run.workflow),
                    "DELETE #holders :me",
                    values={"me": {run.id}},
                ),
                Delete(keys.queue_key(run.org, run.workflow, run.started_at, run.id)),
            ]
        )

    def skip(self, org: str, workflow: str, run_id: str) -> None:
        """A read for its key, which has the time, and a delete."""
        page = self._table.query("#pk = :pk", {"pk": keys.queue_pk(org, workflow)}, limit=1)
        for item in page.items:
            if item["run"] == run_id:
                self._table.write(Delete({"pk": item["pk"], "sk": item["sk"]}))


def _fence_deadlines(run: Run, deadline: str) -> Sequence[Update]:
    return [
        Update(
            keys.fence_key(run.org, run.id, number),
            "SET #deadline = :deadline",
            values={"deadline": deadline},
        )
        for number in range(run.fences)
    ]
