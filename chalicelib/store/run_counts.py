"""How many runs there are of each status, without counting them one by one (S1).

Runs that are over are counted where their log is sealed, and once more where they are deleted, which
is taken off (`metrics`); expired ones stay counted. The others are in the index of open runs, so this
costs what is open and one Query.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from chalicelib.core.dialects import S1, S1_OF_S2
from chalicelib.core.runs.ports import RunStore
from chalicelib.store.metrics import DELETED, EXECUTIONS, Metrics, workflow_of

_SIGNS: Final = {EXECUTIONS: 1, DELETED: -1}


class RunCounts:
    def __init__(self, metrics: Metrics, runs: RunStore) -> None:
        self._metrics = metrics
        self._runs = runs

    def by_status(self, org: str, workflow: str | None = None) -> Counter[str]:
        """S1's word → runs, of one workflow or of all."""
        found: Counter[str] = Counter()
        for series, labels, value in self._metrics.read(org):
            of = workflow_of(series)
            if of is None or labels[0] not in _SIGNS or workflow not in (None, of):
                continue
            found[S1_OF_S2[labels[1]]] += _SIGNS[labels[0]] * int(value)
        for run in self._runs.open_runs(org):
            if not run.sealed and workflow in (None, run.workflow):
                found[S1[run.status]] += 1
        return found
