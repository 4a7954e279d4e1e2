"""Compute units (S1): what each kind of node costs, and what a run has cost.

A node costs once, however often it was tried, and only if it began; one that a retry took over from
another run cost there. Of a loop each iteration costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from chalicelib.core.graphs.node_type import Cost
from chalicelib.core.graphs.types import NODE_TYPES
from chalicelib.core.runs.model import Step, StepStatus

UNITS: Final[Mapping[Cost, int]] = {
    "free": 0,
    "logic": 1,
    "http": 2,
    "workflow": 2,
    "chain-read": 2,
    "chain-write": 5,
    "ai": 10,
}
"""What a node costs, by the line of the table that its type names."""
_ACTIONS: Final[Mapping[str, Cost]] = {
    "http/request": "http",
    "slack/send": "http",
    "ai/completion": "ai",
    "ai/embed": "ai",
    "swarm/task": "workflow",
    "workflow/run": "workflow",
}
"""Steps of S2 by their action, where they are not `DEFAULT`."""
DEFAULT: Final[Cost] = "logic"


def costs() -> dict[str, int]:
    """The published table: a node's type, or a step's action, → units."""
    found = {name: UNITS[node.cost] for name, node in NODE_TYPES.items()}
    return found | {action: UNITS[cost] for action, cost in _ACTIONS.items()}


def cost_of(kind: str) -> int:
    """What one node of this type, or one step with this action, costs."""
    known = NODE_TYPES.get(kind)
    return UNITS[known.cost if known is not None else _ACTIONS.get(kind, DEFAULT)]


def units_of_nodes(ran: Mapping[str, int]) -> int:
    """What nodes have cost, given how many of each type ran."""
    return sum(cost_of(kind) * times for kind, times in ran.items())


def units_of_steps(steps: Iterable[Step]) -> int:
    """What steps have cost so far."""
    return sum(
        cost_of(step.action) * _times(step)
        for step in steps
        if not step.reused and step.status not in (StepStatus.PENDING, StepStatus.SKIPPED)
    )


def _times(step: Step) -> int:
    found = step.iterations
    return max(1, found.succeeded + found.failed) if found is not None else 1
