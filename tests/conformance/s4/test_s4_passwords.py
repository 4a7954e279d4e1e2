"""Wrong passwords, over HTTP on the running stack: as wrong tokens are counted by name, they are counted by
address (contract: "the same answer and time whether the user exists")."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from chalicelib.core.roles import Role
from tests.support.answers import problem
from tests.support.stack import Api, RunningStack

PASSWORD = "a password of ours"
MINUTE = 60


@pytest.fixture
def ada(stack: RunningStack) -> str:
    """The address of a user."""
    email = f"ada-{secrets.token_hex(4)}@example.org"
    boss = stack.api_as(Role.ADMIN, org="org_passwords", name="passwords-boss")
    answer = boss.post(
        "/api/v1/users", json={"email": email, "password": PASSWORD, "role": "viewer"}
    )
    assert answer.status_code == 201, answer.text
    return email


def login(nobody: Api, email: str, password: str = "wrong") -> requests.Response:
    # A session each: threads share none.
    api = Api(nobody.base_url, None)
    return api.post("/api/v1/auth/login", json={"email": email, "password": password})


def told(answer: requests.Response) -> dict[str, object]:
    """What an answer says, but for its own id and the second it was given in."""
    left_out = ("correlation_id", "detail", "error")
    found = {name: value for name, value in answer.json().items() if name not in left_out}
    return {**found, "words": answer.json()["detail"].rstrip("0123456789 s")}


def test_more_than_five_wrong_passwords_lock_an_address_that_exists_or_not_alike(
    nobody: Api, ada: str
) -> None:
    unknown = f"nobody-{secrets.token_hex(4)}@example.org"
    passwords = ["wrong"] * 6 + [PASSWORD]
    for _ in range(5):
        began = time.monotonic()
        answers = [[login(nobody, email, word) for word in passwords] for email in (ada, unknown)]
        if time.monotonic() - began < MINUTE:
            break
        time.sleep(MINUTE)  # the minute that is counted by ended meanwhile: once more
    for known, other in zip(*answers, strict=True):
        assert (known.status_code, told(known)) == (other.status_code, told(other))
    statuses = [answer.status_code for answer in answers[0]]
    assert statuses == [401] * 5 + [429] * 2
    problem(answers[0][5], 429, "rate-limited")
    assert 1 <= int(answers[0][5].headers["Retry-After"]) <= MINUTE


def test_of_many_wrong_passwords_at_once_five_are_looked_at(nobody: Api, ada: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: login(nobody, ada), range(16)))
    looked_at = [answer for answer in answers if answer.status_code == 401]
    assert {answer.status_code for answer in answers} <= {401, 429}
    # A minute that ends meanwhile allows five more.
    assert len(looked_at) in range(5, 11)


def test_signing_in_well_is_never_counted(nobody: Api, ada: str) -> None:
    assert [login(nobody, ada).status_code for _ in range(2)] == [401, 401]
    assert {login(nobody, ada, PASSWORD).status_code for _ in range(8)} == {200}
