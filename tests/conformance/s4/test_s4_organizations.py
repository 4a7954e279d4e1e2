"""Contract, S4: `POST /api/v1/organizations`, "for admins of the organisation that was bootstrapped
first"."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.support.answers import problem
from tests.support.stack import Api

PATH = "/api/v1/organizations"
PASSWORD = "a password of theirs"


def body(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "admin_email": f"boss@{name}.example",
        "admin_password": PASSWORD,
        **more,
    }


def test_s4_organizations__a_new_one_has_an_admin_who_sees_none_of_ours(
    api: Api, nobody: Api
) -> None:
    name = f"acme-{secrets.token_hex(4)}"
    answer = api.post(PATH, json=body(name))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert set(made) == {"id", "name", "admin_id", "admin_email", "created_at"}
    assert (made["id"], made["name"]) == (f"org_{name}", name)
    login = {"email": made["admin_email"], "password": PASSWORD}
    token = nobody.post("/api/v1/auth/login", json=login).json()["token"]
    boss = Api(api.base_url, token)
    me = boss.get("/api/v1/auth/me").json()
    assert (me["id"], me["org"], me["role"]) == (made["admin_id"], made["id"], "admin")
    assert boss.get("/api/v1/executions").json() == {"executions": []}
    assert [user["id"] for user in boss.get("/api/v1/users").json()["items"]] == [me["id"]]
    assert made["admin_id"] not in api.get("/api/v1/users?limit=1000").text
    problem(api.post(PATH, json=body(name, admin_email="x@y.example")), 409, "conflict")
    other = body(f"{name}-2", admin_email=made["admin_email"])
    problem(api.post(PATH, json=other), 409, "conflict")
    problem(boss.post(PATH, json=body(f"{name}-3")), 403, "permission-denied", "rule_source")


def test_s4_organizations__admins_of_the_first_one_only(
    stranger: Api, operator: Api, viewer: Api, nobody: Api
) -> None:
    for one in (stranger, operator, viewer):
        answer = one.post(PATH, json=body("never"))
        problem(answer, 403, "permission-denied", "rule_source")
    problem(nobody.post(PATH, json=body("never")), 401, "unauthorized")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Upper"},
        {"name": "a#b"},
        {"admin_email": "x"},
        {"admin_password": "short"},
        {"x": 1},
    ],
    ids=str,
)
def test_s4_organizations__what_is_none_is_422(api: Api, wrong: dict[str, Any]) -> None:
    problem(api.post(PATH, json=body("wrong") | wrong), 422, "validation-error", "errors")
