"""HTTP requests are counted in the process and added to the table every ten seconds, so that a
request costs no write. What a function that is thrown away had not added yet is lost: at most ten
seconds of its requests. CloudWatch has the exact numbers in any case.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Final

from chalicelib.core.errors import Unavailable
from chalicelib.store import keys
from chalicelib.store.metrics import Metrics

EVERY_SECONDS: Final = 10.0


class HttpCounter:
    def __init__(self, metrics: Callable[[], Metrics], *, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._since = clock()
        self._counts: defaultdict[str, Counter[tuple[str, str, int]]] = defaultdict(Counter)

    def count(self, org: str, method: str, route: str, status: int) -> None:
        """Count one answer; requests without a token are the platform's."""
        self._counts[org or keys.PLATFORM][method, route, status] += 1
        if self._clock() - self._since >= EVERY_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Add what was counted to the table: one write per organisation. What DynamoDB does not
        take now stays for the next time: counting never fails a request."""
        self._since = self._clock()
        counts, self._counts = self._counts, defaultdict(Counter)
        for org, found in counts.items():
            try:
                self._metrics().add_http(org, found)
            except Unavailable:
                self._counts[org] += found
