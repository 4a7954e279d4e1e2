"""S2, secrets: named, write-only, the organisation's own, and in nothing that a run leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.answers import instant, places, problem
from tests.support.definitions import fetch, workflow
from tests.support.model_server import model_server
from tests.support.stack import Api, RunningStack, step_of

EXTRA = ("rule_source",)
VALUE = "tok-5d0c-hidden-value-91f2"


def put(api: Api, name: str, value: Any) -> Any:
    return api.call("PUT", f"/api/v1/secrets/{name}", json={"value": value})


def listed(api: Api) -> dict[str, str]:
    answer = api.get("/api/v1/secrets")
    assert answer.status_code == 200
    return {one["name"]: one["updated_at"] for one in answer.json()["secrets"]}


def test_s2_secrets__a_secret_is_stored_replaced_listed_by_name_and_deleted(
    stack: RunningStack,
) -> None:
    first = put(stack.api, "deploy-key", VALUE)
    assert first.status_code == 200
    assert set(first.json()) == {"name", "updated_at"}
    again = put(stack.api, "deploy-key", {"token": VALUE}).json()
    assert instant(again["updated_at"]) >= instant(first.json()["updated_at"])
    answer = stack.api.get("/api/v1/secrets")
    assert VALUE not in answer.text
    assert listed(stack.api)["deploy-key"] == again["updated_at"]
    gone = stack.api.call("DELETE", "/api/v1/secrets/deploy-key")
    assert (gone.status_code, gone.json()) == (200, {"name": "deploy-key", "status": "deleted"})
    assert "deploy-key" not in listed(stack.api)
    problem(stack.api.call("DELETE", "/api/v1/secrets/deploy-key"), 404, "not-found")


def test_s2_secrets__they_are_for_admins_alone(
    stack: RunningStack, viewer: Api, operator: Api, nobody: Api
) -> None:
    for api in (viewer, operator):
        problem(put(api, "x", "y"), 403, "permission-denied", *EXTRA)
        problem(api.get("/api/v1/secrets"), 403, "permission-denied", *EXTRA)
        problem(api.call("DELETE", "/api/v1/secrets/x"), 403, "permission-denied", *EXTRA)
    assert nobody.get("/api/v1/secrets").status_code == 401


@pytest.mark.parametrize(
    ("body", "where"),
    [({}, "value"), ({"value": 7}, "value"), ({"value": "x", "valu": 1}, "valu")],
)
def test_s2_secrets__a_body_that_is_wrong_is_422_and_is_not_repeated(
    stack: RunningStack, body: dict[str, Any], where: str
) -> None:
    answer = stack.api.call("PUT", "/api/v1/secrets/wrong", json=body)
    assert any(
        where in place for place in places(problem(answer, 422, "validation-error", "errors"))
    )


def test_s2_secrets__a_long_value_is_kept_whole_and_a_longer_one_is_413(
    stack: RunningStack,
) -> None:
    problem(put(stack.api, "long", "x" * 65_537), 413, "too-large")
    problem(put(stack.api, "bad%20name", "x"), 422, "validation-error", "errors")
    with model_server() as server:
        long = "k" * 9_000
        assert put(stack.api, "long", {"headers": {"X-Key": long}}).status_code == 200
        detail = echo(stack.api, f"{server.url}/echo", "long")
        assert step_of(detail, "ask")["status"] == "completed", detail
        assert stack.api.call("DELETE", "/api/v1/secrets/long").status_code == 200


def echo(api: Api, url: str, credential: str, name: str = "signed") -> dict[str, Any]:
    ask = fetch("ask", url, {"method": "POST", "json": {}}, credential=credential)
    api.apply(workflow(name, ask))
    return api.ended(api.run(name))


def test_s2_secrets__a_secret_that_is_not_there_fails_its_step_when_it_runs(
    stack: RunningStack,
) -> None:
    with model_server() as server:
        found = step_of(echo(stack.api, f"{server.url}/echo", "nowhere"), "ask")
        assert server.bodies == []
    assert found["error"].startswith("credential_not_found: ")
    assert (found["status"], found["attempts"]) == ("failed", 1)


def test_s2_secrets__an_action_that_cannot_use_one_is_refused_when_applied(
    stack: RunningStack,
) -> None:
    step = {"name": "a", "action": "transform", "params": {}, "credential": "x"}
    answer = stack.api.put("unsigned", workflow("unsigned", step))
    found = places(problem(answer, 422, "validation-error", "errors"))
    assert list(found) == ["steps[0].credential"]


def test_s2_secrets__another_organisation_can_neither_see_nor_use_it(
    stack: RunningStack, stranger: Api
) -> None:
    assert put(stack.api, "shared-name", VALUE).status_code == 200
    assert "shared-name" not in listed(stranger)
    problem(stranger.call("DELETE", "/api/v1/secrets/shared-name"), 404, "not-found")
    with model_server() as server:
        found = step_of(echo(stranger, f"{server.url}/echo", "shared-name"), "ask")
        assert found["error"].startswith("credential_not_found: ")
        assert server.bodies == []
    assert "shared-name" in listed(stack.api)


def test_s2_secrets__the_value_is_in_no_item_frame_answer_object_or_log_of_a_run(
    stack: RunningStack,
) -> None:
    """The server repeats what it was sent, and still nothing that stays has the value."""
    assert put(stack.api, "leaky", VALUE).status_code == 200
    with model_server() as server:
        ask = fetch("ask", f"{server.url}/echo", {"method": "POST", "json": {}}, credential="leaky")
        again = {"name": "again", "action": "transform", "params": {"x": "{{ steps.ask.output }}"}}
        stack.api.apply(workflow("leaky", ask, again))
        with stack.socket() as socket:
            socket.send("workflow.run", "one", workflowIdOrName="leaky", inputs={})
            frames = socket.until_done("one")
        assert server.keys == [VALUE]
    run_id = frames[0]["runId"]
    detail = stack.api.detail(run_id)
    output = step_of(detail, "ask")["output"]
    assert "Bearer [redacted]" in json.dumps(output)
    client = stack.local.session.client("dynamodb")
    pages = client.get_paginator("scan").paginate(TableName=stack.outputs["TableName"])
    items = json.dumps([page["Items"] for page in pages], default=str)
    assert "leaky" in items
    logs = "".join(
        path.read_text(errors="replace") for path in Path(stack.local.home).rglob("*.log")
    )
    for kept in (json.dumps(frames), json.dumps(detail), items, logs, _cloudwatch(stack)):
        assert VALUE not in kept


def _cloudwatch(stack: RunningStack) -> str:
    client = stack.local.session.client("logs")
    group = "/aws/lambda/runyard-local-RunStep"
    events = client.get_paginator("filter_log_events").paginate(logGroupName=group)
    return json.dumps([page["events"] for page in events], default=str)
