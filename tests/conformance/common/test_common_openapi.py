"""S4: the API describes itself at `/openapi.json`, and the description is true."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.api.routing import declared
from tests.support.definitions import shape, workflow
from tests.support.stack import Api, RunningStack


@pytest.fixture(scope="module")
def document(stack: RunningStack) -> dict[str, Any]:
    answer = stack.api.get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def test_openapi__is_a_valid_openapi_3_1_document(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_openapi__lists_exactly_the_declared_routes(document: dict[str, Any]) -> None:
    import app  # noqa: F401 - importing it declares the routes

    listed = {
        (method.upper(), path) for path, found in document["paths"].items() for method in found
    }
    assert listed == {(route.method, route.path) for route in declared()}


def test_openapi__lists_exactly_the_routes_that_the_gateway_serves(
    stack: RunningStack, document: dict[str, Any]
) -> None:
    client = stack.local.session.client("apigateway")
    (found,) = [one for one in client.get_rest_apis()["items"] if "runyard" in one["name"].lower()]
    resources = client.get_resources(restApiId=found["id"], limit=500)["items"]
    served = {
        (method, resource["path"])
        for resource in resources
        for method in resource.get("resourceMethods", {})
        if method not in ("OPTIONS", "ANY")  # preflight, and what answers 405
    }
    assert served == {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }


SIGN_IN = {"/api/v1/auth/login", "/api/v1/auth/oidc/login", "/api/v1/auth/oidc/callback"}
"""Where somebody gets a token."""


def test_openapi__says_which_routes_need_a_token_and_which_role(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if path.startswith("/api/v1/") and path not in SIGN_IN:
                assert operation["x-role"] in ("viewer", "operator", "admin")
                assert {"401", "403"} <= set(operation["responses"])
                assert operation.get("security", document["security"]) == [{"bearer": []}]


def test_openapi__the_answers_of_the_main_routes_match_their_schemas(
    stack: RunningStack, document: dict[str, Any]
) -> None:
    from jsonschema import Draft202012Validator

    api = stack.api
    api.apply(workflow("openapi-one", shape("a")))
    started = api.post("/api/v1/run/openapi-one")
    run_id = started.json()["execution_id"]
    api.ended(run_id)
    for answer, method, path in (
        (started, "post", "/api/v1/run/{workflow}"),
        (api.get(f"/api/v1/executions/{run_id}"), "get", "/api/v1/executions/{id}"),
        (api.get("/api/v1/executions"), "get", "/api/v1/executions"),
        (api.get("/api/v1/workflows"), "get", "/api/v1/workflows"),
        (api.get("/api/v1/workflows/openapi-one"), "get", "/api/v1/workflows/{name}"),
        (api.get("/healthz"), "get", "/healthz"),
        (api.get("/readyz"), "get", "/readyz"),
        (api.get("/errors/conflict"), "get", "/errors/{slug}"),
        (api.get("/api/v1/executions/run_x"), "get", "/api/v1/executions/{id}"),
    ):
        described = document["paths"][path][method]["responses"][str(answer.status_code)]
        if "$ref" in described:
            described = document["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
        media = answer.headers["Content-Type"]
        schema = described["content"][media]["schema"]
        validator = Draft202012Validator({**schema, "components": document["components"]})
        assert [error.message for error in validator.iter_errors(answer.json())] == []


def test_openapi__the_served_document_is_the_committed_one(document: dict[str, Any]) -> None:
    from infra.api_document import openapi

    # Who may read the metrics is the stage's choice; the local one lets everybody.
    assert document["paths"].pop("/metrics")["get"]["operationId"] == "metrics"
    committed = openapi()
    del committed["paths"]["/metrics"]
    assert document == committed


def test_asyncapi__the_served_document_is_the_committed_one_and_public(nobody: Api) -> None:
    from infra.api_document import asyncapi

    answer = nobody.get("/asyncapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == asyncapi()


def test_asyncapi__what_a_socket_really_sends_is_as_described(stack: RunningStack) -> None:
    from jsonschema import Draft202012Validator

    described = stack.api.get("/asyncapi.json").json()
    stack.api.apply(workflow("asyncapi-one", shape("a")))
    with stack.socket() as socket:
        socket.send("workflow.run", "1", workflowIdOrName="asyncapi-one")
        events = socket.until_done("1")
        frames = [{"type": "event", "id": "1", "event": event} for event in events]
        frames.append(socket.ask("workflow.run.search", "2", workflow="asyncapi-one"))
        socket.send_text("{")
        frames.append(socket.receive())
    assert {frame["type"] for frame in frames} >= {"event", "error", "workflow.run.search"}
    for frame in frames:
        name = (
            frame["type"] if frame["type"] != "workflow.run.search" else f"{frame['type']}.answer"
        )
        schema = described["components"]["messages"][name]["payload"]
        validator = Draft202012Validator({**schema, "components": described["components"]})
        assert [error.message for error in validator.iter_errors(frame)] == [], frame
