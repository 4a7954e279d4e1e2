"""ID tokens: what an issuer says of who has just signed in there (OpenID Connect Core, 3.1.3.7)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.identity.rs256 import PublicKey, is_signed
from chalicelib.core.identity.users import ADDRESS, normal
from chalicelib.core.json_text import read_json

ALGORITHM: Final = "RS256"
"""The one that every issuer has to offer. It is ours and not the token's: its header can agree."""
MOST_CHARACTERS: Final = 16_384
_SKEW_SECONDS: Final = 60
_MOST_SUBJECT: Final = 255


class Refused(Exception):
    """An ID token that proves nothing. The text says why, in words for the sign-in's answer."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What has to stand in it: our issuer, our client, and the nonce of this very sign-in."""

    issuer: str
    client_id: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the issuer means: its name for them, which stays, and their address, in small letters."""

    issuer: str
    sub: str
    email: str


def read(
    token: str,
    expected: Expected,
    key_of: Callable[[str | None], PublicKey | None],
    now: float,
) -> Subject:
    """Whom a good ID token is about. `key_of` knows the issuer's keys by their id; None stands for
    "the only one there is". `now` is in epoch seconds.

    Raises Refused for anything else, and what `key_of` raises.
    """
    claims = _signed(token, key_of)
    if claims.get("iss") != expected.issuer:
        raise Refused("it is another issuer's")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp", expected.client_id if len(audiences) == 1 else None)
    if expected.client_id not in audiences or party != expected.client_id:
        raise Refused("it is for another client")
    _check_times(claims, now)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(errors="replace"), expected.nonce.encode()
    ):
        raise Refused("it is of another sign-in")
    return _subject(claims, expected.issuer)


def _signed(token: str, key_of: Callable[[str | None], PublicKey | None]) -> Mapping[str, Any]:
    """The claims of a token whose signature is right."""
    import jwt

    if len(token) > MOST_CHARACTERS or not token.isascii():
        raise Refused("it is too long, or no token")
    try:
        # Taken apart only: the signature is checked below, by the algorithm that is ours.
        found = jwt.PyJWS().decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise Refused("it is no token") from error
    if found["header"].get("alg") != ALGORITHM:
        raise Refused(f"it is not signed by {ALGORITHM}")
    key = key_of(found["header"].get("kid"))
    if key is None:
        raise Refused("its key is none of the issuer's")
    if not is_signed(token.rpartition(".")[0].encode(), found["signature"], key):
        raise Refused("its signature is wrong")
    try:
        claims = read_json(found["payload"].decode())
    except ValueError as error:
        raise Refused("its claims cannot be read") from error
    if not isinstance(claims, dict):
        raise Refused("its claims cannot be read")
    return claims


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    begins, ends = _time(claims.get("iat")), _time(claims.get("exp"))
    since = _time(claims.get("nbf", begins))
    if now >= ends:
        raise Refused("it has expired")
    if max(begins, since) > now + _SKEW_SECONDS:
        raise Refused("it is not valid yet")


def _time(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("its times are missing")
    return value


def _subject(claims: Mapping[str, Any], issuer: str) -> Subject:
    sub, email = claims.get("sub"), claims.get("email")
    if not isinstance(sub, str) or not 0 < len(sub) <= _MOST_SUBJECT:
        raise Refused("it names nobody")
    if not isinstance(email, str) or not ADDRESS.fullmatch(normal(email)):
        raise Refused("it has no e-mail address")
    if claims.get("email_verified") is not True:
        raise Refused("the issuer has not verified the e-mail address")
    return Subject(issuer, sub, normal(email))
