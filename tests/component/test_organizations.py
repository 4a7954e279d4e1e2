"""Organisations that are made over REST: whole or not at all, and by the first one only."""

from __future__ import annotations

import pytest

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Conflict
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Role
from tests.support.people import user
from tests.support.world import World


def admin(org: str, email: str) -> User:
    return User(f"user_{email}", email, org, Role.ADMIN, "hash", "2026-03-18T09:00:00.000Z")


def test_the_first_organisation_is_the_one_that_was_registered_first(world: World) -> None:
    orgs = world.services.identity.orgs
    assert orgs.first() == ""
    orgs.create("org_z", "z", rfc3339(world.clock()))
    orgs.create("org_a", "a", rfc3339(world.clock()))
    assert orgs.first() == "org_z"


def test_an_organisation_is_made_with_its_admin_in_one_transaction(world: World) -> None:
    identity = world.services.identity
    with world.calls.counted() as calls:
        identity.orgs.create_with(admin("org_new", "boss@example.org"), "new")
    assert calls.made == ["dynamodb.get_item", "dynamodb.transact_write_items"]
    found = identity.users.by_email("boss@example.org")
    assert found is not None
    assert (found.org, found.role) == ("org_new", Role.ADMIN)
    assert identity.orgs.ids() == ["org_new"]


def test_a_name_or_an_address_that_is_taken_makes_nothing(world: World) -> None:
    identity = world.services.identity
    identity.orgs.create_with(admin("org_new", "boss@example.org"), "new")
    user(world, "ada@example.org")
    for org, email in (("org_new", "other@example.org"), ("org_more", "ada@example.org")):
        with pytest.raises(Conflict):
            identity.orgs.create_with(admin(org, email), org.removeprefix("org_"))
    assert identity.orgs.ids() == ["org_new"]
    assert identity.users.by_email("other@example.org") is None
    assert [found.email for found in identity.users.page("org_new", 9, 0)[0]] == [
        "boss@example.org"
    ]
