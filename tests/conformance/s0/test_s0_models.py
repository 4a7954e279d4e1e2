"""S0, models and method runs: `/api/v1/models` and what runs of their methods are to S2."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import instant, places, problem
from tests.support.stack import Api, CountingServer, RunningStack, step_of

MEMBERS = {
    "name",
    "type",
    "globalArguments",
    "description",
    "version",
    "methods",
    "updated_at",
}


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    put(stack.api, "m-shaper", {"type": "transform", "globalArguments": {"a": 1, "b": 1}})
    put(stack.api, "m-sleeper", {"type": "delay", "globalArguments": {"duration": "1h"}})
    put(stack.api, "m-fetcher", {"type": "http", "globalArguments": {"headers": {"X-A": "1"}}})
    return stack.api


def put(api: Api, name: str, body: Any, status: tuple[int, ...] = (200, 201)) -> Any:
    answer = api.call("PUT", f"/api/v1/models/{name}", json=body)
    assert answer.status_code in status, answer.text
    return answer.json()


def run(api: Api, name: str, method: str = "run", **inputs: Any) -> str:
    answer = api.post(f"/api/v1/models/{name}/methods/{method}/run", json={"inputs": inputs})
    assert answer.status_code == 202, answer.text
    found = answer.json()
    assert found == {"execution_id": found["execution_id"], "model": name, "method": method}
    return str(found["execution_id"])


def test_s0_models__a_model_is_made_read_listed_changed_and_deleted(api: Api) -> None:
    body = {"type": "http", "globalArguments": {"timeout": "5s"}, "description": "Fetches."}
    made = put(api, "m-life", body, (201,))
    assert set(made) == MEMBERS
    assert {name: made[name] for name in body} == body
    assert (made["name"], made["version"], made["methods"]) == ("m-life", 1, ["request"])
    instant(made["updated_at"])
    assert api.get("/api/v1/models/m-life").json() == made
    assert made in api.get("/api/v1/models").json()["models"]
    assert put(api, "m-life", {**body, "name": "m-life"}, (200,)) == made
    assert put(api, "m-life", {**body, "description": "Better."}, (201,))["version"] == 2
    gone = api.call("DELETE", "/api/v1/models/m-life")
    assert (gone.status_code, gone.json()) == (200, {"name": "m-life", "status": "deleted"})
    problem(api.get("/api/v1/models/m-life"), 404, "not-found")
    problem(api.call("DELETE", "/api/v1/models/m-life"), 404, "not-found")
    names = [model["name"] for model in api.get("/api/v1/models").json()["models"]]
    assert "m-life" not in names
    assert names == sorted(names)


def test_s0_models__a_method_run_gives_its_output_over_the_global_arguments(api: Api) -> None:
    detail = api.ended(run(api, "m-shaper", "run", b=2, c="{{ kept }}"))
    assert (detail["status"], detail["workflow"], detail["version"]) == (
        "completed",
        "m-shaper/run",
        1,
    )
    assert detail["inputs"] == detail["outputs"] == {"a": 1, "b": 2, "c": "{{ kept }}"}
    assert [step["name"] for step in detail["steps"]] == ["method"]
    assert step_of(detail, "method")["output"] == detail["outputs"]
    assert detail["trigger"] == {"type": "api"}


def test_s0_models__a_method_does_what_its_action_does(api: Api, server: CountingServer) -> None:
    detail = api.ended(run(api, "m-fetcher", "request", url=f"{server.url}/hello"))
    assert detail["outputs"]["json"] == {"path": "/hello"}
    assert server.count("/hello") == 1


def test_s0_models__without_a_body_the_global_arguments_are_all(api: Api) -> None:
    answer = api.post("/api/v1/models/m-shaper/methods/run/run")
    assert api.ended(answer.json()["execution_id"])["outputs"] == {"a": 1, "b": 1}


def test_s0_models__a_failing_method_fails_its_run(api: Api, server: CountingServer) -> None:
    detail = api.ended(run(api, "m-fetcher", "request", url=f"{server.url}/status/500"))
    assert detail["status"] == "failed"
    assert "500" in step_of(detail, "method")["error"]


def test_s0_models__method_runs_are_listed_by_model_and_method(api: Api) -> None:
    run_id = run(api, "m-shaper")
    api.ended(run_id)
    found = api.get("/api/v1/executions?workflow=m-shaper/run").json()["executions"]
    assert found[0]["id"] == run_id
    assert {line["workflow"] for line in found} == {"m-shaper/run"}
    quoted = api.get("/api/v1/executions?workflow=m-shaper%2Frun&status=completed").json()
    assert run_id in [line["id"] for line in quoted["executions"]]


@pytest.mark.parametrize("path", ["/api/v1/cancel/{}", "/api/v1/cancel/method-run/{}"])
def test_s0_models__both_cancels_work_on_a_method_run(api: Api, path: str) -> None:
    run_id = run(api, "m-sleeper")
    api.step_running(run_id, "method")
    assert api.post(path.format(run_id)).status_code == 200
    detail = api.detail(run_id)
    assert (detail["status"], step_of(detail, "method")["status"]) == ("cancelled", "cancelled")


def test_s0_models__a_waiting_method_ends_by_itself(api: Api) -> None:
    assert api.ended(run(api, "m-sleeper", "run", duration="1s"))["status"] == "completed"


def test_s0_models__deleting_a_model_does_not_touch_its_runs(api: Api) -> None:
    put(api, "m-doomed", {"type": "delay"})
    run_id = run(api, "m-doomed", "run", duration="3s")
    assert api.call("DELETE", "/api/v1/models/m-doomed").status_code == 200
    problem(api.post("/api/v1/models/m-doomed/methods/run/run"), 404, "not-found")
    assert api.ended(run_id)["status"] == "completed"


def test_s0_models__an_idempotency_key_is_one_run(api: Api) -> None:
    path, headers = "/api/v1/models/m-shaper/methods/run/run", {"Idempotency-Key": "s0-model-key"}
    first = api.post(path, json={"inputs": {"n": 1}}, headers=headers)
    again = api.post(path, json={"inputs": {"n": 1}}, headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = api.post(path, json={"inputs": {"n": 2}}, headers=headers)
    problem(other, 422, "idempotency-mismatch", "run_id")


def test_s0_models__wrong_inputs_are_422_with_all_problems(api: Api) -> None:
    path = "/api/v1/models/m-fetcher/methods/request/run"
    answer = api.post(path, json={"inputs": {"method": "BREW", "headers": 1, "nope": True}})
    found = places(problem(answer, 422, "validation-error", "errors"))
    assert set(found) == {"inputs.method", "inputs.headers", "inputs.nope", "inputs.url"}
    assert found["inputs.url"] == "is required"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"type"}),
        ({"type": "nope"}, {"type"}),
        ({"type": "http", "globalArguments": {"nope": 1, "timeout": -1}}, None),
        ({"type": "http", "globalArguments": []}, {"globalArguments"}),
        ({"type": "http", "colour": "red", "description": 1}, {"colour", "description"}),
        ({"type": "http", "name": "m-other"}, {"name"}),
    ],
)
def test_s0_models__a_wrong_model_is_422_with_all_problems(
    api: Api, body: Any, wrong: set[str] | None
) -> None:
    answer = api.call("PUT", "/api/v1/models/m-wrong", json=body)
    found = places(problem(answer, 422, "validation-error", "errors"))
    assert set(found) == (wrong or {"globalArguments.nope", "globalArguments.timeout"})
    assert api.get("/api/v1/models/m-wrong").status_code == 404


@pytest.mark.parametrize("name", ["Big", "9lives", "a_b", "x" * 65])
def test_s0_models__a_wrong_name_is_422(api: Api, name: str) -> None:
    answer = api.call("PUT", f"/api/v1/models/{name}", json={"type": "http"})
    assert set(places(problem(answer, 422, "validation-error", "errors"))) == {"name"}


def test_s0_models__an_unknown_model_or_method_is_404(api: Api) -> None:
    for path in ("m-nobody/methods/run", "m-shaper/methods/nope", "x" * 500 + "/methods/run"):
        problem(api.post(f"/api/v1/models/{path}/run"), 404, "not-found")


def test_s0_models__what_cannot_be_parsed_is_400_and_another_type_415(api: Api) -> None:
    headers = {"Content-Type": "application/json"}
    path = "/api/v1/models/m-shaper"
    problem(api.call("PUT", path, data=b"{", headers=headers), 400, "bad-request")
    run_path = f"{path}/methods/run/run"
    problem(api.post(run_path, data=b"{", headers=headers), 400, "bad-request")
    text = {"Content-Type": "text/plain"}
    answer = api.call("PUT", path, data=b"type: http", headers=text)
    problem(answer, 415, "unsupported-media-type")


def test_s0_models__viewers_read_and_operators_apply_and_run(
    api: Api, viewer: Api, operator: Api
) -> None:
    put(operator, "m-roles", {"type": "transform"})
    assert viewer.get("/api/v1/models").status_code == 200
    assert viewer.get("/api/v1/models/m-roles").status_code == 200
    path = "/api/v1/models/m-roles"
    for answer in (
        viewer.call("PUT", path, json={"type": "transform"}),
        viewer.call("DELETE", path),
        viewer.post(f"{path}/methods/run/run"),
    ):
        problem(answer, 403, "permission-denied", "rule_source")
    assert operator.ended(run(operator, "m-roles"))["status"] == "completed"
    assert operator.call("DELETE", path).status_code == 200


def test_s0_models__another_organisation_sees_none_of_it(api: Api, stranger: Api) -> None:
    assert stranger.get("/api/v1/models").json() == {"models": []}
    for answer in (
        stranger.get("/api/v1/models/m-shaper"),
        stranger.call("DELETE", "/api/v1/models/m-shaper"),
        stranger.post("/api/v1/models/m-shaper/methods/run/run"),
    ):
        problem(answer, 404, "not-found")
