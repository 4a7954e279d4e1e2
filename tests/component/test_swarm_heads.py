"""Heads of swarms are written only over the one that was read; overlays, nodes and files follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.errors import BadRequest, TooLarge, Unavailable
from chalicelib.core.swarms.model import (
    INLINE_SEEDS,
    AgentSpec,
    Backend,
    Node,
    NodeKind,
    ObjectSpec,
    OverlayEvent,
    Swarm,
    SwarmStatus,
)
from chalicelib.core.swarms.ports import EventFilters
from chalicelib.store.watchers import Watcher, Watchers
from tests.support.clients import Fault
from tests.support.swarms import SWARM, SwarmWorld, head
from tests.support.world import ORG, World

EVENT = OverlayEvent("add_agent", {"name": "x", "n": 1.0})
AGENT = AgentSpec(
    "a",
    Backend("docker", {"image": "coder", "opts": {"cpus": 0.5}}),
    skills=("plan",),
    model="m",
    presets=("p", "q"),
    config={"temperature": 0.1},
)


@pytest.fixture
def swarm(world: World) -> SwarmWorld:
    return SwarmWorld(world)


def test_a_head_is_stored_once_and_listed_in_its_organisation(swarm: SwarmWorld) -> None:
    assert swarm.swarms.create(head("b"), over=None)
    assert swarm.swarms.create(head("a"), over=None)
    assert not swarm.swarms.create(head("a", incarnation=7), over=None)
    assert swarm.swarms.create(head("c", org="org_other"), over=None)
    assert swarm.swarms.list(ORG) == [head("a"), head("b")]
    assert swarm.swarms.get(ORG, "a") == head("a")
    assert swarm.swarms.get(ORG, "c") is None


@pytest.mark.parametrize(
    "change",
    [
        {"status": SwarmStatus.STOPPED},
        {"incarnation": 2},
        {"revision": 1},
        {"applied": 0},
    ],
)
def test_a_head_that_somebody_changed_is_not_written_over(
    swarm: SwarmWorld, change: dict[str, Any]
) -> None:
    read = head()
    swarm.swarms.create(read, over=None)
    changed = replace(read, **change)
    assert swarm.swarms.save(changed, expected=read)
    mine = replace(read, agent_count=5)
    assert not swarm.swarms.save(mine, expected=read, events=[swarm.event()])
    assert not swarm.swarms.mutate(replace(mine, revision=2), EVENT, expected=read, events=[])
    assert not swarm.swarms.create(mine, over=read)
    assert not swarm.swarms.clear_overlay(read)
    assert swarm.swarms.get(ORG, SWARM) == changed
    assert swarm.events.find(ORG, EventFilters(swarm=SWARM), 10) == []
    assert swarm.swarms.overlay(ORG, SWARM) == []


def test_a_save_is_one_write_and_with_events_one_transaction(swarm: SwarmWorld) -> None:
    swarm.swarms.create(head(), over=None)
    with swarm.world.calls.counted() as calls:
        assert swarm.swarms.save(head(applied=0), expected=head())
    assert calls.made == ["dynamodb.update_item"]
    told = swarm.event("swarm_started", agent=None)
    with swarm.world.calls.counted() as calls:
        assert swarm.swarms.save(head(), expected=head(applied=0), events=[told])
    assert calls.made == ["dynamodb.transact_write_items"]
    assert swarm.events.find(ORG, EventFilters(swarm=SWARM), 10) == [told]


@pytest.mark.parametrize("call", ["create", "save", "mutate"])
def test_what_the_sdk_sends_twice_is_one(swarm: SwarmWorld, call: str) -> None:
    if call != "create":
        swarm.swarms.create(head(), over=None)
    with swarm.world.calls.failing(1, Fault.SENT_TWICE):
        match call:
            case "create":
                assert swarm.swarms.create(head(), over=None)
            case "save":
                assert swarm.swarms.save(head(applied=0), expected=head())
            case _:
                assert swarm.swarms.mutate(head(revision=1), EVENT, expected=head(), events=[])


def mutated(swarm: SwarmWorld, read: Swarm, *events: OverlayEvent) -> Swarm:
    for event in events:
        after = replace(read, revision=read.revision + 1)
        assert swarm.swarms.mutate(after, event, expected=read, events=[])
        read = after
    return read


def test_mutations_are_recorded_in_order_each_with_the_heads_revision(swarm: SwarmWorld) -> None:
    swarm.swarms.create(head(), over=None)
    events = [OverlayEvent("add_agent", {"n": n, "name": f"x{n}"}) for n in range(12)]
    last = mutated(swarm, head(), *events)
    assert swarm.swarms.overlay(ORG, SWARM) == events
    assert swarm.swarms.get(ORG, SWARM) == last
    with pytest.raises(ValueError, match="no overlay event 12 after 12"):
        swarm.swarms.mutate(last, EVENT, expected=last, events=[])


def test_a_mutation_that_no_item_takes_is_refused(swarm: SwarmWorld) -> None:
    swarm.swarms.create(head(), over=None)
    large = OverlayEvent("update_config", {"text": "x" * 300_000})
    with pytest.raises(TooLarge, match="A mutation"):
        swarm.swarms.mutate(head(revision=1), large, expected=head(), events=[])


def test_an_overlay_is_cleared_as_a_whole_and_goes_on_behind(swarm: SwarmWorld) -> None:
    swarm.swarms.create(head(), over=None)
    read = mutated(swarm, head(), EVENT, EVENT)
    # The first write decides, even if nothing is deleted after it.
    with swarm.world.calls.failing(2, Fault.NOT_SENT), pytest.raises(Unavailable):
        swarm.swarms.clear_overlay(read)
    assert swarm.swarms.overlay(ORG, SWARM) == []
    assert swarm.swarms.clear_overlay(read)
    assert not [i for i in swarm.world.items() if i["sk"].startswith("OVERLAY#")]
    later = OverlayEvent("remove_agent", {"name": "x"})
    mutated(swarm, read, later)
    assert swarm.swarms.overlay(ORG, SWARM) == [later]


def test_a_new_start_keeps_the_overlay_and_what_was_cleared_of_it(swarm: SwarmWorld) -> None:
    swarm.swarms.create(head(), over=None)
    read = mutated(swarm, head(), EVENT, EVENT)
    assert swarm.swarms.clear_overlay(read)
    read = mutated(swarm, read, EVENT)
    stopped = replace(read, status=SwarmStatus.STOPPED)
    assert swarm.swarms.save(stopped, expected=read)
    again = replace(read, incarnation=2)
    assert swarm.swarms.create(again, over=stopped)
    assert not swarm.swarms.create(replace(again, incarnation=3), over=stopped)
    assert swarm.swarms.overlay(ORG, SWARM) == [EVENT]


def test_only_the_head_that_was_read_is_removed(swarm: SwarmWorld) -> None:
    swarm.swarms.create(head(), over=None)
    swarm.swarms.remove(head(status=SwarmStatus.STOPPED))
    swarm.swarms.remove(head(incarnation=2))
    assert swarm.swarms.get(ORG, SWARM) is not None
    swarm.swarms.remove(head())
    swarm.swarms.remove(head())
    assert swarm.swarms.get(ORG, SWARM) is None


def test_nodes_are_written_and_dropped_in_batches(swarm: SwarmWorld) -> None:
    lambda_ = Backend("lambda", {"arn": "arn:x"})
    nodes = [
        Node("a", NodeKind.AGENT, AGENT, ("b", "c")),
        Node("b", NodeKind.OBJECT, ObjectSpec("b", "counter", None, {"step": 2})),
        Node("c", NodeKind.OBJECT, ObjectSpec("c", "lambda", lambda_), ("a",)),
    ]
    more = [Node(f"n{n:02d}", NodeKind.AGENT, AgentSpec(f"n{n:02d}")) for n in range(40)]
    with swarm.world.calls.counted() as calls:
        swarm.swarms.write_nodes(head(), [*nodes, *more], ["gone"])
    assert calls.made == ["dynamodb.batch_write_item"] * 2
    assert swarm.swarms.nodes(ORG, SWARM) == [*nodes, *more]
    assert swarm.swarms.node(ORG, SWARM, "b") == nodes[1]
    swarm.swarms.write_nodes(head(), [nodes[2]], ["b", "c", *(node.name for node in more)])
    assert swarm.swarms.nodes(ORG, SWARM) == [nodes[0], nodes[2]]
    assert swarm.swarms.node(ORG, SWARM, "b") is None


def test_a_configuration_file_is_found_by_its_path(swarm: SwarmWorld) -> None:
    swarm.swarms.put_seed(ORG, "team/research.exs", "%{name: :\u00fcber}")
    assert swarm.swarms.seed(ORG, "team/research.exs") == "%{name: :\u00fcber}"
    assert swarm.swarms.seed(ORG, "team/other.exs") is None
    assert swarm.swarms.seed("org_other", "team/research.exs") is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../org_other/x.exs",
        "a/../../org_other/x.exs",
        "a/./x",
        "a//x",
        "a/",
        "a\\x",
        "a\0x",
        "a\nx",
        "x" * 513,
        "\ud800",
    ],
)
def test_a_path_that_leads_elsewhere_is_none(swarm: SwarmWorld, path: str) -> None:
    with pytest.raises(BadRequest):
        swarm.swarms.seed(ORG, path)
    with pytest.raises(BadRequest):
        swarm.swarms.put_seed(ORG, path, "x")


def test_a_file_that_is_no_text_or_too_large_is_refused(swarm: SwarmWorld) -> None:
    s3 = swarm.world.services.blobs._client()
    s3.put_object(Bucket="runyard-test", Key=f"swarms/{ORG}/x", Body=b"\xff\xfe")
    with pytest.raises(BadRequest, match="no UTF-8"):
        swarm.swarms.seed(ORG, "x")
    with pytest.raises(TooLarge):
        swarm.swarms.put_seed(ORG, "x", "x" * 6_000_001)
    s3.put_object(Bucket="runyard-test", Key=f"swarms/{ORG}/x", Body=b"x" * 6_000_001)
    with pytest.raises(TooLarge):
        swarm.swarms.seed(ORG, "x")


def filled(swarm: SwarmWorld, name: str) -> None:
    """A swarm that has some of everything."""
    swarm.swarms.create(head(name), over=None)
    mutated(swarm, head(name), EVENT)
    swarm.swarms.write_nodes(head(name), [Node("a", NodeKind.AGENT, AGENT)], [])
    swarm.mail.begin_lives(ORG, name, [swarm.new_life("a", memory={"n": 1})])
    swarm.mail.deliver(ORG, name, "a", [(swarm.draft(), swarm.event(swarm=name))] * 30)
    swarm.mail.mark_dead(ORG, name, "a", 1)
    swarm.skills.write(ORG, name, "a", "plan", "Plan.")
    swarm.swarms.put_seed(ORG, f"{INLINE_SEEDS}{name}/1.json", "{}")


def of_swarm(swarm: SwarmWorld, name: str) -> list[str]:
    return [i["sk"] for i in swarm.world.items() if i["pk"] == f"{ORG}#SWARM#{name}"]


@pytest.mark.parametrize("events", [True, False])
def test_a_purge_leaves_nothing_but_the_head_and_other_swarms(
    swarm: SwarmWorld, events: bool
) -> None:
    for name in ("x", "x2"):
        filled(swarm, name)
    swarm.swarms.put_seed(ORG, "x.exs", "a file of the organisation")
    before = of_swarm(swarm, "x2")
    assert swarm.swarms.purge(head("x"), seconds=10, events=events)
    left = of_swarm(swarm, "x")
    assert left == [] if events else all(sk.startswith("!EVENT#") for sk in left) and left
    assert of_swarm(swarm, "x2") == before
    assert swarm.skills.of_agent(ORG, "x", "a") == {}
    assert swarm.skills.of_agent(ORG, "x2", "a") == {"plan": "Plan."}
    assert swarm.swarms.seed(ORG, f"{INLINE_SEEDS}x/1.json") is None
    assert swarm.swarms.seed(ORG, f"{INLINE_SEEDS}x2/1.json") == "{}"
    assert swarm.swarms.seed(ORG, "x.exs") == "a file of the organisation"
    assert swarm.swarms.get(ORG, "x") is not None


def test_a_purge_leaves_who_watches(swarm: SwarmWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.store.swarm_purge._PAGE", 2)
    filled(swarm, "x")
    watchers = Watchers(swarm.world.services.table)
    for n in range(5):
        watchers.join(Watcher(ORG, "x", f"c{n}", "2.0.0", None, expires_at=2_000_000_000))
    assert swarm.swarms.purge(head("x"), seconds=10)
    assert len(watchers.of_swarm(ORG, "x")) == len(of_swarm(swarm, "x")) == 5


def test_a_purge_goes_on_where_its_time_was_over(
    swarm: SwarmWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.store.swarm_purge._PAGE", 10)
    filled(swarm, "x")
    swarm.mail.deliver(ORG, "x", "a", [(swarm.draft(), swarm.event(swarm="x")) for _ in range(10)])
    rounds = 0
    while not swarm.swarms.purge(head("x"), seconds=0):
        rounds += 1
        assert rounds < 20
    assert rounds >= 2
    assert of_swarm(swarm, "x") == []


def test_a_swarm_that_starts_before_all_is_purged_takes_no_old_mail(
    swarm: SwarmWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.store.swarm_purge._PAGE", 1)
    swarm.swarms.create(head(), over=None)
    swarm.begin("a")
    for n in range(5):
        swarm.task("a", f"old {n}")
    assert swarm.mail.commit(ORG, SWARM, swarm.turn("a"))
    assert not swarm.swarms.purge(head(), seconds=0)
    swarm.begin("a", incarnation=2)
    assert swarm.life("a").inbox == 0
    assert swarm.contents("a") == []
    swarm.task("a", "new")
    assert swarm.contents("a") == ["new"]
