"""A user: someone of one organisation who signs in with an address and a password (S4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from chalicelib.core.roles import Role

ADDRESS: Final = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}$")
"""An e-mail address as people have one; `admin@local` is one too. Whole (`fullmatch`)."""


@dataclass(frozen=True, slots=True)
class User:
    """`generation` counts what ends a user's tokens: a disabling, a new role, a new password.
    `created_at` is RFC 3339. `password_hash` is empty for somebody who has no password: who signs in
    at the stage's issuer."""

    id: str
    email: str
    org: str
    role: Role
    password_hash: str
    created_at: str
    disabled: bool = False
    generation: int = 1


def normal(email: str) -> str:
    """An address as it is stored and looked up: in small letters."""
    return email.strip().lower()
