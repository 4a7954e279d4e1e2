"""Events of swarms as items, and under which keys the indexes list them.

the filter            the index             its partition       its order
──────────────────    ──────────────────    ────────────────    ──────────────────
none                  recent                all                 at
a swarm               (the table itself)
a type                by_status             t:<type>            at
a swarm, a type       by_workflow_status    t:<type>            <swarm>#<at>
an agent              open                  n:<agent>           at
a swarm, an agent     by_workflow           a:<swarm>/<agent>   at
an agent, a type      by_agent_type         <agent>/<type>      <swarm>#<at>
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from chalicelib.core.swarms.model import SwarmEvent
from chalicelib.store import keys, swarm_keys
from chalicelib.store.run_items import dump
from chalicelib.store.swarm_items import checked, expiry
from chalicelib.store.table import Put
from chalicelib.store.wire import Item


class EventItems:
    """Makes the writes of events, for whoever has some to write with something else."""

    def __init__(self, *, shards: int, retention_days: int) -> None:
        self._shards = shards
        self._retention = timedelta(days=retention_days)

    def puts(self, org: str, events: Iterable[SwarmEvent]) -> list[Put]:
        """One write each. An event that is there already is written as it is, which is no change.

        Raises TooLarge for one over `swarm_items.MOST_ITEM_BYTES`.
        """
        return [Put(checked(self._item(org, event), "An event")) for event in events]

    def _item(self, org: str, event: SwarmEvent) -> Item:
        at = f"{event.timestamp}#{event.id}"

        def listed(value: str) -> str:
            shard = keys.shard_of(event.id, self._shards)
            return keys.listing(org, swarm_keys.KIND, value, shard)

        item: Item = {
            **swarm_keys.swarm_event_key(org, event.swarm, event.timestamp, event.id),
            "event_id": event.id,
            "timestamp": event.timestamp,
            "level": event.level,
            "category": event.category,
            "swarm": event.swarm,
            "agent": event.agent,
            "event_type": event.event_type,
            "message": event.message,
            "metadata": dump(event.metadata) if event.metadata else None,
            "expires_at": expiry(event.timestamp, self._retention),
            "g_all": listed("all"),
            "g_status": listed(f"t:{event.event_type}"),
            "at": at,
            "workflow_at": f"{event.swarm}#{at}",
        }
        if event.agent is not None:
            item |= {
                "g_open": listed(f"n:{event.agent}"),
                "g_workflow": listed(f"a:{event.swarm}/{event.agent}"),
                "g_agent_type": listed(f"{event.agent}/{event.event_type}"),
            }
        return item


def event_from(item: Mapping[str, Any]) -> SwarmEvent:
    return SwarmEvent(
        id=item["event_id"],
        timestamp=item["timestamp"],
        level=item["level"],
        category=item["category"],
        swarm=item["swarm"],
        agent=item.get("agent"),
        event_type=item["event_type"],
        message=item["message"],
        metadata=json.loads(item["metadata"]) if "metadata" in item else {},
    )
