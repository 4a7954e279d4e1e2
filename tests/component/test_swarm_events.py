"""The log of swarms' events: every filter's page is right, and costs the same however many there are."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from chalicelib.core.clock import parse_rfc3339, rfc3339
from chalicelib.core.errors import TooLarge
from chalicelib.core.swarms.model import SwarmEvent
from chalicelib.core.swarms.ports import EventFilters
from tests.support.swarms import TYPES, SwarmWorld
from tests.support.world import ORG, World

KINDS = [(level, category, name) for (level, category), names in TYPES.items() for name in names]
SWARMS, AGENTS = ("x", "x2", "y"), ("a", "a2", None)
LEVELS, CATEGORIES = (None, "info", "error"), (None, "agent")


def many(swarm: SwarmWorld, count: int) -> list[SwarmEvent]:
    """Events of all kinds, swarms and agents, oldest first; some of them at the same time."""
    every = itertools.cycle(itertools.product(SWARMS, AGENTS, sorted(KINDS)))
    made = []
    for n, (name, agent, (level, category, event_type)) in zip(range(count), every, strict=False):
        event = swarm.event(event_type, level=level, category=category, swarm=name, agent=agent)
        if n % 5 == 0 and made:
            event = replace(event, timestamp=made[-1].timestamp)
        made.append(replace(event, message=f"event {n}", metadata={"n": n} if n % 2 else {}))
    swarm.events.record(ORG, made)
    return made


def passes(event: SwarmEvent, filters: EventFilters) -> bool:
    return all(
        getattr(filters, name) in (None, getattr(event, name))
        for name in ("level", "category", "swarm", "agent", "event_type")
    ) and (filters.since is None or event.timestamp >= filters.since)


def newest(events: list[SwarmEvent], filters: EventFilters, limit: int) -> list[SwarmEvent]:
    """What a page has to show."""
    found = [event for event in events if passes(event, filters)]
    found.sort(key=lambda event: (event.timestamp, event.id), reverse=True)
    return found[:limit]


EVERY = [
    EventFilters(level, category, name, agent, event_type)
    for level in LEVELS
    for category in CATEGORIES
    for name in (None, "x")
    for agent in (None, "a")
    for event_type in (None, "task_sent")
]


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def swarm(world: World, request: pytest.FixtureRequest) -> SwarmWorld:
    return SwarmWorld(world, shards=request.param)


def test_every_combination_of_filters_finds_the_newest_that_pass(swarm: SwarmWorld) -> None:
    made = many(swarm, 200)
    swarm.events.record("org_other", [swarm.event(swarm="x")])
    since = made[120].timestamp
    for filters in EVERY:
        for one in (filters, replace(filters, since=since)):
            assert swarm.events.find(ORG, one, 7) == newest(made, one, 7), one
            assert swarm.events.find(ORG, one, 1_000) == newest(made, one, 1_000), one


def test_unknown_values_find_nothing(swarm: SwarmWorld) -> None:
    many(swarm, 20)
    for filters in (
        EventFilters(swarm="z"),
        EventFilters(agent="z"),
        EventFilters(level="error", category="routing"),
        EventFilters(level="error", event_type="task_sent"),
        EventFilters(event_type="z", agent="a"),
        EventFilters(since="2099-01-01T00:00:00Z"),
    ):
        assert swarm.events.find(ORG, filters, 10) == []
    assert swarm.events.find(ORG, EventFilters(), 0) == []
    assert swarm.events.find("org_other", EventFilters(), 10) == []


def cost(swarm: SwarmWorld, filters: EventFilters) -> tuple[list[str], float]:
    with swarm.world.calls.counted() as calls:
        assert swarm.events.find(ORG, filters, 3)
    return list(calls.made), calls.read_units


def test_a_page_costs_the_same_among_a_hundred_events_and_three_thousand(world: World) -> None:
    swarm = SwarmWorld(world)
    filters = [
        one
        for one in EVERY
        if (one.level, one.category, one.event_type)
        in {(None, None, None), (None, None, "task_sent"), ("info", "agent", None)}
    ]
    many(swarm, 135)  # three of each kind: a full page for every filter
    before = [cost(swarm, one) for one in filters]
    many(swarm, 3_000)
    after = [cost(swarm, one) for one in filters]
    assert [made for made, _ in after] == [made for made, _ in before]
    for (_, units), (_, less), one in zip(after, before, filters, strict=True):
        assert units == less, one


def test_a_swarms_own_page_is_one_query_and_one_read_of_what_was_cleared(world: World) -> None:
    swarm = SwarmWorld(world)
    many(swarm, 50)
    assert cost(swarm, EventFilters(swarm="x"))[0] == ["dynamodb.get_item", "dynamodb.query"]
    for filters in (
        EventFilters(),
        EventFilters(agent="a"),
        EventFilters(swarm="x", agent="a"),
        EventFilters(swarm="x", event_type="task_sent"),
        EventFilters(swarm="x", agent="a", event_type="task_sent"),
    ):
        assert cost(swarm, filters)[0] == [
            "dynamodb.get_item",
            "dynamodb.query",
            "dynamodb.batch_get_item",
        ]


def test_an_agents_events_of_a_type_ask_each_swarm_that_has_some_and_no_other(world: World) -> None:
    swarm = SwarmWorld(world)
    many(swarm, 3_000)
    made, _ = cost(swarm, EventFilters(agent="a", event_type="task_sent"))
    # Four looks for three swarms, and a page of each.
    assert made.count("dynamodb.query") == 7


def test_an_event_that_is_recorded_twice_is_one(swarm: SwarmWorld) -> None:
    event = swarm.event(swarm="x")
    swarm.events.record(ORG, [event, event])
    swarm.events.record(ORG, [event])
    assert swarm.events.find(ORG, EventFilters(), 10) == [event]
    swarm.events.record(ORG, [])


def test_an_event_is_listed_and_expires(swarm: SwarmWorld) -> None:
    event = swarm.event(swarm="x")
    swarm.events.record(ORG, [event])
    (item,) = [i for i in swarm.world.items() if i["sk"].startswith("!EVENT#")]
    age = item["expires_at"] - parse_rfc3339(event.timestamp).timestamp()
    assert 30 * 86_400 - 1 <= age <= 30 * 86_400
    with pytest.raises(TooLarge, match="An event"):
        swarm.events.record(ORG, [replace(event, metadata={"text": "x" * 300_000})])


def test_events_of_one_swarm_are_cleared(swarm: SwarmWorld) -> None:
    made = many(swarm, 100)
    assert swarm.events.clear(ORG, "x", seconds=10)
    assert swarm.events.find(ORG, EventFilters(swarm="x"), 10) == []
    left = [event for event in made if event.swarm != "x"]
    assert swarm.events.find(ORG, EventFilters(), 1_000) == newest(left, EventFilters(), 1_000)
    later = swarm.event(swarm="x")
    swarm.events.record(ORG, [later])
    assert swarm.events.find(ORG, EventFilters(swarm="x"), 10) == [later]


def test_all_events_are_gone_for_everybody_before_they_are_deleted(
    swarm: SwarmWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.store.swarm_events._PAGE", 10)
    many(swarm, 100)
    assert not swarm.events.clear(ORG, None, seconds=0)
    assert [i for i in swarm.world.items() if i["sk"].startswith("!EVENT#")]
    later = swarm.event("task_sent", swarm="x")
    swarm.events.record(ORG, [later])
    for filters in EVERY:
        shown = [later] if passes(later, filters) else []
        assert swarm.events.find(ORG, filters, 10) == shown
    rounds = 0
    while not swarm.events.clear(ORG, None, seconds=0):
        rounds += 1
        assert rounds < 20
    assert not [i for i in swarm.world.items() if i["sk"].startswith("!EVENT#")]


def test_a_clear_does_not_reach_back_behind_a_later_one(swarm: SwarmWorld) -> None:
    many(swarm, 10)
    assert swarm.events.clear(ORG, None, seconds=10)
    fast = swarm.world.clock.now
    early = swarm.event(swarm="x")
    swarm.events.record(ORG, [early])
    assert swarm.events.clear(ORG, None, seconds=10)
    swarm.world.clock.now = fast  # another process's clock is behind
    assert swarm.events.clear(ORG, None, seconds=10)
    swarm.events.record(ORG, [replace(early, timestamp=rfc3339(fast))])
    assert swarm.events.find(ORG, EventFilters(), 10) == []


def test_events_are_none_of_the_runs_and_runs_none_of_the_events(world: World) -> None:
    from chalicelib.core.runs.filters import RunFilter

    swarm = SwarmWorld(world)
    made = many(swarm, 20)
    world.apply({"name": "x", "steps": [{"name": "a", "action": "transform", "params": {}}]})
    run = world.start("x")
    found = world.services.lists.page(ORG, [RunFilter()], limit=50).runs
    assert [one.id for one in found] == [run]
    assert world.services.lists.live_count(ORG) == 1
    assert len(swarm.events.find(ORG, EventFilters(), 100)) == len(made)
    assert {e.agent for e in swarm.events.find(ORG, EventFilters(agent="a"), 100)} == {"a"}
