"""A start that is sent again: by its key, or by the run id that the client chose, it is the same run.

What has been started answers again whatever has happened since: its workflow may be paused, have a
newer version, or be gone. So who may refuse a start asks `earlier` first.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from chalicelib.core.clock import Clock, parse_rfc3339
from chalicelib.core.errors import IdempotencyMismatch
from chalicelib.core.ids import run_id_for_key
from chalicelib.core.runs.model import Run
from chalicelib.core.runs.ports import IdUsed, RunStore

KEY_LIFETIME: Final = timedelta(hours=24)


class Launch(Protocol):
    def launch(self, run: Run) -> Run:
        """Let a stored run go, or wait for its turn; the run as it is then."""


@dataclass(frozen=True, slots=True)
class Started:
    """The run, and whether an earlier start with the same key had made it already."""

    run: Run
    replayed: bool


@dataclass(frozen=True, slots=True)
class Repeats:
    runs: RunStore
    launcher: Launch
    clock: Clock

    def earlier(
        self, org: str, *, request_hash: str, run_id: str | None = None, key: str | None = None
    ) -> Started | None:
        """The run that an earlier start with this id, or else this key, has made: one GetItem. None
        where there is none, and for a start without either.

        Raises IdempotencyMismatch when that was another request.
        """
        if run_id is None and key is None:
            return None
        now = self.clock()
        for generation in range(1_000_000):
            try:
                known = self.runs.taken(org, run_id or run_id_for_key(org, key or "", generation))
            except IdUsed:
                if run_id is not None:
                    return None
                continue  # the key started anew
            if known is None:
                return None
            if run_id is None and key_expired(known, now):
                continue
            return same_start(known, request_hash, self.launcher)
        raise AssertionError("a key cannot have expired a million times")


def same_start(known: Run, request_hash: str, launcher: Launch) -> Started:
    """The run that is there as the answer to a start, if it was started by the same request. Raises
    IdempotencyMismatch."""
    if known.request_hash != request_hash:
        raise IdempotencyMismatch(
            "this key or run id was already used to start something else", run_id=known.id
        )
    if known.live:
        # The first try may have died before StartExecution; a second one does no harm.
        known = launcher.launch(known)
    return Started(known, replayed=True)


def key_expired(known: Run, now: datetime) -> bool:
    """Whether the key of a run has begun to stand for another one."""
    return now - parse_rfc3339(known.started_at) > KEY_LIFETIME


def hash_of(request: list[Any]) -> str:
    """What recognises a request as the same one."""
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
