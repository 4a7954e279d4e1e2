"""Organisations: the platform's register of them. What belongs to one is under its own keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.errors import Conflict
from chalicelib.core.identity.users import User
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Put, Table, Write
from chalicelib.store.users import Users


class Orgs:
    def __init__(self, table: Table) -> None:
        self._table = table

    def ids(self) -> list[str]:
        """Every organisation's id: one Query."""
        pk = keys.org_key("")["pk"]
        return [item["sk"] for item in self._table.query_all("#pk = :pk", {"pk": pk})]

    def create(self, org: str, name: str, created_at: str) -> bool:
        """Register an organisation. False when it is registered already."""
        item = {**keys.org_key(org), "name": name, "created_at": created_at}
        return self._put(item)

    def first(self) -> str:
        """The organisation that was registered first; empty on a stage without one: one Query."""
        pk = keys.org_key("")["pk"]
        found = self._table.query_all("#pk = :pk", {"pk": pk}, only=("sk", "created_at"))
        return min(((item["created_at"], item["sk"]) for item in found), default=("", ""))[1]

    def create_with(self, admin: User, name: str, *also: Write) -> None:
        """Register an organisation together with its first user: one read, one transaction.

        Raises Conflict when there is one of that id, or the address is somebody's; ConditionFailed
        when one of `also` may not be, with its place among them.
        """
        item = {**keys.org_key(admin.org), "name": name, "created_at": admin.created_at}
        new = Put(item, condition="attribute_not_exists(#pk)")
        try:
            Users(self._table).create(admin, *also, new)
        except ConditionFailed as failed:
            if min(failed.failed) < len(also):
                raise
            raise Conflict(f"there is an organisation named {name!r} already") from failed

    def _put(self, item: Mapping[str, Any]) -> bool:
        try:
            self._table.write(Put(item, condition="attribute_not_exists(#pk)"))
        except ConditionFailed:
            return False
        return True
