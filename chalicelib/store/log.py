"""A run's event log: numbered from 1 without gaps, in one order, closed by the terminal event.

Only the stream's consumer (and, for a run that is over, the reconciler) appends. An append reads the
log's tail, drops what is there already, and puts each event under the next number if that number
is free: two appenders at once cannot both win it. The terminal event goes in one transaction with
the run's seal and its metrics, so those are counted exactly once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.clock import Clock
from chalicelib.core.runs.events import Event
from chalicelib.store import keys
from chalicelib.store.run_items import IF_THERE_AND_NOT_DELETED, dump, is_deleted
from chalicelib.store.table import ConditionFailed, Put, Table, Update, Write
from chalicelib.store.wire import Item

_IF_FREE: Final = "attribute_not_exists(#pk)"
_IN_LOG: Final = "#pk = :pk AND #sk BETWEEN :first AND :last"
_LAST_SEQ: Final = 99_999_999

Counts = Mapping[str, Mapping[str, float]]
"""Series name → member → amount to add."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What is written once in a run's life, with its terminal event and its seal."""

    counts: Counts
    units: int
    """Compute units that the run has cost."""


class EventLog:
    def __init__(self, table: Table, *, clock: Clock, retention_days: int) -> None:
        self._table = table
        self._clock = clock
        self._retention = timedelta(days=retention_days)

    def read(self, org: str, run_id: str, *, after: int = 0, limit: int = 500) -> list[Event]:
        """Events with a number over `after`, in order, at most `limit`: one Query."""
        page = self._table.query(
            _IN_LOG, self._span(org, run_id, after + 1), limit=limit, forward=True
        )
        return [_event_from(item) for item in page.items]

    def last(self, org: str, run_id: str) -> Event | None:
        """The newest event; None before the first."""
        tail = self._tail(org, run_id, 1)
        return tail[0] if tail else None

    def append(
        self,
        org: str,
        run_id: str,
        events: Sequence[Event],
        *,
        closing: Callable[[], Closing],
        stay_open: bool,
        lost: Sequence[Event] | None = None,
    ) -> list[Event]:
        """Number and store the events that are not in the log yet; all of `events` that are in
        the log then, numbered and in order.

        An event that was there already is answered too: whoever stored it may have died before
        it was pushed. Nothing is stored behind a terminal event. For a run that is over `lost` are
        events that its log must have besides: they are stored before the last ones, and answered,
        where the whole log has them not. `closing` is asked once, when the terminal event is
        stored. `stay_open` keeps the run in the open index although it is sealed (its execution
        may have to be stopped yet).
        """
        expires_at = int((self._clock() + self._retention).timestamp())
        waiting = [event for event in events if not event.last]
        waiting += [*(lost or ()), *(event for event in events if event.last)]
        asked = {event.key for event in events}
        found: dict[str, Event] = {}
        while waiting:
            tail = self._tail(org, run_id, _LAST_SEQ if lost is not None else len(events) + 1)
            known = {event.key: event for event in tail}
            found |= {key: event for key, event in known.items() if key in asked}
            waiting = [event for event in waiting if event.key not in known]
            if tail and tail[-1].terminal:
                break
            if not tail and not self.has_run(org, run_id):
                break  # a record that came late, of a run that was deleted meanwhile
            seq = tail[-1].seq if tail else 0
            try:
                while waiting:
                    seq += 1
                    event = replace(waiting[0], seq=seq)
                    put = Put(_event_item(org, run_id, event, expires_at), condition=_IF_FREE)
                    if event.terminal:
                        self._seal(org, run_id, put, closing(), stay_open=stay_open)
                    else:
                        self._table.write(put)
                    found[event.key] = event
                    waiting = [] if event.terminal else waiting[1:]
            except ConditionFailed as failed:
                if 1 in failed.failed:
                    break  # there is no run to seal
                continue  # another appender took the number, or a lost answer was ours: look again
        return sorted(found.values(), key=lambda event: event.seq)

    def _seal(self, org: str, run_id: str, put: Put, closing: Closing, *, stay_open: bool) -> None:
        writes: list[Write] = [
            put,
            Update(
                keys.run_key(org, run_id),
                "SET #sealed = :yes, #units = :units" + ("" if stay_open else " REMOVE #g_open"),
                condition=IF_THERE_AND_NOT_DELETED,
                values={"yes": 1, "units": closing.units},
            ),
        ]
        writes += [add_counts(org, series, members) for series, members in closing.counts.items()]
        self._table.transact(writes)

    def has_run(self, org: str, run_id: str) -> bool:
        """Whether there is a run that this log is of."""
        item = self._table.get(keys.run_key(org, run_id))
        return item is not None and not is_deleted(item)

    def _tail(self, org: str, run_id: str, length: int) -> list[Event]:
        """The last events, oldest first."""
        items: list[Item] = []
        if length >= _LAST_SEQ:
            items = list(self._table.query_all(_IN_LOG, self._span(org, run_id, 1)))
        else:
            page = self._table.query(
                _IN_LOG, self._span(org, run_id, 1), forward=False, limit=length
            )
            items = page.items[::-1]
        return [_event_from(item) for item in items]

    @staticmethod
    def _span(org: str, run_id: str, first: int) -> dict[str, Any]:
        return {
            "pk": keys.run_pk(org, run_id),
            "first": keys.event_key(org, run_id, first)["sk"],
            "last": keys.event_key(org, run_id, _LAST_SEQ)["sk"],
        }


def add_counts(org: str, series: str, members: Mapping[str, float]) -> Update:
    """Add to the members of one metrics item; members are created at 0."""
    from decimal import Decimal

    names = list(members)
    # Member names are labels (`completed`, `http/request|failed`): aliased by number.
    expression = "ADD " + ", ".join(f"#m{number} :m{number}" for number in range(len(names)))
    return Update(
        keys.metrics_key(org, series),
        expression,
        values={f"m{i}": Decimal(str(members[name])) for i, name in enumerate(names)},
        names={f"m{i}": name for i, name in enumerate(names)},
    )


def _event_item(org: str, run_id: str, event: Event, expires_at: int) -> Item:
    return {
        **keys.event_key(org, run_id, event.seq),
        "seq": event.seq,
        "key": event.key,
        "kind": event.kind,
        "at": event.at,
        "data": dump(event.data),
        "expires_at": expires_at,
    }


def _event_from(item: Item) -> Event:
    return Event(item["key"], item["kind"], item["at"], json.loads(item["data"]), item["seq"])
