"""Loops (steps with `for_each`): the list, stored once, and a record for each item that has begun.

    LOOP#<step>             how many items there are; the items, or where in S3 they are
    NODE#<at>#<step>        a step in the body of a loop with several, in one iteration: the same
    BUDGET                  what the loops with bodies of a run have taken of what they may need
    ITEM#<step>#<index>     one item's tries and outcome: written by `steps`, like a step's record

None of these keys begins with `#`: they are neither read with a run's detail nor in the stream.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.runs.model import Run, RunDetail, Step
from chalicelib.core.runs.ports import OverBudget, Share
from chalicelib.store import keys
from chalicelib.store.blobs import LARGE, Blobs, items_key
from chalicelib.store.run_items import detail_from, dump, expiry, step_from
from chalicelib.store.table import ConditionFailed, Put, Table, Update
from chalicelib.store.wire import Item

_IF_IN_BUDGET: Final = (
    "attribute_not_exists(#pk) OR (#nodes <= :nodes_left AND #events <= :events_left)"
)
_REMEMBERED: Final = 2
"""Lists that a process keeps: they never change, and every item would read its whole list again."""


class Loops:
    """Implements `core.runs.ports.LoopStore`."""

    def __init__(self, table: Table, blobs: Blobs, *, retention_days: int) -> None:
        self._table = table
        self._blobs = blobs
        self._retention = timedelta(days=retention_days)
        self._lists: dict[str, list[Any]] = {}

    def keep(self, run: Run, step: str, items: Sequence[Any], *, share: Share | None = None) -> int:
        """One PutItem, for a large list after a PutObject; one transaction where it has to fit into
        the run's budget. The first one wins."""
        text = dump(list(items))
        large = len(text.encode()) > LARGE
        item = {
            **keys.loop_key(run.org, run.id, step),
            "total": len(items),
            "items": None if large else text,
            "items_at": self._blobs.put(items_key(run.org, run.id, step), list(items))
            if large
            else None,
            "expires_at": expiry(run, self._retention),
        }
        put = Put(item, condition="attribute_not_exists(#pk)")
        try:
            if share is not None:
                self._table.transact([put, self._spend(run, share)])
            else:
                self._table.write(put)
        except ConditionFailed as failed:
            if failed.old is not None:
                return int(failed.old["total"])
            if 1 in failed.failed:
                raise OverBudget(step) from failed
            raise
        return len(items)

    def _spend(self, run: Run, share: Share) -> Update:
        """Take from what the loops of a run may need together."""
        if share.nodes > share.most_nodes or share.events > share.most_events:
            raise OverBudget(run.id)
        return Update(
            keys.budget_key(run.org, run.id),
            "SET #expires_at = :expires_at ADD #nodes :nodes, #events :events",
            condition=_IF_IN_BUDGET,
            values={
                "nodes": share.nodes,
                "events": share.events,
                "nodes_left": share.most_nodes - share.nodes,
                "events_left": share.most_events - share.events,
                "expires_at": expiry(run, self._retention),
            },
        )

    def body(self, org: str, run_id: str, loop: str) -> Iterator[Step]:
        """One Query, a page per MB."""
        values = {"pk": keys.run_pk(org, run_id), "prefix": keys.body_prefix(loop)}
        for item in self._table.query_all("#pk = :pk AND begins_with(#sk, :prefix)", values):
            yield step_from(item)

    def bodies(self, org: str, run_id: str) -> Iterator[Step]:
        """The same of all loops of a run: one Query, a page per MB."""
        values = {"pk": keys.run_pk(org, run_id), "prefix": keys.NODE_PREFIX}
        for item in self._table.query_all("#pk = :pk AND begins_with(#sk, :prefix)", values):
            yield step_from(item)

    def item(self, org: str, run_id: str, step: str, index: int) -> Any:
        """Of a list that this process does not remember: one GetItem, and GetObject if large."""
        key = keys.loop_key(org, run_id, step)
        name = f"{key['pk']}#{key['sk']}"
        if name not in self._lists:
            found = self._table.get(key)
            if found is None:
                raise KeyError(name)
            while len(self._lists) >= _REMEMBERED:
                self._lists.pop(next(iter(self._lists)))
            self._lists[name] = self._items_of(found)
        return self._lists[name][index]

    def _items_of(self, found: Item) -> list[Any]:
        at = found.get("items_at")
        items: list[Any] = self._blobs.get(at) if at else json.loads(found["items"])
        return items

    def load(
        self, org: str, run_id: str, step: str, index: int, references: Sequence[str]
    ) -> tuple[RunDetail, Step | None] | None:
        """One BatchGetItem: the run, its inputs, the loop's record, the item's, those referred to;
        a GetObject for each large output of these."""
        mine = keys.item_key(org, run_id, step, index)
        wanted = [mine, keys.run_key(org, run_id), keys.input_key(org, run_id)]
        wanted += [keys.step_key(org, run_id, name) for name in {step, *references}]
        items: list[Item] = []
        for start in range(0, len(wanted), 100):
            items += self._table.get_many(wanted[start : start + 100])
        detail = detail_from(item for item in items if item["sk"] != mine["sk"])
        if detail is None:
            return None
        steps = tuple(replace(known, output=self.output(known)) for known in detail.steps)
        record = next((step_from(item) for item in items if item["sk"] == mine["sk"]), None)
        return replace(detail, steps=steps), record

    def records(self, org: str, run_id: str, step: str) -> Iterator[Step]:
        """One Query, a page per MB: at most ten pages, since an item's record has at most 11 KB."""
        values: Mapping[str, Any] = {
            "pk": keys.run_pk(org, run_id),
            "prefix": keys.item_prefix(step),
        }
        for item in self._table.query_all("#pk = :pk AND begins_with(#sk, :prefix)", values):
            yield step_from(item)

    def output(self, record: Step) -> Any:
        """The output of a record; a GetObject if it is large."""
        return self._blobs.get(record.output_at) if record.output_at else record.output
