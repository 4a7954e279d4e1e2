"""Sign-ins that are under way at an issuer, and who of its people is which user."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from chalicelib.cloud.sealing import Seals, Unreadable
from chalicelib.core.errors import Unavailable
from chalicelib.core.identity.id_tokens import Subject
from chalicelib.core.identity.oidc import Begun
from chalicelib.core.identity.users import User
from chalicelib.store import keys
from chalicelib.store.table import Check, ConditionFailed, Delete, Put, Table, Update
from chalicelib.store.users import Users

_KEPT_SECONDS: Final = 3600
_CONTEXT: Final = {"purpose": "oidc"}


class SignIns:
    """Implements `core.identity.oidc.SignInStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def store(self, begun: Begun) -> None:
        """One write."""
        item = {
            **keys.sign_in_key(begun.state),
            "mark": begun.mark,
            "nonce": begun.nonce,
            "verifier": begun.verifier,
            "ends_at": begun.ends_at,
            "expires_at": begun.ends_at + _KEPT_SECONDS,
        }
        self._table.write(Put(item))

    def take(self, state: str, mark: str, now: float) -> Begun | None:
        """One conditional write. Whoever comes second gets None, be it at the same moment; but the
        same write that the SDK sends twice is one, by its own random word."""
        word = secrets.token_hex(8)
        update = Update(
            keys.sign_in_key(state),
            "SET #taken_by = :word",
            condition="#mark = :mark AND #ends_at > :now"
            " AND (attribute_not_exists(#taken_by) OR #taken_by = :word)",
            values={"word": word, "mark": mark, "now": int(now)},
        )
        try:
            item = self._table.write(update) or {}
        except ConditionFailed:
            return None
        return Begun(state, mark, item["nonce"], item["verifier"], int(item["ends_at"]))


class Subjects:
    """Implements `core.identity.oidc.SubjectDirectory`: an issuer's name for somebody → our user."""

    def __init__(self, table: Table, users: Users) -> None:
        self._table = table
        self._users = users

    def user(self, subject: Subject) -> User | None:
        """Two reads, or one where the subject is not known."""
        item = self._table.get(_key(subject))
        return self._users.by_id(item["org"], item["user"]) if item else None

    def create(self, subject: Subject, user: User) -> User:
        """Store a new user together with the subject: one read, one transaction; the user that the
        subject has then, which is the other one's where two came at once.

        Raises Conflict when the address is another user's, and Unavailable when the organisation
        that the stage names does not exist.
        """
        line = {**_key(subject), "org": user.org, "user": user.id, "sub": subject.sub}
        known = Put(line, condition="attribute_not_exists(#pk)")
        there = Check(keys.org_key(user.org), condition="attribute_exists(#pk)")
        try:
            self._users.create(user, known, there)
        except ConditionFailed as failed:
            found = self.user(subject) if 0 in failed.failed else None
            if found is not None:
                return found
            raise Unavailable(
                f"the organisation {user.org} of this stage's OpenID Connect users does not exist"
            ) from failed
        return user


class ClientSecret:
    """What the stage shows its issuer, sealed; stages whose client is a public one have none."""

    def __init__(self, table: Table, seals: Seals) -> None:
        self._table = table
        self._seals = seals

    def get(self) -> str | None:
        """One read, and one call of KMS where there is one. Raises Unavailable."""
        item = self._table.get(keys.client_secret_key())
        if item is None:
            return None
        try:
            return self._seals.open(item["sealed"], _CONTEXT).decode()
        except Unreadable as gone:
            raise Unavailable("the client secret of the issuer cannot be opened") from gone

    def put(self, secret: str) -> None:
        """Store it, or put it in the place of the one there is. For the stage's owner: no function
        may seal with this key."""
        sealed = self._seals.seal(secret.encode(), _CONTEXT)
        self._table.write(Put({**keys.client_secret_key(), "sealed": sealed}))

    def forget(self) -> None:
        """Take it away: the client is a public one then."""
        self._table.write(Delete(keys.client_secret_key()))


def _key(subject: Subject) -> dict[str, str]:
    digest = hashlib.sha256(f"{subject.issuer}\n{subject.sub}".encode()).hexdigest()
    return keys.subject_key(digest)
