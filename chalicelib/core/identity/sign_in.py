"""Login, refresh and logout (S4).

             login                refresh                  logout
address ──▶ user, password ──▶ token ──▶ the user again ──▶ fresh token ──▶ jti on the list
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from chalicelib.core.errors import PermissionDenied, Unauthorized
from chalicelib.core.identity import passwords
from chalicelib.core.identity.jwts import LIFETIME_SECONDS, Claims
from chalicelib.core.identity.users import ADDRESS, User, normal
from chalicelib.core.roles import Principal

_WRONG: Final = "the e-mail address or the password is wrong"
_NOBODY: Final = "nobody"
"""What is looked for where somebody sends what is no address: no user has it."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh token; `expires_in` is in seconds."""

    token: str
    expires_in: int = LIFETIME_SECONDS


@dataclass(frozen=True, slots=True)
class Try:
    """One password for an address: in the minute that began then, in epoch milliseconds."""

    email: str
    since_ms: int


class UserDirectory(Protocol):
    def by_email(self, email: str) -> User | None: ...

    def by_id(self, org: str, user_id: str) -> User | None: ...


class SessionTokens(Protocol):
    def issue(self, user: User) -> str: ...

    def claims(self, bearer: str, *, fresh: bool = False) -> Claims | None: ...

    def revoke(self, claims: Claims) -> None: ...


class Tries(Protocol):
    """Passwords tried for an address, counted before it is known whether they are right."""

    def begin(self, email: str) -> Try: ...

    def was_right(self, found: Try) -> None: ...


class SignIn:
    def __init__(self, users: UserDirectory, sessions: SessionTokens, tries: Tries) -> None:
        self._users = users
        self._sessions = sessions
        self._tries = tries

    def login(self, email: str, password: str) -> Issued:
        """A token for an address and its password. Raises Unauthorized, with the same words and
        after the same work whatever is wrong: unknown, disabled, another password; and RateLimited
        where too many wrong ones came for this address, known or not, within a minute."""
        address = normal(email)
        if not ADDRESS.fullmatch(address):
            address = _NOBODY
        tried = self._tries.begin(address)
        user = self._users.by_email(address)
        right = passwords.fits(password, user.password_hash if user else None)
        if user is None or user.disabled or not right:
            raise Unauthorized(_WRONG)
        self._tries.was_right(tried)
        return Issued(self._sessions.issue(user))

    def refresh(self, caller: Principal, bearer: str) -> Issued:
        """A fresh token for a good one, which stays good until it ends or is logged out.

        It has the role that the user has now. Raises Unauthorized when the token was revoked or
        its user changed a moment ago, PermissionDenied for what is no token of a login.
        """
        claims = self._claims(caller, bearer)
        user = self._users.by_id(claims.org, claims.sub)
        if user is None or user.disabled:
            raise Unauthorized("the token is not valid")
        if user.generation != claims.generation:
            raise Unauthorized("the token is not valid")
        return Issued(self._sessions.issue(user))

    def logout(self, caller: Principal, bearer: str) -> None:
        """Revoke the token: here at once, everywhere within 60 seconds. Raises PermissionDenied
        for what is no token of a login."""
        self._sessions.revoke(self._claims(caller, bearer))

    def _claims(self, caller: Principal, bearer: str) -> Claims:
        if not caller.user_id:
            raise PermissionDenied("this needs the token of a login; an API token is none")
        claims = self._sessions.claims(bearer, fresh=True)
        if claims is None:
            raise Unauthorized("the token is not valid")
        return claims
