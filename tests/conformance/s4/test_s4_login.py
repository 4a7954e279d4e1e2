"""S4, Authentication: "Get a token via … `/api/v1/auth/login`", "Tokens are JWT with a default 24-hour
lifetime. Refresh via /api/v1/auth/refresh."; contract: login, refresh, logout, the claims."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.support.answers import has_common_headers, problem
from tests.support.people import opened, part
from tests.support.stack import PATIENCE_SECONDS, Api, RunningStack


def login(stack: RunningStack) -> str:
    """The token of a fresh login with what `.local/credentials.json` says."""
    known = json.loads((stack.local.home / "credentials.json").read_text())
    answer = requests.post(
        f"{known['base_url']}/api/v1/auth/login",
        json={"email": known["email"], "password": known["password"]},
        timeout=PATIENCE_SECONDS,
    )
    assert answer.status_code == 200, answer.text
    has_common_headers(answer)
    found = answer.json()
    assert set(found) == {"token", "token_type", "expires_in"}
    assert (found["token_type"], found["expires_in"]) == ("bearer", 24 * 3600)
    return str(found["token"])


@pytest.fixture(scope="module")
def token(stack: RunningStack) -> str:
    return login(stack)


def as_user(stack: RunningStack, token: str) -> Api:
    return Api(stack.local.base_url, token)


def test_s4_authentication__the_credentials_of_make_run_sign_in_and_the_token_works_everywhere(
    stack: RunningStack, token: str
) -> None:
    me = as_user(stack, token).get("/api/v1/auth/me")
    assert me.status_code == 200
    found = me.json()
    assert found.pop("id").startswith("user_")
    assert found == {
        "kind": "user",
        "name": "admin@local",
        "email": "admin@local",
        "org": "org_local",
        "role": "admin",
    }
    assert as_user(stack, token).get("/api/v1/executions").status_code == 200
    assert as_user(stack, token).get("/api/v1/secrets").status_code == 200


def test_s4_authentication__tokens_are_jwt_with_a_24_hour_lifetime(token: str) -> None:
    header, claims = opened(token)
    assert (header["alg"], header["typ"]) == ("HS256", "JWT")
    assert header["kid"].startswith("key_")
    assert set(claims) == {"sub", "email", "org", "role", "iat", "exp", "jti", "iss", "aud"}
    assert claims["exp"] - claims["iat"] == 24 * 3600
    assert (claims["email"], claims["role"]) == ("admin@local", "admin")


def test_s4_authentication__me_tells_an_api_token_too(viewer: Api) -> None:
    found = viewer.get("/api/v1/auth/me").json()
    assert found.pop("id").startswith("tok_")
    assert found == {
        "kind": "token",
        "name": "viewer",
        "email": None,
        "org": "org_local",
        "role": "viewer",
    }


def test_s4_authentication__refresh_takes_the_token_and_answers_a_fresh_one(
    stack: RunningStack, token: str
) -> None:
    answer = as_user(stack, token).post("/api/v1/auth/refresh")
    assert answer.status_code == 200, answer.text
    fresh = answer.json()["token"]
    assert answer.json()["expires_in"] == 24 * 3600
    assert opened(fresh)[1]["jti"] != opened(token)[1]["jti"]
    assert as_user(stack, fresh).get("/api/v1/auth/me").status_code == 200
    assert as_user(stack, token).get("/api/v1/auth/me").status_code == 200


def test_s4_authentication__logout_revokes_the_token_and_no_other(
    stack: RunningStack, token: str
) -> None:
    mine = as_user(stack, login(stack))
    assert mine.post("/api/v1/auth/logout").json() == {"status": "logged_out"}
    # The emulator may keep several warm processes: each knows it within its 30 seconds.
    problem(mine.post("/api/v1/auth/refresh"), 401, "unauthorized")
    assert as_user(stack, token).get("/api/v1/auth/me").status_code == 200


def test_s4_authentication__an_api_token_is_neither_refreshed_nor_logged_out(api: Api) -> None:
    for path in ("refresh", "logout"):
        problem(api.post(f"/api/v1/auth/{path}"), 403, "permission-denied")
    assert api.get("/api/v1/auth/me").status_code == 200


def test_s4_authentication__wrong_credentials_are_401_and_tell_nothing(
    stack: RunningStack, nobody: Api
) -> None:
    password = stack.credentials.password
    details = {
        problem(nobody.post("/api/v1/auth/login", json=body), 401, "unauthorized")["detail"]
        for body in (
            {"email": "admin@local", "password": password + "x"},
            {"email": "nobody@local", "password": password},
            {"email": "", "password": ""},
            {"email": "~", "password": password},
        )
    }
    assert details == {"the e-mail address or the password is wrong"}


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        (b"", 400, "bad-request"),
        (b"{", 400, "bad-request"),
        (b"[]", 422, "validation-error"),
        (b"{}", 422, "validation-error"),
        (b'{"email": 1, "password": null}', 422, "validation-error"),
        (b'{"email": "a@b", "password": "c", "org": "d"}', 422, "validation-error"),
        (b'{"email": "a@b", "password": "' + b"x" * 1025 + b'"}', 422, "validation-error"),
    ],
)
def test_s4_authentication__a_login_that_is_none_is_refused(
    nobody: Api, body: bytes, status: int, slug: str
) -> None:
    answer = nobody.post(
        "/api/v1/auth/login", data=body, headers={"Content-Type": "application/json"}
    )
    extra = ["errors"] if status == 422 else []
    found = problem(answer, status, slug, *extra)
    assert "xxx" not in json.dumps(found)


def test_s4_authentication__a_login_in_another_media_type_is_415(nobody: Api) -> None:
    answer = nobody.post("/api/v1/auth/login", data={"email": "a@b", "password": "c"})
    problem(answer, 415, "unsupported-media-type")


def edited(token: str, **claims: Any) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{part({**opened(token)[1], **claims})}.{signature}"


def test_s4_roles__a_role_raised_by_editing_the_claims_is_401(
    stack: RunningStack, token: str
) -> None:
    none = part({**opened(token)[0], "alg": "none"})
    for forged in (
        edited(token, role="admin", org="org_other"),
        f"{none}.{token.split('.')[1]}.",
        f"{none}.{token.split('.')[1]}.{token.split('.')[2]}",
    ):
        problem(as_user(stack, forged).get("/api/v1/executions"), 401, "unauthorized")


def test_s4_streams__a_socket_takes_the_jwt_as_its_token(stack: RunningStack, token: str) -> None:
    """S4: "Authenticate via ?token=<jwt> query parameter"."""
    with stack.socket(token) as socket:
        answer = socket.ask("workflow.run.search", "q1", limit=1)
        assert answer["type"] == "workflow.run.search"


def test_s0_cancel__the_cancel_endpoints_take_the_jwt(stack: RunningStack, token: str) -> None:
    answer = as_user(stack, token).post("/api/v1/cancel/workflow-run/run_unknown")
    assert answer.status_code == 404
