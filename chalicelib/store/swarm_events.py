"""The log of swarms' events: any filter is a merge of at most as many streams as there are types.

A page costs the same among a thousand events and a million: each stream is read from its newest on,
as far as the page goes, and nothing is filtered after the read. One answer is dear by its own
measure: an agent's events of a type over all swarms, a Query or two for each swarm that has some.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from chalicelib.core.clock import Clock, parse_rfc3339, rfc3339
from chalicelib.core.swarms.model import MOST_LIMIT, SwarmEvent
from chalicelib.core.swarms.ports import EventFilters
from chalicelib.store import keys, swarm_keys
from chalicelib.store.swarm_event_items import EventItems, event_from
from chalicelib.store.table import ConditionFailed, Delete, Table, Update
from chalicelib.store.wire import Item

_IN_SWARM: Final = "#pk = :pk AND #sk BETWEEN :first AND :last"
_FIRST: Final = "0"
_LAST: Final = "\uffff"
"""Around every time: those begin with a year."""
_MOST_KEYS: Final = 100
"""Of one BatchGetItem."""
_PAGE: Final = 500
_IF_LATER: Final = "attribute_not_exists(#mark) OR #mark < :mark"

TypesWith = Callable[[str | None, str | None], Collection[str] | None]
"""The event types with a level and a category (None: with any). None: all there are."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """An index, its partition's attribute and value, its sort attribute, and what comes before the
    time in it."""

    index: str
    hash_name: str
    value: str
    sort_name: str = "at"
    prefix: str = ""


class SwarmEvents:
    """Implements `core.swarms.ports.EventStore`."""

    def __init__(
        self,
        table: Table,
        *,
        clock: Clock,
        shards: int,
        retention_days: int,
        types_with: TypesWith,
    ) -> None:
        self._table = table
        self._clock = clock
        self._shards = shards
        self._types_with = types_with
        self._items = EventItems(shards=shards, retention_days=retention_days)

    def record(self, org: str, events: Sequence[SwarmEvent]) -> None:
        """One BatchWriteItem for each 25."""
        by_id = {(event.swarm, event.timestamp, event.id): event for event in events}
        self._table.write_many(self._items.puts(org, by_id.values()))

    def find(self, org: str, filters: EventFilters, limit: int) -> list[SwarmEvent]:
        """One GetItem (what was cleared); one Query for a swarm's own list, else one for each shard
        and type, and one BatchGetItem for each 100. At most `MOST_LIMIT`."""
        limit = min(limit, MOST_LIMIT)
        types = self._types(filters)
        if limit < 1 or types == []:
            return []
        since = self._since(org, filters.since)
        if types is None and filters.swarm is not None and filters.agent is None:
            return list(map(event_from, self._of_swarm(org, filters.swarm, since, limit)))
        streams = self._streams(org, filters, types)
        pages = [
            self._newest(org, stream, shard, since, limit)
            for stream in streams
            for shard in range(self._shards)
        ]
        merged = heapq.merge(*pages, key=lambda found: found[0], reverse=True)
        return self._whole(merged, limit)

    def _types(self, filters: EventFilters) -> list[str] | None:
        """None: any."""
        types = self._types_with(filters.level, filters.category)
        if filters.event_type is not None:
            named = {filters.event_type}
            types = named if types is None else named.intersection(types)
        return None if types is None else sorted(types)

    def _streams(
        self, org: str, filters: EventFilters, types: list[str] | None
    ) -> Iterator[_Stream]:
        swarm, agent = filters.swarm, filters.agent
        if types is None:
            if agent is None:
                yield _Stream("recent", "g_all", "all")
            elif swarm is None:
                yield _Stream("open", "g_open", f"n:{agent}")
            else:
                yield _Stream("by_workflow", "g_workflow", f"a:{swarm}/{agent}")
            return
        for one in types:
            if agent is not None:
                of_type = _Stream("by_agent_type", "g_agent_type", f"{agent}/{one}", "workflow_at")
                swarms = [swarm] if swarm is not None else self._swarms_in(org, of_type)
                yield from (replace(of_type, prefix=f"{name}#") for name in swarms)
            elif swarm is not None:
                yield _Stream(
                    "by_workflow_status", "g_status", f"t:{one}", "workflow_at", f"{swarm}#"
                )
            else:
                yield _Stream("by_status", "g_status", f"t:{one}")

    def _swarms_in(self, org: str, stream: _Stream) -> set[str]:
        """Whose events are in a stream that is ordered by swarm: one Query for each, which skips
        all events of the one before."""
        found: set[str] = set()
        for shard in range(self._shards):
            last = _LAST
            while True:
                values = {"hash": self._listing(org, stream, shard), "last": last}
                page = self._table.query(
                    f"#{stream.hash_name} = :hash AND #{stream.sort_name} < :last",
                    values,
                    index=stream.index,
                    forward=False,
                    limit=1,
                )
                if not page.items:
                    break
                swarm = page.items[0][stream.sort_name].partition("#")[0]
                found.add(swarm)
                last = f"{swarm}#"
        return found

    def _listing(self, org: str, stream: _Stream, shard: int) -> str:
        return keys.listing(org, swarm_keys.KIND, stream.value, shard)

    def _newest(
        self, org: str, stream: _Stream, shard: int, since: str, limit: int
    ) -> Iterator[tuple[str, Item]]:
        """The stream's items with their times, as far as they are asked for."""
        items = self._table.query_all(
            f"#{stream.hash_name} = :hash AND #{stream.sort_name} BETWEEN :first AND :last",
            {
                "hash": self._listing(org, stream, shard),
                "first": stream.prefix + since,
                "last": stream.prefix + _LAST,
            },
            index=stream.index,
            forward=False,
            limit=limit,
        )
        for item in items:
            yield item[stream.sort_name].removeprefix(stream.prefix), item

    def _whole(self, lines: Iterator[tuple[str, Item]], limit: int) -> list[SwarmEvent]:
        """The events themselves, of which the indexes have the keys; without those that are gone."""
        found: list[SwarmEvent] = []
        while len(found) < limit:
            some = [item for _, item in islice(lines, min(_MOST_KEYS, limit - len(found)))]
            if not some:
                break
            wanted = [{"pk": item["pk"], "sk": item["sk"]} for item in some]
            whole = {(item["pk"], item["sk"]): item for item in self._table.get_many(wanted)}
            order = [whole.get((key["pk"], key["sk"])) for key in wanted]
            found += [event_from(item) for item in order if item is not None]
        return found

    def _of_swarm(self, org: str, swarm: str, since: str, limit: int) -> Iterator[Item]:
        values = {
            "pk": swarm_keys.swarm_pk(org, swarm),
            "first": swarm_keys.EVENT_PREFIX + since,
            "last": swarm_keys.EVENT_PREFIX + _LAST,
        }
        found = self._table.query_all(_IN_SWARM, values, forward=False, limit=limit)
        return islice(found, limit)

    def _since(self, org: str, since: str | None) -> str:
        """The earliest time that may be shown: what was cleared is hidden until it is deleted."""
        cleared = self._table.get(swarm_keys.cleared_key(org)) or {}
        mark: str = cleared.get("mark", _FIRST)
        return max(mark, rfc3339(parse_rfc3339(since)) if since is not None else _FIRST)

    def clear(self, org: str, swarm: str | None, *, seconds: float) -> bool:
        """Pages of 500: a Query and 20 BatchWriteItems each. Before, for all swarms, one UpdateItem
        of the mark that hides what is older."""
        end = time.monotonic() + seconds
        now = rfc3339(self._clock())
        if swarm is not None:
            values = {
                "pk": swarm_keys.swarm_pk(org, swarm),
                "first": swarm_keys.EVENT_PREFIX,
                "last": swarm_keys.EVENT_PREFIX + now,
            }
            return self._delete(_IN_SWARM, values, None, end)
        mark = Update(swarm_keys.cleared_key(org), "SET #mark = :mark", _IF_LATER, {"mark": now})
        with suppress(ConditionFailed):
            self._table.write(mark)
        return all(
            self._delete(
                "#g_all = :all AND #at < :now",
                {"all": keys.listing(org, swarm_keys.KIND, "all", shard), "now": now},
                "recent",
                end,
            )
            for shard in range(self._shards)
        )

    def _delete(
        self, condition: str, values: Mapping[str, str], index: str | None, end: float
    ) -> bool:
        """Whether there was time for all of it."""
        start: Item | None = None
        while True:
            page = self._table.query(
                condition, values, index=index, limit=_PAGE, start=start, only=("pk", "sk")
            )
            self._table.write_many([Delete(item) for item in page.items])
            start = page.next
            if start is None:
                return True
            if time.monotonic() >= end:
                return False
