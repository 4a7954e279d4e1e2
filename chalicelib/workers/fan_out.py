"""The stream's one consumer: numbers events, counts what ended, and posts to sockets.

DynamoDB delivers the records of one run in order and one batch at a time, which is what makes this
the place where a run's events get their order. A batch that fails is delivered again; everything
here may be done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.cloud.post import Gone, Post
from chalicelib.core.runs.events import (
    Event,
    all_events,
    run_events,
    step_events,
    with_method_output,
)
from chalicelib.core.runs.model import RunDetail, RunStatus
from chalicelib.core.runs.ports import RunStore
from chalicelib.store import keys
from chalicelib.store.log import Closing, EventLog
from chalicelib.store.metrics import counts_of
from chalicelib.store.run_items import is_deleted, run_from, step_from
from chalicelib.store.sockets import Sockets, Subscription
from chalicelib.store.units import charge_of
from chalicelib.store.wire import from_wire
from chalicelib.workers.frames import done_frame, event_frame

_STAY_OPEN = frozenset({RunStatus.CANCELLED, RunStatus.TIMED_OUT})
"""Runs whose execution was stopped from outside: only the reconciler knows that it is over."""


@dataclass(frozen=True, slots=True)
class Change:
    """Events of one run out of one batch, in order."""

    org: str
    run_id: str
    events: tuple[Event, ...]


def changes_of(records: Iterable[Mapping[str, Any]]) -> list[Change]:
    """The events in a batch of stream records, by run. Deletions and other items have none."""
    events: dict[tuple[str, str], list[Event]] = {}
    for record in records:
        body = record["dynamodb"]
        key = from_wire(body["Keys"])
        if "NewImage" not in body or not key["sk"].startswith((keys.RUN_SK, keys.STEP_PREFIX)):
            continue
        org, _, run_id = key["pk"].split("#", 2)
        new = from_wire(body["NewImage"])
        if is_deleted(new):
            continue
        old = from_wire(body["OldImage"]) if body.get("OldImage") else None
        if key["sk"] == keys.RUN_SK:
            found = run_events(run_from(old) if old else None, run_from(new))
        else:
            found = step_events(step_from(old) if old else None, step_from(new))
        events.setdefault((org, run_id), []).extend(found)
    return [Change(org, run_id, tuple(found)) for (org, run_id), found in events.items() if found]


def _all_but(events: Sequence[Event], detail: RunDetail) -> list[Event]:
    """What else than these the log of a run that is over must have."""
    known = {event.key for event in events}
    return [event for event in all_events(detail) if event.key not in known]


class FanOut:
    def __init__(
        self,
        *,
        runs: RunStore,
        log: EventLog,
        sockets: Sockets,
        post: Post,
        follow: Callable[[RunDetail], None],
        ended: Callable[[RunDetail], None],
        units: Callable[[RunDetail], int],
    ) -> None:
        """`follow` does what follows from a run's end, before its log is closed; `ended` is told of
        each run whose log was closed. Both may be told of a run twice. `units` says what it has
        cost."""
        self._units = units
        self._follow = follow
        self._ended = ended
        self._runs = runs
        self._log = log
        self._sockets = sockets
        self._post = post

    def handle(self, records: Iterable[Mapping[str, Any]]) -> int:
        """One batch of stream records; how many events were logged and posted."""
        total = 0
        for change in changes_of(records):
            total += len(self._append(change.org, change.run_id, change.events))
        return total

    def seal(self, org: str, run_id: str) -> None:
        """Make the log of a run that is over whole, from its items (the reconciler's repair)."""
        detail = self._runs.detail(org, run_id)
        if detail is not None and not detail.run.live:
            self._append(org, run_id, all_events(detail), detail=detail)

    def _append(
        self,
        org: str,
        run_id: str,
        events: Iterable[Event],
        *,
        detail: RunDetail | None = None,
    ) -> list[Event]:
        """Log and deliver events; with the last of them all that the log must have by then.

        A log is closed whole: what the stream has lost (a batch that was given up, an emulator that
        was restarted) is told from the run's items.
        """
        waiting = list(events)
        if detail is None and any(event.terminal for event in waiting):
            detail = self._runs.detail(org, run_id)
        if detail is not None:
            waiting = with_method_output(waiting, detail)
            self._follow(detail)
        run = detail.run if detail else None
        logged = self._log.append(
            org,
            run_id,
            waiting,
            closing=lambda: self._closing(detail),
            stay_open=run is not None and run.status in _STAY_OPEN,
            lost=_all_but(waiting, detail) if detail else None,
        )
        if logged:
            self._deliver(org, run_id, logged)
        if detail is not None and logged and logged[-1].terminal:
            self._ended(detail)
        return logged

    def _closing(self, detail: RunDetail | None) -> Closing:
        if detail is None:
            return Closing({}, 0)
        units = self._units(detail)
        return Closing({**counts_of(detail), **charge_of(detail.run, units)}, units)

    def _deliver(self, org: str, run_id: str, events: list[Event]) -> None:
        for subscription in self._sockets.of_run(org, run_id):
            if not subscription.live:
                continue
            try:
                self._send(subscription, events)
            except Gone:
                self._sockets.forget(subscription.connection)

    def _send(self, subscription: Subscription, events: list[Event]) -> None:
        for event in events:
            if event.seq <= subscription.after:
                continue
            self._post.frame(subscription.connection, event_frame(subscription.request, event))
            if event.terminal:
                self._post.frame(subscription.connection, done_frame(subscription.request))
                self._sockets.unsubscribe(subscription)
