"""Logger and metrics, once. Structured JSON to the logs; EMF to CloudWatch, never with an id in a
dimension (each dimension value costs money)."""

from __future__ import annotations

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.dialects import S2
from chalicelib.core.runs.model import RunDetail

NAMESPACE = "Runyard"
logger = Logger(service="runyard", use_rfc3339=True, utc=True)


def run_ended(detail: RunDetail) -> None:
    """Emit `Executions` and `ExecutionDuration` of a run that is over, by workflow and status."""
    run = detail.run
    labels = {"workflow": run.label, "status": S2[run.status]}
    count = single_metric("Executions", unit=MetricUnit.Count, value=1, namespace=NAMESPACE)
    with count as metric:
        for name, value in labels.items():
            metric.add_dimension(name, value)
    if run.finished_at is None:
        return
    lasted = parse_rfc3339(run.finished_at) - parse_rfc3339(run.started_at)
    seconds = single_metric(
        "ExecutionDuration",
        unit=MetricUnit.Seconds,
        value=lasted.total_seconds(),
        namespace=NAMESPACE,
    )
    with seconds as metric:
        for name, value in labels.items():
            metric.add_dimension(name, value)
