"""Passwords, hashed by Argon2id: each guess costs memory, which no graphics card has enough of."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB: Final = 19_456
"""With two passes and one lane, the least that OWASP asks for; a function has 512 MB."""
PASSES: Final = 2
LEAST_CHARACTERS: Final = 8
MOST_CHARACTERS: Final = 1024

NOBODY: Final = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${'A' * 22}${'A' * 43}"
"""A hash that no password is known for. Checking against it takes as long as against a user's."""


def hashed(password: str) -> str:
    """What is stored of a password."""
    return _hasher().hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one. Where none is stored (None, or the empty text of a user
    who signs in elsewhere) it is never, after the same work."""
    from argon2.exceptions import VerifyMismatchError

    try:
        _hasher().verify(stored or NOBODY, password)
    except VerifyMismatchError:
        return False
    return bool(stored)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
