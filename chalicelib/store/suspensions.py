"""A run that waits for people: how many of its steps do, and its status by that.

      suspend: run live? one more                      resume: run live? one less
running ─────────────────────────── waiting (1, 2, …) ─────────────────────────── at none: running
"""

from __future__ import annotations

from typing import Any, Final

from chalicelib.core.runs.model import RunStatus
from chalicelib.store import keys
from chalicelib.store.run_items import run_from
from chalicelib.store.steps import IF_RUN_LIVE, LIVE_VALUES
from chalicelib.store.table import Update
from chalicelib.store.wire import Item

_IF_LAST: Final = f"{IF_RUN_LIVE} AND #waits = :one"
_IF_ONE_OF_SEVERAL: Final = f"{IF_RUN_LIVE} AND #waits > :one"


class Suspensions:
    """The parts of transactions that are about the run; they are the first, so that their index is 0."""

    def __init__(self, *, shards: int) -> None:
        self._shards = shards

    def suspend(self, org: str, run_id: str, step: str, now: str) -> Update:
        """The run is live and in time, and `waiting`. Its own item, so it needs no fence."""
        values: dict[str, Any] = {
            **LIVE_VALUES,
            "now": now,
            "g_status": self._listing(org, run_id, RunStatus.WAITING),
            "step": step,
            "one": 1,
        }
        return Update(
            keys.run_key(org, run_id),
            "SET #status = :waiting, #g_status = :g_status, #suspended_at = :now, "
            "#suspended_by = :step ADD #waits :one",
            condition=IF_RUN_LIVE,
            values=values,
        )

    def resume(self, org: str, run_id: str, now: str, *, last: bool) -> Update:
        """The run is live and in time, and `running` if this is the `last` that it waits for."""
        values: dict[str, Any] = {**LIVE_VALUES, "now": now, "one": 1}
        key = keys.run_key(org, run_id)
        if not last:
            values["less"] = -1
            return Update(key, "ADD #waits :less", condition=_IF_ONE_OF_SEVERAL, values=values)
        values["g_status"] = self._listing(org, run_id, RunStatus.RUNNING)
        expression = "SET #status = :running, #g_status = :g_status REMOVE #waits"
        return Update(key, expression, condition=_IF_LAST, values=values)

    def _listing(self, org: str, run_id: str, status: RunStatus) -> str:
        shard = keys.shard_of(run_id, self._shards)
        return keys.listing(org, "RUNS", f"s:{status.value}", shard)


def run_is_over(item: Item, now: str) -> bool:
    """Whether the run's item, which a refused transaction brought back, is of a run that is over."""
    run = run_from(item)
    return not run.live or (run.deadline is not None and run.deadline <= now)
