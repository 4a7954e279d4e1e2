"""A node's turns: one at a time, committed once and whole, whatever is lost or comes twice."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chalicelib.core.errors import TooLarge, Unavailable
from chalicelib.core.swarms.model import LogLine, NodeState, Outgoing
from tests.support.clients import Fault
from tests.support.swarms import SWARM, SwarmWorld
from tests.support.world import ORG, World


@pytest.fixture
def swarm(world: World) -> SwarmWorld:
    found = SwarmWorld(world)
    found.begin("a", "b")
    return found


def stored(swarm: SwarmWorld, prefix: str) -> list[dict[str, object]]:
    return [item for item in swarm.world.items() if item["sk"].startswith(prefix)]


def test_a_turn_moves_the_life_and_all_that_it_leads_to(swarm: SwarmWorld) -> None:
    swarm.task("a")
    lines = (LogLine("a-1", swarm.now(), "user", "work"), LogLine("a-1", swarm.now(), "tool", "x"))
    commit = swarm.turn(
        "a",
        Outgoing("b", "one"),
        Outgoing(None, {"n": 2}, "broadcast"),
        logs=lines,
        events=(swarm.event(),),
    )
    assert swarm.life("a").state is NodeState.WORKING
    assert swarm.life("a").attempts == 1
    assert swarm.mail.commit(ORG, SWARM, commit)
    life = swarm.life("a")
    assert (life.state, life.handled, life.inbox, life.attempts) == (NodeState.IDLE, 1, 0, 0)
    assert life.memory == {"said": 1}
    stored_lines = swarm.mail.logs(ORG, SWARM, "a", 50)
    assert [replace(line, id="", agent="") for line in stored_lines] == list(lines)
    assert {line.agent for line in stored_lines} == {"a"}
    (out,) = stored(swarm, "!OUT#a#")
    assert [one["to"] for one in json.loads(str(out["messages"]))] == ["b", None]
    assert len(stored(swarm, "!EVENT#")) == 1


def test_of_two_that_begin_at_once_one_does(swarm: SwarmWorld) -> None:
    swarm.task("a")
    life = swarm.life("a")
    assert swarm.mail.begin_turn(ORG, SWARM, life) is not None
    assert swarm.mail.begin_turn(ORG, SWARM, life) is None
    again = swarm.mail.begin_turn(ORG, SWARM, swarm.life("a"))
    assert again is not None
    assert again.attempts == 2


def test_of_two_that_commit_one_does_and_nothing_of_the_other_is_written(swarm: SwarmWorld) -> None:
    swarm.task("a")
    first = swarm.turn("a", Outgoing("b", "first"))
    second = swarm.turn("a", Outgoing("b", "second"), events=(swarm.event(),))
    assert swarm.mail.commit(ORG, SWARM, first)
    assert not swarm.mail.commit(ORG, SWARM, second)
    assert len(stored(swarm, "!OUT#a#")) == 1
    assert stored(swarm, "!EVENT#") == []


def test_a_commit_that_is_made_again_is_known_to_have_held(swarm: SwarmWorld) -> None:
    swarm.task("a")
    commit = swarm.turn("a", Outgoing("b", "once"))
    with swarm.world.calls.failing(1, Fault.ANSWER_LOST), pytest.raises(Unavailable):
        swarm.mail.commit(ORG, SWARM, commit)
    assert swarm.mail.commit(ORG, SWARM, commit)
    assert len(stored(swarm, "!OUT#a#")) == 1


@pytest.mark.parametrize("call", ["begin", "commit", "release", "put_task"])
def test_what_the_sdk_sends_twice_is_one(swarm: SwarmWorld, call: str) -> None:
    mail, calls = swarm.mail, swarm.world.calls
    if call == "put_task":
        life = swarm.life("a")
        with calls.failing(1, Fault.SENT_TWICE):
            assert mail.put_task(ORG, SWARM, life, swarm.draft(), [])
        assert swarm.life("a").received == 1
        return
    swarm.task("a")
    if call == "begin":
        life = swarm.life("a")
        with calls.failing(1, Fault.SENT_TWICE):
            begun = mail.begin_turn(ORG, SWARM, life)
        assert begun is not None
        assert (begun.attempts, begun.inbox) == (1, 1)
        return
    commit = swarm.turn("a")
    if call == "release":
        commit = replace(commit, after=replace(commit.after, held=True, state=NodeState.WORKING))
        assert mail.commit(ORG, SWARM, commit)
        with calls.failing(1, Fault.SENT_TWICE):
            assert mail.release(ORG, SWARM, "a")
        return
    with calls.failing(1, Fault.SENT_TWICE):
        assert mail.commit(ORG, SWARM, commit)


@pytest.mark.parametrize("what", ["paused", "stopped", "restarted", "swarm restarted", "removed"])
def test_a_turn_under_way_changes_nothing_once_the_node_is(swarm: SwarmWorld, what: str) -> None:
    swarm.task("a")
    commit = swarm.turn("a", Outgoing("b", "late"))
    match what:
        case "paused":
            assert swarm.mail.set_paused(ORG, SWARM, ["a"], True) == 1
        case "stopped":
            swarm.mail.set_state(ORG, SWARM, ["a"], "stopped")
        case "restarted":
            swarm.begin("a", session_id="another")
        case "swarm restarted":
            swarm.begin("a", incarnation=2)
        case "removed":
            swarm.mail.end_life(ORG, SWARM, "a")
    assert not swarm.mail.commit(ORG, SWARM, commit)
    assert stored(swarm, "!OUT#a#") == []
    assert swarm.mail.begin_turn(ORG, SWARM, commit.life) is None


def test_a_node_that_was_paused_goes_on_where_it_was(swarm: SwarmWorld) -> None:
    swarm.task("a")
    swarm.mail.set_paused(ORG, SWARM, ["a"], True)
    assert swarm.mail.begin_turn(ORG, SWARM, swarm.life("a")) is None
    assert swarm.mail.set_paused(ORG, SWARM, ["a"], False) == 1
    assert swarm.mail.commit(ORG, SWARM, swarm.turn("a"))


def test_a_node_that_holds_takes_no_turn_until_it_is_released(swarm: SwarmWorld) -> None:
    swarm.task("a")
    swarm.task("a")
    assert not swarm.mail.release(ORG, SWARM, "a")
    commit = swarm.turn("a")
    commit = replace(commit, after=replace(commit.after, held=True, state=NodeState.WORKING))
    assert swarm.mail.commit(ORG, SWARM, commit)
    assert swarm.life("a").held
    assert swarm.mail.begin_turn(ORG, SWARM, swarm.life("a")) is None
    assert swarm.mail.release(ORG, SWARM, "a")
    assert swarm.life("a").state is NodeState.IDLE
    assert swarm.mail.commit(ORG, SWARM, swarm.turn("a"))


def test_the_memory_is_written_only_where_it_changed(swarm: SwarmWorld) -> None:
    swarm.task("a")
    commit = swarm.turn("a")
    commit = replace(commit, after=replace(commit.after, memory=commit.life.memory))
    with swarm.world.calls.counted() as calls:
        assert swarm.mail.commit(ORG, SWARM, commit)
    assert calls.made == ["dynamodb.transact_write_items"]
    assert calls.write_units == 2
    assert stored(swarm, "MEMORY#a") == []


def test_a_turn_costs_one_read_two_writes_and_nothing_for_the_size_of_its_memory(
    swarm: SwarmWorld,
) -> None:
    swarm.begin("c", memory={"conversation": "x" * 100_000})
    swarm.task("c")
    with swarm.world.calls.counted() as calls:
        begun = swarm.mail.begin_turn(ORG, SWARM, swarm.life("c"))
    assert begun is not None
    assert len(str(begun.memory)) > 100_000
    assert calls.made == ["dynamodb.batch_get_item", "dynamodb.update_item"]
    assert calls.write_units == 1
    with swarm.world.calls.counted() as calls:
        (life,) = [one for one in swarm.mail.lives(ORG, SWARM) if one.name == "c"]
    assert calls.made == ["dynamodb.query"] * 2
    assert calls.read_units == 2
    assert life.memory == {}


def test_what_no_transaction_takes_is_refused_before(swarm: SwarmWorld) -> None:
    swarm.task("a")
    commit = swarm.turn("a", Outgoing("b", "x" * 300_000))
    with pytest.raises(TooLarge, match="What a turn sends"):
        swarm.mail.commit(ORG, SWARM, commit)
    line = LogLine("a-1", swarm.now(), "user", "x" * 1_000)
    with pytest.raises(TooLarge, match="104 parts"):
        swarm.mail.commit(ORG, SWARM, swarm.turn("a", Outgoing("b", "x"), logs=(line,) * 100))
    long = replace(line, content="x" * 200_000)
    with pytest.raises(TooLarge, match="A turn is over"):
        swarm.mail.commit(ORG, SWARM, swarm.turn("a", logs=(long,) * 20))
    assert swarm.life("a").handled == 0


def test_a_hundred_parts_are_taken(swarm: SwarmWorld) -> None:
    swarm.task("a")
    line = LogLine("a-1", swarm.now(), "user", "x")
    commit = swarm.turn("a", Outgoing("b", "x"), logs=(line,) * 96)
    assert swarm.mail.commit(ORG, SWARM, commit)
    assert len(swarm.mail.logs(ORG, SWARM, "a", 1_000)) == 96


def test_what_is_posted_for_somebody_is_one_item_of_the_outbox(swarm: SwarmWorld) -> None:
    swarm.mail.post(ORG, SWARM, "gateway", [Outgoing("a", "hi")])
    (out,) = stored(swarm, "!OUT#gateway#")
    assert (out["sender"], out["id"]) == ("gateway", str(out["sk"]).rpartition("#")[2])
    assert out["expires_at"]
