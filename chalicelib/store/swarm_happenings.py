"""What a record of the stream tells those who watch a swarm: events, lines of logs, nodes' states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.swarms.watching import Happening, of_event, of_life, of_log
from chalicelib.store import swarm_keys
from chalicelib.store.swarm_event_items import event_from
from chalicelib.store.swarm_items import life_from, log_from
from chalicelib.store.wire import Item, from_wire


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened in a swarm. `sequence` is the record's place in its shard."""

    org: str
    swarm: str
    sequence: int
    happening: Happening


def told_by(record: Mapping[str, Any]) -> Told | None:
    """None for a record that nobody is told of: what was deleted, or other items."""
    body = record["dynamodb"]
    key = from_wire(body["Keys"])
    kind, _, _ = key["sk"].partition("#")
    make = _MAKE.get(f"{kind}#")
    if make is None or "NewImage" not in body:
        return None
    old = from_wire(body["OldImage"]) if body.get("OldImage") else None
    happening = make(old, from_wire(body["NewImage"]))
    if happening is None:
        return None
    org, _, swarm = key["pk"].split("#", 2)
    return Told(org, swarm, int(body["SequenceNumber"]), happening)


def _of_event(old: Item | None, new: Item) -> Happening | None:
    """An event that is written again is no new one."""
    return of_event(event_from(new)) if old is None else None


def _of_log(old: Item | None, new: Item) -> Happening | None:
    line = log_from(new)
    return of_log(line.id, line.agent, line) if old is None else None


def _of_life(old: Item | None, new: Item) -> Happening | None:
    before = life_from(old, None) if old is not None else None
    after = life_from(new, None)
    return of_life(before, after, at=after.last_activity or after.started_at)


_MAKE = {
    swarm_keys.EVENT_PREFIX: _of_event,
    swarm_keys.log_prefix("").partition("#")[0] + "#": _of_log,
    swarm_keys.LIFE_PREFIX: _of_life,
}
