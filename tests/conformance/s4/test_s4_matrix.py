"""S4, Roles: every declared route with every kind of caller, over HTTP on the running stack.

The matrix is made from the declarations, so a route cannot be missing from it. A request that is
allowed asks for what does not exist, or sends what cannot be read: it changes nothing, and its
answer is anything but 401, 403 and 5xx.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

import app as entry_points
from chalicelib.api import cancel
from chalicelib.api.problems import render_problem
from chalicelib.api.routing import Route, declared
from chalicelib.api.swarms import dialect as swarms
from chalicelib.api.v1 import envelope
from chalicelib.core.roles import Role
from chalicelib.core.runs.approval import approval_id
from tests.support.answers import has_common_headers, problem, v1_refusal
from tests.support.definitions import shape, workflow
from tests.support.graphs import graph, log
from tests.support.stack import Api, RunningStack

assert entry_points.app.routes
ROUTES = {f"{route.method} {route.path}": route for route in declared()}
PUBLIC_HERE = {"GET /metrics"}
"""Public on the local stage by its setting `MetricsPublic`."""
ORG = "org_matrix"
UNKNOWN = "matrix-none"
ROLES = ("viewer", "operator", "admin")
SIGNED_IN = tuple(f"{role} who signed in" for role in ROLES)
LOGINS_ONLY = {"POST /api/v1/auth/refresh", "POST /api/v1/auth/logout"}
"""Nothing for API tokens."""
FIRST_ONLY = {"POST /api/v1/organizations", "PUT /v1/organizations/{orgId}/cu"}
"""For admins of the organisation that was bootstrapped first."""
PASSWORD = "long enough"
FIXED = ("versions", "v1/versions", "methods", "v1/nodes")
"""Words before places whose value is nobody's."""
PROBLEMS = {render_problem, swarms.render_error}
"""Both make problem documents; S3's says 400 where others say 422."""
STRANGERS = ("no token", "malformed", "expired", "revoked")


@dataclass(frozen=True)
class Matrix:
    """The callers by their kind, and what of `ORG` stands in which place of a path."""

    callers: dict[str, Api]
    ours: dict[str, str]


@pytest.fixture(scope="module")
def matrix(stack: RunningStack) -> Matrix:
    def caller(token: str | None) -> Api:
        return Api(stack.local.base_url, token)

    admin = stack.api_as(Role.ADMIN, org=ORG, name="matrix-admin")
    callers = {
        "no token": caller(None),
        "malformed": caller("no-dot-in-it"),
        "expired": caller(stack.token(Role.ADMIN, org=ORG, name="matrix-expired", days=-0.5)),
        "another organisation": stack.api_as(Role.ADMIN, org="org_matrix_else", name="matrix-else"),
    }
    for role in Role:
        callers[role.word] = stack.api_as(role, org=ORG, name=f"matrix-{role.word}")
        user = {"email": f"{role.word}@matrix.example", "password": PASSWORD, "role": role.word}
        assert admin.post("/api/v1/users", json=user).status_code == 201
        callers[f"{role.word} who signed in"] = signed_in(stack.local.base_url, role)
    put_skill(stack)
    return Matrix(callers, things_of(admin))


def put_skill(stack: RunningStack) -> None:
    """A skill of `ORG`, in the bucket."""
    key = f"skills/{ORG}/matrix-skill.md"
    store = stack.local.session.client("s3")
    store.put_object(Bucket=stack.outputs["BucketName"], Key=key, Body=b"secret")


def signed_in(base_url: str, role: Role) -> Api:
    """Somebody of `ORG` with the token of a login."""
    given = {"email": f"{role.word}@matrix.example", "password": PASSWORD}
    answer = Api(base_url, None).post("/api/v1/auth/login", json=given)
    assert answer.status_code == 200, answer.text
    return Api(base_url, answer.json()["token"])


def revoked(admin: Api) -> Api:
    """Somebody of `ORG` whose token was taken back. Of a name of its own: after five wrong tries at
    one within a minute the answer is another."""
    given = {"name": f"matrix-{secrets.token_hex(4)}", "role": "admin"}
    made = admin.post("/api/v1/auth/tokens", json=given)
    assert made.status_code == 201, made.text
    taken = admin.call("DELETE", f"/api/v1/auth/tokens/{made.json()['id']}")
    assert taken.status_code == 200, taken.text
    return Api(admin.base_url, made.json()["token"])


