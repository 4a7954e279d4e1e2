"""Runs: create, read, settle, close. The lifecycle's conditional writes are all in this file and
in `steps`.

           create                    settle                      seal (log)         close
    ────── put if new ── live ────── update if live ── terminal ─ update ── sealed ─ update ──
           in g_open                 fences closed      in g_open           in g_open   not
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.errors import Unavailable
from chalicelib.core.runs.model import Run, RunDetail, Step
from chalicelib.core.runs.ports import IdUsed, NoPlace, Settlement, Version
from chalicelib.core.steps import RunOver
from chalicelib.store import keys
from chalicelib.store.blobs import Blobs
from chalicelib.store.places import entering
from chalicelib.store.run_items import (
    IF_THERE_AND_NOT_DELETED,
    detail_from,
    dump,
    expiry,
    is_deleted,
    run_from,
    run_item,
)
from chalicelib.store.steps import LIVE_VALUES, live_check
from chalicelib.store.table import ConditionFailed, Put, Table, Update, Write
from chalicelib.store.wire import Item
from chalicelib.store.workflows import own_version

_IF_NEW: Final = "attribute_not_exists(#pk)"
_IF_LIVE: Final = "#status IN (:queued, :running, :waiting)"
_IF_FENCES: Final = "#fences = :fences"
_IF_TYPE: Final = "#type = :type"
MOST_ERROR_CHARACTERS: Final = 1000


class Runs:
    """Implements `core.runs.ports.RunStore`."""

    def __init__(self, table: Table, blobs: Blobs, *, shards: int, retention_days: int) -> None:
        self._table = table
        self._blobs = blobs
        self._shards = shards
        self._retention = timedelta(days=retention_days)

    def create(
        self,
        run: Run,
        inputs: Mapping[str, Any],
        *,
        parent: Run | None = None,
        own: Version | None = None,
    ) -> Run | None:
        """One transaction: the run, its fences, its inputs (an item only where there are some), a
        version of its own (after a PutObject if it is large), its place or turn where its workflow
        limits them, and of a child the check that its parent is live."""
        expires_at = expiry(run, self._retention)
        writes: list[Write] = [
            Put(run_item(run, shards=self._shards, expires_at=expires_at), condition=_IF_NEW)
        ]
        writes += [
            Put(
                {
                    **keys.fence_key(run.org, run.id, number),
                    "deadline": run.deadline,
                    "expires_at": expires_at,
                }
            )
            for number in range(run.fences)
        ]
        if inputs:
            key = keys.input_key(run.org, run.id)
            writes.append(Put({**key, "inputs": dump(inputs), "expires_at": expires_at}))
        if own is not None:
            writes.append(own_version(self._blobs, run, own, expires_at))
        checks: list[tuple[type[Exception], Write]] = []
        if (place := entering(run, expires_at)) is not None:
            checks.append((NoPlace, place))
        if parent is not None:
            of_parent = live_check(parent, run.parent_step or "", run.started_at)
            checks.append((RunOver, of_parent))
        try:
            self._table.transact([*writes, *(write for _, write in checks)])
        except ConditionFailed as failed:
            if failed.old is not None:
                if is_deleted(failed.old):
                    raise IdUsed(run.id) from failed
                return run_from(failed.old)
            for number, (refusal, _) in enumerate(checks, len(writes)):
                if number in failed.failed:
                    raise refusal(f"run {run.id} cannot be stored") from failed
            raise
        return None

    def get(self, org: str, run_id: str) -> Run | None:
        item = self._table.get(keys.run_key(org, run_id))
        return _readable(item)

    def taken(self, org: str, run_id: str) -> Run | None:
        """One GetItem."""
        item = self._table.get(keys.run_key(org, run_id))
        if item is not None and is_deleted(item):
            raise IdUsed(run_id)
        return _readable(item)

    def detail(self, org: str, run_id: str) -> RunDetail | None:
        """`records`, and one GetObject for each large output."""
        detail = self.records(org, run_id)
        if detail is None:
            return None
        steps = tuple(self._whole(step) for step in detail.steps)
        hooks = tuple((hook, self._whole(step)) for hook, step in detail.hooks)
        return replace(detail, steps=steps, hooks=hooks)

    def _whole(self, step: Step) -> Step:
        """The step with its output, wherever that is."""
        return replace(step, output=self._blobs.get(step.output_at)) if step.output_at else step

    def records(self, org: str, run_id: str) -> RunDetail | None:
        """One Query (a page per MB): the run, its inputs, outputs and steps."""
        items = self._table.query_all(
            "#pk = :pk AND begins_with(#sk, :prefix)",
            {"pk": keys.run_pk(org, run_id), "prefix": "#"},
        )
        return detail_from(items)

    def settle(
        self,
        org: str,
        run_id: str,
        settlement: Settlement,
        *,
        run: Run | None = None,
        run_type: str | None = None,
    ) -> tuple[bool, Run | None]:
        """Make a live run terminal: one write, or one transaction where more has to change.

        Without `run` its fences are not known; the plain write then tries the common case, and
        its failed condition brings back what the transaction needs. Raises Unavailable when a
        step that was to be written as failed ended by itself meanwhile: judge again.
        """
        mark = secrets.token_hex(8)
        plain = settlement.outputs is None and not settlement.failed_steps
        if plain and (run is None or run.fences == 0):
            write = self._settling(org, run_id, settlement, mark, fences=0, run_type=run_type)
            try:
                return True, run_from(self._table.write(write) or {})
            except ConditionFailed as failed:
                run = _readable(failed.old)
                if run is None or (failed.old or {}).get("settled_by") == mark:
                    return run is not None, run
        if run is None:
            run = self.get(org, run_id)
        if run is None or not run.live or run_type not in (None, run.type):
            return False, run
        return self._settle_with_parts(run, settlement, mark)

    def _settle_with_parts(
        self, run: Run, settlement: Settlement, mark: str
    ) -> tuple[bool, Run | None]:
        writes: list[Write] = [
            self._settling(run.org, run.id, settlement, mark, fences=run.fences),
            *self._closed_fences(run),
            *_failed_steps(run, settlement),
        ]
        if settlement.outputs is not None:
            key = keys.output_key(run.org, run.id)
            outputs = {
                "outputs": dump(settlement.outputs),
                "expires_at": expiry(run, self._retention),
            }
            writes.append(Put({**key, **outputs}))
        try:
            self._table.transact(writes)
        except ConditionFailed as failed:
            if 0 not in failed.failed:
                raise Unavailable("a step ended while its run was being judged") from failed
            old = failed.failed[0]
            mine = old is not None and old.get("settled_by") == mark
            return mine, _readable(old)
        return True, replace(
            run, status=settlement.status, finished_at=settlement.at, error=settlement.error
        )

    def _settling(
        self,
        org: str,
        run_id: str,
        settlement: Settlement,
        mark: str,
        *,
        fences: int,
        run_type: str | None = None,
    ) -> Update:
        status = settlement.status.value
        shard = keys.shard_of(run_id, self._shards)
        values = {
            **LIVE_VALUES,
            "fences": fences,
            "status": status,
            "g_status": keys.listing(org, "RUNS", f"s:{status}", shard),
            "at": settlement.at,
            "mark": mark,
        }
        expression = (
            "SET #status = :status, #g_status = :g_status, #finished_at = :at, #settled_by = :mark"
        )
        if settlement.error is not None:
            expression += ", #error = :error"
            values["error"] = settlement.error[:MOST_ERROR_CHARACTERS]
        condition = f"{_IF_LIVE} AND {_IF_FENCES}"
        if run_type is not None:
            condition += f" AND {_IF_TYPE}"
            values["type"] = run_type
        return Update(
            keys.run_key(org, run_id),
            expression,
            condition=condition,
            values=values,
        )

    def _closed_fences(self, run: Run) -> list[Update]:
        return [
            Update(
                keys.fence_key(run.org, run.id, number),
                "SET #closed = :closed",
                values={"closed": 1},
            )
            for number in range(run.fences)
        ]

    def open_runs(self, org: str) -> Iterator[Run]:
        for shard in range(self._shards):
            for item in self._table.query_all(
                "#g_open = :open",
                {"open": keys.listing(org, "RUNS", "open", shard)},
                index="open",
            ):
                yield run_from(item)

    def close(self, run: Run) -> None:
        """Neither makes an item of a run that is gone nor hides one that is being deleted."""
        close = Update(
            keys.run_key(run.org, run.id), "REMOVE #g_open", condition=IF_THERE_AND_NOT_DELETED
        )
        with suppress(ConditionFailed):
            self._table.write(close)


def _readable(item: Item | None) -> Run | None:
    return None if item is None or is_deleted(item) else run_from(item)


def _failed_steps(run: Run, settlement: Settlement) -> list[Update]:
    return [
        Update(
            keys.step_key(run.org, run.id, name),
            "SET #status = :failed, #error = :error, #finished_at = :at",
            condition="#status IN (:running, :waiting)",
            values={
                "failed": "failed",
                "error": error[:MOST_ERROR_CHARACTERS],
                "at": settlement.at,
                "running": "running",
                "waiting": "waiting",
            },
        )
        for name, error in settlement.failed_steps
    ]
