"""Creating with an `Idempotency-Key`: once, whoever asks how often and whatever fails."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chalice.app import Response

from chalicelib.api import auth_tokens, creations, organizations, users
from chalicelib.api.requests import ApiRequest
from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import BadRequest, Conflict, IdempotencyMismatch, RunyardError
from chalicelib.core.roles import Principal, Role
from chalicelib.services import Services
from tests.support.clients import Died, Fault
from tests.support.people import PASSWORD, quick_hashes
from tests.support.world import ORG, World

ADMIN = Principal("root", ORG, Role.ADMIN, "tok_root", owner="user_root")
USER = {"email": "ada@example.org", "password": PASSWORD, "role": "viewer"}
TOKEN = {"name": "ci", "role": "viewer"}
ORGANIZATION = {"name": "acme", "admin_email": "boss@acme.example", "admin_password": PASSWORD}
View = Callable[[ApiRequest], Any]
KINDS: dict[str, tuple[View, dict[str, Any]]] = {
    "users": (users.create_user, USER),
    "tokens": (auth_tokens.create_token, TOKEN),
    "organizations": (organizations.create_organization, ORGANIZATION),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def here(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The views ask for the services of the world as it is at that moment."""

    def services() -> Services:
        return world.services

    quick_hashes(monkeypatch)
    for module in (creations, users, auth_tokens, organizations):
        monkeypatch.setattr(module, "services", services)
    # A caller that tokens are made for has to be alive: a user of this generation.
    monkeypatch.setattr("chalicelib.store.api_tokens._still", lambda caller, bearer: [])
    world.services.identity.orgs.create(ORG, "test", rfc3339(world.clock()))
    yield


def ask(kind: str, key: str | None = "one", *, who: Principal = ADMIN, **changed: Any) -> Any:
    view, body = KINDS[kind]
    headers = {"content-type": "application/json"}
    if key is not None:
        headers["idempotency-key"] = key
    sent = json.dumps({**body, **changed}).encode()
    return view(ApiRequest(who, headers, {}, sent, f"/api/v1/{kind}", "req_test"))


def created(answer: Any) -> dict[str, Any]:
    """The answer to a first request."""
    assert not isinstance(answer, Response)
    found: dict[str, Any] = answer.model_dump()
    return found


def replayed(answer: Any) -> dict[str, Any]:
    """The answer to a repeated one."""
    assert isinstance(answer, Response), "it was created once more"
    assert answer.status_code == 201
    assert answer.headers["Idempotent-Replayed"] == "true"
    found: dict[str, Any] = json.loads(answer.body)
    return found


def things(world: World, kind: str) -> int:
    if kind == "users":
        return world.services.identity.users.page(ORG, 1, 0)[1]
    found = {"tokens": f"{ORG}#TOKENS", "organizations": "~#ORGS"}[kind]
    return len([item for item in world.items() if item["pk"] == found])


@each_kind
def test_the_same_request_again_is_answered_and_not_done(world: World, kind: str) -> None:
    first = created(ask(kind))
    before = things(world, kind)
    for _ in range(2):
        world.services = world.fresh()
        again = replayed(ask(kind))
        assert again == ({**first, "token": None} if kind == "tokens" else first)
    assert things(world, kind) == before


@each_kind
def test_another_body_under_the_key_is_refused(world: World, kind: str) -> None:
    created(ask(kind))
    others: dict[str, list[dict[str, Any]]] = {
        "users": [{"role": "admin"}, {"email": "b@example.org"}, {"password": "another one"}],
        "tokens": [{"role": "operator"}, {"name": "cd"}, {"expires_in": 60}],
        "organizations": [{"name": "other"}, {"admin_password": "another one"}],
    }
    for changed in others[kind]:
        with pytest.raises(IdempotencyMismatch):
            ask(kind, **changed)


@each_kind
def test_without_a_key_or_with_another_it_is_another_request(world: World, kind: str) -> None:
    created(ask(kind))
    for key in (None, "two"):
        with pytest.raises(Conflict):
            ask(kind, key)
    with pytest.raises(BadRequest):
        ask(kind, "a key with spaces")


def test_a_key_is_its_callers_and_its_routes(world: World) -> None:
    created(ask("users"))
    other = Principal("else", ORG, Role.ADMIN, "tok_else", owner="user_else")
    with pytest.raises(Conflict):
        ask("users", who=other)
    created(ask("tokens"))
    stranger = Principal("root", "org_else", Role.ADMIN, "tok_root", owner="user_root")
    created(ask("users", who=stranger, email="eve@example.org"))


@each_kind
def test_what_was_refused_may_be_repeated_with_another_body(world: World, kind: str) -> None:
    created(ask(kind, None))
    with pytest.raises(Conflict):
        ask(kind)
    another: dict[str, dict[str, Any]] = {
        "users": {"email": "b@example.org"},
        "tokens": {"name": "cd"},
        "organizations": {"name": "other", "admin_email": "b@other.example"},
    }
    created(ask(kind, **another[kind]))


def test_after_24_hours_the_key_is_free(world: World) -> None:
    created(ask("users"))
    world.clock.forward(hours=23, minutes=59)
    replayed(ask("users"))
    world.clock.forward(minutes=2)
    created(ask("users", email="b@example.org"))
    replayed(ask("users", email="b@example.org"))


@each_kind
def test_of_many_at_once_one_creates_and_all_have_its_answer(world: World, kind: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: ask(kind), range(6)))
    ids = {
        json.loads(answer.body)["id"] if isinstance(answer, Response) else answer.id
        for answer in answers
    }
    assert len(ids) == 1
    assert len([answer for answer in answers if not isinstance(answer, Response)]) == 1


@each_kind
def test_no_secret_is_in_the_record(world: World, kind: str) -> None:
    answer = created(ask(kind))
    (record,) = [item for item in world.items() if "#REPLAY#" in item["pk"]]
    assert PASSWORD not in str(record)
    if kind == "tokens":
        assert answer["token"].partition(".")[2] not in str(world.items())
        assert record["password_hash"] == ""
    else:
        assert record["password_hash"].startswith("$argon2id$")


@each_kind
def test_a_repeated_creation_is_one_whatever_failed_the_first_time(world: World, kind: str) -> None:
    """Each call breaks in each way; then the client repeats its request with the same key."""
    with world.calls.counted() as calls:
        ask(kind, "zero", **named(kind, "zero"))
        made = len(calls.made)
    before = things(world, kind)
    for call, fault in itertools.product(range(1, made + 1), Fault):
        name = f"n{call}-{fault.name.lower().replace('_', '-')}"
        world.services = world.fresh()
        with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
            ask(kind, name, **named(kind, name))
        world.services = world.fresh()
        ask(kind, name, **named(kind, name))
        assert replayed(ask(kind, name, **named(kind, name)))["id"]
    assert things(world, kind) == before + made * len(Fault)


def named(kind: str, name: str) -> dict[str, str]:
    """What makes a thing of a kind another one."""
    if kind == "users":
        return {"email": f"{name}@example.org"}
    if kind == "tokens":
        return {"name": name}
    return {"name": name, "admin_email": f"{name}@orgs.example"}
