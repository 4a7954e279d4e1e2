"""Waiting for a run's end: when to look again, and when to give up."""

from __future__ import annotations

import time
from typing import Final

from runyard.errors import WaitTimeout

ENDED: Final = frozenset({"completed", "failed", "timed_out", "cancelled"})
"""Statuses that a run keeps for ever."""
_FIRST_LOOK: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_PART: Final = 0.2
"""A run that has lived for a minute is looked at every 5 seconds: late by a fifth at most."""


class Patience:
    """Between two looks: a fifth of the time so far, a tenth of a second to five seconds."""

    def __init__(self, run_id: str, timeout: float | None) -> None:
        self._run_id = run_id
        self._timeout = timeout
        self._began = time.monotonic()

    def pause(self, status: str) -> float:
        """Seconds until the next look. Raises WaitTimeout when the time is over."""
        passed = time.monotonic() - self._began
        pause = min(max(_FIRST_LOOK, passed * _PART), _LONGEST_PAUSE)
        if self._timeout is None:
            return pause
        if passed >= self._timeout:
            raise WaitTimeout(self._run_id, status, self._timeout)
        return min(pause, self._timeout - passed)
