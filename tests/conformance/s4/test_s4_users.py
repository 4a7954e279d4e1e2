"""S4, Roles + permissions: "admin: … manage users"; contract: users are created, listed, changed by admins
of their organisation."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import has_common_headers, problem
from tests.support.stack import Api, RunningStack

PATH = "/api/v1/users"
PASSWORD = "a password of ours"


@pytest.fixture(scope="module")
def boss(stack: RunningStack) -> Api:
    return stack.api_as(Role.ADMIN, org="org_users", name="users-boss")


@pytest.fixture
def ada(boss: Api) -> dict[str, Any]:
    email = f"ada-{secrets.token_hex(4)}@example.org"
    answer = boss.post(PATH, json={"email": email, "password": PASSWORD, "role": "operator"})
    assert answer.status_code == 201, answer.text
    has_common_headers(answer)
    found: dict[str, Any] = answer.json()
    assert set(found) == {"id", "email", "role", "org", "created_at"}
    assert (found["email"], found["role"], found["org"]) == (email, "operator", "org_users")
    return found


def signed_in(nobody: Api, email: str, password: str = PASSWORD) -> Api:
    answer = nobody.post("/api/v1/auth/login", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    return Api(nobody.base_url, answer.json()["token"])


def test_s4_users__a_created_user_signs_in_with_its_role_and_organisation(
    nobody: Api, boss: Api, ada: dict[str, Any]
) -> None:
    mine = signed_in(nobody, ada["email"].upper())
    me = mine.get("/api/v1/auth/me").json()
    assert (me["id"], me["org"], me["role"]) == (ada["id"], "org_users", "operator")
    problem(mine.get(PATH), 403, "permission-denied", "rule_source")
    listed = boss.get(f"{PATH}?limit=1000")
    assert PASSWORD not in listed.text
    assert "hash" not in listed.text
    (line,) = [line for line in listed.json()["items"] if line["id"] == ada["id"]]
    assert line == {**ada, "disabled": False}
    assert boss.get(f"{PATH}/{ada['id']}").json() == line


def test_s4_users__an_address_that_is_taken_is_409_in_every_organisation(
    boss: Api, stranger: Api, ada: dict[str, Any]
) -> None:
    body = {"email": ada["email"], "password": PASSWORD, "role": "viewer"}
    for api in (boss, stranger):
        problem(api.post(PATH, json=body), 409, "conflict")


def test_s4_users__a_disabled_user_cannot_sign_in_until_enabled(
    nobody: Api, boss: Api, ada: dict[str, Any]
) -> None:
    mine = signed_in(nobody, ada["email"])
    answer = boss.call("PATCH", f"{PATH}/{ada['id']}", json={"disabled": True})
    assert answer.json() == {**ada, "disabled": True}
    problem(mine.post("/api/v1/auth/refresh"), 401, "unauthorized")
    login = {"email": ada["email"], "password": PASSWORD}
    problem(nobody.post("/api/v1/auth/login", json=login), 401, "unauthorized")
    boss.call("PATCH", f"{PATH}/{ada['id']}", json={"disabled": False})
    signed_in(nobody, ada["email"])


def test_s4_users__a_new_password_and_a_new_role_count(
    nobody: Api, boss: Api, ada: dict[str, Any]
) -> None:
    change = {"password": "another password", "role": "viewer"}
    answer = boss.call("PATCH", f"{PATH}/{ada['id']}", json=change)
    assert answer.json()["role"] == "viewer"
    login = {"email": ada["email"], "password": PASSWORD}
    problem(nobody.post("/api/v1/auth/login", json=login), 401, "unauthorized")
    mine = signed_in(nobody, ada["email"], "another password")
    assert mine.get("/api/v1/auth/me").json()["role"] == "viewer"


def test_s4_users__another_organisation_sees_and_changes_none(
    stranger: Api, ada: dict[str, Any]
) -> None:
    assert ada["id"] not in stranger.get(f"{PATH}?limit=1000").text
    problem(stranger.get(f"{PATH}/{ada['id']}"), 404, "not-found")
    answer = stranger.call("PATCH", f"{PATH}/{ada['id']}", json={"disabled": True})
    problem(answer, 404, "not-found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "x", "password": PASSWORD, "role": "viewer"},
        {"email": "a b@c", "password": PASSWORD, "role": "viewer"},
        {"email": "\u00e4@b", "password": PASSWORD, "role": "viewer"},
        {"email": "a@b", "password": "short", "role": "viewer"},
        {"email": "a@b", "password": PASSWORD, "role": "root"},
        {"email": "a@b", "password": PASSWORD, "role": "viewer", "org": "org_local"},
    ],
    ids=str,
)
def test_s4_users__what_is_no_user_is_422(boss: Api, body: dict[str, Any]) -> None:
    found = problem(boss.post(PATH, json=body), 422, "validation-error", "errors")
    assert PASSWORD not in str(found)


@pytest.mark.parametrize(
    "body", [{"role": "root"}, {"disabled": "yes"}, {"email": "a@b"}, {"password": "x"}], ids=str
)
def test_s4_users__what_is_no_change_is_422(
    boss: Api, ada: dict[str, Any], body: dict[str, Any]
) -> None:
    answer = boss.call("PATCH", f"{PATH}/{ada['id']}", json=body)
    problem(answer, 422, "validation-error", "errors")


@pytest.mark.parametrize("body", [{}, {"role": None}], ids=str)
def test_s4_users__a_change_of_nothing_answers_the_user_and_ends_no_login(
    boss: Api, nobody: Api, body: dict[str, Any]
) -> None:
    new = {"email": f"still{len(body)}@users.example", "password": PASSWORD, "role": "viewer"}
    made = boss.post(PATH, json=new).json()
    theirs = signed_in(nobody, new["email"], PASSWORD)
    answer = boss.call("PATCH", f"{PATH}/{made['id']}", json=body)
    assert answer.status_code == 200
    assert answer.json() == made | {"disabled": False}
    assert theirs.post("/api/v1/auth/refresh").status_code == 200


def test_s4_users__an_admin_cannot_disable_themselves(stack: RunningStack, nobody: Api) -> None:
    mine = signed_in(nobody, stack.credentials.email, stack.credentials.password)
    me = mine.get("/api/v1/auth/me").json()["id"]
    for body in ({"disabled": True}, {"role": "viewer"}):
        problem(mine.call("PATCH", f"{PATH}/{me}", json=body), 409, "conflict")
