"""API tokens: looked up by name and the hash of their secret, so that nothing secret is stored and
no comparison can be timed. A good token is remembered for 30 s in a warm function; wrong ones are
counted by name (`guesses`), so they are never remembered."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.core.clock import parse_rfc3339, rfc3339
from chalicelib.core.errors import Unavailable
from chalicelib.core.roles import Principal, Role
from chalicelib.store import guesses, keys
from chalicelib.store.table import ConditionFailed, Put, Table, Update

MOST_CHARACTERS: Final = 512
REMEMBERED_SECONDS: Final = 30.0
USE_SECONDS: Final = 300.0
_MOST_REMEMBERED: Final = 1000


@dataclass(frozen=True, slots=True)
class Token:
    """A stored token. Times are RFC 3339; `id` is what it is revoked by."""

    id: str
    name: str
    org: str
    role: Role
    created_at: str
    expires_at: str
    owner: str = ""


def secret_hash(secret: str) -> str:
    """Secrets are 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


def used_before(used_at: str | None, now: float) -> bool:
    """Whether a token's last recorded use is so old that another is worth a write."""
    return used_at is None or parse_rfc3339(used_at).timestamp() + USE_SECONDS <= now


def token_item(token: Token, secret: str) -> dict[str, Any]:
    """A token as it is stored: the hash of its secret is in its key."""
    return {
        **keys.token_key(token.name, secret_hash(secret)),
        "id": token.id,
        "name": token.name,
        "org": token.org,
        "role": token.role.word,
        "owner": token.owner,
        "created_at": token.created_at,
        "ends_at": token.expires_at,
        "expires_at": int(parse_rfc3339(token.expires_at).timestamp()) + 86_400,
    }


class Tokens:
    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock
        self._remembered: dict[tuple[str, str], tuple[float, Principal]] = {}
        self._locked: dict[str, float] = {}
        self._used: dict[tuple[str, str], float] = {}

    def store(self, token: Token, secret: str) -> None:
        """Store a new token. Its secret is not kept, only the hash."""
        self._table.write(Put(token_item(token, secret), condition="attribute_not_exists(#pk)"))

    def principal(self, bearer: str) -> Principal | None:
        """Whom `<name>.<secret>` (split at the first dot) speaks for; None for anything wrong.

        A right token is one read, then none for 30 s (S0: a revoked token stops working within
        60 s). A wrong one is a read and a write.

        Raises RateLimited while the name is locked: from the sixth wrong try within a minute until
        that minute is over, for the right secret too (for a process that has just seen it, once
        it has forgotten it).
        """
        name, dot, secret = bearer.partition(".")
        if len(bearer) > MOST_CHARACTERS or not (name and dot and secret):
            return None
        try:
            digest = secret_hash(secret)
            name.encode()
        except UnicodeEncodeError:
            return None  # half a character: no token has one
        now = self._clock()
        if now < self._locked.get(name, 0.0):
            raise guesses.refusal(self._locked[name], now)
        until, principal = self._remembered.get((name, digest), (0.0, None))
        if now < until:
            return principal
        return self._look_up(name, digest, now)

    def record_use(self) -> None:
        """Write down the use of tokens that were looked up since the last call and have not been
        used for five minutes: mostly nothing, and one write for each that there is. To be called
        when the answer is ready. A token that was taken back meanwhile does not come back."""
        while self._used:
            (name, digest), at = self._used.popitem()
            used = {"at": rfc3339(datetime.fromtimestamp(at, UTC))}
            key = keys.token_key(name, digest)
            with contextlib.suppress(ConditionFailed, Unavailable):
                self._table.write(
                    Update(key, "SET #used_at = :at", "attribute_exists(#pk)", values=used)
                )

    def _look_up(self, name: str, digest: str, now: float) -> Principal | None:
        """One read for the token and the wrong tries at its name."""
        wanted = [keys.token_key(name, digest), keys.guesses_key(name)]
        found = {item["sk"]: item for item in self._table.get_many(wanted)}
        item = found.get(digest)
        tries: Mapping[str, Any] | None = found.get(wanted[1]["sk"])
        self._refuse_if_locked(name, tries, now)
        if item is None:
            tries = guesses.count_wrong_try(self._table, name, tries, now)
            self._refuse_if_locked(name, tries, now)
            return None
        # The secret is right: a token that is over is refused, but is no guess.
        if parse_rfc3339(item["ends_at"]).timestamp() <= now:
            return None
        principal = Principal(
            item["name"],
            item["org"],
            Role.named(item["role"]),
            item["id"],
            owner=item.get("owner", ""),
        )
        if used_before(item.get("used_at"), now):
            self._used[name, digest] = now
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[name, digest] = (now + REMEMBERED_SECONDS, principal)
        return principal

    def _refuse_if_locked(self, name: str, tries: Mapping[str, Any] | None, now: float) -> None:
        until = guesses.locked_until(tries, now)
        if until:
            if len(self._locked) > _MOST_REMEMBERED:
                self._locked.clear()
            self._locked[name] = until
            raise guesses.refusal(until, now)
