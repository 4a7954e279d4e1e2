"""The skills that an agent has: those that its configuration names, and those written for it alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.core.swarms.model import AgentSpec, Node
from chalicelib.core.swarms.ports import SkillStore
from chalicelib.core.swarms.skills import bare_name, fill

MOST_SKILLS: Final = 100
"""Of one agent; what is over that is left out."""


@dataclass(frozen=True, slots=True)
class AgentSkill:
    """`content` has the agent's own names in it."""

    name: str
    path: str
    content: str


def agent_skills(store: SkillStore, org: str, swarm: str, node: Node) -> Iterator[AgentSkill]:
    """In the order of the configuration, then by name. One that was written for the agent stands in
    the place of the common one; one that is nowhere is left out."""
    if not isinstance(node.spec, AgentSpec):
        return
    own = store.of_agent(org, swarm, node.name)
    folder = f"swarms/{swarm}/agents/{node.name}"
    names = dict.fromkeys([*map(_bare, node.spec.skills), *sorted(map(bare_name, own))])
    written = {bare_name(name): text for name, text in own.items()}
    for name in list(names)[:MOST_SKILLS]:
        if name in written:
            path, text = f"{folder}/skills/{name}.md", written[name]
        else:
            found = store.read(org, name)
            if found is None:
                continue
            path, text = found[0].path, found[1]
        content = fill(text, agent=node.name, swarm=swarm, workspace=folder)
        yield AgentSkill(f"{name}.md", path, content)


def _bare(skill: str) -> str:
    """The name of a skill that may be written as a path."""
    return bare_name(skill.rstrip("/").rpartition("/")[2])
