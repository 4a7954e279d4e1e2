"""S2, Trigger a Workflow: `POST /api/v1/run/{workflow}`."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.support.answers import has_common_headers, instant, places, problem
from tests.support.definitions import delay, shape, workflow
from tests.support.stack import Api, RunningStack

GREET = workflow(
    "trigger-greet",
    shape("compose", {"text": "Hello {{ inputs.who }}", "loud": "{{ inputs.loud }}"}),
    inputs={
        "who": {"type": "string", "default": "you"},
        "loud": {"type": "boolean", "default": False},
        "times": {"type": "number", "default": 1},
    },
)
NEEDS = workflow(
    "trigger-needs",
    shape("a"),
    inputs={"who": {"type": "string"}, "age": {"type": "number"}, "ok": {"type": "boolean"}},
)


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    for definition in (GREET, NEEDS):
        stack.api.apply(definition)
    return stack.api


def test_s2_trigger_a_workflow__answers_202_with_execution_id_workflow_and_version(
    api: Api,
) -> None:
    answer = api.post("/api/v1/run/trigger-greet")
    assert answer.status_code == 202
    assert answer.headers["Content-Type"] == "application/json"
    has_common_headers(answer)
    found = answer.json()
    assert found == {
        "execution_id": found["execution_id"],
        "workflow": "trigger-greet",
        "version": 1,
    }
    assert api.detail(found["execution_id"])["id"] == found["execution_id"]


def test_s2_trigger_a_workflow__starts_a_new_execution_each_time(api: Api) -> None:
    assert len({api.run("trigger-greet") for _ in range(3)}) == 3


def test_s2_trigger_a_workflow__uses_the_latest_applied_version(api: Api) -> None:
    for number in (1, 2, 3):
        definition = workflow("trigger-latest", shape("a", {"number": number}))
        assert api.apply(definition)["version"] == number
        answer = api.post("/api/v1/run/trigger-latest").json()
        assert answer["version"] == number
        detail = api.ended(answer["execution_id"])
        assert (detail["version"], detail["outputs"]) == (number, {"number": number})


def test_s2_trigger_a_workflow__a_run_keeps_its_version_while_a_newer_one_is_applied(
    api: Api,
) -> None:
    name = "trigger-keeps"
    api.apply(workflow(name, delay("wait", "1s"), shape("a", {"number": 1})))
    run_id = api.run(name)
    api.apply(workflow(name, delay("wait", "1s"), shape("a", {"number": 2})))
    detail = api.ended(run_id)
    assert (detail["version"], detail["outputs"]) == (1, {"number": 1})


def test_s2_trigger_a_workflow__answers_at_once_while_the_run_goes_on(api: Api) -> None:
    api.apply(workflow("trigger-long", delay("wait", "1h"), shape("a")))
    run_id = api.run("trigger-long")
    detail = api.detail(run_id)
    assert (detail["status"], detail["completed_at"]) == ("running", None)
    api.post(f"/api/v1/cancel/{run_id}")


@pytest.mark.parametrize("name", ["trigger-never-applied", "Not%20A%20Name", "x" * 3000])
def test_s2_trigger_a_workflow__of_an_unknown_workflow_is_404(api: Api, name: str) -> None:
    problem(api.post(f"/api/v1/run/{name}"), 404, "not-found")


@pytest.mark.parametrize("body", [None, b"", b"{}", b'{"inputs": {}}', b" \n"])
def test_s2_trigger_a_workflow__needs_no_body(api: Api, body: bytes | None) -> None:
    answer = api.post(
        "/api/v1/run/trigger-greet", data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 202, answer.text
    assert api.detail(answer.json()["execution_id"])["inputs"] == {
        "who": "you",
        "loud": False,
        "times": 1,
    }


def test_s2_trigger_a_workflow__takes_inputs(api: Api) -> None:
    detail = api.ended(api.run("trigger-greet", {"who": "Ada", "loud": True}))
    assert detail["inputs"] == {"who": "Ada", "loud": True, "times": 1}
    assert detail["outputs"] == {"text": "Hello Ada", "loud": True}


def test_s2_trigger_a_workflow__says_in_the_detail_what_triggered_it(api: Api) -> None:
    before = instant(api.detail(api.run("trigger-greet"))["started_at"])
    detail = api.detail(api.run("trigger-greet"))
    assert detail["trigger"] == {"type": "api"}
    assert instant(detail["started_at"]) >= before


def test_s2_trigger_a_workflow__wrong_inputs_are_422_with_all_problems(api: Api) -> None:
    count = len(api.get("/api/v1/executions?workflow=trigger-needs").json()["executions"])
    answer = api.post(
        "/api/v1/run/trigger-needs", json={"inputs": {"who": 7, "ok": "yes", "agee": 1}}
    )
    found = problem(answer, 422, "validation-error", "errors")
    assert places(found) == {
        "inputs.who": "must be a string",
        "inputs.ok": "must be a boolean",
        "inputs.agee": "unknown input `agee`; did you mean `age`?",
        "inputs.age": "is missing",
    }
    after = api.get("/api/v1/executions?workflow=trigger-needs").json()["executions"]
    assert len(after) == count


@pytest.mark.parametrize(
    "value", [True, "1", None, [1], {}], ids=["boolean", "text", "null", "list", "object"]
)
def test_s2_trigger_a_workflow__types_of_inputs_are_not_converted(api: Api, value: Any) -> None:
    inputs = {"who": "x", "ok": True, "age": value}
    answer = api.post("/api/v1/run/trigger-needs", json={"inputs": inputs})
    assert places(problem(answer, 422, "validation-error", "errors")) == {
        "inputs.age": "must be a number"
    }


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"inputs": [1]}, "inputs"),
        ({"inputs": None}, "inputs"),
        ({"input": {}}, "input"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_s2_trigger_a_workflow__a_body_of_another_shape_is_422(
    api: Api, body: Any, place: str
) -> None:
    found = problem(
        api.post("/api/v1/run/trigger-greet", json=body), 422, "validation-error", "errors"
    )
    assert list(places(found)) == [place]


def test_s2_idempotency_key__the_same_key_and_body_is_the_same_execution(api: Api) -> None:
    key = uuid.uuid4().hex
    body = {"inputs": {"who": "Ada"}}
    answers = [
        api.post("/api/v1/run/trigger-greet", json=body, headers={"Idempotency-Key": key})
        for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert len({answer.text for answer in answers}) == 1
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [
        None,
        "true",
        "true",
    ]
    run_id = answers[0].json()["execution_id"]
    api.ended(run_id)
    again = api.post("/api/v1/run/trigger-greet", json=body, headers={"Idempotency-Key": key})
    assert (again.json()["execution_id"], again.headers["Idempotent-Replayed"]) == (run_id, "true")


@pytest.mark.parametrize(
    ("name", "inputs"), [("trigger-greet", {"who": "Bob"}), ("trigger-other", {"who": "Ada"})]
)
def test_s2_idempotency_key__the_same_key_with_another_request_is_422(
    api: Api, name: str, inputs: dict[str, Any]
) -> None:
    api.apply({**GREET, "name": "trigger-other"})
    key = {"Idempotency-Key": uuid.uuid4().hex}
    run_id = api.run("trigger-greet", {"who": "Ada"}, **key)
    answer = api.post(f"/api/v1/run/{name}", json={"inputs": inputs}, headers=key)
    assert problem(answer, 422, "idempotency-mismatch", "run_id")["run_id"] == run_id


def test_s2_idempotency_key__of_another_organisation_is_another_key(
    api: Api, stranger: Api
) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    stranger.apply(GREET)
    mine, theirs = api.run("trigger-greet", **key), stranger.run("trigger-greet", **key)
    assert mine != theirs


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "k\u00e9y"])
def test_s2_idempotency_key__that_is_not_visible_ascii_of_255_is_400(api: Api, key: str) -> None:
    answer = api.post("/api/v1/run/trigger-greet", headers={"Idempotency-Key": key.encode()})
    assert "Idempotency-Key" in problem(answer, 400, "bad-request")["detail"]
