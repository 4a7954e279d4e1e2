"""Task tokens of steps that wait, from the step's call until the token was sent.

      place, with the step           renew: run live?             drop: this token
(no item) ──────────────── token of call n ── token of call n+1 ────────── (no item)
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from chalicelib.core.runs.model import Run, Step
from chalicelib.core.runs.ports import Fence
from chalicelib.core.runs.waiting import Wait
from chalicelib.store import keys
from chalicelib.store.run_items import expiry, step_from
from chalicelib.store.steps import fence_answer, held_step_update, live_check
from chalicelib.store.table import ConditionFailed, Delete, Put, Table, Write
from chalicelib.store.wire import Item

_IF_NO_LATER_CALL: Final = "attribute_not_exists(#pk) OR #retry <= :retry"
_IF_STILL: Final = "#token = :token"


class Waits:
    """Implements `core.runs.waiting.WaitStore`."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention = timedelta(days=retention_days)

    def place(self, run: Run, step: Step, wait: Wait, now: str) -> Fence:
        """One transaction: the run is live and in time, the try that this invocation holds is
        written as waiting, and its token is there."""
        expires_at = expiry(run, self._retention)
        writes: list[Write] = [
            live_check(run, step.name, now),
            held_step_update(run, step, expires_at),
            Put(wait_item(run, wait, expires_at)),
        ]
        try:
            self._table.transact(writes)
        except ConditionFailed as failed:
            return fence_answer(failed, step)
        return Fence.OPEN

    def renew(self, run: Run, wait: Wait, now: str) -> Fence:
        """One transaction: the run is live and in time, and the token of this call is there."""
        put = Put(
            wait_item(run, wait, expiry(run, self._retention)),
            condition=_IF_NO_LATER_CALL,
            values={"retry": wait.retry},
        )
        try:
            self._table.transact([live_check(run, wait.step, now), put])
        except ConditionFailed as failed:
            return Fence.RUN_OVER if 0 in failed.failed else Fence.TAKEN
        return Fence.OPEN

    def find(self, org: str, run_id: str, step: str) -> tuple[Wait | None, Step | None]:
        """One BatchGetItem."""
        wanted = [keys.wait_key(org, run_id, step), keys.step_key(org, run_id, step)]
        wait, record = None, None
        for item in self._table.get_many(wanted):
            if item["sk"].startswith(keys.WAIT_PREFIX):
                wait = _wait_from(item)
            else:
                record = step_from(item)
        return wait, record

    def all(self, org: str, run_id: str) -> list[Wait]:
        """One Query (a page per MB)."""
        found = self._table.query_all(
            "#pk = :pk AND begins_with(#sk, :prefix)",
            {"pk": keys.run_pk(org, run_id), "prefix": keys.WAIT_PREFIX},
        )
        return [_wait_from(item) for item in found]

    def drop(self, org: str, run_id: str, wait: Wait) -> None:
        """One DeleteItem; a later call's token stays."""
        key = keys.wait_key(org, run_id, wait.step)
        try:
            self._table.write(Delete(key, _IF_STILL, {"token": wait.token}))
        except ConditionFailed:
            return


def wait_item(run: Run, wait: Wait, expires_at: int) -> Item:
    return {
        **keys.wait_key(run.org, run.id, wait.step),
        "step": wait.step,
        "token": wait.token,
        "retry": wait.retry,
        "attempt": wait.attempt,
        "signals": list(wait.signals) or None,
        "tolerant": 1 if wait.tolerant else None,
        "child": wait.child,
        "task": 1 if wait.task else None,
        "expires_at": expires_at,
    }


def _wait_from(item: Item) -> Wait:
    return Wait(
        step=item["step"],
        token=item["token"],
        retry=item["retry"],
        attempt=item["attempt"],
        signals=tuple(item.get("signals", ())),
        tolerant=bool(item.get("tolerant")),
        child=item.get("child"),
        task=bool(item.get("task")),
    )
