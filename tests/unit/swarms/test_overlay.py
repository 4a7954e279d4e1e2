"""Overlays: a configuration is a pure, total function of the seed and what was recorded (S3)."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.swarms import overlay
from chalicelib.core.swarms.config import read_config, to_dict
from chalicelib.core.swarms.edges import add_edges, remove_edges
from chalicelib.core.swarms.model import (
    ALWAYS_ROUTABLE,
    AgentSpec,
    Backend,
    ObjectSpec,
    OverlayEvent,
    SwarmConfig,
)
from chalicelib.core.swarms.overlay import OPS, apply, effective, names_of

SEED = SwarmConfig(
    "s",
    (AgentSpec("a"), AgentSpec("w"), AgentSpec("b")),
    (ObjectSpec("o", "counter", None, {"step": 1, "start": 5}),),
    (("a", "w"), ("w", "b"), ("b", "o"), ("o", "metrics")),
)
POOL = ["a", "b", "w", "w_1", "w_2", "w_3", "w_02", "o", "p", "metrics", "nobody"]
NAME = st.sampled_from(POOL)
EDGES = st.lists(st.tuples(NAME, NAME), max_size=4)
FEW = st.lists(NAME, max_size=3)
EVENTS = st.one_of(
    st.builds(overlay.add_agent, st.builds(AgentSpec, NAME), FEW, FEW),
    st.builds(overlay.remove_agent, NAME),
    st.builds(overlay.add_object, st.builds(ObjectSpec, NAME, st.just("kv")), FEW, FEW),
    st.builds(overlay.remove_object, NAME),
    st.builds(overlay.add_topology_edges, EDGES),
    st.builds(overlay.remove_topology_edges, EDGES),
    st.builds(overlay.scale_agent_group, st.sampled_from(["w", "a", "w_1"]), st.integers(0, 4)),
    st.builds(overlay.update_config, NAME, st.dictionaries(st.sampled_from("xyz"), st.integers())),
)
OVERLAYS = st.lists(EVENTS, max_size=12)


@settings(deadline=None, max_examples=300)
@given(OVERLAYS)
def test_no_overlay_makes_a_configuration_that_could_not_be_a_seed(
    events: list[OverlayEvent],
) -> None:
    config = effective(SEED, events)
    names = names_of(config)
    assert len(names) == len(config.agents) + len(config.objects)
    assert all(end in names | ALWAYS_ROUTABLE for edge in config.topology for end in edge)
    assert all(source != target for source, target in config.topology)
    assert len(set(config.topology)) == len(config.topology)
    read = read_config(to_dict(config))
    assert (read.agents, read.objects) == (config.agents, config.objects)
    assert read.topology == config.topology


@settings(deadline=None)
@given(OVERLAYS, st.data())
def test_an_overlay_is_its_events_one_after_another(
    events: list[OverlayEvent], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(events)))
    whole = effective(SEED, events)
    assert whole == effective(SEED, events) == reduce(apply, events, SEED)
    assert whole == effective(effective(SEED, events[:cut]), events[cut:])


@settings(deadline=None)
@given(OVERLAYS)
def test_an_overlay_means_the_same_once_it_was_stored(events: list[OverlayEvent]) -> None:
    stored = [
        OverlayEvent(event.op, json.loads(json.dumps(dict(event.payload)))) for event in events
    ]
    assert effective(SEED, stored) == effective(SEED, events)


PAYLOADS: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["name", "edges", "base_name", "target_count", "config", "connections"]),
    st.none() | NAME | st.integers() | EDGES | FEW | st.booleans(),
)


@given(st.sampled_from([*OPS, "unknown"]), PAYLOADS)
def test_an_event_that_makes_no_sense_changes_nothing_or_something_but_never_fails(
    op: str, payload: Any
) -> None:
    apply(SEED, OverlayEvent(op, payload))


@pytest.mark.parametrize(
    "event",
    [
        overlay.add_agent(AgentSpec("a")),
        overlay.add_agent(AgentSpec("o")),
        overlay.add_agent(AgentSpec("1")),
        overlay.add_object(ObjectSpec("a", "kv")),
        overlay.add_object(ObjectSpec("p", "nothing")),
        overlay.remove_agent("o"),
        overlay.remove_agent("nobody"),
        overlay.remove_object("a"),
        overlay.add_topology_edges([("a", "w"), ("a", "a"), ("a", "nobody")]),
        overlay.remove_topology_edges([("w", "a")]),
        overlay.scale_agent_group("nobody", 3),
        overlay.scale_agent_group("w", 1_001),
        overlay.scale_agent_group("w", -1),
        overlay.update_config("a", {"x": 1}),
        overlay.update_config("o", {"x": "y" * 33_000}),
        OverlayEvent("scale_agent_group", {"base_name": "w", "target_count": True}),
        OverlayEvent("unknown", {}),
    ],
)
def test_an_event_that_does_not_fit_changes_nothing(event: OverlayEvent) -> None:
    assert apply(SEED, event) == SEED


def test_an_added_agent_is_as_it_was_given_with_its_edges() -> None:
    spec = AgentSpec("n", Backend("docker", {"image": "i"}), ("k",), "m", "e", ("p",), {"x": 1})
    event = overlay.add_agent(spec, ["a", "nobody", "gateway", "n"], ["o"])
    config = apply(SEED, event)
    assert config.agents == (*SEED.agents, spec)
    assert config.topology == (*SEED.topology, ("n", "a"), ("n", "gateway"), ("o", "n"))


def test_an_added_object_is_as_it_was_given_with_its_edges() -> None:
    spec = ObjectSpec("n", "kv", Backend("mock"), {"x": 1})
    config = apply(SEED, overlay.add_object(spec, [], ["a"]))
    assert config.objects == (*SEED.objects, spec)
    assert config.topology == (*SEED.topology, ("a", "n"))


def test_a_node_goes_with_its_edges() -> None:
    config = effective(SEED, [overlay.remove_agent("b"), overlay.remove_object("o")])
    assert names_of(config) == {"a", "w"}
    assert config.topology == (("a", "w"),)


def test_changes_of_a_config_are_merged_and_null_takes_away() -> None:
    config = apply(SEED, overlay.update_config("o", {"step": 3, "start": None, "more": [1]}))
    assert config.objects[0].config == {"step": 3, "more": [1]}


def test_edges_are_counted_as_they_really_come_and_go() -> None:
    names = names_of(SEED)
    more = [("a", "w"), ("a", "b"), ("a", "b"), ("a", "a"), ("a", "nobody"), ("tick", "a")]
    edges, added = add_edges(SEED.topology, more, names)
    assert (added, edges) == (2, (*SEED.topology, ("a", "b"), ("tick", "a")))
    edges, removed = remove_edges(edges, [("a", "b"), ("tick", "a"), ("b", "a"), ("a", "b")])
    assert (removed, edges) == (2, SEED.topology)


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        (
            overlay.add_agent(AgentSpec("n", Backend("ssh", {"host": "h"})), ["a"], ["b"]),
            {
                "name": "n",
                "backend": {"type": "ssh", "host": "h"},
                "connections": ["a"],
                "incoming": ["b"],
            },
        ),
        (overlay.add_object(ObjectSpec("n", "kv")), {"name": "n", "handler": "kv"}),
        (overlay.remove_agent("a"), {"name": "a"}),
        (overlay.add_topology_edges([("a", "b")]), {"edges": [["a", "b"]]}),
        (overlay.scale_agent_group("w", 2), {"base_name": "w", "target_count": 2}),
        (overlay.update_config("o", {"step": 2}), {"name": "o", "config": {"step": 2}}),
    ],
)
def test_payloads_are_plain_json(event: OverlayEvent, payload: dict[str, Any]) -> None:
    assert event.payload == payload
    assert event.op in OPS
