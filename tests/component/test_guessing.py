"""Wrong tokens are counted by name, and a name that is guessed at is locked for its minute (S0)."""

from __future__ import annotations

import pytest

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import RateLimited
from chalicelib.core.roles import Role
from chalicelib.store import keys
from chalicelib.store.tokens import Token, Tokens
from chalicelib.workers.socket_events import connect
from tests.support.world import ORG, World

LATER = "2027-01-01T00:00:00.000Z"


def store(world: World, name: str = "ci", secret: str = "right", ends: str = LATER) -> None:
    now = rfc3339(world.clock())
    world.services.tokens.store(Token(f"tok_{name}", name, ORG, Role.VIEWER, now, ends), secret)


def guess(tokens: Tokens, times: int, name: str = "ci") -> None:
    for number in range(times):
        assert tokens.principal(f"{name}.wrong-{number}") is None


@pytest.mark.parametrize("name", ["ci", "nobody"])
def test_the_sixth_wrong_try_in_a_minute_locks_the_name_known_or_not(
    world: World, name: str
) -> None:
    store(world)
    tokens = world.services.tokens
    guess(tokens, 5, name)
    with pytest.raises(RateLimited) as refused:
        tokens.principal(f"{name}.wrong again")
    assert 59 <= refused.value.retry_after <= 60


def test_after_five_wrong_tries_the_right_secret_still_works(world: World) -> None:
    store(world)
    guess(world.services.tokens, 5)
    assert world.services.tokens.principal("ci.right") is not None


def test_the_right_secret_is_refused_too_until_the_minute_is_over(world: World) -> None:
    store(world)
    tokens = world.services.tokens
    guess(tokens, 5)
    for secret in ("wrong again", "right"):
        with pytest.raises(RateLimited):
            tokens.principal(f"ci.{secret}")
    world.clock.forward(seconds=50)
    with pytest.raises(RateLimited) as refused:
        tokens.principal("ci.right")
    assert 9 <= refused.value.retry_after <= 10
    world.clock.forward(seconds=10)
    assert tokens.principal("ci.right") is not None


def test_a_name_is_locked_for_other_processes_as_well(world: World) -> None:
    store(world)
    for _ in range(5):
        guess(world.fresh().tokens, 1)
    with pytest.raises(RateLimited):
        world.fresh().tokens.principal("ci.wrong again")
    with pytest.raises(RateLimited):
        world.fresh().tokens.principal("ci.right")


def test_a_process_that_remembers_the_right_secret_learns_of_the_lock_within_30_s(
    world: World,
) -> None:
    store(world)
    warm = world.fresh().tokens
    assert warm.principal("ci.right") is not None
    guess(world.services.tokens, 5)
    with pytest.raises(RateLimited):
        world.services.tokens.principal("ci.wrong again")
    world.clock.forward(seconds=30)
    with pytest.raises(RateLimited):
        warm.principal("ci.right")


def test_the_same_process_forgets_the_right_secret_at_once(world: World) -> None:
    store(world)
    tokens = world.services.tokens
    assert tokens.principal("ci.right") is not None
    guess(tokens, 5)
    with pytest.raises(RateLimited):
        tokens.principal("ci.wrong again")
    with pytest.raises(RateLimited):
        tokens.principal("ci.right")


def test_wrong_tries_of_another_minute_do_not_add_up(world: World) -> None:
    store(world)
    for _ in range(4):
        guess(world.services.tokens, 3)
        world.clock.forward(seconds=61)
    assert world.services.tokens.principal("ci.right") is not None


def test_other_names_are_not_locked(world: World) -> None:
    store(world, "ci")
    store(world, "other")
    guess(world.services.tokens, 5, "ci")
    with pytest.raises(RateLimited):
        world.services.tokens.principal("ci.wrong again")
    assert world.services.tokens.principal("other.right") is not None


def test_an_expired_token_is_refused_but_is_no_guess(world: World) -> None:
    store(world, ends="2026-03-18T09:00:01.000Z")
    world.clock.forward(seconds=5)
    for _ in range(10):
        assert world.services.tokens.principal("ci.right") is None


@pytest.mark.parametrize("bearer", ["", "nodot", ".secret", "name.", "x." + "y" * 511, "a.\ud800"])
def test_what_is_no_token_costs_nothing_and_locks_nothing(world: World, bearer: str) -> None:
    with world.calls.counted() as calls:
        for _ in range(10):
            assert world.services.tokens.principal(bearer) is None
    assert calls.made == []


def test_a_wrong_try_is_one_read_and_one_write_and_a_locked_name_costs_nothing(
    world: World,
) -> None:
    tokens = world.services.tokens
    with world.calls.counted() as calls:
        guess(tokens, 5)
        assert calls.made == ["dynamodb.batch_get_item", "dynamodb.update_item"] * 5
        assert calls.write_units == 5
        for _ in range(3):
            with pytest.raises(RateLimited):
                tokens.principal("ci.wrong again")
        assert len(calls.made) == 12


def test_tries_at_once_are_all_counted(world: World) -> None:
    """Others guess between our read and our write."""
    tokens = world.services.tokens
    table = world.services.table
    real = table.get_many

    def slow(wanted: object) -> object:
        found = real(wanted)  # type: ignore[arg-type]
        table.get_many = real  # type: ignore[method-assign]
        guess(world.fresh().tokens, 2)
        return found

    table.get_many = slow  # type: ignore[method-assign, assignment]
    guess(tokens, 1)
    item = table.get(keys.guesses_key("ci"))
    assert item is not None and item["tries"] == 3


def test_the_counts_expire(world: World) -> None:
    guess(world.services.tokens, 1)
    item = world.services.table.get(keys.guesses_key("ci"))
    now = world.clock().timestamp()
    assert item is not None and now + 60 < item["expires_at"] <= now + 121


def test_with_auth_mode_none_a_handshake_needs_no_token(world: World) -> None:
    services = world.fresh(auth_mode="none")
    assert connect(services, "c", {"path": "/ws"}) == {"statusCode": 200}
    found = services.sockets.get("c")
    assert found is not None and found.principal.org == "org_local"


def test_a_handshake_is_counted_and_refused_like_a_request(world: World) -> None:
    store(world)
    for number in range(5):
        refused = connect(world.services, "c", {"path": "/ws", "token": f"ci.wrong-{number}"})
        assert refused == {"statusCode": 401}
    for secret in ("wrong again", "right"):
        refused = connect(world.services, "c", {"path": "/ws", "token": f"ci.{secret}"})
        assert refused == {"statusCode": 429}
