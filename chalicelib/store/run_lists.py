"""Pages of runs, newest first: one Query per index shard, whatever is stored.

Which index answers depends on the filter; all four sort by time, so no filter is applied after the
read and a page costs the same among ten runs and among ten million.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.clock import rfc3339
from chalicelib.core.runs.filters import RunFilter
from chalicelib.core.runs.model import Run
from chalicelib.store import keys
from chalicelib.store.page_tokens import make_token, read_token
from chalicelib.store.run_items import run_from
from chalicelib.store.table import Table
from chalicelib.store.wire import Item

_FIRST: Final = "0"
_LAST: Final = "\uffff"
"""Around every time: sort keys begin with a year."""


@dataclass(frozen=True, slots=True)
class RunPage:
    runs: tuple[Run, ...]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class _Listing:
    """Which index, its hash attribute and value, its sort attribute, and the sort key's prefix."""

    index: str
    hash_name: str
    hash_kind: str
    sort_name: str
    prefix: str


class RunLists:
    def __init__(self, table: Table, *, shards: int) -> None:
        self._table = table
        self._shards = shards

    def newest(self, org: str, wanted: Sequence[RunFilter], *, limit: int) -> tuple[Run, ...]:
        """The newest runs that pass any of the filters."""
        return self.page(org, wanted, limit=limit).runs

    def page(
        self, org: str, wanted: Sequence[RunFilter], *, limit: int, token: str | None = None
    ) -> RunPage:
        """At most `limit` runs that pass any of the filters, newest first, and a token for more.

        The filters have to differ in status only. Raises BadRequest for a token that is not one
        of ours or belongs to another question.
        """
        last = read_token(token, _question(org, wanted)) if token is not None else None
        found = [items for one in wanted for items in self._newest(org, one, limit, last)]
        merged = heapq.merge(*found, key=lambda item: item["at"], reverse=True)
        items = [item for item, _ in zip(merged, range(limit + 1), strict=False)]
        runs = tuple(run_from(item) for item in items[:limit])
        if len(items) <= limit:
            return RunPage(runs, None)
        return RunPage(runs, make_token(items[limit - 1]["at"], _question(org, wanted)))

    def _newest(
        self, org: str, wanted: RunFilter, limit: int, last: str | None
    ) -> Iterator[list[Item]]:
        """Per shard, the next items behind `last`: one more than asked for, to tell whether there
        is a further page, and one again because BETWEEN includes `last` itself."""
        listing = _listing_for(wanted)
        before = listing.prefix + (_LAST if last is None else last)
        first = listing.prefix + (rfc3339(wanted.since) if wanted.since else _FIRST)
        if before < first:
            return
        for shard in range(self._shards):
            page = self._table.query(
                f"#{listing.hash_name} = :hash AND #{listing.sort_name} BETWEEN :first AND :before",
                {
                    "hash": keys.listing(org, "RUNS", listing.hash_kind, shard),
                    "first": first,
                    "before": before,
                },
                index=listing.index,
                forward=False,
                limit=limit + 2,
            )
            found = [_with_time(item, listing) for item in page.items]
            yield [item for item in found if item["at"] != last]

    def live_count(self, org: str) -> int:
        """How many runs are open now: a count over the open index, so O(open)."""
        total = 0
        for shard in range(self._shards):
            start: Item | None = None
            while True:
                page = self._table.query(
                    "#g_open = :open",
                    {"open": keys.listing(org, "RUNS", "open", shard)},
                    index="open",
                    count_only=True,
                    start=start,
                )
                total += page.count
                start = page.next
                if start is None:
                    break
        return total


def _listing_for(wanted: RunFilter) -> _Listing:
    match wanted.status, wanted.workflow:
        case None, None:
            return _Listing("recent", "g_all", "all", "at", "")
        case None, workflow:
            return _Listing("by_workflow", "g_workflow", f"w:{workflow}", "at", "")
        case status, None:
            return _Listing("by_status", "g_status", f"s:{status}", "at", "")
        case status, workflow:
            return _Listing(
                "by_workflow_status", "g_status", f"s:{status}", "workflow_at", f"{workflow}#"
            )


def _with_time(item: Item, listing: _Listing) -> Item:
    """The item with `at`, by which lists are merged: not every index projects it, but all sort by
    it behind their prefix."""
    return {**item, "at": item[listing.sort_name].removeprefix(listing.prefix)}


def _question(org: str, wanted: Sequence[RunFilter]) -> list[Any]:
    """What a token belongs to. `since` may move with the clock, so only its presence counts."""
    return [org, [[one.status, one.workflow, one.since is not None] for one in wanted]]
