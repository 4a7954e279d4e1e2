"""What an admin changes of users, and what it ends.

    read the user ── one transaction: the change, its generation + 1, the entry in the list of what
                     was revoked ── take back its API tokens that it may not have any more

Whoever dies in between is repaired by the same change again: it counts the generation up once more
and looks at the tokens again. Tokens cannot be made meanwhile: making one looks at the generation.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.identity.passwords import hashed
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Principal, Role
from chalicelib.store import keys
from chalicelib.store.api_tokens import ApiTokens
from chalicelib.store.revocations import Revocations
from chalicelib.store.table import ConditionFailed, Table, Update
from chalicelib.store.users import Users


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be another; None stays as it is."""

    role: Role | None = None
    disabled: bool | None = None
    password: str | None = None


class UserChanges:
    def __init__(
        self, table: Table, users: Users, revocations: Revocations, tokens: ApiTokens
    ) -> None:
        self._table = table
        self._users = users
        self._revocations = revocations
        self._tokens = tokens

    def change(self, caller: Principal, user_id: str, change: Change) -> User:
        """Change a user of the caller's organisation; the user then. Its logins end within 60
        seconds; so do its API tokens if it is disabled, and those above a new role.

        Raises NotFound, and Conflict when somebody else changes the user at this moment, or an
        admin takes away the own role.
        """
        before = self._users.by_id(caller.org, user_id)
        if before is None:
            raise NotFound(f"user {user_id!r} not found")
        if before.id == caller.owner and (change.disabled or change.role not in (None, Role.ADMIN)):
            raise Conflict("nobody disables or lowers themselves: another admin has to")
        after = self._write(before, change)
        for line in self._tokens.lines(caller.org):
            if line.owner == user_id and (after.disabled or line.role > after.role):
                self._tokens.delete(caller.org, line)
        return after

    def _write(self, before: User, change: Change) -> User:
        generation = before.generation + 1
        values = {
            "role": (change.role or before.role).word,
            "disabled": before.disabled if change.disabled is None else change.disabled,
            "hash": hashed(change.password) if change.password else before.password_hash,
            "next": generation,
            "generation": before.generation,
            "id": before.id,
        }
        update = Update(
            keys.user_key(before.org, before.id),
            "SET #role = :role, #disabled = :disabled, #password_hash = :hash, #generation = :next",
            condition="#id = :id AND #generation = :generation",
            values=values,
        )
        try:
            self._table.transact([update, self._revocations.of_user(before.id, generation)])
        except ConditionFailed as failed:
            raise Conflict("the user was changed meanwhile") from failed
        found = self._users.by_id(before.org, before.id)
        if found is None:
            raise NotFound(f"user {before.id!r} not found")
        return found
