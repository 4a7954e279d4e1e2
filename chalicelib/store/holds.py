"""Nodes that wait to be resumed: the step's record, its token, and the run's status.

        hold: run live? the try ours?              release: run live? step waiting?
(none) ────────────────────────────── waiting ──────────────────────────────────── succeeded
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.errors import Unavailable
from chalicelib.core.runs.approvals import Closing
from chalicelib.core.runs.model import Run, Step
from chalicelib.core.runs.ports import Fence
from chalicelib.core.runs.waiting import Wait
from chalicelib.store import keys
from chalicelib.store.run_items import dump, expiry, step_from
from chalicelib.store.steps import fence_answer, held_step_update
from chalicelib.store.suspensions import Suspensions, run_is_over
from chalicelib.store.table import MOST_CONFLICTS, ConditionFailed, Put, Table, Update
from chalicelib.store.waits import wait_item

_IF_WAITING: Final = "#status = :waiting"


class Holds:
    """Implements `core.graphs.waits.HoldStore`."""

    def __init__(self, table: Table, *, shards: int, retention_days: int) -> None:
        self._table = table
        self._runs = Suspensions(shards=shards)
        self._retention = timedelta(days=retention_days)

    def hold(self, run: Run, step: Step, wait: Wait, now: str) -> Fence:
        """One transaction of three parts."""
        expires_at = expiry(run, self._retention)
        try:
            self._table.transact(
                [
                    self._runs.suspend(run.org, run.id, step.name, now),
                    held_step_update(run, step, expires_at),
                    Put(wait_item(run, wait, expires_at)),
                ]
            )
        except ConditionFailed as failed:
            return fence_answer(failed, step)
        return Fence.OPEN

    def release(
        self, org: str, run_id: str, step: str, output: Mapping[str, Any], now: str
    ) -> Closing:
        """One transaction; one more for every other node of the run that began or ceased to wait
        since it was read how many do."""
        last, text = True, dump(dict(output))
        for _ in range(MOST_CONFLICTS):
            end = Update(
                keys.step_key(org, run_id, step),
                "SET #status = :succeeded, #finished_at = :at, #output = :output",
                condition=_IF_WAITING,
                values={
                    "waiting": "waiting",
                    "succeeded": "succeeded",
                    "at": now,
                    "output": text,
                },
            )
            try:
                self._table.transact([self._runs.resume(org, run_id, now, last=last), end])
            except ConditionFailed as failed:
                if 1 in failed.failed:
                    old = failed.failed[1] or {}
                    # The answer to an earlier sending may have got lost.
                    mine = old.get("output") == text and old.get("finished_at") == now
                    return Closing.DONE if mine else Closing.CHANGED
                run = failed.failed[0]
                if run is None or run_is_over(run, now):
                    return Closing.RUN_OVER
                if "waits" not in run:
                    return Closing.CHANGED
                last = run["waits"] == 1
                continue
            return Closing.DONE
        raise Unavailable("DynamoDB: the nodes of a run that wait do not come to rest")

    def records(self, org: str, run_id: str, node: str) -> list[Step]:
        """The records of a node: one GetItem, and where it has none, one Query for those of its
        iterations (a page per MB)."""
        item = self._table.get(keys.step_key(org, run_id, node))
        if item is not None:
            return [step_from(item)]
        values = {"pk": keys.run_pk(org, run_id), "prefix": keys.NODE_PREFIX}
        found = self._table.query_all("#pk = :pk AND begins_with(#sk, :prefix)", values)
        return [step_from(each) for each in found if each["sk"].endswith(f"#{node}")]
