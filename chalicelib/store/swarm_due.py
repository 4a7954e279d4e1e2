"""Which outbox items are still due: an item for each, put with it, gone once all is delivered.

commit, post   OUT and DUE in one transaction
the router     delivers, then deletes DUE
the reconciler lists DUE, which is nearly always empty: what the stream has lost is found here
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from chalicelib.core.swarms.model import Outbox
from chalicelib.store.swarm_items import outgoing_from
from chalicelib.store.swarm_keys import DUE_PREFIX, due_key, out_key, swarm_pk
from chalicelib.store.table import Delete, Put, Table
from chalicelib.store.wire import Item

_MOST: Final = 100
"""BatchGetItem's limit."""
_UNTIL: Final = "#pk = :pk AND #sk BETWEEN :first AND :last"


class SwarmDue:
    """The part of `core.swarms.ports.MailStore` that is about what has to be delivered."""

    _table: Table

    def due(self, org: str, swarm: str, *, before: str) -> list[tuple[str, str]]:
        """One Query of small items, a page per MB."""
        span = {
            "pk": swarm_pk(org, swarm),
            "first": due_key(org, swarm, "")["sk"],
            "last": due_key(org, swarm, before)["sk"],
        }
        found = []
        for item in self._table.query_all(_UNTIL, span, only=("out",)):
            _, sender, out = item["out"].split("#")
            found.append((sender, out))
        return found

    def outboxes(self, org: str, swarm: str, due: Sequence[tuple[str, str]]) -> list[Outbox]:
        """One BatchGetItem for each 100."""
        wanted = [out_key(org, swarm, sender, out) for sender, out in due]
        items: list[Item] = []
        for first in range(0, len(wanted), _MOST):
            items += self._table.get_many(wanted[first : first + _MOST])
        return [outbox_of(item) for item in sorted(items, key=lambda item: item["id"])]

    def delivered(self, org: str, swarm: str, outboxes: Iterable[Outbox]) -> None:
        """One BatchWriteItem for each 25."""
        self._table.write_many([Delete(due_key(org, swarm, one.id)) for one in outboxes])


def due_put(sent: Put) -> Put:
    """What is put with an outbox item, and expires with it."""
    item = sent.item
    key = {"pk": item["pk"], "sk": f"{DUE_PREFIX}{item['id']}"}
    return Put({**key, "out": item["sk"], "expires_at": item["expires_at"]})


def outbox_of(item: Item) -> Outbox:
    """An outbox item as it is in the table or in the stream."""
    return Outbox(item["id"], item["sender"], item["at"], outgoing_from(item))
