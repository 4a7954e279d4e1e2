"""What is declared of a type of node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.core.graphs.definition import BRANCHES
from chalicelib.core.graphs.fields import Field

Role = Literal["trigger", "control", "data", "effect"]
Cost = Literal["free", "logic", "http", "ai", "workflow", "chain-read", "chain-write"]
"""The line of the cost table that a node which ran is charged by (compute units)."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """One type of node. `stub` is its result in a simulation, where it would touch the outside."""

    name: str
    role: Role
    cost: Cost
    description: str
    fields: tuple[Field, ...] = ()
    action: str | None = None
    """The action of S2 that it becomes; None for what is computed in the step itself and
    for calls of chains."""
    stub: Mapping[str, Any] | None = None

    @property
    def effectful(self) -> bool:
        """Whether it touches what is outside of the system: it does not in a simulation."""
        return self.role == "effect"

    @property
    def on_chain(self) -> bool:
        """Whether it is a call of a chain's endpoint."""
        return self.cost in ("chain-read", "chain-write")

    @property
    def branches(self) -> tuple[str, ...]:
        """What its children may carry as `branch`."""
        return BRANCHES.get(self.name, ())

    def as_dict(self) -> dict[str, Any]:
        """How `GET /v1/actions` shows it."""
        return {
            "type": self.name,
            "role": self.role,
            "cost": self.cost,
            "description": self.description,
            "effectful": self.effectful,
            "branches": list(self.branches),
            "payload": [
                {
                    "name": field.name,
                    "types": list(field.kinds),
                    "required": field.required,
                    "aliases": list(field.aliases),
                    "description": field.description,
                }
                for field in self.fields
            ],
        }
