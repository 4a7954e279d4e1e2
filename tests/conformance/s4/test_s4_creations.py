"""Contract, for all dialects: "`Idempotency-Key` is accepted on every POST that creates something: same key
and body → the first answer again (header `Idempotent-Replayed: true`); same key, other body → 422"."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

import app as entry_points
from chalicelib.api.routing import IDEMPOTENCY_KEY, declared
from chalicelib.core.roles import Role
from tests.support.answers import has_common_headers, problem
from tests.support.stack import Api, RunningStack

assert entry_points.app.routes
PASSWORD = "a password of ours"
USERS, TOKENS, ORGANIZATIONS = "/api/v1/users", "/api/v1/auth/tokens", "/api/v1/organizations"
PATHS = (USERS, TOKENS, ORGANIZATIONS)
each_path = pytest.mark.parametrize("path", PATHS)


@pytest.fixture(scope="module")
def boss(stack: RunningStack) -> Api:
    """An admin of the organisation that was bootstrapped first: others make no organisations."""
    return stack.api_as(Role.ADMIN, name="creations-boss")


def body_for(path: str) -> dict[str, Any]:
    """What creates something new there."""
    word = secrets.token_hex(4)
    if path == USERS:
        return {"email": f"{word}@example.org", "password": PASSWORD, "role": "viewer"}
    if path == TOKENS:
        return {"name": f"t-{word}", "role": "viewer", "expires_in": 3600}
    return {
        "name": f"o-{word}",
        "admin_email": f"{word}@orgs.example",
        "admin_password": PASSWORD,
    }


def create(api: Api, path: str, body: dict[str, Any], key: str) -> requests.Response:
    own = Api(api.base_url, api.token)  # a session each: threads share none
    return own.post(path, json=body, headers={"Idempotency-Key": key})


@each_path
def test_idempotency__same_key_and_body_the_first_answer_again(boss: Api, path: str) -> None:
    body, key = body_for(path), secrets.token_hex(8)
    first, again = (create(boss, path, body, key) for _ in range(2))
    assert first.status_code == again.status_code == 201, again.text
    has_common_headers(again)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    wanted = first.json()
    if path == TOKENS:
        assert wanted["token"]
        wanted["token"] = None  # it is shown once
    assert again.json() == wanted


@each_path
def test_idempotency__same_key_other_body_is_422(boss: Api, path: str) -> None:
    body, key = body_for(path), secrets.token_hex(8)
    assert create(boss, path, body, key).status_code == 201
    problem(create(boss, path, body_for(path), key), 422, "idempotency-mismatch")
    secret = next((name for name in body if name.endswith("password")), None)
    if secret is not None:
        answer = create(boss, path, {**body, secret: "another password"}, key)
        found = problem(answer, 422, "idempotency-mismatch")
        assert PASSWORD not in str(found)


@each_path
def test_idempotency__of_many_at_once_one_creates(boss: Api, path: str) -> None:
    body, key = body_for(path), secrets.token_hex(8)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: create(boss, path, body, key), range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len([a for a in answers if "Idempotent-Replayed" not in a.headers]) == 1


@each_path
def test_idempotency__a_key_that_is_none_is_400(boss: Api, path: str) -> None:
    problem(create(boss, path, body_for(path), "a b"), 400, "bad-request")


def test_idempotency__another_callers_key_is_another_key(stack: RunningStack, boss: Api) -> None:
    body, key = body_for(USERS), secrets.token_hex(8)
    assert create(boss, USERS, body, key).status_code == 201
    other = stack.api_as(Role.ADMIN, name="creations-other")
    problem(create(other, USERS, body, key), 409, "conflict")


def test_idempotency__a_lost_token_is_revoked_by_the_id_that_a_repetition_tells(boss: Api) -> None:
    body, key = body_for(TOKENS), secrets.token_hex(8)
    create(boss, TOKENS, body, key)
    known = create(boss, TOKENS, body, key).json()["id"]
    assert boss.call("DELETE", f"{TOKENS}/{known}").status_code == 200
    assert create(boss, TOKENS, body, secrets.token_hex(8)).json()["token"]


def test_idempotency__every_post_that_answers_201_or_202_takes_a_key() -> None:
    taking = [
        route for route in declared() if route.method == "POST" and route.status in (201, 202)
    ]
    assert {USERS, TOKENS, ORGANIZATIONS} <= {route.path for route in taking}
    assert [route.path for route in taking if IDEMPOTENCY_KEY not in route.parameters] == []
