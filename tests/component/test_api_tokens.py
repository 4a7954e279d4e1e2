"""API tokens: made by people, listed, used, taken back; what each costs, and what can go between."""

from __future__ import annotations

import pytest

from chalicelib.core.errors import Conflict, NotFound, Unauthorized
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Principal, Role
from chalicelib.store import keys
from chalicelib.store.table import Update
from tests.support.people import PASSWORD, user
from tests.support.world import ORG, World

DAY = 86_400


@pytest.fixture
def ada(world: World) -> User:
    world.sign_in_works()
    return user(world)


def caller(world: World, bearer: str) -> Principal:
    found = world.services.identity.bearers.principal(bearer)
    assert found is not None
    return found


@pytest.fixture
def session(world: World, ada: User) -> str:
    return world.services.identity.sign_in.login(ada.email, PASSWORD).token


def make(world: World, bearer: str, name: str = "ci", role: Role = Role.VIEWER, **more: int) -> str:
    seconds = more.get("seconds", DAY)
    who = caller(world, bearer)
    return world.services.identity.api_tokens.create(who, bearer, name, role, seconds)[1]


def test_a_token_works_for_its_role_and_organisation_until_its_end(
    world: World, ada: User, session: str
) -> None:
    text = make(world, session, seconds=3600)
    found = world.fresh().identity.bearers.principal(text)
    assert found is not None
    assert (found.name, found.org, found.role, found.owner) == ("ci", ORG, Role.VIEWER, ada.id)
    assert not found.user_id
    world.clock.forward(hours=1)
    assert world.fresh().identity.bearers.principal(text) is None


def test_creating_is_a_count_and_one_transaction(world: World, session: str) -> None:
    who = caller(world, session)
    with world.calls.counted() as calls:
        world.services.identity.api_tokens.create(who, session, "ci", Role.VIEWER, DAY)
    assert calls.made == ["dynamodb.query", "dynamodb.transact_write_items"]


