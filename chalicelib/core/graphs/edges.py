"""What is wrong with the edges of a graph: references, cycles, branches, loops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chalicelib.core.graphs.definition import BRANCHES, LOOP, ROOT, Node
from chalicelib.core.graphs.problems import GraphProblem
from chalicelib.core.graphs.shape import MOST_LEVELS, Shape, cycles_of


def edge_problems(nodes: Mapping[str, Node], shape: Shape) -> Iterator[GraphProblem]:
    """All problems of the type `connectivity`."""
    for node in nodes.values():
        yield from _references(node, nodes)
        yield from _loop(node, shape)
    for cycle in cycles_of(nodes, shape):
        way = " -> ".join(cycle if len(cycle) <= 12 else [*cycle[:6], "…", *cycle[-5:]])
        message = f"these nodes come after themselves: `{way}`"
        yield _problem(nodes[cycle[0]], "children", message, "cycle")
    for node_id, scope, other in shape.conflicts:
        inside = f"the body of `{scope}`" if scope else "no loop's body"
        where = f"from the body of `{other}`" if other else "from outside"
        message = f"is in {inside}, but is reached {where}, too"
        yield _problem(nodes[node_id], None, message, "crosses_loop")
    if ROOT in nodes:
        for node in nodes.values():
            if node.id in shape.scope:
                yield from _branch(node, nodes, shape)
            elif not _is_too_deep(node, nodes, shape):
                yield _problem(node, None, "`root` does not lead to it", "unreachable")


def _references(node: Node, nodes: Mapping[str, Node]) -> Iterator[GraphProblem]:
    for member, listed in (("children", node.children), ("loopBody", node.loop_body)):
        for position, name in enumerate(listed):
            place = f"{member}[{position}]"
            if name not in nodes:
                message = f"there is no node `{name[:64]}`"
                yield _problem(node, place, message, "unknown_node")
            elif name == ROOT:
                yield _problem(node, place, "nothing leads to `root`", "leads_to_root")


def _loop(node: Node, shape: Shape) -> Iterator[GraphProblem]:
    if node.type == LOOP:
        if not node.loop_body:
            message = "names the nodes that are run for each element: at least one"
            yield _problem(node, "loopBody", message, "empty_loop")
        if shape.levels.get(node.id, 0) > MOST_LEVELS:
            message = f"loops are nested at most {MOST_LEVELS} levels deep"
            yield _problem(node, "loopBody", message, "too_deep")
    elif node.loop_body:
        yield _problem(node, "loopBody", f"only a `{LOOP}` has one", "not_a_loop")


def _branch(node: Node, nodes: Mapping[str, Node], shape: Shape) -> Iterator[GraphProblem]:
    """A branch has to be one of a parent's; where several parents branch, of all of theirs."""
    if node.branch is None:
        return
    choosing = [parent for parent in shape.parents[node.id] if nodes[parent].type in BRANCHES]
    if not choosing:
        message = f"none of its parents chooses: only {' and '.join(BRANCHES)} do"
        yield _problem(node, "branch", message, "no_branching_parent")
    for parent in choosing:
        known = BRANCHES[nodes[parent].type]
        if node.branch not in known:
            message = f"of a child of `{parent}` must be one of {', '.join(known)}"
            yield _problem(node, "branch", message, "unknown_branch")


def _is_too_deep(node: Node, nodes: Mapping[str, Node], shape: Shape) -> bool:
    """Whether a node is not reached because the loops around it are too many: said already."""
    return any(level > MOST_LEVELS for level in shape.levels.values())


def _problem(node: Node, field: str | None, message: str, code: str) -> GraphProblem:
    return GraphProblem("connectivity", node.id, node.name, field, message, code)
