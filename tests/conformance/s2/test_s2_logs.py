"""S2, execution logs, and inputs that an expression names."""

from __future__ import annotations

import pytest

from tests.support.answers import has_common_headers, instant, places, problem
from tests.support.definitions import fetch, shape, workflow
from tests.support.faults import eventually, is_sealed
from tests.support.stack import Api, CountingServer, RunningStack


def test_s2_logs__tell_what_happened_in_order_and_in_pages(
    api: Api, viewer: Api, stack: RunningStack, server: CountingServer
) -> None:
    url = f"{server.url}/status/500"
    api.apply(workflow("logs-failing", shape("a"), fetch("b", url), shape("c")))
    run_id = api.run("logs-failing")
    api.ended(run_id)
    eventually("the log is closed", lambda: is_sealed(stack, run_id))
    path = f"/api/v1/executions/{run_id}/logs"
    answer = viewer.get(path)
    assert answer.status_code == 200
    has_common_headers(answer)
    found = answer.json()
    lines = found["logs"]
    assert set(found) == {"logs", "next"}
    assert all(set(line) == {"timestamp", "level", "step", "message"} for line in lines)
    assert [(line["level"], line["step"]) for line in lines] == [
        *(("info", None), ("info", "a"), ("info", "a"), ("info", "b"), ("error", "b")),
        ("error", None),
    ]
    assert lines[0]["message"] == "execution of logs-failing version 1 started"
    assert lines[4]["message"] == f"b failed: http_status: GET {url} answered 500"
    for line in lines:
        instant(line["timestamp"])
    first = viewer.get(f"{path}?limit=2").json()
    second = viewer.get(f"{path}?limit=1000&after={first['next']}").json()
    assert first["logs"] + second["logs"] == lines
    assert viewer.get(f"{path}?after={second['next']}").json() == {"logs": [], "next": None}


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1001", "page=1"])
def test_s2_logs__bad_parameters_are_400(api: Api, query: str) -> None:
    problem(api.get(f"/api/v1/executions/run_nobody/logs?{query}"), 400, "bad-request")


def test_s2_logs__unknown_and_foreign_executions_are_404(api: Api, stranger: Api) -> None:
    api.apply(workflow("logs-mine", shape("a")))
    run_id = api.run("logs-mine")
    for client, name in ((stranger, run_id), (api, "run_nobody"), (api, "nonsense")):
        problem(client.get(f"/api/v1/executions/{name}/logs"), 404, "not-found")


def test_s2_definition__an_expression_names_declared_inputs_only(api: Api) -> None:
    step = shape("a", {"x": "{{ inputs.whom }}", "by": "{{ inputs.trigger.type }}"})
    definition = workflow("logs-inputs", step, inputs={"who": {"type": "string"}})
    answer = problem(api.put("logs-inputs", definition), 422, "validation-error", "errors")
    (message,) = places(answer).values()
    assert message == "the expression names unknown input `whom`; did you mean `who`?"
