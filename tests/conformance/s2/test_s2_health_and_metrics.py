"""S2, Health Endpoints and Prometheus Metrics: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.answers import has_common_headers
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stack import PATIENCE_SECONDS, Api, RunningStack

NAMES = {
    "runyard_http_requests": "counter",
    "runyard_executions": "counter",
    "runyard_execution_duration_seconds": "histogram",
    "runyard_steps": "counter",
    "runyard_executions_active": "gauge",
    "runyard_websocket_connections": "gauge",
    "runyard_ai_tokens": "counter",
}
"""Contract, S2. The parser takes `_total` off the names of counters."""
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


class Metrics:
    """What `/metrics` says at one moment."""

    def __init__(self, api: Api) -> None:
        answer = api.get("/metrics")
        assert answer.status_code == 200
        has_common_headers(answer)
        self.content_type = answer.headers["Content-Type"]
        self.families = {
            family.name: family for family in text_string_to_metric_families(answer.text)
        }

    def value(self, name: str, **labels: str) -> float:
        """One sample's value, 0 where it is not there yet."""
        family = self.families[
            name.removesuffix("_total")
            .removesuffix("_bucket")
            .removesuffix("_count")
            .removesuffix("_sum")
        ]
        found = [
            sample.value
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        ]
        assert len(found) <= 1
        return found[0] if found else 0.0


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_s2_health__is_public_and_ignores_unknown_query_parameters(nobody: Api, path: str) -> None:
    assert nobody.get(path).status_code == 200
    assert nobody.get(f"{path}?x=1").status_code == 200


def test_s2_health__healthz_says_that_the_process_is_running(nobody: Api) -> None:
    answer = nobody.get("/healthz")
    has_common_headers(answer)
    assert answer.json() == {"status": "ok", "version": answer.json()["version"]}


def test_s2_health__readyz_names_table_state_machine_and_bucket(nobody: Api) -> None:
    answer = nobody.get("/readyz")
    has_common_headers(answer)
    assert answer.json() == {
        "status": "ok",
        "checks": {"table": "ok", "state_machine": "ok", "bucket": "ok"},
    }


def test_s2_metrics__are_in_exposition_format_with_every_documented_name(nobody: Api) -> None:
    found = Metrics(nobody)
    assert found.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert {name: family.type for name, family in found.families.items()} == NAMES


def test_s2_metrics__grow_by_exactly_one_per_run_and_step(api: Api) -> None:
    name = "metrics-counted"
    api.apply(workflow(name, shape("a"), shape("b", condition="false"), shape("c")))
    api.ended(api.run(name))
    before = counted(api, name, 1)
    for number in (2, 3):
        api.ended(api.run(name))
        counted(api, name, number)
    after = counted(api, name, 3)

    def grown(metric: str, **labels: str) -> float:
        return after.value(metric, **labels) - before.value(metric, **labels)

    assert grown("runyard_executions_total", workflow=name, status="completed") == 2
    assert grown("runyard_execution_duration_seconds_count", workflow=name) == 2
    assert grown("runyard_execution_duration_seconds_bucket", workflow=name, le="+Inf") == 2
    assert 0 < grown("runyard_execution_duration_seconds_sum", workflow=name) < 2 * PATIENCE_SECONDS
    steps: dict[str, Any] = {"workflow": name, "action": "transform"}
    assert grown("runyard_steps_total", **steps, status="completed") == 4
    assert grown("runyard_steps_total", **steps, status="skipped") == 2


def counted(api: Api, name: str, runs: int) -> Metrics:
    """The metrics once so many runs of a workflow are counted: that follows the stream."""
    found: list[Metrics] = []

    def reached(_: Any) -> bool:
        found.append(Metrics(api))
        total = found[-1].value("runyard_executions_total", workflow=name, status="completed")
        assert total <= runs
        return total == runs

    newest = api.get(f"/api/v1/executions?workflow={name}&limit=1").json()["executions"][0]["id"]
    api.until(newest, reached)
    return found[-1]


def test_s2_metrics__count_runs_by_their_status(api: Api) -> None:
    name = "metrics-failed"
    api.apply(workflow(name, fetch("a", "http://127.0.0.1:1/")))
    run_id = api.run(name)
    api.ended(run_id)

    def failed(_: Any) -> bool:
        found = Metrics(api)
        one = {"workflow": name, "status": "failed"}
        step = found.value("runyard_steps_total", action="http/request", **one)
        return (found.value("runyard_executions_total", **one), step) == (1, 1)

    api.until(run_id, failed)


def test_s2_metrics__executions_active_counts_live_runs(stack: RunningStack, api: Api) -> None:
    api.apply(workflow("metrics-active", delay("wait", "1h")))
    run_ids = [api.run("metrics-active") for _ in range(3)]
    live = Metrics(api).value("runyard_executions_active")
    assert live >= 3
    for run_id in run_ids:
        api.post(f"/api/v1/cancel/{run_id}")

    def fewer(_: Any) -> bool:
        stack.reconcile()  # a cancelled run is open until its execution was seen to be over
        return Metrics(api).value("runyard_executions_active") <= live - 3

    api.until(run_ids[0], fewer)


def test_s2_metrics__websocket_connections_counts_open_sockets(
    stack: RunningStack, api: Api
) -> None:
    before = Metrics(api).value("runyard_websocket_connections")
    with stack.socket() as one, stack.socket():
        one.send("workflow.run.search", "1", limit=1)
        one.receive()
        assert Metrics(api).value("runyard_websocket_connections") == before + 2


def test_s2_metrics__ai_tokens_are_counted_by_model_and_type(stack: RunningStack, api: Api) -> None:
    ask = {"name": "ask", "action": "ai/completion", "params": {"model": MODEL, "prompt": "Hi"}}
    api.apply(workflow("metrics-tokens", ask))
    before = Metrics(api)
    run_id = api.run("metrics-tokens")
    detail = api.ended(run_id)
    assert detail["status"] == "completed", detail
    usage = detail["outputs"]["usage"]

    def grown(_: Any) -> bool:
        after = Metrics(api)
        return all(
            after.value("runyard_ai_tokens_total", model=MODEL, type=kind)
            - before.value("runyard_ai_tokens_total", model=MODEL, type=kind)
            == usage[f"{kind}_tokens"]
            for kind in ("input", "output")
        )

    api.until(run_id, grown)
    assert usage["input_tokens"] > 0 and usage["output_tokens"] > 0


def test_s2_metrics__http_requests_are_counted_by_method_route_and_status(api: Api) -> None:
    labels = {"method": "GET", "path": "/api/v1/executions/{id}", "status": "404"}
    before = Metrics(api).value("runyard_http_requests_total", **labels)
    for _ in range(3):
        assert api.get("/api/v1/executions/run_nobody").status_code == 404
    assert Metrics(api).value("runyard_http_requests_total", **labels) >= before + 1
