"""When a run has to be over: stored with it, and enforced by the fence and the reconciler."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.clock import rfc3339
from chalicelib.core.plan import Plan
from chalicelib.core.waits import PHASES

WAITING: Final = frozenset({"delay", *PHASES})
"""Actions that may take days. All others end within Lambda's 15 minutes a try."""


def deadline_of(plan: Plan, now: datetime, *, started: datetime, kept: timedelta) -> str | None:
    """The deadline of a run that was stored at `started` and is let go now; None for none.

    It is the workflow's timeout. A run that may wait for days has to be over before its items
    expire, `kept` after its start: nothing may take a live run's records away from it.
    """
    expires = started + kept
    if plan.timeout_seconds is not None:
        return rfc3339(min(now + timedelta(seconds=plan.timeout_seconds), expires))
    waits = any(step.action in WAITING for step in plan.steps)
    return rfc3339(expires) if waits else None
