"""What is wrong with the payload of a node: its members, conditions, patterns and expressions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from chalicelib.core.graphs.conditions import condition_problems
from chalicelib.core.graphs.definition import ROOT, Node
from chalicelib.core.graphs.expressions import (
    INDEX,
    INPUTS,
    ITEM,
    Expression,
    ExpressionProblem,
    Path,
)
from chalicelib.core.graphs.fields import canonical, field_problems, known_names
from chalicelib.core.graphs.problems import GraphProblem, ProblemType
from chalicelib.core.graphs.shape import Shape
from chalicelib.core.graphs.templates import OPEN, pieces, texts_of
from chalicelib.core.graphs.types import NODE_TYPES

_PER_ELEMENT = ("filter", "format")
"""Types that have an `{{$item}}` of their own in the members they read themselves."""


def payload_problems(
    node: Node, shape: Shape, nodes: Mapping[str, Node], inputs: Collection[Any] | None
) -> Iterator[GraphProblem]:
    """All problems of one node's payload. `inputs` are the keys that the graph declares, if any."""
    known = NODE_TYPES.get(node.type)
    if known is not None:
        for member, message, code in field_problems(known.fields, node.payload, rendered=False):
            yield _problem(node, member, message, code)
        yield from _conditions(node)
        yield from _patterns(node)
    try:
        found = list(texts_of(node.payload))
    except ExpressionProblem as problem:
        yield _problem(node, "", str(problem), "too_deep")
        return
    for place, text in found:
        try:
            expressions = [piece for piece in pieces(text) if isinstance(piece, Expression)]
        except ExpressionProblem as problem:
            yield _variable(node, place, f"cannot be read: {problem}", "unreadable")
            continue
        for path in dict.fromkeys(path for each in expressions for path in each.paths):
            if wrong := _path_problem(node, place, path, shape, inputs):
                yield _variable(node, place, *wrong)
            elif path.node is not None and path.node not in nodes:
                message = f"there is no node `{path.node[:64]}`"
                yield _variable(node, place, message, "unknown_node")


def _path_problem(
    node: Node, place: str, path: Path, shape: Shape, inputs: Collection[Any] | None
) -> tuple[str, str] | None:
    """(message, code) of what is wrong with naming a value here, if it exists at all."""
    if path.root in (ITEM, INDEX):
        if not shape.scope.get(node.id) and not _is_per_element(node, place):
            message = f"there is a `{path.root}` inside of a loop's body only"
            return message, "no_item"
    elif path.root == INPUTS:
        if inputs is not None and path.parts and path.parts[0] not in inputs:
            message = f"the graph declares no input `{path.parts[0]}`"
            return message, "unknown_input"
    elif path.node in shape.scope and path.node not in shape.ancestors.get(node.id, {path.node}):
        message = f"`{path.node}` does not come before this node: no edges lead from it to here"
        return message, "not_an_ancestor"
    return None


def _is_per_element(node: Node, place: str) -> bool:
    if node.type not in _PER_ELEMENT:
        return False
    member = place.partition(".")[0].partition("[")[0]
    field = known_names(NODE_TYPES[node.type].fields).get(member)
    return field is not None and field.own


def _conditions(node: Node) -> Iterator[GraphProblem]:
    member = {"if": "condition", "filter": "filter"}.get(node.type)
    if member is None:
        return
    fields = NODE_TYPES[node.type].fields
    condition = canonical(fields, node.payload).get(member)
    if not isinstance(condition, Mapping):
        return
    names = known_names(fields)
    written = next(name for name in node.payload if name in names and names[name].name == member)
    for place, message in condition_problems(condition, written):
        yield _problem(node, place, message, "invalid_condition")


def _patterns(node: Node) -> Iterator[GraphProblem]:
    pattern = node.payload.get("pattern")
    if node.type == "regex" and isinstance(pattern, str) and OPEN not in pattern:
        from chalicelib.core.graphs.nodes.regex import pattern_problem

        if message := pattern_problem(pattern):
            place = "payload.pattern"
            yield GraphProblem("pattern", node.id, node.name, place, message, "invalid_pattern")


def _problem(node: Node, member: str, message: str, code: str) -> GraphProblem:
    place = f"payload.{member}" if member else "payload"
    kind: ProblemType = "root" if node.id == ROOT else "nodes"
    return GraphProblem(kind, node.id, node.name, place, message, code)


def _variable(node: Node, place: str, message: str, code: str) -> GraphProblem:
    field = f"payload.{place}" if place else "payload"
    return GraphProblem("variable", node.id, node.name, field, message, code)
