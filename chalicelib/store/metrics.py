"""Counters for Prometheus: one item per organisation and workflow, added to once per run.

They never sit in a run's own transaction (contention); the log adds them up in the transaction
that seals a run, so a record that is delivered twice counts once. The process keeps HTTP counts and
adds them in batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.dialects import S2, S2_STEP
from chalicelib.core.runs.model import Run, RunDetail, shown_status
from chalicelib.store import keys
from chalicelib.store.log import Counts, add_counts
from chalicelib.store.table import Table

BUCKETS: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Upper bounds in seconds of `execution_duration_seconds`; the last bucket is +Inf."""

WORKFLOW_SERIES: Final = "workflow#"
HTTP_SERIES: Final = "http"
EXECUTIONS: Final = "executions"
DELETED: Final = "deleted"
_SEPARATOR: Final = "|"


def counts_of(detail: RunDetail) -> Counts:
    """What a run that is over adds to its workflow's counters."""
    run = detail.run
    members: dict[str, float] = {_member(EXECUTIONS, S2[run.status]): 1}
    if run.finished_at is not None:
        lasted = parse_rfc3339(run.finished_at) - parse_rfc3339(run.started_at)
        seconds = lasted.total_seconds()
        bound = next((str(bound) for bound in BUCKETS if seconds <= bound), "+Inf")
        members[_member("duration", bound)] = 1
        members[_member("duration_sum")] = seconds
    for step in detail.steps:
        if step.reused:
            continue
        name = _member("steps", step.action, S2_STEP[shown_status(run, step)])
        members[name] = members.get(name, 0) + 1
        for model, tokens in step.usage.items():
            for kind, amount in tokens.items():
                name = _member("tokens", model, kind)
                members[name] = members.get(name, 0) + amount
    return {WORKFLOW_SERIES + run.label: members}


def deletion_of(run: Run) -> Counts:
    """What the deletion of a run adds to its workflow's counters. Those of Prometheus stay as they
    are, since they may only grow."""
    return {WORKFLOW_SERIES + run.label: {_member(DELETED, S2[run.status]): 1}}


def _member(*parts: str) -> str:
    return _SEPARATOR.join(parts)


class Metrics:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add_http(self, org: str, counts: Mapping[tuple[str, str, int], int]) -> None:
        """Add requests by (method, route, status): one write."""
        members = {
            _member(m, path, str(status)): float(n) for (m, path, status), n in counts.items()
        }
        self._table.write(add_counts(org, HTTP_SERIES, members))

    def read(self, org: str) -> Iterator[tuple[str, tuple[str, ...], float]]:
        """(series, labels, value) of everything counted for an organisation: one Query."""
        pk = keys.metrics_key(org, "")["pk"]
        for item in self._table.query_all("#pk = :pk", {"pk": pk}):
            for name, value in item.items():
                if name not in {"pk", "sk"}:
                    yield item["sk"], tuple(name.split(_SEPARATOR)), value


def workflow_of(series: str) -> str | None:
    """The workflow a series belongs to; None for series that belong to none."""
    return series.removeprefix(WORKFLOW_SERIES) if series.startswith(WORKFLOW_SERIES) else None


def cumulated(buckets: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Prometheus's form of a histogram: (upper bound, count up to it), ending with +Inf."""
    total, found = 0.0, []
    for bound in (*map(str, BUCKETS), "+Inf"):
        total += buckets.get(bound, 0)
        found.append((bound, total))
    return found
