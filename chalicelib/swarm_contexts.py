"""What a model's turn is told beside its node's life: skills, and what kind its neighbours are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.core.swarms.model import AgentSpec, Node, NodeKind
from chalicelib.core.swarms.ports import SkillStore, SwarmStore
from chalicelib.core.swarms.skills import fill


@dataclass(frozen=True, slots=True)
class SwarmContexts:
    """Implements `core.swarms.turn.Contexts`."""

    store: SwarmStore
    files: SkillStore

    def skills(self, org: str, swarm: str, node: Node) -> tuple[tuple[str, str], ...]:
        """(name, text) of the agent's skills: those of its specification, and what was written for
        it alone. One that is not there is left out."""
        if not isinstance(node.spec, AgentSpec):
            return ()
        own = self.files.of_agent(org, swarm, node.name)
        found: dict[str, str] = {}
        for name in node.spec.skills:
            if name not in own and (read := self.files.read(org, name)) is not None:
                found[name] = read[1]
        workspace = f"swarms/{swarm}/agents/{node.name}"
        return tuple(
            (name, fill(text, agent=node.name, swarm=swarm, workspace=workspace))
            for name, text in (found | own).items()
        )

    def kinds(self, org: str, swarm: str) -> Mapping[str, NodeKind]:
        """All nodes of the swarm, by name."""
        return {node.name: node.kind for node in self.store.nodes(org, swarm)}
