"""S4, Authentication and Roles + permissions; contract: tokens, roles, organisations."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import problem
from tests.support.definitions import delay, shape, workflow
from tests.support.stack import Api, RunningStack

SHORT = workflow("common-short", shape("a"))
LONG = workflow("common-long", delay("wait", "1h"))
PROTECTED = (
    ("GET", "/api/v1/executions"),
    ("GET", "/api/v1/executions/run_x"),
    ("POST", "/api/v1/run/common-short"),
    ("POST", "/api/v1/cancel/run_x"),
    ("GET", "/api/v1/workflows"),
    ("GET", "/api/v1/workflows/common-short"),
    ("PUT", "/api/v1/workflows/common-short"),
    ("GET", "/api/v1/workflows/common-short/versions"),
    ("GET", "/api/v1/workflows/common-short/versions/1"),
)
PUBLIC = ("/healthz", "/readyz", "/openapi.json", "/errors/not-found", "/metrics")


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    for definition in (SHORT, LONG):
        stack.api.apply(definition)
    return stack.api


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_s4_authentication__every_request_under_api_v1_requires_a_bearer_token(
    nobody: Api, api: Api, method: str, path: str
) -> None:
    answer = nobody.call(method, path)
    found = problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert found["instance"] == path


@pytest.mark.parametrize("path", PUBLIC)
def test_s4_authentication__public_paths_need_no_token_and_ignore_a_bad_one(
    nobody: Api, path: str
) -> None:
    assert nobody.get(path).status_code == 200
    assert nobody.get(path, headers={"Authorization": "Bearer no.good"}).status_code == 200


def headers_with(token: str) -> dict[str, str]:
    """What somebody could send who has no good token, or has one and sends it wrongly."""
    name, _, secret = token.partition(".")
    basic = base64.b64encode(token.encode()).decode()
    return {
        "empty": "",
        "scheme only": "Bearer",
        "scheme and space": "Bearer ",
        "no scheme": token,
        "other scheme": f"Token {token}",
        "basic": f"Basic {basic}",
        "wrong secret": f"Bearer {name}.{'x' * len(secret)}",
        "secret cut": f"Bearer {token[:-1]}",
        "secret and more": f"Bearer {token}x",
        "other name": f"Bearer nobody.{secret}",
        "no dot": f"Bearer {name}",
        "no secret": f"Bearer {name}.",
        "no name": f"Bearer .{secret}",
        "two tokens": f"Bearer {token} {token}",
        "too long": f"Bearer {name}.{'x' * 512}",
        "jwt": "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.",
        "key": f"Bearer ~#{name}.{secret}",
    }


@pytest.mark.parametrize("case", headers_with("a.b"))
def test_s4_authentication__401_on_a_bad_token(nobody: Api, stack: RunningStack, case: str) -> None:
    header = headers_with(stack.spare_token())[case]
    answer = nobody.get("/api/v1/executions", headers={"Authorization": header})
    problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("secret", ["\u00e9" * 10, "x" * 505])
def test_s4_authentication__strange_and_longest_secrets_are_just_wrong(
    nobody: Api, stack: RunningStack, secret: str
) -> None:
    header = f"Bearer {stack.spare_token().partition('.')[0]}.{secret}".encode()
    problem(
        nobody.get("/api/v1/executions", headers={"Authorization": header}), 401, "unauthorized"
    )


def test_s4_authentication__the_scheme_is_read_in_any_case(
    stack: RunningStack, nobody: Api
) -> None:
    for scheme in ("bearer", "BEARER"):
        header = {"Authorization": f"{scheme} {stack.credentials.token}"}
        assert nobody.get("/api/v1/executions", headers=header).status_code == 200


def test_s4_authentication__an_expired_token_is_401(stack: RunningStack) -> None:
    expired = stack.api_as(Role.ADMIN, name="expired", days=-1)
    problem(expired.get("/api/v1/executions"), 401, "unauthorized")


def test_s4_authentication__what_is_wrong_with_a_token_is_not_told(
    stack: RunningStack, nobody: Api
) -> None:
    expired = stack.token(Role.ADMIN, name="told", days=-1)
    details = {
        problem(
            nobody.get("/api/v1/executions", headers={"Authorization": f"Bearer {token}"}),
            401,
            "unauthorized",
        )["detail"]
        for token in (expired, expired + "x", "nobody.secret", "nothing")
    }
    assert len(details) == 1


def test_s4_roles__a_viewer_reads(viewer: Api, api: Api) -> None:
    run_id = api.run("common-short")
    for path in (
        "/api/v1/executions",
        f"/api/v1/executions/{run_id}",
        "/api/v1/workflows",
        "/api/v1/workflows/common-short",
        "/api/v1/workflows/common-short/versions",
        "/api/v1/workflows/common-short/versions/1",
    ):
        assert viewer.get(path).status_code == 200, path


def test_s4_roles__a_viewer_does_not_start_cancel_or_apply_and_is_told_which_role_may(
    viewer: Api, api: Api
) -> None:
    run_id = api.run("common-long")
    before = len(api.get("/api/v1/executions?workflow=common-long&limit=1000").json()["executions"])
    for answer in (
        viewer.post("/api/v1/run/common-long"),
        viewer.post(f"/api/v1/cancel/{run_id}"),
        viewer.put("common-long", workflow("common-long", shape("other"))),
        viewer.post("/api/v1/run/no-such-workflow"),
        viewer.put("common-new", b"not json"),
    ):
        found = problem(answer, 403, "permission-denied", "rule_source")
        assert "operator" in found["detail"]
        assert found["rule_source"] == "role"
    after = api.get("/api/v1/executions?workflow=common-long&limit=1000").json()["executions"]
    assert len(after) == before
    assert api.detail(run_id)["status"] == "running"
    assert api.get("/api/v1/workflows/common-long").json()["version"] == 1
    api.post(f"/api/v1/cancel/{run_id}")


def test_s4_roles__an_operator_applies_starts_and_cancels(operator: Api, api: Api) -> None:
    assert operator.put("common-operated", {**LONG, "name": "common-operated"}).status_code == 201
    run_id = operator.run("common-operated")
    assert operator.get(f"/api/v1/executions/{run_id}").status_code == 200
    assert operator.post(f"/api/v1/cancel/{run_id}").status_code == 200


def without_ids(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in set(found) - {"instance", "correlation_id"}}


def test_s4_roles__404_on_what_the_caller_cannot_see_equal_to_what_does_not_exist(
    stranger: Api, api: Api
) -> None:
    foreign, unknown = api.run("common-long"), "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    for call in (
        lambda run_id: stranger.get(f"/api/v1/executions/{run_id}"),
        lambda run_id: stranger.post(f"/api/v1/cancel/{run_id}"),
    ):
        seen = [problem(call(run_id), 404, "not-found") for run_id in (foreign, unknown)]
        assert without_ids(seen[0]) == without_ids(seen[1])
    assert api.detail(foreign)["status"] == "running"
    api.post(f"/api/v1/cancel/{foreign}")
    finished = api.run("common-short")
    api.ended(finished)
    seen = [
        problem(stranger.post(f"/api/v1/cancel/{run_id}"), 404, "not-found")
        for run_id in (finished, unknown)
    ]
    assert without_ids(seen[0]) == without_ids(seen[1])


def test_s4_roles__another_organisation_sees_none_of_ours(stack: RunningStack, api: Api) -> None:
    fresh = stack.api_as(Role.ADMIN, org="org_fresh", name="fresh")
    api.run("common-short")
    assert fresh.get("/api/v1/executions").json() == {"executions": []}
    assert fresh.get("/api/v1/executions?workflow=common-short").json() == {"executions": []}
    assert fresh.get("/api/v1/workflows").json() == {"workflows": []}
    for answer in (
        fresh.get("/api/v1/workflows/common-short"),
        fresh.get("/api/v1/workflows/common-short/versions"),
        fresh.get("/api/v1/workflows/common-short/versions/1"),
        fresh.post("/api/v1/run/common-short"),
    ):
        problem(answer, 404, "not-found")
