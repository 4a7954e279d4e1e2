"""Everything that is wrong with a graph, at once (S1).

Three layers: the shape of the document, the edges between its nodes, and what the nodes say. A node
without a type cannot be looked into, but all others are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.core.graphs.definition import (
    INPUT_TYPES,
    ROOT,
    TRIGGERS,
    Node,
    as_object,
    name_of,
    size_of,
)
from chalicelib.core.graphs.edges import edge_problems
from chalicelib.core.graphs.payloads import payload_problems
from chalicelib.core.graphs.problems import GraphProblem, InvalidGraph, ProblemType
from chalicelib.core.graphs.shape import shape_of
from chalicelib.core.graphs.types import NODE_TYPES

MOST_NODES: Final = 1_000
MOST_BYTES: Final = 1_000_000
MOST_INPUTS: Final = 100
MOST_PROBLEMS: Final = 200
LONGEST_NAME: Final = 200
_NODE_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}\Z")
_INPUT_KEY: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}\Z")
_LISTS: Final = ("children", "loopBody")


def problems_of(definition: object, name: str | None = None) -> list[GraphProblem]:
    """Every problem of a definition, in the order of its nodes; at most 200. No problem: it can run.

    `definition` may be a JSON text of it. With a `name` the workflow's name is checked too.
    """
    found = list(_name(name)) if name is not None else []
    try:
        document = as_object(definition)
    except InvalidGraph as invalid:
        return [*found, *invalid.graph_problems]
    found += _document(document)
    return found[:MOST_PROBLEMS]


def _name(name: object) -> Iterator[GraphProblem]:
    message = None
    if not isinstance(name, str):
        message = "must be text"
    elif not name.strip():
        message = "must not be empty"
    elif len(name) > LONGEST_NAME:
        message = f"has at most {LONGEST_NAME} characters"
    if message is not None:
        yield GraphProblem("name", None, None, "name", message, "invalid_name")


def _document(document: Mapping[str, Any]) -> Iterator[GraphProblem]:
    yield from _inputs(document.get("inputSchema"))
    yield from _expansions(document.get("blockExpansions"))
    given = document.get("nodes")
    if not isinstance(given, Mapping):
        message = "is missing" if given is None else "must be an object"
        yield _whole("nodes", "nodes", message, "missing_nodes")
        return
    if len(given) > MOST_NODES:
        message = f"has {len(given):,} nodes; at most {MOST_NODES:,} are possible"
        yield _whole("nodes", "nodes", message, "too_many_nodes")
        return
    try:
        size = size_of(document)
    except (ValueError, TypeError, RecursionError):
        yield _whole("nodes", "nodes", "is no JSON, or nested too deeply", "not_json")
        return
    if size > MOST_BYTES:
        message = f"the definition has {size:,} bytes; at most {MOST_BYTES:,} are possible"
        yield _whole("nodes", "nodes", message, "too_large")
        return
    nodes: dict[str, Node] = {}
    for node_id, node in given.items():
        found = list(_node(str(node_id), node))
        yield from found
        nodes[str(node_id)] = _readable(str(node_id), node)
    yield from _root(nodes)
    shape = shape_of(nodes)
    yield from edge_problems(nodes, shape)
    inputs = document.get("inputSchema")
    keys = {item.get("key") for item in inputs or () if isinstance(item, Mapping)}
    for node in nodes.values():
        yield from payload_problems(node, shape, nodes, keys if inputs else None)


def _root(nodes: Mapping[str, Node]) -> Iterator[GraphProblem]:
    root = nodes.get(ROOT)
    words = ", ".join(TRIGGERS)
    if root is None:
        message = f"a node with the id `root` is missing: the trigger ({words})"
        yield _whole("root", "nodes", message, "missing_root")
    elif root.type not in TRIGGERS:
        message = f"`root` must be a trigger ({words})"
        yield GraphProblem("root", ROOT, root.name, "type", message, "root_not_trigger")
    for node in nodes.values():
        if node.id != ROOT and node.type in TRIGGERS:
            message = "a trigger can only be `root`: a graph has one"
            yield GraphProblem("root", node.id, node.name, "type", message, "second_root")


def _node(node_id: str, given: object) -> Iterator[GraphProblem]:
    """What is wrong with the shape of one node."""

    def problem(
        field: str | None, message: str, code: str, kind: ProblemType = "nodes"
    ) -> GraphProblem:
        return GraphProblem(kind, node_id[:200], name_of(given), field, message, code)

    if not _NODE_ID.match(node_id):
        message = "an id has letters, digits, `_` and `-`, at most 64 of them"
        yield problem("id", message, "invalid_id", "pattern")
    if not isinstance(given, Mapping):
        yield problem(None, "must be an object", "not_an_object")
        return
    if given.get("id") not in (None, node_id):
        yield problem("id", f"is not the key it stands under, `{node_id}`", "invalid_id")
    node_type = given.get("type")
    if not isinstance(node_type, str):
        message = "is missing" if node_type is None else "must be text"
        yield problem("type", message, "missing_type")
    elif node_type not in NODE_TYPES:
        message = f"unknown type `{node_type[:60]}`{_meant(node_type)}"
        yield problem("type", message, "unknown_type")
    if not isinstance(given.get("payload") or {}, Mapping):
        yield problem("payload", "must be an object", "invalid_payload")
    for member in ("branch", "name", "label"):
        if not isinstance(given.get(member), str | None):
            yield problem(member, "must be text", f"invalid_{member}")
    for member in _LISTS:
        listed = given.get(member)
        if listed is None:
            continue
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            yield problem(member, "must be a list of node ids", f"invalid_{member}")
        elif len(set(listed)) != len(listed):
            yield problem(member, "names a node twice", f"invalid_{member}")


def _readable(node_id: str, given: object) -> Node:
    """As much of a node as can be read, so that the rest is checked too."""
    if not isinstance(given, Mapping):
        return Node(node_id, "")
    node_type, payload, branch = given.get("type"), given.get("payload"), given.get("branch")
    lists = {
        member: tuple(each for each in listed if isinstance(each, str))
        for member in _LISTS
        if isinstance(listed := given.get(member), list)
    }
    return Node(
        id=node_id,
        type=node_type if isinstance(node_type, str) else "",
        name=name_of(given),
        payload=payload if isinstance(payload, Mapping) else {},
        children=lists.get("children", ()),
        loop_body=lists.get("loopBody", ()),
        branch=branch if isinstance(branch, str) else None,
    )


def _inputs(given: object) -> Iterator[GraphProblem]:
    def problem(field: str, message: str) -> GraphProblem:
        return _whole("pattern", field, message, "invalid_input_schema")

    if given is None:
        return
    if not isinstance(given, list):
        yield problem("inputSchema", "must be a list")
        return
    if len(given) > MOST_INPUTS:
        yield problem("inputSchema", f"at most {MOST_INPUTS} inputs are possible")
        return
    seen: set[str] = set()
    for position, each in enumerate(given):
        place = f"inputSchema[{position}]"
        if not isinstance(each, Mapping):
            yield problem(place, "must be an object")
            continue
        key = each.get("key")
        if not isinstance(key, str) or not _INPUT_KEY.match(key):
            yield problem(f"{place}.key", "has letters, digits, `_` and `-`, at most 128 of them")
        elif key in seen:
            yield problem(f"{place}.key", f"another input is called `{key}`")
        else:
            seen.add(key)
        if each.get("type", "string") not in INPUT_TYPES:
            yield problem(f"{place}.type", f"must be one of {', '.join(INPUT_TYPES)}")
        if not isinstance(each.get("required"), bool | None):
            yield problem(f"{place}.required", "must be true or false")
        if not isinstance(each.get("description"), str | None):
            yield problem(f"{place}.description", "must be text")


def _expansions(given: object) -> Iterator[GraphProblem]:
    if given is None:
        return
    if not isinstance(given, Mapping):
        yield _whole("nodes", "blockExpansions", "must be an object", "invalid_block_expansions")
        return
    for name, each in given.items():
        if not isinstance(each, Mapping):
            place = f"blockExpansions.{name}"
            yield _whole("nodes", place, "must be an object", "invalid_block_expansions")


def _whole(kind: ProblemType, field: str, message: str, code: str) -> GraphProblem:
    return GraphProblem(kind, None, None, field, message, code)


def _meant(word: str) -> str:
    import difflib

    found = difflib.get_close_matches(word, NODE_TYPES, n=1)
    return f"; did you mean `{found[0]}`?" if found else ""
