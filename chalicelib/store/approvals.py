"""Approvals: the question a step asks, beside its run, and the run's status while one is open.

        ask: run live? the try ours?          close: pending? step waiting? run live?
(none) ───────────────────────────── pending ───────────────────────── approved | rejected
  run running → waiting, one more open  │      one less open; at none waiting → running
                                        └── expire: pending? ── expired (its run is over)
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from chalicelib.core.errors import Unavailable
from chalicelib.core.runs.approval import Answer, Approval, ApprovalStatus
from chalicelib.core.runs.approvals import Closing
from chalicelib.core.runs.model import Run, Step
from chalicelib.core.runs.ports import Fence
from chalicelib.core.runs.waiting import Wait
from chalicelib.store import keys
from chalicelib.store.run_items import dump, expiry
from chalicelib.store.steps import fence_answer, held_step_update
from chalicelib.store.suspensions import Suspensions, run_is_over
from chalicelib.store.table import MOST_CONFLICTS, ConditionFailed, Put, Table, Update, Write
from chalicelib.store.waits import wait_item
from chalicelib.store.wire import Item

KIND: Final = "APPROVALS"
_IF_PENDING: Final = "#status = :pending"
_IF_IN_TIME: Final = "#ends_at > :at"
_IF_WAITING: Final = "#status = :waiting"


class ApprovalItems:
    """Implements `core.runs.approvals.ApprovalStore`."""

    def __init__(self, table: Table, *, shards: int, retention_days: int) -> None:
        self._table = table
        self._shards = shards
        self._runs = Suspensions(shards=shards)
        self._retention = timedelta(days=retention_days)

    def ask(self, run: Run, step: Step, approval: Approval, wait: Wait, now: str) -> Fence:
        """One transaction of four parts; the run's own item is one, so it needs no fence."""
        expires_at = expiry(run, self._retention)
        suspend = self._runs.suspend(run.org, run.id, step.name, now)
        writes: list[Write] = [
            suspend,
            held_step_update(run, step, expires_at),
            Put(self._item(approval, expires_at)),
            Put(wait_item(run, wait, expires_at)),
        ]
        try:
            self._table.transact(writes)
        except ConditionFailed as failed:
            return fence_answer(failed, step)
        return Fence.OPEN

    def get(self, org: str, run_id: str, step: str) -> Approval | None:
        item = self._table.get(keys.approval_key(org, run_id, step))
        return approval_from(item) if item else None

    def close(self, approval: Approval, answer: Answer) -> Closing:
        """One transaction; one more for every other approval of the run that was closed or opened
        since it was read how many there are."""
        last = True
        for _ in range(MOST_CONFLICTS):
            writes = [
                self._runs.resume(approval.org, approval.run_id, answer.at, last=last),
                _step_end(approval, answer),
                self._answered(approval, answer),
            ]
            try:
                self._table.transact(writes)
            except ConditionFailed as failed:
                if _is_ours(failed.failed.get(2), answer):
                    return Closing.DONE  # the answer to an earlier sending got lost
                if failed.failed.keys() & {1, 2}:
                    return Closing.CHANGED
                old = failed.failed[0]
                if old is None or run_is_over(old, answer.at):
                    return Closing.RUN_OVER
                if "waits" not in old:
                    return Closing.CHANGED
                last = old["waits"] == 1
                continue
            return Closing.DONE
        raise Unavailable("DynamoDB: a run's approvals do not come to rest")

    def expire(self, org: str, run_id: str, step: str) -> None:
        """One UpdateItem."""
        expired = ApprovalStatus.EXPIRED
        values = {
            "pending": ApprovalStatus.PENDING.value,
            "status": expired.value,
            "g_status": self._listing(org, run_id, f"s:{expired.value}"),
        }
        try:
            self._table.write(
                Update(
                    keys.approval_key(org, run_id, step),
                    "SET #status = :status, #g_status = :g_status",
                    condition=_IF_PENDING,
                    values=values,
                )
            )
        except ConditionFailed:
            return  # it was answered, or is gone

    def _answered(self, approval: Approval, answer: Answer) -> Update:
        status = answer.status.value
        values: dict[str, Any] = {
            "pending": ApprovalStatus.PENDING.value,
            "status": status,
            "g_status": self._listing(approval.org, approval.run_id, f"s:{status}"),
        }
        expression = "SET #status = :status, #g_status = :g_status"
        condition = _IF_PENDING
        if answer.status is not ApprovalStatus.EXPIRED:
            expression += ", #decided_at = :at, #decided_by = :by"
            values |= {"at": answer.at, "by": answer.by or ""}
            condition += f" AND {_IF_IN_TIME}"
        if answer.comment is not None:
            expression += ", #comment = :comment"
            values["comment"] = answer.comment
        key = keys.approval_key(approval.org, approval.run_id, approval.step)
        return Update(key, expression, condition=condition, values=values)

    def _item(self, approval: Approval, expires_at: int) -> Item:
        """`ends_at` is when it cannot be answered any more, `expires_at` when it is forgotten."""
        return {
            **keys.approval_key(approval.org, approval.run_id, approval.step),
            "org": approval.org,
            "run_id": approval.run_id,
            "step": approval.step,
            "message": approval.message,
            "status": approval.status.value,
            "requested_at": approval.requested_at,
            "ends_at": approval.ends_at,
            "g_all": self._listing(approval.org, approval.run_id, "all"),
            "g_status": self._listing(approval.org, approval.run_id, f"s:{approval.status.value}"),
            "at": f"{approval.requested_at}#{approval.id}",
            "expires_at": expires_at,
        }

    def _listing(self, org: str, run_id: str, value: str) -> str:
        return keys.listing(org, KIND, value, keys.shard_of(run_id, self._shards))


def _is_ours(known: Item | None, answer: Answer) -> bool:
    """Whether an approval has just this answer already."""
    if known is None or answer.by is None:
        return False
    given = (known["status"], known.get("decided_at"), known.get("decided_by"))
    return given == (answer.status.value, answer.at, answer.by)


def _step_end(approval: Approval, answer: Answer) -> Update:
    """The step's outcome, whichever of its calls left it waiting."""
    values: dict[str, Any] = {
        "waiting": "waiting",
        "status": answer.step_status.value,
        "at": answer.at,
    }
    expression = "SET #status = :status, #finished_at = :at"
    if answer.output is not None:
        expression += ", #output = :output"
        values["output"] = dump(answer.output)
    if answer.error is not None:
        expression += ", #error = :error ADD #failures :one"
        values |= {"error": answer.error, "one": 1}
    key = keys.step_key(approval.org, approval.run_id, approval.step)
    return Update(key, expression, condition=_IF_WAITING, values=values)


def approval_from(item: Item) -> Approval:
    """An approval from its item."""
    return Approval(
        org=item["org"],
        run_id=item["run_id"],
        step=item["step"],
        message=item["message"],
        requested_at=item["requested_at"],
        ends_at=item["ends_at"],
        status=ApprovalStatus(item["status"]),
        comment=item.get("comment"),
        decided_by=item.get("decided_by"),
        decided_at=item.get("decided_at"),
    )
