"""The register of what works for triggers outside: a line per schedule, rule and claimed path."""

from __future__ import annotations

from typing import Final

from chalicelib.core.triggers.follow import Placed
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Delete, Table, Update
from chalicelib.store.wire import Item

_KEEP: Final = (
    "SET #name = :name, #trigger = :trigger, #kind = :kind, #version = :version, #touched = :touched,"
    " #path = :path"
)
_IF_MINE: Final = (
    "attribute_not_exists(#pk) OR (#version <= :version AND attribute_not_exists(#leaving))"
)
_IF_STILL: Final = "#version = :version AND #touched = :touched"


class TriggerRegister:
    """Implements `core.triggers.follow.Register`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self, org: str, workflow: str) -> list[Placed]:
        """One Query; for nearly every workflow it finds nothing."""
        pk = keys.trigger_key(org, workflow, "")["pk"]
        return [_placed_from(item) for item in self._table.query_all("#pk = :pk", {"pk": pk})]

    def keep(self, org: str, workflow: str, placed: Placed) -> bool:
        """One write."""
        values = {
            "name": placed.name,
            "trigger": placed.trigger,
            "kind": placed.kind,
            "version": placed.version,
            "touched": placed.at,
            "path": placed.path,
        }
        key = keys.trigger_key(org, workflow, placed.name)
        try:
            self._table.write(Update(key, _KEEP, condition=_IF_MINE, values=values))
        except ConditionFailed:
            return False
        return True

    def leave(self, org: str, workflow: str, placed: Placed) -> bool:
        """One write, which may be repeated."""
        leave = Update(
            keys.trigger_key(org, workflow, placed.name),
            "SET #leaving = :yes",
            condition=_IF_STILL,
            values={"version": placed.version, "touched": placed.at, "yes": 1},
        )
        try:
            self._table.write(leave)
        except ConditionFailed:
            return False
        return True

    def forget(self, org: str, workflow: str, placed: Placed) -> None:
        """One write. A line that is leaving never comes back, so there is nothing to compare."""
        self._table.write(Delete(keys.trigger_key(org, workflow, placed.name)))


def _placed_from(item: Item) -> Placed:
    return Placed(
        name=item["name"],
        trigger=item["trigger"],
        kind=item["kind"],
        version=item["version"],
        at=item["touched"],
        path=item["path"],
        leaving=bool(item.get("leaving")),
    )
