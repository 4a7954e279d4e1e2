"""Groups of like agents: `base` scaled to N is `base_1 … base_N` (S3).

The members of a group are `base` and `base_<digits>`. What a new member is made after, its template,
is the bare `base`, else the member of the lowest number, else what was remembered when the group was
scaled to 0. A template's edges within its own group are not copied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.core.errors import BadRequest
from chalicelib.core.swarms.edges import add_edges
from chalicelib.core.swarms.model import MOST_NODES, NAME, AgentSpec, SwarmConfig
from chalicelib.core.swarms.ports import Scaled

_NUMBERED = re.compile(r"(.+)_([0-9]+)\Z")


@dataclass(frozen=True, slots=True)
class _Template:
    spec: AgentSpec
    targets: tuple[str, ...]
    sources: tuple[str, ...]


def scale(config: SwarmConfig, base: str, count: int) -> tuple[SwarmConfig, Scaled]:
    """The configuration with a group of `count` agents, and what that changed: extras are removed
    first, highest numbers first, then missing ones added, lowest first. What could not be added is
    in `failed` with the reason. Scaling again to the same count changes nothing.

    Raises BadRequest when nothing is known by that base, and for counts that no swarm can have.
    """
    if not 0 <= count <= MOST_NODES:
        raise BadRequest(f"A group has 0 to {MOST_NODES:,} agents")
    members = _members(config, base)
    template = _template(config, base, members)
    if template is None:
        raise BadRequest(f"Unknown agent group: there is no agent `{base[:100]}` and none after it")

    wanted = {f"{base}_{number}" for number in range(1, count + 1)}
    removed = tuple(name for name in reversed(members) if name not in wanted)
    agents = tuple(agent for agent in config.agents if agent.name not in removed)
    topology = tuple(edge for edge in config.topology if not {*edge} & {*removed})

    names = {agent.name for agent in agents} | {node.name for node in config.objects}
    objects = {node.name for node in config.objects}
    added: list[str] = []
    failed: list[tuple[str, str]] = []
    for number in range(1, count + 1):
        name = f"{base}_{number}"
        if name in names and name not in objects:
            continue
        reason = _refusal(name, names)
        if reason:
            failed.append((name, reason))
        else:
            added.append(name)
            names.add(name)
    agents += tuple(replace(template.spec, name=name) for name in added)
    edges = [edge for name in added for edge in _edges(template, name)]
    topology, _ = add_edges(topology, edges, names)

    scaled = replace(config, agents=agents, topology=topology)
    templates = _remembered(config.templates, base, template, empty=not _members(scaled, base))
    return replace(scaled, templates=templates), Scaled(tuple(added), removed, tuple(failed))


def _refusal(name: str, names: set[str]) -> str | None:
    if name in names:
        return "already_exists"
    if not NAME.match(name):
        return "the name is too long"
    return f"a swarm has at most {MOST_NODES:,} nodes" if len(names) >= MOST_NODES else None


def _members(config: SwarmConfig, base: str) -> list[str]:
    """The group's agents by number, the bare one first."""
    numbers: dict[str, int] = {}
    for agent in config.agents:
        if agent.name == base:
            numbers[base] = -1
        elif (found := _NUMBERED.match(agent.name)) and found.group(1) == base:
            numbers[agent.name] = int(found.group(2))
    return sorted(numbers, key=lambda name: (numbers[name], name))


def _template(config: SwarmConfig, base: str, members: list[str]) -> _Template | None:
    if not members:
        remembered = config.templates.get(base)
        return None if remembered is None else _Template(*remembered)
    name = members[0]
    group = frozenset(members)
    spec = next(agent for agent in config.agents if agent.name == name)
    return _Template(
        replace(spec, name=base),
        tuple(to for source, to in config.topology if source == name and to not in group),
        tuple(source for source, to in config.topology if to == name and source not in group),
    )


def _edges(template: _Template, name: str) -> list[tuple[str, str]]:
    outgoing = [(name, target) for target in template.targets]
    return outgoing + [(source, name) for source in template.sources]


def _remembered(
    templates: Mapping[str, tuple[AgentSpec, tuple[str, ...], tuple[str, ...]]],
    base: str,
    template: _Template,
    *,
    empty: bool,
) -> dict[str, tuple[AgentSpec, tuple[str, ...], tuple[str, ...]]]:
    """The templates with this group's, where nobody is left to be one."""
    found = {name: one for name, one in templates.items() if name != base}
    if empty:
        found[base] = (template.spec, template.targets, template.sources)
    return found
