"""A graph that was read: nodes with their edges, the inputs it declares (S1).

`parse_graph` checks everything first, so whoever holds a `Graph` need not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.core.graphs.problems import GraphProblem, InvalidGraph
from chalicelib.core.json_text import read_json
from chalicelib.core.plan import InputType

ROOT: Final = "root"
TRIGGERS: Final = ("manual", "cronjob", "webhook")
"""What `root` can be. Runs started over the API have `manual`."""
BRANCHES: Final[Mapping[str, tuple[str, str]]] = {
    "if": ("then", "else"),
    "wait": ("resumed", "timed_out"),
}
"""Node types that choose among their children, and what those carry as `branch`."""
LOOP: Final = "for-each"
INPUT_TYPES: Final = ("string", "number", "boolean", "object", "array")


@dataclass(frozen=True, slots=True)
class GraphInput:
    """One input that a graph declares."""

    key: str
    type: InputType
    required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One node: what it does, and what comes after it. `branch` says in which case of its parent."""

    id: str
    type: str
    name: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    children: tuple[str, ...] = ()
    loop_body: tuple[str, ...] = ()
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """A definition without problems; `nodes` keep their order, `document` is what was given."""

    nodes: Mapping[str, Node]
    inputs: tuple[GraphInput, ...]
    document: Mapping[str, Any]

    @property
    def root(self) -> Node:
        return self.nodes[ROOT]

    @property
    def input_schema(self) -> list[Any]:
        """As it was given (S1's `inputSchema`)."""
        return list(self.document.get("inputSchema") or [])

    @property
    def block_expansions(self) -> Mapping[str, Any] | None:
        """Recorded on run snapshots only (S1)."""
        found: Mapping[str, Any] | None = self.document.get("blockExpansions")
        return found


def parse_graph(definition: object) -> Graph:
    """Read a definition: an object, or the same as a JSON text, which clients send by mistake (S1).

    Raises InvalidGraph with every problem found.
    """
    from chalicelib.core.graphs.validation import problems_of

    found = problems_of(definition)
    if found:
        raise InvalidGraph(found)
    return graph_of(as_object(definition))


def graph_of(document: Mapping[str, Any]) -> Graph:
    """The graph of a definition that was checked before, such as a stored one."""
    nodes = {node_id: _node(node_id, given) for node_id, given in document["nodes"].items()}
    inputs = tuple(
        GraphInput(
            given["key"],
            given.get("type") or "string",
            bool(given.get("required")),
            given.get("description") or "",
        )
        for given in document.get("inputSchema") or ()
    )
    return Graph(nodes, inputs, document)


def document_of(graph: Graph) -> dict[str, Any]:
    """What makes two definitions the same one: the nodes and the input schema as they were given,
    without what belongs to a run's snapshot."""
    return {"nodes": dict(graph.document["nodes"]), "inputSchema": graph.input_schema}


def snapshot_of(graph: Graph) -> dict[str, Any]:
    """What a run keeps of its definition: all three members of S1's `workflowDefinition`."""
    expansions = graph.block_expansions
    return {**document_of(graph), "blockExpansions": expansions and dict(expansions)}


def as_object(definition: object) -> dict[str, Any]:
    """A definition as an object. Raises InvalidGraph when it is none and no JSON text of one."""
    if isinstance(definition, str):
        try:
            definition = read_json(definition)
        except ValueError as problem:
            raise InvalidGraph([_whole(f"is no JSON: {problem}", "not_json")]) from problem
    if not isinstance(definition, Mapping):
        raise InvalidGraph([_whole("must be an object with `nodes`", "not_an_object")])
    return dict(definition)


def size_of(document: Mapping[str, Any]) -> int:
    """Bytes of a definition as compact JSON."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode())


def _whole(message: str, code: str) -> GraphProblem:
    return GraphProblem("nodes", None, None, None, f"the definition {message}", code)


def _node(node_id: str, given: Mapping[str, Any]) -> Node:
    return Node(
        id=node_id,
        type=given["type"],
        name=name_of(given),
        payload=given.get("payload") or {},
        children=tuple(given.get("children") or ()),
        loop_body=tuple(given.get("loopBody") or ()),
        branch=given.get("branch"),
    )


def name_of(given: object) -> str | None:
    """What a node is called beside its id, where it says so."""
    if not isinstance(given, Mapping):
        return None
    found = given.get("name", given.get("label"))
    return found if isinstance(found, str) else None
