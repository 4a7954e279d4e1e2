"""Users: an item of their organisation by their id, and one of the platform that finds them by their
address.

An address belongs to one user of the whole stage, because a login names no organisation. Users are
never deleted, so each has a number in its organisation for good, counted from 1: a page from any
offset is a Query of numbers, and the count is the total.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.core.errors import Conflict, Unavailable
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Role
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Put, Table, Update, Write

_NEW: Final = "attribute_not_exists(#pk)"
_MOST_KEYS: Final = 100
_MOST_TURNS: Final = 20


class Users:
    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, user: User, *also: Write) -> None:
        """Store a new user, and whatever else belongs to it: one read, one transaction.

        Raises Conflict when the address is somebody's, ConditionFailed when one of `also` may not
        be, with its place among them.
        """
        for _ in range(_MOST_TURNS):
            try:
                self._table.transact([*also, *self._new(user)])
                return
            except ConditionFailed as failed:
                if any(place < len(also) for place in failed.failed):
                    raise
                if len(also) in failed.failed:
                    words = f"there is a user of the address {user.email!r} already"
                    raise Conflict(words) from failed
            # Somebody else got the number meanwhile.
            time.sleep(random.uniform(0, 0.05))  # noqa: S311 - jitter
        raise Unavailable("DynamoDB: others created users all the time")

    def ensure(self, user: User) -> None:
        """Store a user unless there is one of that address."""
        try:
            self.create(user)
        except Conflict:
            return

    def by_id(self, org: str, user_id: str) -> User | None:
        """The user of an organisation with that id: one read."""
        item = self._table.get(keys.user_key(org, user_id))
        return _user(item) if item else None

    def by_email(self, email: str) -> User | None:
        """Whoever has this address: two reads, also where nobody has it, so that it takes as long."""
        address = self._table.get(keys.address_key(email)) or {}
        return self.by_id(address.get("org", keys.PLATFORM), address.get("id", email))

    def page(self, org: str, limit: int, offset: int) -> tuple[Sequence[User], int]:
        """Users of an organisation in the order in which they were created, and how many there are.

        One GetItem, one Query of the page and a BatchGetItem for each 100 of it, however many
        there are and however deep the page is.
        """
        found = self._table.query(
            "#pk = :pk AND #sk BETWEEN :first AND :last",
            {
                "pk": keys.user_number_key(org, 0)["pk"],
                "first": keys.user_number_key(org, offset + 1)["sk"],
                "last": keys.user_number_key(org, offset + limit)["sk"],
            },
        )
        ids = [item["id"] for item in found.items]
        users: dict[str, User] = {}
        for at in range(0, len(ids), _MOST_KEYS):
            part = [keys.user_key(org, user_id) for user_id in ids[at : at + _MOST_KEYS]]
            users |= {item["id"]: _user(item) for item in self._table.get_many(part)}
        return [users[user_id] for user_id in ids], self._count(org)

    def _count(self, org: str) -> int:
        item = self._table.get(keys.user_count_key(org))
        return int(item["count"]) if item else 0

    def _new(self, user: User) -> list[Write]:
        """The writes of a new user; its address is the first of them."""
        before = self._count(user.org)
        return [
            Put({**keys.address_key(user.email), "org": user.org, "id": user.id}, _NEW),
            Put(_item(user), _NEW),
            Put({**keys.user_number_key(user.org, before + 1), "id": user.id}, _NEW),
            Update(
                keys.user_count_key(user.org),
                "SET #count = :next",
                condition="#count = :before" if before else "attribute_not_exists(#count)",
                values={"next": before + 1, "before": before} if before else {"next": 1},
            ),
        ]


def _item(user: User) -> dict[str, Any]:
    return {
        **keys.user_key(user.org, user.id),
        "id": user.id,
        "email": user.email,
        "org": user.org,
        "role": user.role.word,
        "password_hash": user.password_hash,
        "created_at": user.created_at,
        "disabled": user.disabled,
        "generation": user.generation,
    }


def _user(item: Mapping[str, Any]) -> User:
    return User(
        id=item["id"],
        email=item["email"],
        org=item["org"],
        role=Role.named(item["role"]),
        password_hash=item["password_hash"],
        created_at=item["created_at"],
        disabled=item.get("disabled", False),
        generation=int(item.get("generation", 1)),
    )
