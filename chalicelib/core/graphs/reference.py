"""A small interpreter of graphs, without plans, machines or stores: what every run has to agree with.
For tests only.

Nodes run one after the other, each after its parents; loops run their bodies where they stand. It
knows the nodes that are computed; of effects it knows the stubs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.graphs.definition import BRANCHES, LOOP, ROOT, Graph, Node
from chalicelib.core.graphs.expressions import INDEX, INPUTS, ITEM, NODES, PROPS, TRIGGER
from chalicelib.core.graphs.fields import canonical
from chalicelib.core.graphs.nodes.compute import compute
from chalicelib.core.graphs.shape import shape_of
from chalicelib.core.graphs.templates import render
from chalicelib.core.graphs.types import NODE_TYPES

State = dict[str, Any]
NOW = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class _Scope:
    """One iteration, or the run itself: what has happened in it, on top of what is around it."""

    states: dict[str, State]
    around: _Scope | None = None
    names: Mapping[str, Any] = field(default_factory=dict)

    def results(self) -> dict[str, Any]:
        found = {} if self.around is None else self.around.results()
        for name, state in self.states.items():
            if state["status"] == "success":
                found[name] = {"result": state["result"], "status": "success"}
        return found


def interpret(graph: Graph, payload: Mapping[str, Any]) -> dict[str, State]:
    """`{status, result, iterations?}` of each node outside of loops, by id; those inside are in the
    iterations of their loop. Raises StepFailed where a node fails."""
    return _Interpreter(graph, payload).all()


class _Interpreter:
    def __init__(self, graph: Graph, payload: Mapping[str, Any]) -> None:
        self._graph = graph
        self._shape = shape_of(graph.nodes)
        self._trigger = {"body": dict(payload)}

    def all(self) -> dict[str, State]:
        scope = _Scope({ROOT: {"status": "success", "result": self._trigger}})
        self._run("", scope)
        return scope.states

    def _run(self, loop: str, scope: _Scope) -> None:
        left = [node for node in self._shape.body(loop) if node != ROOT]
        while left:
            ready = next(name for name in left if not set(left) & set(self._shape.parents[name]))
            left.remove(ready)
            scope.states[ready] = self._node(self._graph.nodes[ready], scope)

    def _node(self, node: Node, scope: _Scope) -> State:
        parents = self._shape.parents[node.id]
        if parents and not any(self._leads(parent, node, scope) for parent in parents):
            return {"status": "skipped", "result": None}
        context = {
            NODES: scope.results(),
            TRIGGER: self._trigger,
            PROPS: {},
            INPUTS: self._trigger["body"],
            **scope.names,
        }
        declared = NODE_TYPES[node.type]
        given = canonical(declared.fields, node.payload)
        if node.type == LOOP:
            return self._loop(node, render(given["array"], context), scope)
        if declared.effectful:
            return {"status": "success", "result": dict(declared.stub or {})}
        own = {field.name for field in declared.fields if field.own}
        filled = {
            name: value if name in own else render(value, context) for name, value in given.items()
        }
        return {"status": "success", "result": compute(node.type, filled, context, NOW)}

    def _leads(self, parent: str, node: Node, scope: _Scope) -> bool:
        state = scope.states[parent]
        if state["status"] != "success":
            return False
        chooses = self._graph.nodes[parent].type in BRANCHES and node.branch is not None
        return not chooses or state["result"]["branch"] == node.branch

    def _loop(self, node: Node, items: list[Any], scope: _Scope) -> State:
        iterations = []
        for index, item in enumerate(items):
            inner = _Scope({}, scope, {ITEM: item, INDEX: index})
            self._run(node.id, inner)
            iterations.append({"index": index, "item": item, "nodes": inner.states})
        result = {
            "iterations": [
                {
                    **one,
                    "nodes": {
                        name: {"status": state["status"], "result": state["result"]}
                        for name, state in one["nodes"].items()
                    },
                }
                for one in iterations
            ],
            "iterationCount": len(iterations),
            "status": "success",
        }
        return {"status": "success", "result": result, "iterations": iterations}
