"""Contract, Bad input: for every declared route, made from its own declaration.

Every parameter with values out of its range, every member of every body with every wrong type,
headers that are too long or try to inject: each gets an error that the route declares, and none is
a fault of ours. Requests name what does not exist, in an organisation of this file's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

import app as entry_points
from chalicelib.api.routing import Route, declared
from chalicelib.api.v1 import envelope
from chalicelib.core.roles import Role
from tests.support.answers import has_common_headers, problem, v1_refusal
from tests.support.stack import Api, RunningStack

assert entry_points.app.routes
ROUTES = {f"{route.method} {route.path}": route for route in declared()}
WITH_PARAMETERS = [name for name, route in ROUTES.items() if route.parameters]
WITH_BODY = [name for name, route in ROUTES.items() if route.body is not None]
STRICT = [n for n in WITH_BODY if isinstance(ROUTES[n].body, type) and not ROUTES[n].lenient]
"""Routes whose bodies have no member that is not declared: all but S3's."""
LISTS = [n for n, route in ROUTES.items() if any(p.name == "limit" for p in route.parameters)]
PROTECTED = [n for n, route in ROUTES.items() if route.role and n != "GET /metrics"]
"""That one is public on the local stage by its setting `MetricsPublic`."""
LOGINS_ONLY = {"POST /api/v1/auth/refresh", "POST /api/v1/auth/logout"}
"""The callers here have API tokens: refused with 403, after all else that is wrong."""
FIRST_ONLY = {"POST /api/v1/organizations", "PUT /v1/organizations/{orgId}/cu"}
"""For admins of the organisation that was bootstrapped first."""
JSON = {"Content-Type": "application/json"}
DONE = {200, 201, 202}
VALUES: tuple[Any, ...] = (None, True, -1, 1.5, 2**63, "", "x" * 5000, [], [[]], {}, {"a": {}})
TEXTS = ("", "0", "-1", "1001", "NaN", "1e3", "١", "x" * 3000, "\0", "'\"<>", "\U0001f600", "%")


@pytest.fixture(scope="module")
def admin(stack: RunningStack) -> Api:
    return stack.api_as(Role.ADMIN, org="org_bad_input", name="bad-input")


@pytest.fixture(scope="module")
def admins(stack: RunningStack, admin: Api) -> dict[str, Api]:
    """An admin by each route who may ask there."""
    first = stack.api_as(Role.ADMIN, name="bad-input-first")
    return {name: first if name in FIRST_ONLY else admin for name in ROUTES}


def path_of(route: Route, value: str = "bad-none") -> str:
    return re.sub(r"{\w+}", value, route.path)


def documented(route: Route, answer: requests.Response, *more: int) -> None:
    """Fails unless the status is one that the route declares, or one of `more`."""
    allowed = DONE | {*route.errors, *more}
    assert answer.status_code in allowed, f"{answer.status_code} {answer.text[:300]}"
    assert "Traceback" not in answer.text and '.py\\", line' not in answer.text
    has_common_headers(answer)


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_bad_input__no_value_of_a_parameter_is_a_fault_of_ours(admin: Api, name: str) -> None:
    route = ROUTES[name]
    for parameter in route.parameters:
        for text in TEXTS:
            answer = admin.call(route.method, path_of(route), params={parameter.name: text})
            documented(route, answer)


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "NaN", "1.0", "", " 1", "1,2", "9" * 400])
@pytest.mark.parametrize("name", LISTS)
def test_bad_input__a_limit_that_is_none_is_refused_by_name(
    admin: Api, name: str, limit: str
) -> None:
    """Contract: 400, but 422 on S4's lists, which are the ones with an `offset`."""
    answer = admin.get(path_of(ROUTES[name]), params={"limit": limit})
    if ROUTES[name].render_error is envelope.render_error:
        assert "limit" in v1_refusal(answer, 400, "validation-error", "errors")["message"]
        return
    if any(parameter.name == "offset" for parameter in ROUTES[name].parameters):
        assert "limit" in str(problem(answer, 422, "validation-error", "errors")["errors"])
    else:
        assert "limit" in problem(answer, 400, "bad-request")["detail"]


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if not route.lenient])
def test_bad_input__an_unknown_parameter_is_400(admin: Api, name: str) -> None:
    route = ROUTES[name]
    answer = admin.call(route.method, path_of(route), params={"dry_run": "1"})
    assert answer.status_code == 400
    assert "dry_run" in answer.text


