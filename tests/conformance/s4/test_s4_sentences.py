"""S4, "Authentication" and "Roles + permissions", sentence by sentence: those that no other file of this
folder has. The seed's pipelines are shown by executions, which is what they will run as."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import pytest
import requests

import app as entry_points
from chalicelib.api.routing import declared
from chalicelib.core.roles import Role
from tests.support.answers import problem
from tests.support.definitions import shape, workflow
from tests.support.people import opened
from tests.support.stack import PATIENCE_SECONDS, Api, RunningStack

assert entry_points.app.routes
ORG = "org_sentences"
WAITS = workflow("asks", {"name": "ask", "action": "approval", "params": {"message": "Go on?"}})
QUICK = workflow("quick", shape("a"))


@dataclass(frozen=True)
class People:
    viewer: Api
    operator: Api
    admin: Api


@pytest.fixture(scope="module")
def people(stack: RunningStack) -> People:
    """One of each role in an organisation of this file's own, with two workflows."""
    found = People(*(stack.api_as(role, org=ORG, name=f"says-{role.word}") for role in Role))
    found.operator.apply(WAITS)
    found.operator.apply(QUICK)
    return found


@pytest.fixture(scope="module")
def run(people: People) -> str:
    """An execution that is over."""
    run_id = people.operator.run("quick")
    people.operator.ended(run_id)
    return run_id


def refused(answer: requests.Response, role: str) -> None:
    """403, naming the role that is needed."""
    found = problem(answer, 403, "permission-denied", "rule_source")
    assert f"the role {role}" in found["detail"]


def test_s4_authentication__every_request_under_api_v1_requires_a_bearer_token(
    people: People, nobody: Api
) -> None:
    """S4: "Every request under /api/v1/* requires a bearer token: Authorization: Bearer <token>"; those that
    get one are all that is left out. The matrix asks each route; here are the header's forms."""
    public = {route.path for route in declared() if route.role is None}
    assert {path for path in public if path.startswith("/api/v1/")} == {
        "/api/v1/auth/login",
        "/api/v1/auth/oidc/login",
        "/api/v1/auth/oidc/callback",
    }
    path, token = "/api/v1/workflows", people.viewer.token
    for form in (f"Bearer {token}", f"bearer {token}", f"Bearer   {token}"):
        assert nobody.get(path, headers={"Authorization": form}).status_code == 200
    for form in (f"{token}", f"Basic {token}", f"Token {token}", "Bearer", f"Bearer{token}"):
        problem(nobody.get(path, headers={"Authorization": form}), 401, "unauthorized")
    for place in ({"token": str(token)}, {"access_token": str(token)}):
        problem(nobody.get(path, params=place), 401, "unauthorized")


def test_s4_authentication__the_seeds_own_login_command(stack: RunningStack) -> None:
    """S4: "curl -X POST …/api/v1/auth/login … -d '{"email": "admin@local", "password": "<seeded>"}'
    # → {"token": "eyJ..."}"."""
    sent = f'{{"email": "admin@local", "password": "{stack.credentials.password}"}}'
    answer = requests.post(
        f"{stack.local.base_url}/api/v1/auth/login",
        data=sent,
        headers={"Content-Type": "application/json"},
        timeout=PATIENCE_SECONDS,
    )
    assert answer.json()["token"].startswith("eyJ")


def test_s4_authentication__sign_in_then_create_a_token_and_copy_it(stack: RunningStack) -> None:
    """S4: "1. Sign in … 2. Profile → API tokens → Create 3. Copy the token (shown once)"."""
    known = {"email": stack.credentials.email, "password": stack.credentials.password}
    signed_in = requests.post(
        f"{stack.local.base_url}/api/v1/auth/login", json=known, timeout=PATIENCE_SECONDS
    )
    mine = Api(stack.local.base_url, signed_in.json()["token"])
    name = f"copied-{secrets.token_hex(4)}"
    created = mine.post("/api/v1/auth/tokens", json={"name": name}).json()
    assert Api(stack.local.base_url, created["token"]).get("/api/v1/workflows").status_code == 200
    assert created["token"] not in mine.get("/api/v1/auth/tokens?limit=1000").text
    mine.call("DELETE", f"/api/v1/auth/tokens/{created['id']}")


