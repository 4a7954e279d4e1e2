"""Identifiers. A run's id is valid in every dialect: `run_` and a ULID (sorts by time of creation)."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RUN_ID = re.compile(r"^run_[A-Za-z0-9_-]{1,76}\Z")
"""What a client may choose: with the prefix at most 80 characters, Step Functions' limit for names."""


def _ulid(milliseconds: int, randomness: int) -> str:
    value = (milliseconds & (2**48 - 1)) << 80 | (randomness & (2**80 - 1))
    return "".join(_CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


def new_id(prefix: str, now: datetime) -> str:
    """`<prefix>_<ULID>` for an entity created now."""
    return f"{prefix}_{_ulid(int(now.timestamp() * 1000), secrets.randbits(80))}"


def minted_at(run_id: str, at: datetime) -> bool:
    """Whether `new_id` made this run id at that time: then nobody can ask for it a second time, as
    one can for an id that was chosen or stands for a key."""
    digits = run_id.removeprefix("run_")
    if len(digits) != 26 or set(digits) - set(_CROCKFORD):
        return False
    made = 0
    for digit in digits[:10]:
        made = made << 5 | _CROCKFORD.index(digit)
    return abs(made - at.timestamp() * 1000) < 2


def child_run_id(org: str, parent: str, step: str, failures: int) -> str:
    """The id of the run that a step of a run starts after so many failures. No idempotency key has
    it: those have no line breaks."""
    return run_id_for_key(org, f"child\n{parent}\n{step}", failures)


def run_id_for_key(org: str, key: str, generation: int = 0) -> str:
    """The run id that an `Idempotency-Key` stands for.

    It is derived, not stored: the same key names the same run, so a start that died half-way is
    found again by its own id. `generation` counts up once the key's 24 hours are over.
    """
    digest = hashlib.sha256(f"{org}\n{key}\n{generation}".encode()).digest()
    return f"run_{_ulid(int.from_bytes(digest[:6]), int.from_bytes(digest[6:16]))}"


def workflow_id_for_key(org: str, key: str, generation: int) -> str:
    """The id of the graph workflow that an `Idempotency-Key` stands for (S1)."""
    digest = hashlib.sha256(f"{org}\nworkflow\n{key}\n{generation}".encode()).digest()
    return f"wf_{_ulid(int.from_bytes(digest[:6]), int.from_bytes(digest[6:16]))}"
