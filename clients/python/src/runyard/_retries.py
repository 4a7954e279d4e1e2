"""When a request is sent again, and after how long. Decided here for both clients."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from runyard._answer import Answer, retry_after
from runyard._request import Request

_PASSING = frozenset({502, 503, 504})


@dataclass(frozen=True)
class Retries:
    """How patient a client is. `Retries(tries=1)` sends everything once.

    A request that was refused with 429, or with 503 and a `Retry-After`, has not been done: it is
    sent again when the answer says. After a broken connection, and 502, 503 or 504 without a word
    of when, only what can be repeated is sent again: reads, `PUT`, `DELETE`, and every `POST` with
    an `Idempotency-Key`.
    """

    tries: int = 4
    """All of them, the first included."""
    first_delay: float = 0.25
    """Seconds, doubled with each try; where the API says when, that counts."""
    longest_delay: float = 60.0
    """Seconds. A `Retry-After` above it is not waited for: the caller gets the exception."""

    def begin(self, request: Request[Any]) -> Attempts:
        return Attempts(self, request.repeatable)


class Attempts:
    """The tries of one request."""

    def __init__(self, policy: Retries, repeatable: bool) -> None:
        self._policy = policy
        self._repeatable = repeatable
        self._made = 0

    def after_answer(self, answer: Answer) -> float | None:
        """Seconds until the next try; None where this answer is the one that counts."""
        said = retry_after(answer.headers)
        refused = answer.status == 429 or (answer.status == 503 and said is not None)
        if not refused and not (self._repeatable and answer.status in _PASSING):
            return self._count(None, wanted=False)
        return self._count(said, wanted=True)

    def after_failure(self, *, was_sent: bool) -> float | None:
        """The same after a connection that broke, or (not `was_sent`) was never made."""
        return self._count(None, wanted=self._repeatable or not was_sent)

    def _count(self, said: float | None, *, wanted: bool) -> float | None:
        self._made += 1
        if not wanted or self._made >= self._policy.tries:
            return None
        if said is not None:
            return said if said <= self._policy.longest_delay else None
        return backoff(self._made, self._policy.first_delay, self._policy.longest_delay)


def backoff(failures: int, first: float, longest: float) -> float:
    """Seconds after so many failures in a row: doubled each time, and between half and the whole of
    that, so that clients which failed together do not come back together."""
    whole = min(longest, first * 2.0 ** min(failures - 1, 30))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
