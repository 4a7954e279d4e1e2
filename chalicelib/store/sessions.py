"""Tokens of logins: issued with the newest key, good until they end or stand on the list.

A warm process verifies them without a call; every 30 seconds it reads the keys and the list again.
"""

from __future__ import annotations

from chalicelib.core.clock import Clock
from chalicelib.core.identity import jwts
from chalicelib.core.identity.jwts import Claims
from chalicelib.core.identity.users import User
from chalicelib.core.ids import new_id
from chalicelib.core.roles import Principal
from chalicelib.store.revocations import Revocations
from chalicelib.store.signing import SigningKeys
from chalicelib.store.tokens import Tokens


class Sessions:
    def __init__(
        self, signing: SigningKeys, revocations: Revocations, *, issuer: str, clock: Clock
    ) -> None:
        self._keys = signing
        self._revocations = revocations
        self._issuer = issuer
        self._clock = clock

    def issue(self, user: User) -> str:
        """A token for a user, for 24 hours. Raises Unavailable on a stage without a key."""
        kid, key = self._keys.signing()
        now = self._clock()
        begins = int(now.timestamp())
        jti = f"{new_id('jwt', now)}_{user.generation}"
        ends = begins + jwts.LIFETIME_SECONDS
        claims = Claims(user.id, user.email, user.org, user.role, begins, ends, jti)
        return jwts.written(claims, self._issuer, kid, key)

    def claims(self, bearer: str, *, fresh: bool = False) -> Claims | None:
        """What a good token says; None for any other. `fresh` reads the list of what was revoked
        again, however young it is."""
        now = self._clock().timestamp()
        claims = jwts.read(bearer, self._issuer, self._keys.verifying, now)
        if claims is None or self._revocations.covers(claims, fresh=fresh):
            return None
        return claims

    def revoke(self, claims: Claims) -> None:
        """End a token before its time."""
        self._revocations.revoke(claims)


class Bearers:
    """Whom a bearer speaks for, of either kind."""

    def __init__(self, tokens: Tokens, sessions: Sessions) -> None:
        self._tokens = tokens
        self._sessions = sessions

    def principal(self, bearer: str) -> Principal | None:
        """A JWT is told by its shape; anything else is an API token. None for anything wrong.

        Raises RateLimited for an API token whose name is locked, Unavailable.
        """
        if not jwts.looks_like_one(bearer):
            return self._tokens.principal(bearer)
        claims = self._sessions.claims(bearer)
        if claims is None:
            return None
        return Principal(
            claims.email, claims.org, claims.role, claims.jti, owner=claims.sub, user_id=claims.sub
        )
