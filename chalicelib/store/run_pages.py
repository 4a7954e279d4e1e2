"""Pages of runs by offset, newest first (S1): as far as the offset, the index; of the page, the runs.

The indexes project what a line of S2's lists needs; S1's has more, so the page's runs and their inputs
are read too, in one or two BatchGetItems. What is before the page is read from the index and dropped,
1,000 runs a Query.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chalicelib.core.runs.filters import RunFilter
from chalicelib.core.runs.model import Run, RunDetail
from chalicelib.core.runs.ports import RunStore
from chalicelib.store import keys
from chalicelib.store.run_items import detail_from
from chalicelib.store.run_lists import RunLists
from chalicelib.store.table import Table
from chalicelib.store.wire import Item

_STRIDE: Final = 1_000
_MOST_KEYS: Final = 100
"""Of one BatchGetItem."""


class RunPages:
    def __init__(self, table: Table, lists: RunLists, runs: RunStore) -> None:
        self._table = table
        self._runs = runs
        self._lists = lists

    def page(
        self, org: str, wanted: Sequence[RunFilter], *, limit: int, offset: int
    ) -> tuple[list[RunDetail], bool]:
        """At most `limit` runs behind the first `offset`, and whether there are more. Their steps are
        there where they are not sealed: what those have cost is not known yet."""
        token, left = None, offset
        while left:
            page = self._lists.page(org, wanted, limit=min(left, _STRIDE), token=token)
            token = page.next_token
            if token is None:
                return [], False
            left -= len(page.runs)
        page = self._lists.page(org, wanted, limit=limit, token=token)
        return self._whole(org, page.runs), page.next_token is not None

    def _whole(self, org: str, lines: Sequence[Run]) -> list[RunDetail]:
        """The runs as they are now, in the same order; one that was deleted meanwhile is left out."""
        wanted = [key(org, line.id) for line in lines for key in (keys.run_key, keys.input_key)]
        parts: dict[str, list[Item]] = {}
        for first in range(0, len(wanted), _MOST_KEYS):
            for item in self._table.get_many(wanted[first : first + _MOST_KEYS]):
                parts.setdefault(item["pk"], []).append(item)
        whole = [detail_from(parts.get(keys.run_pk(org, line.id), ())) for line in lines]
        found = [
            self._runs.records(org, one.run.id) if one and one.run.units is None else one
            for one in whole
        ]
        return [one for one in found if one is not None]