def role_of(kind: str) -> Role:
    """The role of a caller of ours."""
    return Role.named(kind.split(maxsplit=1)[0])


def things_of(admin: Api) -> dict[str, str]:
    """One of each thing that a path may name, by the word before its place."""
    admin.apply(workflow("matrix-ours", shape("a")))
    asks = {"name": "ask", "action": "approval", "params": {"message": "?"}}
    admin.apply(workflow("matrix-asks", asks))
    run_id = admin.run("matrix-asks")
    approval = approval_id(run_id, "ask")
    path = f"/api/v1/approvals/{approval}"
    admin.until(run_id, lambda _: admin.get(path).status_code == 200)
    model = {"type": "transform", "globalArguments": {}}
    assert admin.call("PUT", "/api/v1/models/matrix-ours", json=model).status_code == 201
    secret = admin.call("PUT", "/api/v1/secrets/matrix-ours", json={"value": "x"})
    assert secret.status_code == 200
    token = admin.post("/api/v1/auth/tokens", json={"name": "matrix-ours"})
    user = admin.post(
        "/api/v1/users",
        json={"email": "matrix-ours@example.org", "password": "long enough", "role": "viewer"},
    )
    graphed = admin.post("/v1/workflows", json={"name": "ours", "definition": graph(say=log())})
    assert graphed.status_code == 200, graphed.text
    assert (token.status_code, user.status_code) == (201, 201), (token.text, user.text)
    swarm = {
        "name": "matrix-swarm",
        "agents": [{"name": "matrix-agent"}],
        "objects": [{"name": "matrix-object", "handler": "counter"}],
    }
    admin.expect(201, "POST", "/api/swarms", json={"config": swarm})
    return {
        "tokens": token.json()["id"],
        "users": user.json()["id"],
        "approvals": approval,
        "cancel": run_id,
        "workflow-run": run_id,
        "executions": run_id,
        "v1/organizations": ORG,
        "v1/runs": run_id,
        "v1/workflows": graphed.json()["data"]["id"],
        "v1/versions": "1",
        "v1/nodes": "ask",
        "models": "matrix-ours",
        "methods": "run",
        "run": "matrix-ours",
        "secrets": "matrix-ours",
        "workflows": "matrix-ours",
        "versions": "1",
        "swarms": "matrix-swarm",
        "agents": "matrix-agent",
        "objects": "matrix-object",
        "skills": "matrix-skill",
    }


def path_of(route: Route, value: Callable[[str], str]) -> str:
    """The route's path with a value for each place; `value` is asked by the word before it."""
    parts: list[str] = []
    # S0's cancel has the type in the first place, S2's the run.
    typed = route.path.replace("/cancel/{execution}/{id}", "/cancel/workflow-run/{id}")
    for part in typed.split("/"):
        # S1 has names of its own for what S2 has too.
        word = f"v1/{parts[-1]}" if parts[1:2] == ["v1"] else parts[-1] if parts else ""
        parts.append(value(word) if re.fullmatch(r"{\w+}", part) else part)
    return "/".join(parts)


def ask(route: Route, caller: Api, path: str) -> requests.Response:
    """One request. A body is one that cannot be read."""
    if route.body is None:
        return caller.call(route.method, path)
    headers = {"Content-Type": "application/json"}
    return caller.call(route.method, path, data=b"{", headers=headers)


def nowhere(route: Route) -> str:
    return path_of(route, lambda word: "1" if word.endswith("versions") else UNKNOWN)


def required(route: str) -> Role | None:
    return None if route in PUBLIC_HERE else ROUTES[route].role


@pytest.mark.parametrize("caller", [*STRANGERS, *ROLES, *SIGNED_IN, "another organisation"])
@pytest.mark.parametrize("route", ROUTES)
def test_s4_roles__a_route_answers_each_caller_as_its_declaration_says(
    matrix: Matrix, route: str, caller: str
) -> None:
    found, needed, admin = ROUTES[route], required(route), matrix.callers["admin"]
    if caller == "revoked":
        api = revoked(admin)
    elif caller in SIGNED_IN and found.path.endswith("/logout"):
        api = signed_in(admin.base_url, role_of(caller))  # this one ends
    else:
        api = matrix.callers[caller]
    answer = ask(found, api, nowhere(found))
    has_common_headers(answer)
    if needed is not None and caller in STRANGERS:
        refused_for_its_token(found, answer, missing=caller == "no token")
    elif needed is not None and caller in (*ROLES, *SIGNED_IN) and role_of(caller) < needed:
        refused_for_its_role(found, answer, needed)
    elif route in LOGINS_ONLY and caller not in SIGNED_IN:
        assert "the token of a login" in problem(answer, 403, "permission-denied")["detail"]
    elif route in FIRST_ONLY:
        if found.render_error is envelope.render_error:
            told_why = v1_refusal(answer, 403, "permission-denied", "rule_source")["details"]
        else:
            told_why = problem(answer, 403, "permission-denied", "rule_source")
        assert told_why["rule_source"] == "organization"
    else:
        allowed = 200 <= answer.status_code < 300 or answer.status_code in (400, 404, 409, 422)
        assert allowed, f"{answer.status_code} {answer.text[:300]}"


