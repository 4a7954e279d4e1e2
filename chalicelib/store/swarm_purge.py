"""How all of a swarm but its head goes: in pages, as far as the time lasts, and again from there.

Lives and mailboxes go first, each pair in one transaction. After that nothing is left that a swarm
which is started anew, before all is gone, could take for its own: old mail is numbered beyond what
its mailboxes have received.
"""

from __future__ import annotations

import time
from typing import Final

from chalicelib.core.swarms.model import INLINE_SEEDS, Swarm
from chalicelib.store import swarm_keys
from chalicelib.store.blobs import Blobs
from chalicelib.store.swarm_seeds import swarm_prefix
from chalicelib.store.table import Delete, Table, Write
from chalicelib.store.wire import Item

_IN_SWARM: Final = "#pk = :pk AND begins_with(#sk, :prefix)"
_FROM: Final = "#pk = :pk AND #sk >= :first"
_KEY: Final = ("pk", "sk")
_PAIRS: Final = 25
"""Nodes of one transaction."""
_PAGE: Final = 500
"""Items between two looks at the clock."""


def agents_prefix(org: str, swarm: str) -> str:
    """Where what was written for a swarm's agents alone is."""
    return f"{swarm_prefix(org)}{swarm}/agents/"


class SwarmPurge:
    """The part of `core.swarms.ports.SwarmStore` that deletes."""

    _table: Table
    _blobs: Blobs

    def purge(self, swarm: Swarm, *, seconds: float, events: bool = True) -> bool:
        """Delete everything of a swarm but its head, and its events too unless they are to stay.

        The nodes' lives go whatever the time; then pages of items and of objects, as long as there
        is some. False when it was not enough: what is left is there for the next call.
        """
        end = time.monotonic() + seconds
        self._end_all(swarm)
        # Events have the least sort keys of all, and go last: backwards.
        first = swarm_keys.EVENT_PREFIX + ("" if events else "\uffff")
        span = {"pk": swarm_keys.swarm_pk(swarm.org, swarm.name), "first": first}
        return self._delete_items(span, end) and self._delete_objects(swarm, end)

    def _end_all(self, swarm: Swarm) -> None:
        """A life and its mailbox in one transaction: either without the other is of no use."""
        values = {"pk": swarm_keys.swarm_pk(swarm.org, swarm.name)}
        found = [
            item["sk"].removeprefix(prefix)
            for prefix in (swarm_keys.LIFE_PREFIX, swarm_keys.BOX_PREFIX)
            for item in self._table.query_all(_IN_SWARM, {**values, "prefix": prefix}, only=_KEY)
        ]
        nodes = sorted(set(found))
        for first in range(0, len(nodes), _PAIRS):
            writes: list[Write] = []
            for node in nodes[first : first + _PAIRS]:
                writes.append(Delete(swarm_keys.life_key(swarm.org, swarm.name, node)))
                writes.append(Delete(swarm_keys.box_key(swarm.org, swarm.name, node)))
            self._table.transact(writes)

    def _delete_items(self, span: dict[str, str], end: float) -> bool:
        """Those of watchers stay: their sockets are open, and the swarm may be started anew."""
        start: Item | None = None
        while True:
            page = self._table.query(
                _FROM, span, only=_KEY, limit=_PAGE, forward=False, start=start
            )
            gone = [i for i in page.items if not i["sk"].startswith(swarm_keys.WATCHER_PREFIX)]
            self._table.write_many([Delete(item) for item in gone])
            start = page.next
            if start is None:
                return True
            if time.monotonic() >= end:
                return False

    def _delete_objects(self, swarm: Swarm, end: float) -> bool:
        """A listing and a DeleteObjects for each 1,000."""
        inline = f"{swarm_prefix(swarm.org)}{INLINE_SEEDS}{swarm.name}/"
        for prefix in (agents_prefix(swarm.org, swarm.name), inline):
            while self._blobs.delete_some(prefix):
                if time.monotonic() >= end:
                    return False
        return True
