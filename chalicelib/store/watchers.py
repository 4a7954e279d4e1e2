"""Who watches a swarm: one item for each socket that has joined its topic (S3).

It stands in the swarm's partition, where the stream's consumer finds all watchers with one Query, and
once more in the connection's, so that a closed socket takes it along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.swarms.phoenix import V1, V2, Version
from chalicelib.store import swarm_keys
from chalicelib.store.table import ConditionFailed, Delete, Put, Table, Update
from chalicelib.store.wire import Item

MOST_FILTERS: Final = 20
"""Sets of filters that one watcher may have."""
_THERE: Final = "attribute_exists(#pk)"
_IN_SWARM: Final = "#pk = :pk AND begins_with(#sk, :prefix)"

Filters = Mapping[str, str]
"""`level`, `category`, `agent`, `event_type`: all that are there must hold."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A joined topic. `logs` are the agents whose logs are wanted; `everyone` for all of them."""

    org: str
    swarm: str
    connection: str
    version: Version
    join_ref: str | None
    expires_at: int
    everyone: bool = False
    logs: tuple[str, ...] = ()
    events: tuple[Filters, ...] = ()
    told: frozenset[str] = frozenset()
    """Ids of events and log lines that were in the answer to a subscription: they come no more."""
    sent: int = 0
    """Up to which record of the stream it was sent everything."""


class Watchers:
    def __init__(self, table: Table) -> None:
        self._table = table

    def join(self, watcher: Watcher) -> None:
        """Watch from now on; a second join of the same topic begins anew."""
        item = {
            "org": watcher.org,
            "swarm": watcher.swarm,
            "connection": watcher.connection,
            "vsn": watcher.version,
            "join_ref": watcher.join_ref,
            "expires_at": watcher.expires_at,
        }
        self._table.transact(
            [Put({**_in_swarm(watcher), **item}), Put({**_in_connection(watcher), **item})]
        )

    def get(self, org: str, swarm: str, connection: str) -> Watcher | None:
        item = self._table.get(swarm_keys.watcher_key(org, swarm, connection))
        return _watcher_from(item) if item else None

    def of_swarm(self, org: str, swarm: str) -> list[Watcher]:
        """Everyone who watches a swarm: one consistent Query."""
        values = {"pk": swarm_keys.swarm_pk(org, swarm), "prefix": swarm_keys.WATCHER_PREFIX}
        return [_watcher_from(item) for item in self._table.query_all(_IN_SWARM, values)]

    def leave(self, watcher: Watcher) -> None:
        """One that has left already is fine."""
        self._table.transact([Delete(_in_swarm(watcher)), Delete(_in_connection(watcher))])

    def want_logs(self, watcher: Watcher, agents: Sequence[str], *, everyone: bool) -> bool:
        """These agents' logs from now on. False: it has left meanwhile."""
        return self._set(watcher, {"logs": list(agents), "everyone": everyone})

    def want_events(self, watcher: Watcher, events: Sequence[Filters]) -> bool:
        """Events that one of these sets of filters lets through. False: it has left meanwhile."""
        return self._set(watcher, {"events": [dict(one) for one in events]})

    def tell(self, watcher: Watcher, told: Sequence[str]) -> bool:
        """These were in the answer to a subscription."""
        return self._set(watcher, {"told": list(told)})

    def mark_sent(self, watcher: Watcher, sequence: int) -> None:
        """Everything up to this record of the stream was sent to it."""
        # As text: the number has more digits than DynamoDB's numbers.
        self._set(watcher, {"sent": str(sequence)})

    def _set(self, watcher: Watcher, members: Mapping[str, Any]) -> bool:
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in members)
        try:
            self._table.write(Update(_in_swarm(watcher), expression, _THERE, members))
        except ConditionFailed:
            return False
        return True


def drop_watcher(item: Item) -> list[Delete]:
    """What a closed socket takes along of a topic, from its own item."""
    watcher = _watcher_from(item)
    return [Delete(_in_swarm(watcher)), Delete(_in_connection(watcher))]


def _in_swarm(watcher: Watcher) -> dict[str, str]:
    return swarm_keys.watcher_key(watcher.org, watcher.swarm, watcher.connection)


def _in_connection(watcher: Watcher) -> dict[str, str]:
    return swarm_keys.joined_key(watcher.connection, watcher.swarm)


def _watcher_from(item: Item) -> Watcher:
    return Watcher(
        org=item["org"],
        swarm=item["swarm"],
        connection=item["connection"],
        version=V2 if item["vsn"] == V2 else V1,
        join_ref=item.get("join_ref"),
        expires_at=item["expires_at"],
        everyone=bool(item.get("everyone")),
        logs=tuple(item.get("logs", ())),
        events=tuple(item.get("events", ())),
        told=frozenset(item.get("told", ())),
        sent=int(item.get("sent", "0")),
    )
