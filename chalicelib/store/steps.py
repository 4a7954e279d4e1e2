"""Steps: load what a try needs, the fence, the outcome.

              fence: run live?  item new, or running with a lower attempt
    (no item) ───────────────── running(attempt n) ── running(attempt n+1) …
                                      │ finish: run live?  running, this attempt, this owner
                                      └──────── succeeded | failed | running (failures+1)

A run's parallel steps must not all check one item: each checks the one of the run's fences that
its name hashes to, and a settlement closes them all in its own transaction.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.instances import MARK
from chalicelib.core.runs.model import LIVE, STEP_OVER, Run, RunDetail, Step, StepStatus
from chalicelib.core.runs.ports import Fence
from chalicelib.store import keys
from chalicelib.store.blobs import LARGE, LARGE_OF_ITEM, Blobs, output_key
from chalicelib.store.run_items import detail_from, dump, expiry, step_members
from chalicelib.store.table import Check, ConditionFailed, Table, Update
from chalicelib.store.wire import Item
from chalicelib.store.writes import Key

LIVE_VALUES: Final = {status.value: status.value for status in LIVE}
_IF_IN_TIME: Final = "(attribute_not_exists(#deadline) OR #deadline > :now)"
IF_RUN_LIVE: Final = f"#status IN (:queued, :running, :waiting) AND {_IF_IN_TIME}"
_IF_FENCE_OPEN: Final = f"attribute_exists(#pk) AND attribute_not_exists(#closed) AND {_IF_IN_TIME}"
_IF_TRY_IS_NEXT: Final = "attribute_not_exists(#pk) OR (#status = :running AND #attempt < :attempt)"
_IF_TRY_IS_MINE: Final = (
    "#status IN (:running, :waiting) AND #attempt = :attempt AND #owner = :owner"
)


class Steps:
    """Implements `core.runs.ports.StepStore`."""

    def __init__(self, table: Table, blobs: Blobs, *, retention_days: int) -> None:
        self._table = table
        self._blobs = blobs
        self._retention = timedelta(days=retention_days)

    def load(self, org: str, run_id: str, step: str, references: Sequence[str]) -> RunDetail | None:
        """One BatchGetItem: the run, its inputs, this step's record and those it refers to."""
        wanted = [keys.run_key(org, run_id), keys.input_key(org, run_id)]
        wanted += self._records(org, run_id, {step, *references})
        items: list[Item] = []
        for start in range(0, len(wanted), 100):
            items += self._table.get_many(wanted[start : start + 100])
        detail = self._detail(items)
        if detail is None:
            return None
        steps = tuple(
            replace(known, output=self._blobs.get(known.output_at)) if known.output_at else known
            for known in detail.steps
        )
        return replace(detail, steps=steps)

    def fence(self, run: Run, step: Step, now: str) -> Fence:
        """One transaction: the run is live and in time, and the step moves to this attempt."""
        values = {"running": "running"}
        return self._guarded(run, step, now, _IF_TRY_IS_NEXT, values)

    def finish(self, run: Run, step: Step, now: str) -> Fence:
        """One transaction: the run is live, the try is ours, and its outcome is written."""
        if step.output is not None:
            text = dump(step.output)
            if len(text.encode()) > largest_output(step):
                key = self._output_key(run, step)
                step = replace(step, output=None, output_at=self._blobs.put(key, step.output))
        answer = self._guarded(run, step, now, _IF_TRY_IS_MINE, _mine(step))
        if answer is Fence.RUN_OVER and step.output_at is not None:
            self._blobs.delete(step.output_at)  # nothing points to it, and the run may be deleted
        return answer

    def _guarded(
        self, run: Run, step: Step, now: str, condition: str, values: Mapping[str, Any]
    ) -> Fence:
        members = {**self._members(step), "expires_at": expiry(run, self._retention)}
        update = record_update(self._key(run, step), step, members, condition, values)
        try:
            self._table.transact([self._check(run, _hashed(step), now), update])
        except ConditionFailed as failed:
            return fence_answer(failed, step)
        return Fence.OPEN

    # What differs for the steps of hooks (`store.hooks`).

    def _records(self, org: str, run_id: str, names: Iterable[str]) -> list[dict[str, str]]:
        return [keys.step_key(org, run_id, name) for name in names]

    def _detail(self, items: Iterable[Item]) -> RunDetail | None:
        return detail_from(items)

    def _key(self, run: Run, step: Step) -> dict[str, str]:
        if step.index is not None:
            return keys.item_key(run.org, run.id, step.name, step.index)
        return keys.step_key(run.org, run.id, step.name)

    def _members(self, step: Step) -> Item:
        return step_members(step)

    def _output_key(self, run: Run, step: Step) -> str:
        return output_key(run.org, run.id, step)

    def _check(self, run: Run, step: str, now: str) -> Check:
        return live_check(run, step, now)


def largest_output(step: Step) -> int:
    """Bytes of an output that its item may hold: less where all of a loop's are read at once."""
    return LARGE if step.index is None and MARK not in step.name else LARGE_OF_ITEM


def _hashed(step: Step) -> str:
    """What says which fence a step checks: the items of a loop spread over all of them."""
    return step.name if step.index is None else f"{step.name}#{step.index}"


def record_update(
    key: Key, step: Step, members: Item, condition: str, values: Mapping[str, Any]
) -> Update:
    """The part of a transaction that writes a try's record, if the condition holds."""
    succeeded = step.status is StepStatus.SUCCEEDED
    if succeeded:
        members = {name: value for name, value in members.items() if name != "error"}
    expression = "SET " + ", ".join(f"#{name} = :new_{name}" for name in members)
    if succeeded:
        expression += " REMOVE #error"  # what an earlier try left
    return Update(
        key,
        expression,
        condition=condition,
        values={
            **{f"new_{name}": value for name, value in members.items()},
            **values,
            "attempt": step.attempt,
        },
    )


def held_step_update(run: Run, step: Step, expires_at: int) -> Update:
    """The same for the try of a run's step that this invocation holds."""
    members = {**step_members(step), "expires_at": expires_at}
    key = keys.step_key(run.org, run.id, step.name)
    return record_update(key, step, members, _IF_TRY_IS_MINE, _mine(step))


def _mine(step: Step) -> dict[str, Any]:
    return {"running": "running", "waiting": "waiting", "owner": step.owner}


def live_check(run: Run, step: str, now: str) -> Check:
    """The part of a transaction that holds it to a live run: its first, so that it is index 0.

    Of a run with fences it is about the one that `step` hashes to.
    """
    if run.fences == 0:
        return Check(keys.run_key(run.org, run.id), IF_RUN_LIVE, values={**LIVE_VALUES, "now": now})
    number = zlib.crc32(step.encode()) % run.fences
    return Check(keys.fence_key(run.org, run.id, number), _IF_FENCE_OPEN, values={"now": now})


def fence_answer(failed: ConditionFailed, step: Step) -> Fence:
    """What a refused transaction means: the run is its part 0, the step its part 1. A write of ours
    whose answer was lost is ours still."""
    old = failed.failed.get(1)
    if old is not None and old.get("owner") == step.owner and old["attempt"] == step.attempt:
        written = StepStatus(old["status"])
        if written is step.status and old.get("failures", 0) == step.failures:
            return Fence.OPEN
    if 0 in failed.failed:
        return Fence.RUN_OVER
    if old is not None and StepStatus(old["status"]) in STEP_OVER:
        return Fence.STEP_OVER
    return Fence.TAKEN
