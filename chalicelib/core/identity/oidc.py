"""Signing in at an issuer of the stage's choice: OpenID Connect's code flow with PKCE (S4).

    browser            Runyard                                        issuer
    GET login ───────▶ state, nonce, verifier, mark: remembered
    ◀── 302 + mark ───
    ───── state, nonce, challenge of the verifier ────────────────▶   signs in
    ◀──── code, state ─────────────────────────────────────────────
    GET callback ────▶ state and mark belong together, once
      + mark           code, verifier ───────────────────────────▶
                       ◀──────────────────────────── ID token, its nonce is ours
    ◀── our token ────

The mark is a cookie: whoever sends somebody else a link with a code of their own (login CSRF) does
not have that browser's mark, so nobody is signed in as another.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

from chalicelib.core.clock import Clock
from chalicelib.core.errors import PermissionDenied, Unauthorized
from chalicelib.core.identity.id_tokens import Expected, Refused, Subject, read
from chalicelib.core.identity.rs256 import PublicKey
from chalicelib.core.identity.sign_in import Issued
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Role

BEGUN_SECONDS: Final = 600
"""How long somebody may take to sign in at the issuer."""
_OURS: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
"""What `_random` makes."""
_WORD: Final = re.compile(r"[a-z_]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Client:
    """What a stage is at its issuer, and what becomes of who signs in there: users of `org` with
    `role`, where they have none yet. `callback` is the address that the issuer sends browsers to."""

    issuer: str
    client_id: str
    callback: str
    org: str
    role: Role


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way. What the browser holds of it is kept as hashes. `ends_at` is in epoch
    seconds."""

    state: str
    mark: str
    nonce: str
    verifier: str
    ends_at: int


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the mark that it has to bring back."""

    url: str
    mark: str


class SignInStore(Protocol):
    def store(self, begun: Begun) -> None: ...

    def take(self, state: str, mark: str, now: float) -> Begun | None:
        """The sign-in of this state and this mark, once."""
        ...


class Issuer(Protocol):
    def authorization_endpoint(self) -> str: ...

    def id_token(self, code: str, verifier: str) -> str: ...

    def key(self, kid: str | None) -> PublicKey | None: ...


class SubjectDirectory(Protocol):
    def user(self, subject: Subject) -> User | None: ...

    def create(self, subject: Subject, user: User) -> User: ...


class UserTokens(Protocol):
    def issue(self, user: User) -> str: ...


class IssuerSignIn:
    """`new_user` makes the user of an address who is not there yet; without a password."""

    def __init__(
        self,
        client: Client,
        *,
        issuer: Issuer,
        store: SignInStore,
        subjects: SubjectDirectory,
        sessions: UserTokens,
        new_user: Callable[[str], User],
        clock: Clock,
    ) -> None:
        self._client = client
        self._issuer = issuer
        self._store = store
        self._subjects = subjects
        self._sessions = sessions
        self._new_user = new_user
        self._clock = clock

    def begin(self) -> Departure:
        """A new sign-in. Raises Unavailable when the issuer does not tell where that is done."""
        endpoint = self._issuer.authorization_endpoint()
        state, mark, nonce, verifier = (_random() for _ in range(4))
        ends_at = int(self._clock().timestamp()) + BEGUN_SECONDS
        self._store.store(Begun(_hashed(state), _hashed(mark), nonce, verifier, ends_at))
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.callback,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        glue = "&" if "?" in endpoint else "?"
        return Departure(f"{endpoint}{glue}{urlencode(asked)}", mark)

    def finish(self, query: Mapping[str, str], mark: str) -> Issued:
        """A token for whom the issuer sent back; `query` is what it sent along.

        Raises Unauthorized for a sign-in that is not known, over, another browser's or refused,
        PermissionDenied for a disabled user, Conflict for an address that is another user's, and
        Unavailable when the issuer does not answer.
        """
        begun = self._taken(query.get("state", ""), mark)
        if query.get("iss", self._client.issuer) != self._client.issuer:
            raise Unauthorized("the answer is another issuer's (RFC 9207)")
        if "error" in query:
            word = query["error"] if _WORD.match(query["error"]) else "an unreadable error"
            raise Unauthorized(f"the issuer did not sign anybody in: {word}")
        user = self._user(self._subject(query.get("code", ""), begun))
        if user.disabled:
            raise PermissionDenied("this user is disabled", rule_source="user")
        return Issued(self._sessions.issue(user))

    def _taken(self, state: str, mark: str) -> Begun:
        begun = None
        if _OURS.match(state) and _OURS.match(mark):
            now = self._clock().timestamp()
            begun = self._store.take(_hashed(state), _hashed(mark), now)
        if begun is None:
            raise Unauthorized(
                "this sign-in is not known, is over, or was begun in another browser: begin again"
            )
        return begun

    def _subject(self, code: str, begun: Begun) -> Subject:
        token = self._issuer.id_token(code, begun.verifier)
        expected = Expected(self._client.issuer, self._client.client_id, begun.nonce)
        try:
            return read(token, expected, self._issuer.key, self._clock().timestamp())
        except Refused as refused:
            raise Unauthorized(f"the issuer's ID token is refused: {refused}") from refused

    def _user(self, subject: Subject) -> User:
        known = self._subjects.user(subject)
        return known or self._subjects.create(subject, self._new_user(subject.email))


def challenge(verifier: str) -> str:
    """What PKCE's method S256 sends ahead of a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _random() -> str:
    """256 random bits as 43 characters, which is a verifier too."""
    return secrets.token_urlsafe(32)


def _hashed(text: str) -> str:
    """256 random bits cannot be searched, so a plain hash hides them."""
    return hashlib.sha256(text.encode()).hexdigest()
