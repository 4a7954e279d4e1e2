"""Loops (steps with `for_each`): the list, stored once, and a record for each item that has begun.

    LOOP#<step>             how many items there are; the items, or where in S3 they are
    NODE#<at>#<step>        a step in the body of a loop with several, in one iteration: the same
    BUDGET                  what the loops with bodies of a run have taken of the nodes they may run
    HISTORY#<part>          and of the history of an execution: of a part of a loop, or of the run's
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
from chalicelib.core.runs.ports import Kept, OverBudget, Share
from chalicelib.store import keys
from chalicelib.store.blobs import LARGE, Blobs, items_key
from chalicelib.store.run_items import detail_from, dump, expiry, step_from
from chalicelib.store.table import ConditionFailed, Put, Table, Update
from chalicelib.store.wire import Item

_IF_IN_BUDGET: Final = "attribute_not_exists(#pk) OR #taken <= :left"
_REMEMBERED: Final = 2
"""Lists that a process keeps: they never change, and every item would read its whole list again."""


class Loops:
    """Implements `core.runs.ports.LoopStore`."""

    def __init__(self, table: Table, blobs: Blobs, *, retention_days: int) -> None:
        self._table = table
        self._blobs = blobs
        self._retention = timedelta(days=retention_days)
        self._lists: dict[str, list[Any]] = {}

    def keep(
        self,
        run: Run,
        step: str,
        items: Sequence[Any],
        *,
        share: Share | None = None,
        part: int | None = None,
    ) -> Kept:
        """One PutItem, for a large list after a PutObject; one transaction where it has to fit into
        the run's budget. The first one wins."""
        text = dump(list(items))
        large = len(text.encode()) > LARGE
        item = {
            **keys.loop_key(run.org, run.id, step),
            "total": len(items),
            "part": part,
            "items": None if large else text,
            "items_at": self._blobs.put(items_key(run.org, run.id, step), list(items))
            if large
            else None,
            "expires_at": expiry(run, self._retention),
        }
        put = Put(item, condition="attribute_not_exists(#pk)")
        try:
            if share is not None:
                budget = keys.budget_key(run.org, run.id)
                history = keys.history_key(run.org, run.id, share.execution)
                if share.nodes > share.most_nodes or share.events > share.most_events:
                    raise OverBudget(of_history=share.nodes <= share.most_nodes)
                nodes = self._take(run, budget, share.nodes, share.most_nodes)
                events = self._take(run, history, share.events, share.most_events)
                self._table.transact([put, nodes, events])
            else:
                self._table.write(put)
        except ConditionFailed as failed:
            if failed.old is not None:
                stored = failed.old.get("part")
                return Kept(int(failed.old["total"]), None if stored is None else int(stored))
            if {1, 2} & failed.failed.keys():
                raise OverBudget(of_history=1 not in failed.failed) from failed
            raise
        return Kept(len(items), part)

    def _take(self, run: Run, key: dict[str, str], number: int, most: int) -> Update:
        """Take so much of a budget, of which there is so much."""
        return Update(
            key,
            "SET #expires_at = :expires_at ADD #taken :number",
            condition=_IF_IN_BUDGET,
            values={
                "number": number,
                "left": most - number,
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
