"""What a model's turn is told beside its node's life: skills, and what kind its neighbours are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.core.swarms.agent_skills import agent_skills
from chalicelib.core.swarms.model import Node, NodeKind
from chalicelib.core.swarms.ports import SkillStore, SwarmStore
from chalicelib.core.swarms.skills import bare_name


@dataclass(frozen=True, slots=True)
class SwarmContexts:
    """Implements `core.swarms.turn.Contexts`."""

    store: SwarmStore
    files: SkillStore

    def skills(self, org: str, swarm: str, node: Node) -> tuple[tuple[str, str], ...]:
        """(name, text) of the agent's skills: those of its specification, and what was written for
        it alone. One that is not there is left out."""
        found = agent_skills(self.files, org, swarm, node)
        return tuple((bare_name(skill.name), skill.content) for skill in found)

    def kinds(self, org: str, swarm: str) -> Mapping[str, NodeKind]:
        """All nodes of the swarm, by name."""
        return {node.name: node.kind for node in self.store.nodes(org, swarm)}
