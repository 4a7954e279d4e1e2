"""Who may do what: viewer < operator < admin (S4), and the principal a request speaks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """Ordered: a higher role may do all that a lower one may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def named(cls, word: str) -> Role:
        """The role of that lower-case word. Raises KeyError."""
        return cls[word.upper()]


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone who was authenticated: who, of which organisation, with which role."""

    name: str
    org: str
    role: Role
    token_id: str = ""
    owner: str = ""
    """The user whose doing it is: of a login and of the tokens made with it. Empty for nobody's."""
    user_id: str = ""
    """Of a login: whose it is. An API token has none; then `name` is the token's and no address."""