def refused_for_its_token(route: Route, answer: requests.Response, *, missing: bool) -> None:
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if route.render_error is cancel.render_error:
        assert answer.status_code == 401
        assert answer.text == (cancel.NO_TOKEN if missing else cancel.WRONG_TOKEN)
        return
    if route.render_error is envelope.render_error:
        v1_refusal(answer, 401, "unauthorized")
        return
    assert route.render_error in PROBLEMS, "say here how this dialect refuses"
    problem(answer, 401, "unauthorized")


def refused_for_its_role(route: Route, answer: requests.Response, needed: Role) -> None:
    if route.render_error is cancel.render_error:
        assert answer.status_code == 403
        assert answer.json() == {"status": "error", "message": cancel.ACCESS_DENIED}
        assert needed.word in cancel.ACCESS_DENIED
        return
    if route.render_error is envelope.render_error:
        refusal = v1_refusal(answer, 403, "permission-denied", "rule_source")
        assert f"the role {needed.word}" in refusal["message"]
        assert refusal["details"]["rule_source"] == "role"
        return
    assert route.render_error in PROBLEMS, "say here how this dialect refuses"
    found = problem(answer, 403, "permission-denied", "rule_source")
    assert f"the role {needed.word}" in found["detail"]
    assert found["rule_source"] == "role"


@pytest.mark.parametrize(
    "route", [name for name, route in ROUTES.items() if "{" in route.path and route.role]
)
def test_s4_roles__another_organisation_cannot_tell_ours_from_what_does_not_exist(
    matrix: Matrix, route: str
) -> None:
    """A new kind of thing in a path has to get a line in `things_of`."""
    found, stranger = ROUTES[route], matrix.callers["another organisation"]
    ours, unknown = path_of(found, matrix.ours.__getitem__), nowhere(found)
    answers = [ask(found, stranger, path) for path in (ours, unknown)]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].status_code in ((403,) if route in FIRST_ONLY else (400, 404))
    names = {name for word, name in matrix.ours.items() if word not in FIXED}
    assert told(answers[0], names) == told(answers[1], names)


def told(answer: requests.Response, names: set[str]) -> Any:
    """What an answer says, with our names as the unknown one and without its own path and id."""
    text = answer.text
    for name in names:
        text = text.replace(name, UNKNOWN)
    body = json.loads(text)
    own = ("instance", "correlation_id", "requestId")
    return {name: body[name] for name in body if name not in own}


@pytest.mark.parametrize("path", ["executions", "workflows", "models", "approvals", "secrets"])
def test_s4_roles__another_organisations_lists_have_nothing_of_ours(
    matrix: Matrix, path: str
) -> None:
    ours = matrix.callers["admin"].get(f"/api/v1/{path}").json()[path]
    theirs = matrix.callers["another organisation"].get(f"/api/v1/{path}").json()[path]
    assert (bool(ours), theirs) == (True, [])


def test_s4_roles__what_the_matrix_asked_for_changed_nothing(matrix: Matrix) -> None:
    """The last of this file: ours is as it was made."""
    admin = matrix.callers["admin"]
    assert admin.detail(matrix.ours["executions"])["status"] == "running"
    versions = admin.get("/api/v1/workflows/matrix-ours/versions").json()["versions"]
    assert len(versions) == 1
    assert admin.get("/api/v1/models/matrix-ours").json()["version"] == 1
    assert admin.get("/api/swarms/matrix-swarm").json()["status"] == "running"
    assert admin.get("/api/swarms/matrix-swarm/overlay").json()["events"] == []
    assert admin.post(f"/api/v1/cancel/{matrix.ours['executions']}").status_code == 200
