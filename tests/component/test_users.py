"""Users are numbered as they are created, so a page of them costs the same wherever it begins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Role
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Put
from tests.support.world import ORG, World


def person(number: int, org: str = ORG) -> User:
    email = f"u{number}@{org}.example"
    return User(f"user_{number:03d}_{org}", email, org, Role.VIEWER, "hash", "2026-03-18T09:00:00Z")


def emails(world: World, limit: int, offset: int, org: str = ORG) -> tuple[list[str], int]:
    found, total = world.services.identity.users.page(org, limit, offset)
    return [user.email for user in found], total


@pytest.fixture
def people(world: World) -> list[User]:
    found = [person(number) for number in (5, 3, 9, 1, 7)]
    for user in found:
        world.services.identity.users.create(user)
    return found


@pytest.mark.parametrize(("limit", "offset"), [(1, 0), (2, 1), (2, 4), (9, 0), (1, 5), (1000, 99)])
def test_a_page_is_what_was_created_from_its_offset_on(
    world: World, people: list[User], limit: int, offset: int
) -> None:
    expected = [user.email for user in people[offset : offset + limit]]
    assert emails(world, limit, offset) == (expected, 5)


def test_another_organisation_has_numbers_of_its_own(world: World, people: list[User]) -> None:
    world.services.identity.users.create(person(1, "org_other"))
    assert emails(world, 9, 0, "org_other") == (["u1@org_other.example"], 1)
    assert emails(world, 9, 0)[1] == 5


def test_a_deep_page_costs_what_the_first_one_costs(world: World) -> None:
    for number in range(120):
        world.services.identity.users.create(person(number))
    costs = []
    for offset in (0, 60, 117):
        with world.calls.counted() as calls:
            found, total = emails(world, 3, offset)
        assert (found, total) == ([person(offset + n).email for n in range(3)], 120)
        costs.append((calls.made, calls.read_units))
    assert costs[0][0] == ["dynamodb.query", "dynamodb.batch_get_item", "dynamodb.get_item"]
    assert costs[1] == costs[2] == costs[0]


def test_users_that_are_created_at_the_same_time_get_a_number_each(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: world.services.identity.users.create(person(n)), range(16)))
    found, total = emails(world, 100, 0)
    assert sorted(found) == sorted(person(number).email for number in range(16))
    assert total == 16


def test_an_address_that_is_taken_takes_no_number(world: World, people: list[User]) -> None:
    again = replace(people[0], id="user_another", org="org_other")
    with pytest.raises(Conflict):
        world.services.identity.users.create(again)
    assert emails(world, 9, 0, "org_other") == ([], 0)


def test_what_belongs_to_a_user_is_made_with_it_or_not_at_all(
    world: World, people: list[User]
) -> None:
    users = world.services.identity.users
    taken = Put(keys.org_key("org_taken"), "attribute_not_exists(#pk)")
    users.create(person(11), taken)
    with pytest.raises(ConditionFailed) as failed:
        users.create(person(12), taken)
    assert set(failed.value.failed) == {0}
    assert users.by_email(person(12).email) is None
    assert emails(world, 9, 0)[1] == 6
