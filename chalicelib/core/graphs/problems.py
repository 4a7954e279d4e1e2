"""What is wrong with a graph, in the words of its dialect (S1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.core.errors import Invalid, Problem

ProblemType = Literal["name", "nodes", "root", "connectivity", "pattern", "variable"]
"""The kinds there are: the workflow's name; shape, types and payloads of nodes; the trigger; edges,
loops and branches; ids and texts out of their pattern; expressions."""


@dataclass(frozen=True, slots=True)
class GraphProblem:
    """One thing wrong with a definition. `field` is the place inside the node (`payload.url`), or in
    the definition where it is about no node (`inputSchema[0].type`)."""

    type: ProblemType
    node_id: str | None
    node_name: str | None
    field: str | None
    message: str
    code: str

    def as_dict(self) -> dict[str, Any]:
        """The item of `errors` that S1 shows."""
        return {
            "type": self.type,
            "nodeId": self.node_id,
            "nodeName": self.node_name,
            "field": self.field,
            "message": self.message,
            "code": self.code,
        }

    @property
    def location(self) -> str:
        """`nodes.fetch.payload.url`: the same place in the other dialects' way."""
        node = None if self.node_id is None else f"nodes.{self.node_id}"
        return ".".join(part for part in (node, self.field) if part)


class InvalidGraph(Invalid):
    """A definition that cannot run; `graph_problems` are all of its problems."""

    def __init__(self, graph_problems: Sequence[GraphProblem]) -> None:
        self.graph_problems = tuple(graph_problems)
        count = len(self.graph_problems)
        super().__init__(
            f"The definition has {count} problem{'' if count == 1 else 's'}.",
            [Problem(found.location, found.message) for found in self.graph_problems],
        )