def members_of(route: Route) -> list[str]:
    """The members that the route's body may have."""
    body = route.body
    schema = body.model_json_schema() if isinstance(body, type) else dict(body or {})
    return sorted(schema.get("properties", {}))


def bodies_of(route: Route) -> Iterator[Any]:
    """Bodies with one thing wrong."""
    yield from (None, True, 0, "x", [], [{}])
    yield {"no_such_member": 1}
    for member in members_of(route):
        yield from ({member: value} for value in VALUES)
        yield {member: "x", "no_such_member": 1}


@pytest.mark.parametrize("name", WITH_BODY)
def test_bad_input__no_body_is_a_fault_of_ours(admins: dict[str, Api], name: str) -> None:
    route = ROUTES[name]
    for body in bodies_of(route):
        sent = json.dumps(body).encode()
        answer = admins[name].call(route.method, path_of(route), data=sent, headers=JSON)
        documented(route, answer)


@pytest.mark.parametrize("name", STRICT)
def test_bad_input__an_unknown_member_is_refused_by_name(admins: dict[str, Api], name: str) -> None:
    route = ROUTES[name]
    sent = json.dumps({"no_such_member": 1}).encode()
    answer = admins[name].call(route.method, path_of(route), data=sent, headers=JSON)
    # S0's cancel endpoints have their own bodies, without a list of problems.
    wrong = 400 if route.render_error is envelope.render_error else 422
    assert answer.status_code in (404, wrong), answer.text
    assert answer.status_code == 404 or "problem" in answer.text


@pytest.mark.parametrize("name", ROUTES)
def test_bad_input__headers_that_are_long_or_inject_are_never_a_fault_of_ours(
    admins: dict[str, Api], name: str
) -> None:
    route = ROUTES[name]
    for headers in (
        {"X-Request-Id": "x" * 6000},
        {"X-Request-Id": "a%0d%0aX-Injected: yes"},
        {"X-Request-Id": "a\tX-Injected: yes"},
        {"Idempotency-Key": "x" * 6000},
        {"Idempotency-Key": "\u00fc b"},
        {"Content-Type": "x" * 6000},
        {"Accept": "x" * 6000},
    ):
        answer = admins[name].call(route.method, path_of(route), headers=headers)
        documented(route, answer, 400, *([403] if name in LOGINS_ONLY else []))
        assert "X-Injected" not in answer.headers
        if "X-Request-Id" in headers:
            assert re.fullmatch(r"req_[0-9A-Z]{26}", answer.headers["X-Request-Id"])


@pytest.mark.parametrize("name", PROTECTED)
def test_bad_input__a_token_of_any_length_is_401(nobody: Api, name: str) -> None:
    route = ROUTES[name]
    for token in ("x" * 6000, "a." + "x" * 6000, ".", "a.", ".b", "\u00fc.x"):
        headers = {"Authorization": f"Bearer {token}".encode("latin-1")}
        answer = nobody.call(route.method, path_of(route), headers=headers)
        assert answer.status_code == 401, answer.text


def test_bad_input__headers_over_10_kb_together_are_413(admin: Api) -> None:
    def long(size: int) -> requests.Response:
        return admin.get("/api/v1/executions", headers={"X-Long": "x" * size})

    assert long(9_500).status_code == 200
    for size in (10_300, 60_000):
        problem(long(size), 413, "too-large")
    many = {f"X-Long-{number}": "x" * 1_000 for number in range(11)}
    problem(admin.get("/api/v1/executions", headers=many), 413, "too-large")
    problem(admin.get("/api/v1/executions?workflow=" + "x" * 11_000), 413, "too-large")
    assert 400 <= long(200_000).status_code < 500
