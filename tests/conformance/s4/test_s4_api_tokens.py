"""S4, Authentication: "Profile → API tokens → Create", "Copy the token (shown once)"; contract: names,
roles, ends, pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import has_common_headers, problem
from tests.support.stack import Api, RunningStack

PATH = "/api/v1/auth/tokens"
ORG = "org_api_tokens"


@pytest.fixture(scope="module")
def boss(stack: RunningStack) -> Api:
    """An admin of an organisation of this file's own."""
    return stack.api_as(Role.ADMIN, org=ORG, name="boss")


def create(api: Api, name: str, **more: Any) -> dict[str, Any]:
    answer = api.post(PATH, json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert set(found) == {"id", "name", "token", "role", "expires_at"}
    return found


@pytest.fixture
def made(boss: Api) -> Iterator[dict[str, Any]]:
    found = create(boss, "made", role="operator", expires_in=3600)
    yield found
    boss.call("DELETE", f"{PATH}/{found['id']}")


def test_s4_tokens__a_created_token_is_shown_once_and_works(
    stack: RunningStack, boss: Api, made: dict[str, Any]
) -> None:
    assert (made["name"], made["role"]) == ("made", "operator")
    assert made["token"].startswith("made.")
    me = Api(stack.local.base_url, made["token"]).get("/api/v1/auth/me").json()
    assert (me["id"], me["org"], me["role"]) == (made["id"], ORG, "operator")
    listed = boss.get(PATH)
    assert listed.status_code == 200
    has_common_headers(listed)
    assert made["token"].partition(".")[2] not in listed.text
    (line,) = [line for line in listed.json()["items"] if line["id"] == made["id"]]
    assert set(line) == {"id", "name", "role", "created_at", "expires_at", "last_used_at"}
    assert line["last_used_at"] is not None
    assert line["expires_at"] == made["expires_at"]


def test_s4_tokens__a_revoked_token_leaves_the_list_and_is_refused_where_it_is_not_known(
    stack: RunningStack, boss: Api
) -> None:
    found = create(boss, "short-lived")
    answer = boss.call("DELETE", f"{PATH}/{found['id']}")
    assert answer.json() == {"id": found["id"], "status": "revoked"}
    assert found["id"] not in boss.get(PATH).text
    # It was never used, so no process remembers it.
    problem(Api(stack.local.base_url, found["token"]).get(PATH), 401, "unauthorized")
    problem(boss.call("DELETE", f"{PATH}/{found['id']}"), 404, "not-found")


def test_s4_tokens__a_name_that_is_taken_is_409(boss: Api, made: dict[str, Any]) -> None:
    problem(boss.post(PATH, json={"name": "made"}), 409, "conflict")


def test_s4_roles__a_role_above_ones_own_is_403(
    stack: RunningStack, boss: Api, made: dict[str, Any]
) -> None:
    operator = Api(stack.local.base_url, made["token"])
    found = problem(
        operator.post(PATH, json={"name": "more", "role": "admin"}),
        403,
        "permission-denied",
        "rule_source",
    )
    assert "admin" in found["detail"]
    narrower = create(operator, "less", role="viewer")
    same = create(operator, "same")
    assert (narrower["role"], same["role"]) == ("viewer", "operator")
    for one in (narrower, same):
        boss.call("DELETE", f"{PATH}/{one['id']}")


def test_s4_tokens__another_organisation_neither_sees_nor_revokes(
    stranger: Api, boss: Api, made: dict[str, Any]
) -> None:
    assert made["id"] not in stranger.get(PATH).text
    problem(stranger.call("DELETE", f"{PATH}/{made['id']}"), 404, "not-found")
    assert made["id"] in boss.get(PATH).text


def test_s4_pagination__limit_and_offset(boss: Api) -> None:
    made = [create(boss, f"page-{number}") for number in range(3)]
    everything = boss.get(PATH).json()
    assert (everything["limit"], everything["offset"]) == (50, 0)
    assert everything["total"] == len(everything["items"]) >= 3
    second = boss.get(f"{PATH}?limit=1&offset=1").json()
    assert second == {
        "items": [everything["items"][1]],
        "total": everything["total"],
        "limit": 1,
        "offset": 1,
    }
    assert boss.get(f"{PATH}?limit=1000&offset=999").json()["items"] == []
    for one in made:
        boss.call("DELETE", f"{PATH}/{one['id']}")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=1001", "limit=NaN", "limit=", "offset=-1", "offset=x"]
)
def test_s4_pagination__a_wrong_page_is_422(boss: Api, query: str) -> None:
    found = problem(boss.get(f"{PATH}?{query}"), 422, "validation-error", "errors")
    assert found["errors"][0]["location"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "Upper"},
        {"name": ""},
        {"name": "x" * 65},
        {"name": "-x"},
        {"name": "x\n"},
        {"name": 7},
        {"name": "x", "role": "root"},
        {"name": "x", "role": 3},
        {"name": "x", "expires_in": 0},
        {"name": "x", "expires_in": -1},
        {"name": "x", "expires_in": 10**12},
        {"name": "x", "expires_in": 1.5},
        {"name": "x", "expires_in": "60"},
        {"name": "x", "expires_in": True},
        {"name": "x", "scopes": []},
    ],
    ids=str,
)
def test_s4_tokens__what_is_no_token_is_422(boss: Api, body: dict[str, Any]) -> None:
    problem(boss.post(PATH, json=body), 422, "validation-error", "errors")


def test_s4_tokens__an_expired_token_is_401(stack: RunningStack) -> None:
    """S4: "401 on bad token". The bootstrap's own token is in its organisation's list."""
    lines = stack.api.get(f"{PATH}?limit=1000").json()["items"]
    assert "admin" in [line["name"] for line in lines]
    problem(stack.api_as(Role.ADMIN, name="over", days=-1).get(PATH), 401, "unauthorized")
