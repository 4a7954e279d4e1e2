"""The heads of all workflows that can have triggers, whichever dialect they are of."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.graph_workflows.model import WORKFLOW_ID
from chalicelib.core.triggers.follow import HeadOf, Heads, Sourced


@dataclass(frozen=True, slots=True)
class AllHeads:
    """Implements `core.triggers.follow.Heads`: graph workflows are known by their ids."""

    workflows: Heads
    graphs: Heads

    def head(self, org: str, name: str) -> HeadOf | None:
        return self._of(name).head(org, name)

    def version(self, org: str, workflow: str, number: int) -> Sourced | None:
        return self._of(workflow).version(org, workflow, number)

    def _of(self, name: str) -> Heads:
        return self.graphs if WORKFLOW_ID.match(name) else self.workflows
