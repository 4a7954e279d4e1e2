"""What is left of a run that is to be deleted, and how it goes without a trace.

The mark is an attribute of the run's item, `deleted`; the indexes lose the item with the same write,
except `open`, which lists it under `deleting`, where the reconciler finds it. In the same transaction
the run is counted as deleted: it succeeds once in a run's life, so each counts once.

The last event and the run's item go last and together. As long as they are there, whoever would
append to the log sees that it is closed; once they are gone, that there is no run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.ids import minted_at
from chalicelib.core.runs.events import TERMINAL_KINDS
from chalicelib.core.runs.model import LIVE, Run
from chalicelib.store import keys
from chalicelib.store.blobs import Blobs, output_prefix
from chalicelib.store.log import add_counts
from chalicelib.store.metrics import deletion_of
from chalicelib.store.run_items import run_from
from chalicelib.store.table import ConditionFailed, Delete, Put, Table, Update, Write
from chalicelib.store.wire import Item

_IF_MAY_GO: Final = (
    "attribute_exists(#sealed) AND attribute_not_exists(#deleted)"
    " AND NOT #status IN (:queued, :running, :waiting)"
)
_IF_MARKED: Final = "attribute_exists(#deleted)"
NAME_KEPT: Final = timedelta(days=91)
"""Step Functions takes an execution's name again 90 days after its end."""


class Deletions:
    """Implements `core.runs.delete.DeletionStore`."""

    def __init__(self, table: Table, blobs: Blobs, *, shards: int) -> None:
        self._table = table
        self._blobs = blobs
        self._shards = shards

    def mark(self, org: str, run_id: str, *, at: str) -> tuple[bool, Run | None]:
        """One GetItem, and one transaction: the mark, and its workflow's counter. A run that is marked
        already is one that is marked, until it is gone."""
        item = self._table.get(keys.run_key(org, run_id))
        if item is None or is_tombstone(item):
            return False, None
        run = run_from(item)
        if "deleted" in item or run.live or not run.sealed:
            return "deleted" in item, run
        # What is counted follows from the status, which a run that is over never changes.
        counts = [add_counts(org, series, members) for series, members in deletion_of(run).items()]
        try:
            self._table.transact([self._mark(org, run_id, at), *counts])
        except ConditionFailed as failed:
            old = failed.failed.get(0)
            if old is None or is_tombstone(old):
                return False, None
            return "deleted" in old, run_from(old)
        return True, run

    def _mark(self, org: str, run_id: str, at: str) -> Update:
        shard = keys.shard_of(run_id, self._shards)
        return Update(
            keys.run_key(org, run_id),
            "SET #deleted = :at, #g_open = :deleting"
            " REMOVE #g_all, #g_workflow, #g_status, #workflow_at",
            condition=_IF_MAY_GO,
            values={
                **{status.value: status.value for status in LIVE},
                "at": at,
                "deleting": keys.listing(org, "RUNS", "deleting", shard),
            },
        )

    def marked(self, org: str) -> Iterator[Run]:
        """One Query of the index `open` per shard."""
        for shard in range(self._shards):
            listing = keys.listing(org, "RUNS", "deleting", shard)
            for item in self._table.query_all(
                "#g_open = :deleting", {"deleting": listing}, index="open"
            ):
                yield run_from(item)

    def remove_some(self, run: Run) -> bool:
        """A page of large outputs if there are some, else a page (1 MB) of items, else the rest."""
        if self._blobs.delete_some(output_prefix(run.org, run.id)):
            return True
        first = keys.run_pk(run.org, run.id)
        start: Item | None = None
        last: list[Delete] = []
        while True:
            page = self._table.query("#pk = :pk", {"pk": first}, start=start)
            last += [Delete(_key(item)) for item in page.items if _goes_last(item)]
            parts = [item for item in page.items if not _stays(item)]
            if parts:
                self._table.write_many([delete for item in parts for delete in _deletes(item)])
                return True
            if page.next is None:
                break
            start = page.next
        self._close(run, last)
        return False

    def _close(self, run: Run, last: list[Delete]) -> None:
        """One transaction: the log's last event, and the run itself."""
        key = keys.run_key(run.org, run.id)
        gone: Write = Delete(key, condition=_IF_MARKED)
        if not minted_at(run.id, parse_rfc3339(run.started_at)):
            gone = Put(_tombstone(key, run), condition=_IF_MARKED)
        try:
            self._table.transact([gone, *last])
        except ConditionFailed:
            return  # somebody else was faster


def is_tombstone(item: Item) -> bool:
    """Whether all that is left of a run is that its id was used."""
    return "deleted" in item and "status" not in item


def _tombstone(key: dict[str, str], run: Run) -> Item:
    """Of an id that may be asked for again, because a client chose it or a key stands for it: its
    execution's name is taken, so a run of that id could never be executed."""
    until = parse_rfc3339(run.finished_at or run.started_at) + NAME_KEPT
    return {
        **key,
        "deleted": run.finished_at or run.started_at,
        "expires_at": int(until.timestamp()),
    }


def _stays(item: Item) -> bool:
    return item["sk"] == keys.RUN_SK or _goes_last(item)


def _goes_last(item: Item) -> bool:
    return item.get("kind") in TERMINAL_KINDS and item["sk"].startswith(keys.EVENT_PREFIX)


def _key(item: Item) -> dict[str, str]:
    return {"pk": item["pk"], "sk": item["sk"]}


def _deletes(item: Item) -> list[Delete]:
    """An item; of a subscription also the one that its socket has."""
    found = [Delete(_key(item))]
    if item["sk"].startswith(keys.SUBSCRIBER_PREFIX):
        found.append(
            Delete(keys.subscription_key(item["connection"], item["run_id"], item["request"]))
        )
    return found