def test_s4_authentication__tokens_are_jwt_with_a_24_hour_lifetime_and_are_refreshed(
    stack: RunningStack,
) -> None:
    """S4: "Tokens are JWT with a default 24-hour lifetime. Refresh via /api/v1/auth/refresh."."""
    known = {"email": stack.credentials.email, "password": stack.credentials.password}
    url = f"{stack.local.base_url}/api/v1/auth"
    first = requests.post(f"{url}/login", json=known, timeout=PATIENCE_SECONDS).json()["token"]
    fresh = Api(stack.local.base_url, first).post("/api/v1/auth/refresh").json()["token"]
    for token in (first, fresh):
        claims = opened(token)[1]
        assert claims["exp"] - claims["iat"] == 24 * 3600
    assert fresh != first


def test_s4_roles__a_viewer_only_reads(people: People, run: str) -> None:
    """S4: "viewer: Read-only: list pipelines, view logs, download artefacts"."""
    viewer = people.viewer
    assert run in [one["id"] for one in viewer.get("/api/v1/executions").json()["executions"]]
    assert viewer.get(f"/api/v1/executions/{run}/logs").status_code == 200
    assert viewer.detail(run)["outputs"] is not None
    refused(viewer.post("/api/v1/run/quick"), "operator")
    refused(viewer.post(f"/api/v1/cancel/{run}"), "operator")
    refused(viewer.put("quick", QUICK), "operator")


def test_s4_roles__an_operator_is_a_viewer_who_runs_cancels_and_approves(
    people: People, run: str
) -> None:
    """S4: "operator: viewer + run/cancel pipelines, approve HITL gates, run batch jobs"."""
    operator = people.operator
    assert operator.detail(run)["status"] == "completed"
    waiting, other = operator.run("asks"), operator.run("asks")
    approvals: dict[str, str] = {}

    def asked() -> bool:
        found = operator.get("/api/v1/approvals?status=pending").json()["approvals"]
        approvals.update({one["run_id"]: one["id"] for one in found})
        return {waiting, other} <= set(approvals)

    operator.once(asked, waiting)
    refused(people.viewer.post(f"/api/v1/approvals/{approvals[waiting]}/approve"), "operator")
    assert operator.post(f"/api/v1/approvals/{approvals[waiting]}/approve").status_code == 200
    assert operator.ended(waiting)["status"] == "completed"
    assert operator.post(f"/api/v1/cancel/{other}").status_code == 200
    assert operator.ended(other)["status"] == "cancelled"
    refused(operator.call("DELETE", f"/api/v1/executions/{run}"), "admin")
    refused(operator.get("/api/v1/users"), "admin")


def test_s4_roles__an_admin_is_an_operator_who_manages_users_and_deletes_runs(
    people: People,
) -> None:
    """S4: "admin: operator + install plugins, manage users, modify feature flags, delete runs"."""
    admin = people.admin
    run_id = admin.run("quick")
    admin.ended(run_id)
    email = f"{secrets.token_hex(4)}@example.org"
    new = {"email": email, "password": "a password of ours", "role": "viewer"}
    assert admin.post("/api/v1/users", json=new).status_code == 201
    path = f"/api/v1/executions/{run_id}"
    deleted = False

    def gone() -> bool:
        # 409 until its last event is stored (docs/api.md).
        nonlocal deleted
        deleted = deleted or admin.call("DELETE", path).status_code == 200
        return deleted and admin.get(path).status_code == 404

    other = admin.run("quick")
    admin.once(gone, other)


def test_s4_roles__every_route_has_a_role_gate() -> None:
    """S4: "Every route has a role gate": the role is declared with the route, so none can be without; which
    are public is said above and in the matrix."""
    gated = [route for route in declared() if route.path.startswith("/api/v1/")]
    public = {route.path for route in gated if route.role is None}
    assert all(route.role in Role for route in gated if route.path not in public)
    assert all(path.startswith("/api/v1/auth/") for path in public)


def test_s4_roles__403_401_and_404_each_for_its_own_reason(
    people: People, nobody: Api, stranger: Api, run: str
) -> None:
    """S4: "403 on insufficient role; 401 on bad token; 404 on a resource the caller can't see (we don't leak
    existence to unauthorized users)"."""
    path = f"/api/v1/executions/{run}"
    refused(people.viewer.call("DELETE", path), "admin")
    problem(Api(nobody.base_url, "bad.token").get(path), 401, "unauthorized")
    theirs = problem(stranger.get(path), 404, "not-found")
    nothing = problem(stranger.get("/api/v1/executions/run_none"), 404, "not-found")
    assert theirs["detail"].replace(run, "run_none") == nothing["detail"]
    # Who may not do a thing at all learns nothing of whether it is there.
    for unknown in (path, "/api/v1/executions/run_none"):
        refused(people.operator.call("DELETE", unknown), "admin")
