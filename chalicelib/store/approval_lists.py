"""Pages of approvals, newest first: one Query per index shard, and one read of the page's items.

The indexes project what lists of runs need; an approval's own members are read from the table, which
also tells a status that is newer than the index.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.runs.approval import Approval, ApprovalStatus
from chalicelib.store import keys
from chalicelib.store.approvals import KIND, approval_from
from chalicelib.store.page_tokens import make_token, read_token
from chalicelib.store.table import Table
from chalicelib.store.wire import Item

MOST: Final = 100
"""Approvals on a page: as many as one BatchGetItem takes."""
_LONGEST_LAST: Final = 256
"""Characters of a time and an approval's id."""
_FIRST: Final = "0"
_LAST: Final = "\uffff"


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    approvals: tuple[Approval, ...]
    next_token: str | None


class ApprovalLists:
    def __init__(self, table: Table, *, shards: int) -> None:
        self._table = table
        self._shards = shards

    def page(
        self,
        org: str,
        status: ApprovalStatus | None,
        *,
        now: str,
        limit: int,
        token: str | None = None,
    ) -> ApprovalPage:
        """At most `limit` approvals with that status at `now`, newest first, and a token for more.

        Fewer than `limit` with a token where some have changed since the index saw them. Raises
        BadRequest for a token that is not one of ours or belongs to another question.
        """
        question: list[Any] = ["approvals", org, status]
        last = read_token(token, question, longest=_LONGEST_LAST) if token is not None else None
        found = [self._of_shard(org, status, shard, limit, last) for shard in range(self._shards)]
        merged = heapq.merge(*found, key=lambda item: item["at"], reverse=True)
        items = [item for item, _ in zip(merged, range(limit + 1), strict=False)]
        shown = [
            one
            for one in self._whole(items[:limit])
            if status is None or one.shown_status(now) is status
        ]
        more = make_token(items[limit - 1]["at"], question) if len(items) > limit else None
        return ApprovalPage(tuple(shown), more)

    def _of_shard(
        self, org: str, status: ApprovalStatus | None, shard: int, limit: int, last: str | None
    ) -> list[Item]:
        """One more than asked for, and one again because BETWEEN includes `last` itself."""
        name, value = ("g_all", "all") if status is None else ("g_status", f"s:{status.value}")
        page = self._table.query(
            f"#{name} = :hash AND #at BETWEEN :first AND :before",
            {
                "hash": keys.listing(org, KIND, value, shard),
                "first": _FIRST,
                "before": _LAST if last is None else last,
            },
            index="recent" if status is None else "by_status",
            forward=False,
            limit=limit + 2,
        )
        return [item for item in page.items if item["at"] != last]

    def _whole(self, items: list[Item]) -> list[Approval]:
        if not items:
            return []
        wanted = [{"pk": item["pk"], "sk": item["sk"]} for item in items]
        found = {(i["pk"], i["sk"]): approval_from(i) for i in self._table.get_many(wanted)}
        return [found[key["pk"], key["sk"]] for key in wanted if (key["pk"], key["sk"]) in found]
