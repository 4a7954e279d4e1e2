"""Swarms' heads and overlays. A head is written only over the one that was read.

head: status, incarnation, revision, applied        overlay: 1, 2, 3 … revision
── save ── over just that one ──────────────────────
── mutate ── the same, revision + 1 ──────────────── and one more event, in one transaction
── clear_overlay ── events up to revision count no more; then they are deleted
"""

from __future__ import annotations

import builtins
import json
import secrets
from collections.abc import Sequence
from typing import Final

from chalicelib.core.swarms.model import OverlayEvent, Swarm, SwarmEvent
from chalicelib.store import swarm_keys
from chalicelib.store.run_items import dump
from chalicelib.store.swarm_event_items import EventItems
from chalicelib.store.swarm_items import checked, swarm_from, swarm_members
from chalicelib.store.table import ConditionFailed, Delete, Put, Table, Update, Write

_IF_NEW: Final = "attribute_not_exists(#pk)"
_IF_STILL: Final = (
    "#status = :was_status AND #incarnation = :was_incarnation"
    " AND #revision = :was_revision AND #applied = :was_applied"
)
_IN_OVERLAY: Final = "#pk = :pk AND #sk BETWEEN :first AND :last"
_LAST_NUMBER: Final = 999_999


class SwarmHeads:
    """The part of `core.swarms.ports.SwarmStore` that is about heads and overlays."""

    def __init__(self, table: Table, *, shards: int, retention_days: int) -> None:
        self._table = table
        self._events = EventItems(shards=shards, retention_days=retention_days)

    def get(self, org: str, name: str) -> Swarm | None:
        """One GetItem."""
        item = self._table.get(swarm_keys.swarm_head_key(org, name))
        return swarm_from(org, item) if item else None

    def list(self, org: str) -> list[Swarm]:
        """All of an organisation's swarms by name: one Query, a page per MB."""
        pk = swarm_keys.swarm_head_key(org, "")["pk"]
        return [swarm_from(org, item) for item in self._table.query_all("#pk = :pk", {"pk": pk})]

    def create(self, swarm: Swarm, *, over: Swarm | None) -> bool:
        """One write. What was cleared of the overlay of `over` stays so, unless the new head counts
        from 0 again."""
        return self._write(swarm, over, [])

    def save(self, swarm: Swarm, *, expected: Swarm, events: Sequence[SwarmEvent] = ()) -> bool:
        """One write, or one transaction with the events."""
        return self._write(swarm, expected, self._events.puts(swarm.org, events))

    def mutate(
        self, swarm: Swarm, event: OverlayEvent, *, expected: Swarm, events: Sequence[SwarmEvent]
    ) -> bool:
        """One transaction. Raises TooLarge for a payload that no item takes."""
        number = swarm.revision
        if not expected.revision < number <= _LAST_NUMBER:
            raise ValueError(f"no overlay event {number} after {expected.revision}")
        key = swarm_keys.overlay_key(swarm.org, swarm.name, number)
        item = {**key, "op": event.op, "payload": dump(event.payload)}
        record = Put(checked(item, "A mutation"))
        return self._write(swarm, expected, [record, *self._events.puts(swarm.org, events)])

    def _write(self, swarm: Swarm, expected: Swarm | None, more: Sequence[Write]) -> bool:
        """The mark tells a write that held, but whose answer was lost on the way, from another's."""
        mark = secrets.token_hex(8)
        members = {**swarm_members(swarm), "written_by": mark}
        if swarm.revision == 0:
            members["cleared"] = 0
        values = dict(members)
        if expected is not None:
            values |= {
                "was_status": str(expected.status),
                "was_incarnation": expected.incarnation,
                "was_revision": expected.revision,
                "was_applied": expected.applied,
            }
        head = Update(
            swarm_keys.swarm_head_key(swarm.org, swarm.name),
            "SET " + ", ".join(f"#{member} = :{member}" for member in members),
            condition=_IF_NEW if expected is None else _IF_STILL,
            values=values,
        )
        try:
            if more:
                self._table.transact([head, *more])
            else:
                self._table.write(head)
        except ConditionFailed as failed:
            return (failed.old or {}).get("written_by") == mark
        return True

    def overlay(self, org: str, name: str) -> builtins.list[OverlayEvent]:
        """The recorded mutations in order: one GetItem, one Query (a page per MB)."""
        head = self._table.get(swarm_keys.swarm_head_key(org, name))
        if head is None:
            return []
        first = head.get("cleared", 0) + 1
        return [
            OverlayEvent(item["op"], json.loads(item["payload"]))
            for item in self._table.query_all(_IN_OVERLAY, _span(org, name, first))
        ]

    def clear_overlay(self, swarm: Swarm) -> bool:
        """Forget the events up to the swarm's revision, all at once; numbers go on behind them.

        One write, and the deletes after it, which a second call makes up for. False: the head is
        another one by now.
        """
        update = Update(
            swarm_keys.swarm_head_key(swarm.org, swarm.name),
            "SET #cleared = :was_revision",
            condition=_IF_STILL,
            values={
                "was_status": str(swarm.status),
                "was_incarnation": swarm.incarnation,
                "was_revision": swarm.revision,
                "was_applied": swarm.applied,
            },
        )
        try:
            self._table.write(update)
        except ConditionFailed:
            return False
        span = _span(swarm.org, swarm.name, 1, swarm.revision)
        gone = self._table.query_all(_IN_OVERLAY, span, only=("pk", "sk"))
        self._table.write_many([Delete(item) for item in gone])
        return True

    def remove(self, swarm: Swarm) -> None:
        """One write, over that very head only: a swarm that was started meanwhile stays."""
        delete = Delete(
            swarm_keys.swarm_head_key(swarm.org, swarm.name),
            condition=f"{_IF_NEW} OR (#status = :status AND #incarnation = :incarnation)",
            values={"status": str(swarm.status), "incarnation": swarm.incarnation},
        )
        try:
            self._table.write(delete)
        except ConditionFailed:
            return


def _span(org: str, name: str, first: int, last: int = _LAST_NUMBER) -> dict[str, str]:
    return {
        "pk": swarm_keys.swarm_pk(org, name),
        "first": swarm_keys.overlay_key(org, name, first)["sk"],
        "last": swarm_keys.overlay_key(org, name, last)["sk"],
    }
