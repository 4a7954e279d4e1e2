"""Changes of users, and signing in at an issuer: each AWS call fails in each way, and doing the same
again puts everything right."""

from __future__ import annotations

import contextlib
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import RunyardError, Unauthorized
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Principal, Role
from chalicelib.store.user_changes import Change
from tests.support.clients import Died, Fault
from tests.support.issuer import CLIENT, FakeIssuer, fake_issuer
from tests.support.people import PASSWORD, opened, quick_hashes, user
from tests.support.world import ORG, World

ADMIN = Principal("root", ORG, Role.ADMIN, "tok_root")
CHANGES = (Change(role=Role.VIEWER, password="another password"), Change(disabled=True))
every_fault = pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)


def with_tokens(world: World) -> tuple[User, str, dict[str, str]]:
    """A user, its login, and an API token of it with each role that it may have."""
    found, number = world.services.identity, secrets.token_hex(4)
    ada = user(world, f"ada-{number}@example.org")
    session = found.sign_in.login(ada.email, PASSWORD).token
    caller = found.bearers.principal(session)
    assert caller is not None
    roles = (Role.VIEWER, Role.OPERATOR)
    return (
        ada,
        session,
        {
            role.word: found.api_tokens.create(caller, session, f"{role.word}-{number}", role, 900)[
                1
            ]
            for role in roles
        },
    )


def change(world: World, ada: User, what: Change) -> User:
    return world.services.identity.user_changes.change(ADMIN, ada.id, what)


def check(world: World, ada: User, session: str, tokens: dict[str, str], what: Change) -> None:
    """What the change promised: its user is another, the login has ended, so have the tokens that
    are above what the user may."""
    cold = world.fresh().identity
    found = cold.users.by_id(ORG, ada.id)
    assert found is not None
    assert (found.disabled, found.role) == (bool(what.disabled), what.role or ada.role)
    assert cold.bearers.principal(session) is None
    good = {word for word, text in tokens.items() if cold.bearers.principal(text) is not None}
    if what.disabled:
        assert good == set()
    else:
        assert good == {"viewer"}
    password = what.password or PASSWORD
    if found.disabled:
        with pytest.raises(Unauthorized):
            cold.sign_in.login(ada.email, password)
    else:
        fresh = cold.sign_in.login(ada.email, password).token
        assert opened(fresh)[1]["role"] == found.role.word


@every_fault
def test_a_repeated_change_is_whole_whatever_failed_the_first_time(
    world: World, fault: Fault
) -> None:
    world.sign_in_works()
    for what in CHANGES:
        ada, session, tokens = with_tokens(world)
        world.services = world.fresh()
        with world.calls.counted() as calls:
            change(world, ada, what)
            made = len(calls.made)
        assert made >= 4
        check(world, ada, session, tokens, what)
        for call in range(1, made + 1):
            ada, session, tokens = with_tokens(world)
            world.services = world.fresh()
            with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
                change(world, ada, what)
            world.services = world.fresh()
            change(world, ada, what)
            check(world, ada, session, tokens, what)


@every_fault
def test_a_repeated_sign_in_at_an_issuer_is_one_user_whatever_failed_the_first_time(
    world: World, fault: Fault
) -> None:
    world.sign_in_works()
    world.services.identity.orgs.create(ORG, "test", rfc3339(world.clock()))
    with fake_issuer(lambda: world.clock().timestamp()) as issuer:
        world._changed |= {"oidc_issuer": issuer.url, "oidc_client_id": CLIENT, "oidc_org": ORG}
        world._changed |= {"public_url": "http://localhost:8000"}
        world.services = world.fresh()
        with world.calls.counted() as calls:
            token = signed_in(world, issuer)
            made = len(calls.made)
        assert made >= 5
        for call in range(1, made + 1):
            person = issuer.somebody()
            world.services = world.fresh()
            with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
                signed_in(world, issuer)
            world.services = world.fresh()
            claims = [opened(signed_in(world, issuer))[1] for _ in range(2)]
            assert {one["email"] for one in claims} == {person["email"]}
            assert len({one["sub"] for one in claims}) == 1
    assert world.services.identity.users.page(ORG, 1, 0)[1] == made + 1
    assert world.services.identity.bearers.principal(token) is not None


def signed_in(world: World, issuer: FakeIssuer) -> str:
    """A sign-in from its begin to its end."""
    found = world.services.identity.issuer_sign_in
    assert found is not None
    departure = found.begin()
    query = parse_qs(urlsplit(departure.url).query)
    back = issuer.authorize({name: values[0] for name, values in query.items()})
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    return found.finish(answer, departure.mark).token
