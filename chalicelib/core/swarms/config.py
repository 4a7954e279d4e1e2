"""A swarm's configuration (S3): from a parsed document, back to one, and in summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chalicelib.core.definitions.locations import item, member
from chalicelib.core.definitions.suggestions import quoted
from chalicelib.core.swarms import edges, reading, specs
from chalicelib.core.swarms.edges import read_edges
from chalicelib.core.swarms.model import MOST_NODES, AgentSpec, ObjectSpec, SwarmConfig
from chalicelib.core.swarms.reading import Findings, texts

__all__ = [
    "read_agent",
    "read_changes",
    "read_config",
    "read_edges",
    "read_names",
    "read_object",
    "summary",
    "texts",
    "to_dict",
]

_Spec = TypeVar("_Spec", AgentSpec, ObjectSpec)


def read_config(value: object, lines: Mapping[str, int] | None = None) -> SwarmConfig:
    """The configuration that a parsed document describes. `lines` of its places make problems
    carry them.

    Raises Invalid with all problems; `texts` makes S3's list of them. Unknown members are ignored.
    """
    findings = Findings(lines or {})
    found = reading.mapping(value, "", "config", findings)
    if not isinstance(value, Mapping):
        findings.refuse()
    name = reading.node_name(found.get("name"), "name", "Name", findings)
    agents = _nodes(found.get("agents"), "agents", specs.agent, findings)
    objects = _nodes(found.get("objects"), "objects", specs.object_, findings)
    if len(agents) + len(objects) > MOST_NODES:
        findings.add("", f"a swarm has at most {MOST_NODES:,} agents and objects")
    names = _names(agents, objects, findings)
    topology = edges.topology(found.get("topology"), names, findings)
    findings.refuse()
    return SwarmConfig(name, agents, objects, topology)


def _nodes(
    value: object,
    name: str,
    read: Callable[[object, str, Findings], _Spec],
    findings: Findings,
) -> tuple[_Spec, ...]:
    listed = reading.sequence(value, name, name, findings)
    # One more than may be: enough to see that there are too many.
    return tuple(
        read(one, item(name, index), findings) for index, one in enumerate(listed[: MOST_NODES + 1])
    )


def _names(
    agents: tuple[AgentSpec, ...], objects: tuple[ObjectSpec, ...], findings: Findings
) -> set[str]:
    seen: set[str] = set()
    listed = [(item("agents", index), agent.name) for index, agent in enumerate(agents)]
    listed += [(item("objects", index), node.name) for index, node in enumerate(objects)]
    for location, name in listed:
        if name and name in seen:
            findings.add(member(location, "name"), f"duplicate name {quoted(name)}")
        seen.add(name)
    return seen


def read_agent(value: object) -> AgentSpec:
    """An agent to be added (S3, POST agents). Raises Invalid with all problems."""
    findings = Findings()
    spec = specs.agent(value, "", findings)
    findings.refuse()
    return spec


def read_object(value: object) -> ObjectSpec:
    """An object to be added (S3, POST objects). Raises Invalid with all problems."""
    findings = Findings()
    spec = specs.object_(value, "", findings)
    findings.refuse()
    return spec


def read_names(value: object, name: str) -> tuple[str, ...]:
    """The names of nodes in a member (`connections`, `incoming`), each once; none where it is left
    out. Raises Invalid where it is no list of texts, or longer than a swarm has nodes."""
    findings = Findings()
    listed = reading.sequence(value, name, name, findings)
    if len(listed) > MOST_NODES:
        findings.add(name, f"`{name}` must have at most {MOST_NODES:,} items")
    elif not all(isinstance(one, str) for one in listed):
        findings.add(name, f"`{name}` must be a list of texts")
    findings.refuse()
    return tuple(dict.fromkeys(listed))


def read_changes(value: object) -> Mapping[str, Any]:
    """Changes of an object's configuration (S3, PATCH config): a map of JSON values within the
    limits of a `config`. Raises Invalid."""
    findings = Findings()
    found = reading.config(value, "", "config", findings)
    if value is None:
        findings.add("", "`config` must be a map")
    findings.refuse()
    return found


def to_dict(config: SwarmConfig) -> dict[str, Any]:
    """The JSON form, without what is empty; `read_config` reads it back. Nothing in it is redacted:
    it is what is stored."""
    found = {
        "name": config.name,
        "agents": [specs.agent_to_dict(agent) for agent in config.agents],
        "objects": [specs.object_to_dict(node) for node in config.objects],
        "topology": edges.as_pairs(config.topology),
    }
    return {name: value for name, value in found.items() if value}


def summary(config: SwarmConfig) -> dict[str, Any]:
    """What a validation answers (S3)."""
    return {
        "name": config.name,
        "agent_count": len(config.agents),
        "object_count": len(config.objects),
        "topology_edges": len(config.topology),
        "agents": [
            {
                "name": agent.name,
                "backend": agent.backend.type,
                "skills": list(agent.skills),
                "model": agent.model,
            }
            for agent in config.agents
        ],
        "objects": [{"name": node.name, "handler": node.handler} for node in config.objects],
        "topology": [{"from": source, "to": target} for source, target in config.topology],
    }
