"""Tokens of people: JWTs with the claims of S4, and how they are read.

One algorithm, HS256: who signs and who verifies are the same functions, so nobody needs a public
key, and the package for the others would be larger than everything else in the zip.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.roles import Role

ALGORITHM: Final = "HS256"
LIFETIME_SECONDS: Final = 24 * 3600
MOST_CHARACTERS: Final = 2048
AUDIENCE: Final = "runyard"
_CLAIMS: Final = ("sub", "email", "org", "role", "iat", "exp", "jti", "iss", "aud")
_SHAPE: Final = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")
_JTI: Final = re.compile(r"jwt_[0-9A-Z]{26}_([0-9]{1,9})\Z")
_SKEW_SECONDS: Final = 60
ROLES: Final = {role.word: role for role in Role}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. Times are whole epoch seconds; `jti` ends in the user's generation."""

    sub: str
    email: str
    org: str
    role: Role
    iat: int
    exp: int
    jti: str

    @property
    def generation(self) -> int:
        """Which of its user's generations of tokens it is of."""
        return generation_of(self.jti)


def generation_of(jti: str) -> int:
    """The generation at the end of a token's id; 0 for what is no such id."""
    found = _JTI.match(jti)
    return int(found.group(1)) if found else 0


def looks_like_one(bearer: str) -> bool:
    """Whether a bearer is to be read as a JWT. No API token's name has a capital letter."""
    return bearer.startswith("eyJ") and bearer.count(".") == 2


def written(claims: Claims, issuer: str, kid: str, key: bytes) -> str:
    """The signed token; `kid` in its header says which key signed it."""
    import jwt

    payload = {name: getattr(claims, name) for name in _CLAIMS[:7]}
    payload |= {"role": claims.role.word, "iss": issuer, "aud": AUDIENCE}
    return jwt.encode(payload, key, algorithm=ALGORITHM, headers={"kid": kid})


def read(
    bearer: str, issuer: str, key_of: Callable[[str], bytes | None], now: float
) -> Claims | None:
    """The claims of a good token; None for anything else, whatever is wrong with it.

    `key_of` knows the keys that are valid now. The algorithm is ours and not the token's: its
    header can only agree.
    """
    import jwt

    if len(bearer) > MOST_CHARACTERS or not _SHAPE.match(bearer):
        return None
    try:
        header = jwt.get_unverified_header(bearer)
        key = key_of(str(header.get("kid")))
        if key is None:
            return None
        found = jwt.decode(
            bearer,
            key,
            algorithms=[ALGORITHM],
            issuer=issuer,
            audience=AUDIENCE,
            # Times are compared with our clock below.
            options={
                "require": list(_CLAIMS),
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return _in_time(found, now)


def _in_time(found: Mapping[str, Any], now: float) -> Claims | None:
    begins, ends = found["iat"], found["exp"]
    if type(begins) is not int or type(ends) is not int:
        return None
    texts = [found[name] for name in ("sub", "email", "org", "jti", "role")]
    if not all(isinstance(text, str) and text for text in texts) or found["role"] not in ROLES:
        return None
    if not begins - _SKEW_SECONDS <= now < ends or not _JTI.match(found["jti"]):
        return None
    sub, email, org, jti, role = texts
    return Claims(sub, email, org, ROLES[role], begins, ends, jti)
