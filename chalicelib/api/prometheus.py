"""Prometheus's text form of what was counted, by the client library's own classes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from chalicelib.store.metrics import HTTP_SERIES, Metrics, cumulated, workflow_of
from chalicelib.store.run_lists import RunLists
from chalicelib.store.units import UNIT_SERIES


class _Totals:
    """Sums over organisations, by metric and labels."""

    def __init__(self) -> None:
        self.http: Counter[tuple[str, ...]] = Counter()
        self.executions: Counter[tuple[str, ...]] = Counter()
        self.steps: Counter[tuple[str, ...]] = Counter()
        self.tokens: Counter[tuple[str, ...]] = Counter()
        self.durations: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.duration_sums: Counter[str] = Counter()
        self.active = 0
        self.sockets = 0

    def add(self, series: str, labels: tuple[str, ...], value: float) -> None:
        workflow = workflow_of(series)
        if workflow is None:
            if series == HTTP_SERIES:
                self.http[labels] += value  # type: ignore[assignment]  # counters hold floats too
            elif not series.startswith(UNIT_SERIES):
                self.sockets += int(value)
            return
        kind, rest = labels[0], labels[1:]
        match kind:
            case "executions":  # of which deleted ones are a part
                self.executions[workflow, *rest] += int(value)
            case "steps":
                self.steps[workflow, *rest] += int(value)
            case "tokens":
                self.tokens[rest] += int(value)
            case "duration":
                self.durations[workflow][rest[0]] += int(value)
            case "duration_sum":
                self.duration_sums[workflow] += value  # type: ignore[assignment]


class _Families(Collector):
    def __init__(self, totals: _Totals) -> None:
        self._totals = totals

    def collect(self) -> Iterable[Metric]:
        totals = self._totals
        yield _counter(
            "http_requests", "HTTP requests answered.", ("method", "path", "status"), totals.http
        )
        yield _counter("executions", "Runs that ended.", ("workflow", "status"), totals.executions)
        yield _counter(
            "steps", "Steps of runs that ended.", ("workflow", "action", "status"), totals.steps
        )
        yield _counter("ai_tokens", "Tokens that models used.", ("model", "type"), totals.tokens)
        durations = HistogramMetricFamily(
            "runyard_execution_duration_seconds", "From start to end.", labels=["workflow"]
        )
        for workflow, buckets in sorted(totals.durations.items()):
            durations.add_metric(
                [workflow], cumulated(buckets), sum_value=totals.duration_sums[workflow]
            )
        yield durations
        yield GaugeMetricFamily(
            "runyard_executions_active", "Runs that are not over yet.", value=totals.active
        )
        yield GaugeMetricFamily(
            "runyard_websocket_connections", "Open sockets.", value=max(0, totals.sockets)
        )


def _counter(
    name: str, text: str, labels: tuple[str, ...], values: Counter[tuple[str, ...]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"runyard_{name}", text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def exposition(metrics: Metrics, lists: RunLists, orgs: Iterable[str]) -> tuple[str, str]:
    """(text, content type) of the metrics of these organisations together: a Query each and a
    count over its open runs."""
    totals = _Totals()
    for org in orgs:
        for series, labels, value in metrics.read(org):
            totals.add(series, labels, value)
        totals.active += lists.live_count(org)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(totals))
    return generate_latest(registry).decode(), CONTENT_TYPE_PLAIN_0_0_4


def families() -> Iterator[str]:
    """The names that `/metrics` always has, for the documentation and its test."""
    for metric in _Families(_Totals()).collect():
        yield metric.name
