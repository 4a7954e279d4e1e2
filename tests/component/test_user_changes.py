"""What an admin changes of a user, and what it ends: logins and tokens, within 60 seconds."""

from __future__ import annotations

import pytest

from chalicelib.core.errors import Conflict, NotFound, Unauthorized
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Principal, Role
from chalicelib.identity_services import Identity
from chalicelib.store.user_changes import Change
from tests.support.people import PASSWORD, user
from tests.support.world import ORG, World

ADMIN = Principal("root", ORG, Role.ADMIN, "tok_root")


@pytest.fixture
def ada(world: World) -> User:
    world.sign_in_works()
    return user(world)


@pytest.fixture
def session(world: World, ada: User) -> str:
    return world.services.identity.sign_in.login(ada.email, PASSWORD).token


@pytest.fixture
def warm(world: World, session: str) -> Identity:
    """A process that knows the user's token already."""
    found = world.fresh().identity
    assert found.bearers.principal(session) is not None
    return found


def api_token(world: World, session: str, name: str, role: Role) -> str:
    found = world.services.identity
    caller = found.bearers.principal(session)
    assert caller is not None
    return found.api_tokens.create(caller, session, name, role, 3600)[1]


def change(world: World, ada: User, what: Change) -> User:
    return world.services.identity.user_changes.change(ADMIN, ada.id, what)


@pytest.mark.parametrize(
    "what",
    [Change(disabled=True), Change(role=Role.VIEWER), Change(password="another password")],
    ids=["disabled", "another role", "another password"],
)
def test_a_changed_users_logins_end_within_60_seconds(
    world: World, ada: User, session: str, warm: Identity, what: Change
) -> None:
    change(world, ada, what)
    caller = warm.bearers.principal(session)  # within its 30 seconds it may not know yet
    if caller is not None:
        with pytest.raises(Unauthorized):
            warm.sign_in.refresh(caller, session)
    world.clock.forward(seconds=31)
    assert warm.bearers.principal(session) is None
    assert world.fresh().identity.bearers.principal(session) is None


def test_a_disabled_user_signs_in_again_only_when_enabled(
    world: World, ada: User, session: str
) -> None:
    change(world, ada, Change(disabled=True))
    sign_in = world.services.identity.sign_in
    with pytest.raises(Unauthorized):
        sign_in.login(ada.email, PASSWORD)
    change(world, ada, Change(disabled=False))
    world.clock.forward(seconds=31)
    again = sign_in.login(ada.email, PASSWORD).token
    assert world.services.identity.bearers.principal(again) is not None
    assert world.services.identity.bearers.principal(session) is None


def test_a_new_password_is_the_only_one(world: World, ada: User) -> None:
    change(world, ada, Change(password="another password"))
    sign_in = world.services.identity.sign_in
    with pytest.raises(Unauthorized):
        sign_in.login(ada.email, PASSWORD)
    assert sign_in.login(ada.email, "another password").token


def test_a_disabled_users_api_tokens_are_taken_back(world: World, ada: User, session: str) -> None:
    text = api_token(world, session, "ci", Role.VIEWER)
    change(world, ada, Change(disabled=True))
    assert world.fresh().identity.bearers.principal(text) is None
    change(world, ada, Change(disabled=False))
    assert world.fresh().identity.bearers.principal(text) is None


def test_a_lower_role_takes_back_the_tokens_above_it(world: World, ada: User, session: str) -> None:
    high = api_token(world, session, "high", Role.OPERATOR)
    low = api_token(world, session, "low", Role.VIEWER)
    change(world, ada, Change(role=Role.VIEWER))
    found = world.fresh().identity.bearers
    assert found.principal(high) is None
    assert found.principal(low) is not None


def test_users_of_other_organisations_and_oneself_are_not_changed(world: World, ada: User) -> None:
    changes = world.services.identity.user_changes
    stranger = Principal("x", "org_other", Role.ADMIN, "tok_x")
    with pytest.raises(NotFound):
        changes.change(stranger, ada.id, Change(disabled=True))
    boss = user(world, "boss@example.org", Role.ADMIN)
    own = Principal(boss.email, ORG, Role.ADMIN, "jwt_x", owner=boss.id, user_id=boss.id)
    for what in (Change(disabled=True), Change(role=Role.VIEWER)):
        with pytest.raises(Conflict):
            changes.change(own, boss.id, what)
    assert changes.change(own, boss.id, Change(password="another password")).id == boss.id
