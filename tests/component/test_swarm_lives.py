"""Nodes' lives: begun once, ended for good, paused together."""

from __future__ import annotations

import pytest

from chalicelib.core.swarms.model import NodeState
from tests.support.clients import Died, Fault
from tests.support.swarms import SWARM, SwarmWorld
from tests.support.world import ORG, World


@pytest.fixture
def swarm(world: World) -> SwarmWorld:
    return SwarmWorld(world)


def test_a_life_is_read_as_it_was_begun(swarm: SwarmWorld) -> None:
    life = swarm.new_life("a", memory={"n": 1.5}, paused=True)
    swarm.mail.begin_lives(ORG, SWARM, [life])
    assert swarm.life("a") == life
    assert swarm.mail.life(ORG, SWARM, "b") is None
    assert swarm.mail.life(ORG, "another", "a") is None


def test_a_new_session_keeps_the_mail_that_waits_and_forgets_the_rest(swarm: SwarmWorld) -> None:
    swarm.begin("a")
    for _ in range(3):
        swarm.task("a")
    assert swarm.mail.commit(ORG, SWARM, swarm.turn("a"))
    swarm.turn("a")
    swarm.begin("a", session_id="new")
    life = swarm.life("a")
    assert (life.session_id, life.state, life.inbox, life.handled) == ("new", NodeState.IDLE, 2, 1)
    assert (life.message_count, life.attempts, life.memory) == (0, 0, {})
    assert life.last_activity is None


def test_a_life_that_is_begun_again_goes_on(swarm: SwarmWorld) -> None:
    swarm.begin("a")
    swarm.task("a")
    assert swarm.mail.commit(ORG, SWARM, swarm.turn("a"))
    before = swarm.life("a")
    swarm.begin("a")
    assert swarm.life("a") == before


def test_an_older_incarnation_changes_nothing(swarm: SwarmWorld) -> None:
    swarm.begin("a", incarnation=2)
    before = swarm.life("a")
    swarm.begin("a", "b", incarnation=1)
    assert swarm.life("a") == before
    assert swarm.life("b").incarnation == 1  # the others of the same transaction begin


def test_who_settles_late_does_not_reset_a_node_that_lives(swarm: SwarmWorld) -> None:
    swarm.begin("a")
    swarm.task("a")
    assert swarm.mail.commit(ORG, SWARM, swarm.turn("a"))
    before = swarm.life("a")
    late = swarm.new_life("a", session_id="late")
    swarm.mail.begin_lives(ORG, SWARM, [late], only_over=True)
    assert swarm.life("a") == before
    swarm.mail.set_state(ORG, SWARM, ["a"], "stopped")
    swarm.mail.begin_lives(ORG, SWARM, [late], only_over=True)
    assert swarm.life("a").session_id == "late"
    swarm.mail.end_life(ORG, SWARM, "a")
    swarm.mail.begin_lives(ORG, SWARM, [swarm.new_life("a", session_id="3")], only_over=True)
    assert swarm.life("a").session_id == "3"


def test_a_node_that_was_removed_leaves_no_mail_to_the_next_of_its_name(swarm: SwarmWorld) -> None:
    swarm.begin("a")
    swarm.task("a", "old")
    swarm.mail.mark_dead(ORG, SWARM, "a", 1)
    swarm.mail.end_life(ORG, SWARM, "a")
    swarm.mail.end_life(ORG, SWARM, "a")
    swarm.mail.end_life(ORG, SWARM, "nobody")
    assert swarm.mail.life(ORG, SWARM, "a") is None
    assert swarm.mail.lives(ORG, SWARM) == []
    swarm.begin("a", session_id="next")
    assert swarm.life("a").inbox == 0
    assert swarm.mail.replay(ORG, SWARM, "a") == 0
    assert swarm.task("a", "new").number == 2
    assert swarm.contents("a") == ["new"]


def test_mail_that_comes_while_a_life_ends_is_not_lost_between(
    swarm: SwarmWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    swarm.begin("a")
    table, get = swarm.world.services.table, swarm.world.services.table.get
    raced: list[int] = []

    def get_and_be_overtaken(key: dict[str, str]) -> object:
        found = get(key)
        if key["sk"] == "BOX#a" and not raced:
            raced.append(1)
            swarm.task("a", "in between")
        return found

    monkeypatch.setattr(table, "get", get_and_be_overtaken)
    swarm.mail.end_life(ORG, SWARM, "a")
    monkeypatch.undo()
    swarm.begin("a", session_id="next")
    assert (swarm.life("a").received, swarm.life("a").inbox) == (1, 0)


def test_all_nodes_are_paused_in_a_few_transactions_and_counted(swarm: SwarmWorld) -> None:
    names = [f"n{n:02d}" for n in range(60)]
    swarm.begin(*names)
    swarm.mail.end_life(ORG, SWARM, "n07")
    with swarm.world.calls.counted() as calls:
        assert swarm.mail.set_paused(ORG, SWARM, [*names, "nobody"], True) == 59
    # 61 names are three transactions, and those with one that is not there are made again.
    assert calls.made == ["dynamodb.transact_write_items"] * 5
    assert all(life.paused for life in swarm.mail.lives(ORG, SWARM))
    assert swarm.mail.life(ORG, SWARM, "nobody") is None
    assert swarm.mail.set_paused(ORG, SWARM, names, True) == 59
    assert swarm.mail.set_paused(ORG, SWARM, names, False) == 59
    assert not any(life.paused for life in swarm.mail.lives(ORG, SWARM))


def test_a_pause_that_dies_half_way_is_made_again(swarm: SwarmWorld) -> None:
    names = [f"n{n:02d}" for n in range(60)]
    swarm.begin(*names)
    with swarm.world.calls.failing(2, Fault.DIED_AFTER), pytest.raises(Died):
        swarm.mail.set_paused(ORG, SWARM, names, True)
    assert swarm.mail.set_paused(ORG, SWARM, names, True) == 60


def test_a_stop_ends_holds_and_tries(swarm: SwarmWorld) -> None:
    swarm.begin("a")
    swarm.task("a")
    swarm.turn("a")
    swarm.mail.set_state(ORG, SWARM, ["a", "nobody"], "stopped")
    life = swarm.life("a")
    assert (life.state, life.attempts, life.held) == (NodeState.STOPPED, 0, False)


def test_lives_are_listed_with_what_waits_for_them(swarm: SwarmWorld) -> None:
    swarm.begin("a", "a-1", "b")
    swarm.task("a-1")
    assert [(life.name, life.inbox) for life in swarm.mail.lives(ORG, SWARM)] == [
        ("a", 0),
        ("a-1", 1),
        ("b", 0),
    ]
