"""Recorded mutations of a swarm: a configuration is its seed and what these make of it (S3).

    op                     payload
    add_agent              an agent's JSON form, connections, incoming
    remove_agent           name
    add_object             an object's JSON form, connections, incoming
    remove_object          name
    add_topology_edges     edges: [[from, to], …]
    remove_topology_edges  edges
    scale_agent_group      base_name, target_count
    update_config          name (of an object), config: what changes in its own; null takes away

Applying is total: what no longer fits (the seed may be another one by now) changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Final

from chalicelib.core.errors import BadRequest, Invalid
from chalicelib.core.swarms import scaling
from chalicelib.core.swarms.config import read_agent, read_changes, read_object
from chalicelib.core.swarms.edges import add_edges, as_pairs, read_edges, remove_edges
from chalicelib.core.swarms.model import (
    MOST_NODES,
    AgentSpec,
    Edge,
    ObjectSpec,
    OverlayEvent,
    SwarmConfig,
)
from chalicelib.core.swarms.specs import agent_to_dict, object_to_dict


def effective(seed: SwarmConfig, events: Iterable[OverlayEvent]) -> SwarmConfig:
    """What a seed and its overlay make, a pure function of both: `apply`, one event after another."""
    return reduce(apply, events, seed)


def apply(config: SwarmConfig, event: OverlayEvent) -> SwarmConfig:
    """The configuration after an event; the same one where the event does not fit."""
    change = _CHANGES.get(event.op)
    return config if change is None else change(config, event.payload)


def names_of(config: SwarmConfig) -> set[str]:
    """The names of all nodes."""
    return {agent.name for agent in config.agents} | {node.name for node in config.objects}


def add_agent(
    spec: AgentSpec, targets: Sequence[str] = (), sources: Sequence[str] = ()
) -> OverlayEvent:
    """An agent with edges to `targets` and from `sources`."""
    return OverlayEvent("add_agent", agent_to_dict(spec) | _wires(targets, sources))


def remove_agent(name: str) -> OverlayEvent:
    """An agent goes, with its edges."""
    return OverlayEvent("remove_agent", {"name": name})


def add_object(
    spec: ObjectSpec, targets: Sequence[str] = (), sources: Sequence[str] = ()
) -> OverlayEvent:
    """An object with edges to `targets` and from `sources`."""
    return OverlayEvent("add_object", object_to_dict(spec) | _wires(targets, sources))


def remove_object(name: str) -> OverlayEvent:
    """An object goes, with its edges."""
    return OverlayEvent("remove_object", {"name": name})


def add_topology_edges(edges: Iterable[Edge]) -> OverlayEvent:
    """Edges between nodes that are there."""
    return OverlayEvent("add_topology_edges", {"edges": as_pairs(edges)})


def remove_topology_edges(edges: Iterable[Edge]) -> OverlayEvent:
    """Edges go."""
    return OverlayEvent("remove_topology_edges", {"edges": as_pairs(edges)})


def scale_agent_group(base: str, count: int) -> OverlayEvent:
    """A group gets `count` members (`scaling.scale`)."""
    return OverlayEvent("scale_agent_group", {"base_name": base, "target_count": count})


def update_config(name: str, changes: Mapping[str, Any]) -> OverlayEvent:
    """Members of an object's configuration change."""
    return OverlayEvent("update_config", {"name": name, "config": dict(changes)})


def changed_config(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """An object's configuration with its changes: a member that is null in them goes."""
    kept = {name: value for name, value in config.items() if name not in changes}
    return kept | {name: value for name, value in changes.items() if value is not None}


def _wires(targets: Sequence[str], sources: Sequence[str]) -> dict[str, Any]:
    found = {"connections": list(targets), "incoming": list(sources)}
    return {name: value for name, value in found.items() if value}


def _add_agent(config: SwarmConfig, payload: Mapping[str, Any]) -> SwarmConfig:
    try:
        spec = read_agent(payload)
    except Invalid:
        return config
    if not _has_room(config, spec.name):
        return config
    return _wired(replace(config, agents=(*config.agents, spec)), spec.name, payload)


def _add_object(config: SwarmConfig, payload: Mapping[str, Any]) -> SwarmConfig:
    try:
        spec = read_object(payload)
    except Invalid:
        return config
    if not _has_room(config, spec.name):
        return config
    return _wired(replace(config, objects=(*config.objects, spec)), spec.name, payload)


def _has_room(config: SwarmConfig, name: str) -> bool:
    names = names_of(config)
    return name not in names and len(names) < MOST_NODES


def _wired(config: SwarmConfig, name: str, payload: Mapping[str, Any]) -> SwarmConfig:
    outgoing = [(name, target) for target in _texts(payload.get("connections"))]
    incoming = [(source, name) for source in _texts(payload.get("incoming"))]
    topology, _ = add_edges(config.topology, outgoing + incoming, names_of(config))
    return replace(config, topology=topology)


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, list | tuple) else ()
    return [one for one in listed if isinstance(one, str)]


def _remove_agent(config: SwarmConfig, payload: Mapping[str, Any]) -> SwarmConfig:
    name = payload.get("name")
    left = tuple(agent for agent in config.agents if agent.name != name)
    return config if len(left) == len(config.agents) else _without(config, name, agents=left)


def _remove_object(config: SwarmConfig, payload: Mapping[str, Any]) -> SwarmConfig:
    name = payload.get("name")
    left = tuple(node for node in config.objects if node.name != name)
    return config if len(left) == len(config.objects) else _without(config, name, objects=left)


def _without(config: SwarmConfig, name: object, **left: Any) -> SwarmConfig:
    topology = tuple(edge for edge in config.topology if name not in edge)
    return replace(config, topology=topology, **left)


def _add_edges(config: SwarmConfig, payload: Mapping[str, Any]) -> SwarmConfig:
    more = read_edges(payload.get("edges"))
    topology, _ = add_edges(config.topology, more, names_of(config))
    return replace(config, topology=topology)


def _remove_edges(config: SwarmConfig, payload: Mapping[str, Any]) -> SwarmConfig:
    topology, _ = remove_edges(config.topology, read_edges(payload.get("edges")))
    return replace(config, topology=topology)


def _scale(config: SwarmConfig, payload: Mapping[str, Any]) -> SwarmConfig:
    base, count = payload.get("base_name"), payload.get("target_count")
    if not isinstance(base, str) or not isinstance(count, int) or isinstance(count, bool):
        return config
    try:
        return scaling.scale(config, base, count)[0]
    except BadRequest:
        return config


def _update(config: SwarmConfig, payload: Mapping[str, Any]) -> SwarmConfig:
    name, changes = payload.get("name"), payload.get("config")
    if not isinstance(changes, Mapping):
        return config
    try:
        objects = tuple(
            replace(node, config=read_changes(changed_config(node.config, changes)))
            if node.name == name
            else node
            for node in config.objects
        )
    except Invalid:
        return config
    return replace(config, objects=objects)


_CHANGES: Final[Mapping[str, Callable[[SwarmConfig, Mapping[str, Any]], SwarmConfig]]] = {
    "add_agent": _add_agent,
    "remove_agent": _remove_agent,
    "add_object": _add_object,
    "remove_object": _remove_object,
    "add_topology_edges": _add_edges,
    "remove_topology_edges": _remove_edges,
    "scale_agent_group": _scale,
    "update_config": _update,
}
OPS: Final = tuple(_CHANGES)
