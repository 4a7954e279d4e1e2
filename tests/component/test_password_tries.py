"""Wrong passwords are counted by address, known or not; never more than five are looked at a minute."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.core.errors import RateLimited, Unauthorized, Unavailable
from chalicelib.core.identity import passwords
from chalicelib.core.identity.sign_in import SignIn
from tests.support.clients import Fault
from tests.support.people import PASSWORD, user
from tests.support.world import World

NOBODY = "nobody@example.org"


@pytest.fixture(autouse=True)
def ada(world: World) -> str:
    world.sign_in_works()
    return user(world).email


def outcome(found: SignIn, email: str, password: str = "wrong") -> str:
    try:
        found.login(email, password)
    except Unauthorized:
        return "wrong"
    except RateLimited:
        return "later"
    return "in"


def test_five_wrong_ones_lock_an_address_for_the_rest_of_the_minute(world: World, ada: str) -> None:
    found = world.services.identity.sign_in
    for email in (ada, NOBODY):
        assert [outcome(found, email) for _ in range(7)] == ["wrong"] * 5 + ["later"] * 2
    assert outcome(found, ada, PASSWORD) == "later"
    assert outcome(world.fresh().identity.sign_in, ada.upper(), PASSWORD) == "later"
    world.clock.forward(seconds=61)
    assert outcome(found, ada, PASSWORD) == "in"
    assert [outcome(found, ada) for _ in range(6)] == ["wrong"] * 5 + ["later"]


@pytest.mark.parametrize("email", ["ada@example.org", NOBODY, "no address", "\ud800"])
def test_the_answer_and_the_way_to_it_tell_nothing_of_who_exists(world: World, email: str) -> None:
    found = world.services.identity.sign_in
    made = []
    for _ in range(6):
        with world.calls.counted() as calls:
            outcome(found, email)
            made.append(tuple(calls.made))
    first, later = "dynamodb.update_item", ("dynamodb.update_item",) * 2
    reads = ("dynamodb.get_item", "dynamodb.get_item")
    assert made == [(first, *reads), *[(*later, *reads)] * 4, (first,)]
    with world.calls.counted() as calls, pytest.raises(RateLimited) as refused:
        found.login(email, "wrong")
    assert calls.made == []
    assert 1 <= refused.value.retry_after <= 60
    assert email not in refused.value.detail


def test_the_right_password_is_taken_back_and_never_locks(world: World, ada: str) -> None:
    found = world.services.identity.sign_in
    assert [outcome(found, ada) for _ in range(4)] == ["wrong"] * 4
    assert [outcome(found, ada, PASSWORD) for _ in range(12)] == ["in"] * 12
    assert [outcome(found, ada) for _ in range(2)] == ["wrong", "later"]


def test_a_disabled_users_right_password_counts_like_a_wrong_one(world: World) -> None:
    gone = user(world, "gone@example.org", disabled=True)
    found = world.services.identity.sign_in
    assert [outcome(found, gone.email, PASSWORD) for _ in range(6)] == ["wrong"] * 5 + ["later"]


def test_addresses_have_a_count_each(world: World, ada: str) -> None:
    found = world.services.identity.sign_in
    for _ in range(6):
        outcome(found, NOBODY)
    assert outcome(found, ada, PASSWORD) == "in"


@pytest.mark.parametrize("email", ["ada@example.org", NOBODY])
def test_of_many_at_once_no_more_than_five_passwords_are_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    looked_at: list[str] = []

    def fits(password: str, stored: str | None) -> bool:
        looked_at.append(password)
        return False

    monkeypatch.setattr(passwords, "fits", fits)
    processes = [world.fresh().identity.sign_in for _ in range(4)]

    def guess(number: int) -> str:
        return outcome(processes[number % 4], email, f"guess {number}")

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(60)))
    assert sorted(answers) == ["later"] * 55 + ["wrong"] * 5
    assert len(looked_at) == 5


def test_without_the_count_nothing_is_looked_at(world: World, ada: str) -> None:
    with world.calls.failing(1, Fault.THROTTLED), pytest.raises(Unavailable):
        world.services.identity.sign_in.login(ada, PASSWORD)
    assert outcome(world.services.identity.sign_in, ada, PASSWORD) == "in"


def test_the_counts_go_by_themselves(world: World, ada: str) -> None:
    outcome(world.services.identity.sign_in, ada)
    (item,) = [item for item in world.items() if item["sk"] == "GUESSES"]
    assert PASSWORD not in str(item)
    assert 0 < item["expires_at"] - world.clock().timestamp() <= 120
