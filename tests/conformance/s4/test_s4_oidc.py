"""S4, Authentication: "Sign in to the dashboard via SSO", over HTTP on the running stack, at an issuer that
the test runs; contract: the OIDC login and callback are public."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from chalicelib.core.roles import Role
from tests.support.answers import has_common_headers, problem
from tests.support.issuer import CLIENT, FORGED, FakeIssuer, fake_issuer
from tests.support.people import opened
from tests.support.stack import PATIENCE_SECONDS, Api, RunningStack

API = "runyard-local-APIHandler"
LOGIN = "/api/v1/auth/oidc/login"
CALLBACK = "/api/v1/auth/oidc/callback"
ORG = "org_sso"
COOKIE = "runyard-sign-in"


@dataclass(frozen=True)
class Sso:
    """The stack as it is with an issuer, and an admin of the organisation that people come into."""

    stack: RunningStack
    issuer: FakeIssuer
    boss: Api

    def browser(self) -> Browser:
        return Browser(self.stack.local.base_url, requests.Session())


@dataclass(frozen=True)
class Browser:
    """It keeps cookies and follows redirects, one at a time."""

    base_url: str
    http: requests.Session

    def get(self, url: str, **more: Any) -> requests.Response:
        url = url if url.startswith("http") else self.base_url + url
        return self.http.get(url, allow_redirects=False, timeout=PATIENCE_SECONDS, **more)

    def sent_back(self) -> str:
        """Where the issuer sends the browser after its person has signed in there."""
        begun = self.get(LOGIN)
        assert begun.status_code == 302, begun.text
        return str(self.get(begun.headers["Location"]).headers["Location"])

    def sign_in(self) -> requests.Response:
        return self.get(self.sent_back())


@pytest.fixture(scope="module")
def sso(stack: RunningStack) -> Iterator[Sso]:
    """The stack with an issuer in its settings, as its template sets them; as it was afterwards."""
    boss = stack.api_as(Role.ADMIN, org=ORG, name="sso-boss")
    functions = stack.local.session.client("lambda")
    before = functions.get_function_configuration(FunctionName=API)["Environment"]["Variables"]
    with fake_issuer() as issuer:
        changed = {
            "RUNYARD_OIDC_ISSUER": issuer.url,
            "RUNYARD_OIDC_CLIENT_ID": CLIENT,
            "RUNYARD_OIDC_ORG": ORG,
            "RUNYARD_OIDC_ROLE": "operator",
            "RUNYARD_PUBLIC_URL": stack.local.base_url,
        }
        functions.update_function_configuration(
            FunctionName=API, Environment={"Variables": {**before, **changed}}
        )
        yield Sso(stack, issuer, boss)
        functions.update_function_configuration(FunctionName=API, Environment={"Variables": before})
    problem(requests.get(stack.local.base_url + LOGIN, timeout=PATIENCE_SECONDS), 404, "not-found")


@pytest.fixture
def honest(sso: Sso) -> Iterator[Sso]:
    """The issuer signs in somebody new and does nothing wrong, unless the test makes it."""
    sso.issuer.somebody()
    sso.issuer.forge = None
    yield sso
    sso.issuer.forge = None


def test_s4_authentication__sign_in_via_sso(honest: Sso) -> None:
    person = honest.issuer.somebody()
    answer = honest.browser().sign_in()
    assert answer.status_code == 200, answer.text
    has_common_headers(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json()
    assert set(found) == {"token", "token_type", "expires_in"}
    assert (found["token_type"], found["expires_in"]) == ("bearer", 24 * 3600)
    me = Api(honest.stack.local.base_url, found["token"]).get("/api/v1/auth/me").json()
    assert (me["kind"], me["email"], me["org"]) == ("user", person["email"], ORG)
    assert me["role"] == "operator"
    listed = honest.boss.get("/api/v1/users?limit=1000").json()["items"]
    (line,) = [line for line in listed if line["email"] == person["email"]]
    assert (line["id"], line["role"], line["disabled"]) == (me["id"], "operator", False)


def test_s4_authentication__the_browser_is_sent_to_the_issuer_with_pkce(honest: Sso) -> None:
    answer = honest.browser().get(LOGIN)
    has_common_headers(answer)
    place = urlsplit(answer.headers["Location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == f"{honest.issuer.url}/authorize"
    asked = {name: values[0] for name, values in parse_qs(place.query).items()}
    random = {asked.pop(name) for name in ("state", "nonce", "code_challenge")}
    assert len(random) == 3 and {len(one) for one in random} == {43}
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": honest.stack.local.base_url + CALLBACK,
        "scope": "openid email",
        "code_challenge_method": "S256",
    }
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_s4_authentication__who_comes_again_is_the_same_user(honest: Sso) -> None:
    browser = honest.browser()
    first, again = browser.sign_in().json(), browser.sign_in().json()
    claims = [opened(found["token"])[1] for found in (first, again)]
    assert claims[0]["sub"] == claims[1]["sub"]
    assert claims[0]["jti"] != claims[1]["jti"]


@pytest.mark.parametrize("why", FORGED)
def test_s4_authentication__an_id_token_that_proves_nothing_is_401(honest: Sso, why: str) -> None:
    honest.issuer.forge, words = FORGED[why]
    found = problem(honest.browser().sign_in(), 401, "unauthorized")
    assert words in found["detail"]
    listed = honest.boss.get("/api/v1/users?limit=1000").text
    assert honest.issuer.person["email"] not in listed


def test_s4_authentication__a_sign_in_is_finished_once(honest: Sso) -> None:
    browser = honest.browser()
    back = browser.sent_back()
    mark = browser.http.cookies[COOKIE]
    assert browser.get(back).status_code == 200
    assert COOKIE not in browser.http.cookies
    for cookies in ({}, {COOKIE: mark}):
        problem(browser.get(back, cookies=cookies), 401, "unauthorized")


def test_s4_authentication__a_link_from_somebody_else_signs_nobody_in(honest: Sso) -> None:
    """Login CSRF: the state and code are good, but the browser is not the one that began."""
    theirs, victim = honest.browser(), honest.browser()
    back = theirs.sent_back()
    problem(victim.get(back), 401, "unauthorized")
    victim.sent_back()
    problem(victim.get(back), 401, "unauthorized")
    assert theirs.get(back).status_code == 200


def test_s4_authentication__a_client_secret_is_stored_by_the_stages_owner(honest: Sso) -> None:
    """The function opens it under its own role; nobody else has to be allowed anything."""
    honest.issuer.secret = "a secret of ours"
    environment = {**os.environ, "AWS_ENDPOINT_URL": honest.stack.local.emulator_url}
    environment["RUNYARD_OIDC_SECRET"] = honest.issuer.secret

    def owner(*arguments: str) -> None:
        command = [sys.executable, "-m", "infra.oidc", "local", *arguments]
        subprocess.run(command, env=environment, check=True, timeout=3 * PATIENCE_SECONDS)

    try:
        problem(honest.browser().sign_in(), 503, "unavailable")
        owner()
        assert honest.browser().sign_in().status_code == 200
        owner("--forget")
        problem(honest.browser().sign_in(), 503, "unavailable")
    finally:
        honest.issuer.secret = None
    assert honest.browser().sign_in().status_code == 200


def test_s4_authentication__a_wrong_state_or_code_is_401(honest: Sso) -> None:
    for member, wrong in (("state", "x" * 43), ("state", "x"), ("code", "another"), ("iss", "x")):
        browser = honest.browser()
        place = urlsplit(browser.sent_back())
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        answer = browser.get(CALLBACK, params={**query, member: wrong})
        problem(answer, 401, "unauthorized")


def test_s4_authentication__a_new_key_of_the_issuer_is_found(honest: Sso) -> None:
    assert honest.browser().sign_in().status_code == 200
    issuer = honest.issuer
    issuer.published, issuer.signing = ["key-1", "key-2"], "key-2"
    assert honest.browser().sign_in().status_code == 200
    issuer.signing = "key-1"
    assert honest.browser().sign_in().status_code == 200


def test_s4_authentication__a_refusal_of_the_issuer_is_401(honest: Sso) -> None:
    browser = honest.browser()
    state = parse_qs(urlsplit(browser.sent_back()).query)["state"][0]
    query = {"error": "access_denied", "error_description": "<b>no</b>", "state": state}
    found = problem(browser.get(CALLBACK, params=query), 401, "unauthorized")
    assert "access_denied" in found["detail"] and "<b>" not in found["detail"]


@pytest.mark.parametrize("query", [{}, {"code": "x"}, {"state": "x"}, {"state": "", "code": "x"}])
def test_s4_authentication__what_no_issuer_sends_is_400(honest: Sso, query: dict[str, str]) -> None:
    problem(honest.browser().get(CALLBACK, params=query), 400, "bad-request")


def test_s4_authentication__a_disabled_user_is_403(honest: Sso) -> None:
    browser = honest.browser()
    me = opened(browser.sign_in().json()["token"])[1]["sub"]
    path = f"/api/v1/users/{me}"
    assert honest.boss.call("PATCH", path, json={"disabled": True}).status_code == 200
    problem(browser.sign_in(), 403, "permission-denied", "rule_source")


@pytest.mark.parametrize("org", [ORG, "org_sso_else"])
def test_s4_authentication__an_address_of_somebody_with_a_password_is_409(
    honest: Sso, org: str
) -> None:
    """Whatever organisation that is: the issuer's word takes nobody's account over."""
    person = honest.issuer.somebody()
    admin = honest.stack.api_as(Role.ADMIN, org=org, name=f"{org[4:].replace('_', '-')}-admin")
    body = {"email": person["email"], "password": "a password of ours", "role": "viewer"}
    assert admin.post("/api/v1/users", json=body).status_code == 201
    problem(honest.browser().sign_in(), 409, "conflict")


def test_s4_authentication__an_issuer_that_fails_is_503(honest: Sso) -> None:
    browser = honest.browser()
    back = browser.sent_back()
    honest.issuer.broken["/token"] = (500, b"no JSON")
    try:
        answer = browser.get(back)
    finally:
        honest.issuer.broken.clear()
    found = problem(answer, 503, "unavailable")
    assert "Retry-After" in answer.headers
    assert honest.issuer.url not in found["detail"]
