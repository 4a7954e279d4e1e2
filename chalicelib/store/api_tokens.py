"""API tokens that people make and take back: a line in their organisation's list beside each token.

A token is found by its name and hash (`tokens`), its line by the organisation and the name, so a name
is one token's there. Both are written and deleted in one transaction. Who makes one is looked at
again in it: a token or a user that was ended a moment ago, and is still remembered here, makes none.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import Conflict, NotFound, Unauthorized
from chalicelib.core.identity.jwts import generation_of
from chalicelib.core.ids import new_id
from chalicelib.core.roles import Principal, Role
from chalicelib.store import keys
from chalicelib.store.table import Check, ConditionFailed, Delete, Put, Table
from chalicelib.store.tokens import Token, secret_hash, token_item
from chalicelib.store.wire import Item

_MOST_KEYS = 100
MOST_TOKENS: Final = 1_000
"""Of one organisation: so many fit into one Query, which is what a list of them costs at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """What may be seen of a token. Times are RFC 3339; `owner` is a user's id, empty for nobody's;
    `last_used_at` is up to some minutes old."""

    id: str
    name: str
    role: Role
    owner: str
    created_at: str
    expires_at: str
    digest: str
    last_used_at: str | None = None


class ApiTokens:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(
        self,
        caller: Principal,
        bearer: str,
        name: str,
        role: Role,
        seconds: int,
        *,
        also: Callable[[Token], Sequence[Put]] = lambda token: (),
    ) -> tuple[Token, str]:
        """A new token of the caller's organisation, and its text, which is nowhere else: one count,
        one transaction, with what is `also` to be remembered of it. Raises Conflict for a name that
        a living token has and where there are MOST_TOKENS, Unauthorized when the caller was ended
        meanwhile, ConditionFailed when one of `also` may not be."""
        if self._count(caller.org) >= MOST_TOKENS:
            raise Conflict(f"the organisation has {MOST_TOKENS} tokens: take one back first")
        now = self._clock()
        secret = secrets.token_urlsafe(32)
        token = Token(
            id=new_id("tok", now),
            name=name,
            org=caller.org,
            role=role,
            created_at=rfc3339(now),
            expires_at=rfc3339(now + timedelta(seconds=seconds)),
            owner=caller.owner,
        )
        line = Put(
            line_item(token, secret),
            condition="attribute_not_exists(#pk) OR #ends_at <= :now",
            values={"now": token.created_at},
        )
        more = also(token)
        new = [line, Put(token_item(token, secret))]
        try:
            self._table.transact([*more, *new, *_still(caller, bearer)])
        except ConditionFailed as failed:
            if min(failed.failed) < len(more):
                raise
            if len(more) in failed.failed:
                raise Conflict(f"there is a token named {name!r} already") from failed
            raise Unauthorized("the token is not valid") from failed
        return token, f"{name}.{secret}"

    def lines(self, org: str) -> list[Line]:
        """The organisation's tokens by name, without their last use: one Query."""
        return list(self._lines(org))

    def with_last_use(self, lines: Sequence[Line]) -> list[Line]:
        """The same lines with their last use: one BatchGetItem for each 100."""
        used: dict[str, str] = {}
        for at in range(0, len(lines), _MOST_KEYS):
            part = [keys.token_key(line.name, line.digest) for line in lines[at : at + _MOST_KEYS]]
            for item in self._table.get_many(part, only=("sk", "used_at")):
                if "used_at" in item:
                    used[item["sk"]] = item["used_at"]
        return [replace(line, last_used_at=used.get(line.digest)) for line in lines]

    def revoke(self, caller: Principal, token_id: str) -> None:
        """Take a token back: one Query, one transaction; it stops working within 30 seconds.

        Raises NotFound where there is none of that id that the caller may see.
        """
        for line in self._lines(caller.org):
            if line.id == token_id and visible(line, caller):
                self.delete(caller.org, line)
                return
        raise NotFound(f"token {token_id!r} not found")

    def delete(self, org: str, line: Line) -> None:
        """Take a token back whose line is known. One that is gone already is no problem."""
        mine = Delete(
            keys.org_token_key(org, line.name), condition="#id = :id", values={"id": line.id}
        )
        try:
            self._table.transact([mine, Delete(keys.token_key(line.name, line.digest))])
        except ConditionFailed:
            # Somebody else took it back meanwhile, or its name was given away after its end.
            self._table.write(Delete(keys.token_key(line.name, line.digest)))

    def _count(self, org: str) -> int:
        pk = keys.org_token_key(org, "")["pk"]
        return self._table.query("#pk = :pk", {"pk": pk}, count_only=True).count

    def _lines(self, org: str) -> Iterator[Line]:
        pk = keys.org_token_key(org, "")["pk"]
        for item in self._table.query_all("#pk = :pk", {"pk": pk}):
            yield _line(item)


def visible(line: Line, caller: Principal) -> bool:
    """Whether a caller may see a token and take it back: an admin any, others their own."""
    own = bool(caller.owner) and line.owner == caller.owner
    return caller.role is Role.ADMIN or own or line.id == caller.token_id


def line_item(token: Token, secret: str) -> Item:
    """The line of a token in its organisation's list, as it is stored."""
    item = token_item(token, secret)
    digest = item.pop("sk")
    return {**item, **keys.org_token_key(token.org, token.name), "digest": digest}


def _line(item: Item) -> Line:
    return Line(
        id=item["id"],
        name=item["name"],
        role=Role.named(item["role"]),
        owner=item["owner"],
        created_at=item["created_at"],
        expires_at=item["ends_at"],
        digest=item["digest"],
    )


def _still(caller: Principal, bearer: str) -> list[Check]:
    """That who asks is still good: a user of this generation, or a token that exists."""
    if caller.user_id:
        good = "#id = :id AND #disabled = :no AND #generation = :generation"
        values = {"id": caller.user_id, "no": False, "generation": generation_of(caller.token_id)}
        return [Check(keys.user_key(caller.org, caller.user_id), good, values)]
    if not caller.token_id:
        return []  # AUTH_MODE=none: nobody asks
    name, _, secret = bearer.partition(".")
    return [Check(keys.token_key(name, secret_hash(secret)), "attribute_exists(#pk)")]