def test_an_organisation_has_so_many_tokens_and_no_more(
    world: World, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.store.api_tokens.MOST_TOKENS", 3)
    who = caller(world, session)
    found = world.services.identity.api_tokens
    made = [found.create(who, session, f"t{n}", Role.VIEWER, DAY)[0] for n in range(3)]
    with pytest.raises(Conflict, match="has 3 tokens"):
        found.create(who, session, "more", Role.VIEWER, DAY)
    found.revoke(who, made[1].id)
    found.create(who, session, "more", Role.VIEWER, DAY)


def test_the_secret_is_nowhere(world: World, session: str) -> None:
    secret = make(world, session).partition(".")[2]
    assert len(secret) == 43
    assert secret not in str(world.items())


def test_a_name_is_one_living_tokens_in_an_organisation(world: World, session: str) -> None:
    first = make(world, session, seconds=60)
    with pytest.raises(Conflict):
        make(world, session)
    user(world, "bob@example.org", org="org_other")
    other = world.services.identity.sign_in.login("bob@example.org", PASSWORD).token
    make(world, other)
    world.clock.forward(seconds=61)
    second = make(world, session)
    assert world.fresh().identity.bearers.principal(first) is None
    assert world.fresh().identity.bearers.principal(second) is not None


def test_a_revoked_token_works_nowhere_after_30_seconds_and_its_name_is_free(
    world: World, session: str
) -> None:
    text = make(world, session)
    elsewhere = world.fresh().identity
    assert elsewhere.bearers.principal(text) is not None
    tokens = world.services.identity.api_tokens
    (line,) = tokens.lines(ORG)
    tokens.revoke(caller(world, session), line.id)
    assert tokens.lines(ORG) == []
    world.clock.forward(seconds=31)
    assert elsewhere.bearers.principal(text) is None
    assert world.fresh().identity.bearers.principal(text) is None
    make(world, session)
    with pytest.raises(NotFound):
        tokens.revoke(caller(world, session), line.id)


def test_one_sees_ones_own_and_an_admin_all_of_the_organisation(
    world: World, ada: User, session: str
) -> None:
    make(world, session, "adas")
    user(world, "bob@example.org")
    bob = world.services.identity.sign_in.login("bob@example.org", PASSWORD).token
    make(world, bob, "bobs")
    tokens = world.services.identity.api_tokens
    lines = {line.name: line for line in tokens.lines(ORG)}
    with pytest.raises(NotFound):
        tokens.revoke(caller(world, bob), lines["adas"].id)
    stranger = Principal("x", "org_other", Role.ADMIN, "tok_x")
    with pytest.raises(NotFound):
        tokens.revoke(stranger, lines["adas"].id)
    tokens.revoke(Principal("root", ORG, Role.ADMIN, "tok_root"), lines["adas"].id)
    assert [line.name for line in tokens.lines(ORG)] == ["bobs"]


def test_a_token_made_with_a_token_is_the_same_users(world: World, ada: User, session: str) -> None:
    first = make(world, session, "first", Role.OPERATOR)
    second = make(world, first, "second")
    assert caller(world, second).owner == ada.id


def test_an_ended_token_that_is_still_remembered_makes_no_token(world: World, session: str) -> None:
    text = make(world, session)
    who = caller(world, text)
    elsewhere = world.fresh().identity.api_tokens
    (line,) = elsewhere.lines(ORG)
    elsewhere.delete(ORG, line)
    with pytest.raises(Unauthorized):
        world.services.identity.api_tokens.create(who, text, "more", Role.VIEWER, DAY)
    assert elsewhere.lines(ORG) == []


@pytest.mark.parametrize(
    ("expression", "value"),
    [("SET #disabled = :new", True), ("SET #generation = :new", 2)],
    ids=["disabled", "of another generation"],
)
def test_a_user_that_has_changed_meanwhile_makes_no_token(
    world: World, ada: User, session: str, expression: str, value: object
) -> None:
    who = caller(world, session)
    key = keys.user_key(ORG, ada.id)
    world.services.table.write(Update(key, expression, values={"new": value}))
    with pytest.raises(Unauthorized):
        world.services.identity.api_tokens.create(who, session, "ci", Role.VIEWER, DAY)


def test_the_last_use_is_one_write_in_five_minutes_after_the_answer(
    world: World, session: str
) -> None:
    text = make(world, session)
    tokens, listed = world.services.tokens, world.services.identity.api_tokens
    assert listed.with_last_use(listed.lines(ORG))[0].last_used_at is None
    with world.calls.counted() as calls:
        assert tokens.principal(text) is not None
    assert calls.made == ["dynamodb.batch_get_item"]
    with world.calls.counted() as calls:
        tokens.record_use()
        tokens.record_use()
    assert calls.made == ["dynamodb.update_item"]
    used = listed.with_last_use(listed.lines(ORG))[0].last_used_at
    assert used is not None
    for _ in range(4):  # four processes look it up within five minutes
        world.clock.forward(minutes=1)
        other = world.fresh().tokens
        assert other.principal(text) is not None
        with world.calls.counted() as calls:
            other.record_use()
        assert calls.made == []
    world.clock.forward(minutes=1, seconds=1)
    assert tokens.principal(text) is not None
    tokens.record_use()
    again = listed.with_last_use(listed.lines(ORG))[0].last_used_at
    assert again is not None
    assert again > used


def test_a_use_does_not_bring_back_a_token_that_was_taken_back(world: World, session: str) -> None:
    text = make(world, session)
    tokens, listed = world.services.tokens, world.services.identity.api_tokens
    assert tokens.principal(text) is not None
    listed.delete(ORG, listed.lines(ORG)[0])
    tokens.record_use()
    assert world.fresh().tokens.principal(text) is None
    assert [item for item in world.items() if "used_at" in item] == []
