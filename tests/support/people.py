"""Users of a world, and the tokens that they sign in for."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from argon2 import PasswordHasher

from chalicelib.core.clock import rfc3339
from chalicelib.core.identity import passwords
from chalicelib.core.identity.passwords import hashed
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Role
from tests.support.world import ORG, World

PASSWORD = "correct horse battery"


def user(
    world: World, email: str = "ada@example.org", role: Role = Role.OPERATOR, **more: Any
) -> User:
    """A new user of a world with PASSWORD."""
    members = {
        "id": f"user_{email}",
        "org": ORG,
        "password_hash": hashed(PASSWORD),
        "created_at": rfc3339(world.clock()),
        **more,
    }
    found = User(email=email, role=role, **members)
    world.services.identity.users.create(found)
    return found


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT, unverified."""
    header, claims = (json.loads(_decoded(part)) for part in token.split(".")[:2])
    return header, claims


def part(value: Any) -> str:
    """A part of a JWT: JSON as base64url."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the least memory: for tests that hash a hundred times and ask nothing of it."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
