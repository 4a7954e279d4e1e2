"""Waiting for a small quota of AWS: tries again while the request has time, then says when to come back."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from botocore.exceptions import ClientError

from chalicelib.cloud.calls import code_of
from chalicelib.core.errors import RateLimited

THROTTLED: Final = frozenset(
    {
        "RequestLimitExceeded",
        "SlowDown",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request waits for a quota. The SDK's own retries, a few seconds, come on top."""

    seconds: float
    retry_after: int
    """Seconds, for the client, once this patience is over."""
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]

    def call(self, what: str, function: Callable[[], T]) -> T:
        """The function's answer. Throttles are tried again with growing, random pauses.

        Raises RateLimited (`what` is the sentence) when the time is over; other errors at once.
        """
        end = self.monotonic() + self.seconds
        turn = 0
        while True:
            try:
                return function()
            except ClientError as error:
                if code_of(error) not in THROTTLED:
                    raise
                # Many requests wait for the same quota: without chance they would wait in step.
                pause = random.uniform(0.5, 1.0) * min(4.0, 0.5 * 2**turn)  # noqa: S311
                if self.monotonic() + pause > end:
                    raise RateLimited(what, retry_after=self.retry_after) from error
            self.sleep(pause)
            turn += 1
