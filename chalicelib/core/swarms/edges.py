"""Who may send to whom: edges as clients write them, and what adding and removing them changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from chalicelib.core.definitions.locations import item, member
from chalicelib.core.definitions.suggestions import Suggester, quoted
from chalicelib.core.swarms import reading
from chalicelib.core.swarms.model import ALWAYS_ROUTABLE, MOST_EDGES, Edge
from chalicelib.core.swarms.reading import Findings


def read_edges(value: object) -> tuple[Edge, ...]:
    """The edges in a list of `[from, to]` and `{"from", "to"}`. What does not parse is left out, as
    S3's PATCH does; each edge is there once."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(edge for one in value if (edge := _edge(one)) is not None))


def _edge(value: object) -> Edge | None:
    if isinstance(value, Mapping):
        value = (value.get("from"), value.get("to"))
    if isinstance(value, list | tuple) and len(value) == 2:
        source, target = value
        if isinstance(source, str) and isinstance(target, str):
            return source, target
    return None


def topology(value: object, names: Collection[str], findings: Findings) -> tuple[Edge, ...]:
    """The edges of a configuration: a list as for `read_edges`, or a map from names to targets.
    Here all that is wrong is noted: also unknown names, and edges to oneself."""
    known = frozenset(names) | ALWAYS_ROUTABLE
    suggester = Suggester()
    found: dict[Edge, None] = {}
    for location, edge in _listed(value, findings):
        if edge[0] == edge[1]:
            findings.add(location, f"edge from {quoted(edge[0])} to itself")
            continue
        unknown = [name for name in edge if name not in known]
        for name in unknown:
            hint = suggester.hint(name, known)
            findings.add(location, f"edge names unknown node {quoted(name)}{hint}")
        if not unknown:
            found[edge] = None
        if len(found) > MOST_EDGES:
            findings.add("topology", f"`topology` must have at most {MOST_EDGES:,} edges")
            return ()
    return tuple(found)


def _listed(value: object, findings: Findings) -> Iterator[tuple[str, Edge]]:
    if isinstance(value, Mapping):
        for source, targets in value.items():
            location = member("topology", str(source))
            yield from _targets(source, targets, location, findings)
        return
    for index, one in enumerate(reading.sequence(value, "topology", "topology", findings)):
        location = item("topology", index)
        if isinstance(one, Mapping):
            one = (one.get("from"), one.get("to"))  # noqa: PLW2901
        if isinstance(one, list | tuple) and len(one) == 2:
            yield from _targets(one[0], one[1], location, findings)
        else:
            findings.add(location, "an edge is `[from, to]` or a map of `from` and `to`")


def _targets(
    source: object, targets: object, location: str, findings: Findings
) -> Iterator[tuple[str, Edge]]:
    """The edges from one node to one other, or to each of a list."""
    for target in targets if isinstance(targets, list | tuple) else (targets,):
        if isinstance(source, str) and isinstance(target, str):
            yield location, (source, target)
        else:
            findings.add(location, "both ends of an edge must be text")


def add_edges(
    edges: tuple[Edge, ...], more: Iterable[Edge], names: Collection[str]
) -> tuple[tuple[Edge, ...], int]:
    """The edges with those of `more` that are new and lead from one known node to another, and how
    many these were."""
    known = frozenset(names) | ALWAYS_ROUTABLE
    found = dict.fromkeys(edges)
    for source, target in more:
        if source != target and source in known and target in known and len(found) < MOST_EDGES:
            found[source, target] = None
    return tuple(found), len(found) - len(edges)


def remove_edges(edges: tuple[Edge, ...], fewer: Iterable[Edge]) -> tuple[tuple[Edge, ...], int]:
    """The edges without those of `fewer`, and how many of them there were."""
    gone = frozenset(fewer)
    left = tuple(edge for edge in edges if edge not in gone)
    return left, len(edges) - len(left)


def adjacency(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """The targets of every node that has some, in the order of the edges."""
    found: dict[str, list[str]] = {}
    for source, target in edges:
        found.setdefault(source, []).append(target)
    return found


def as_pairs(edges: Iterable[Edge]) -> list[list[Any]]:
    """Edges as JSON."""
    return [list(edge) for edge in edges]
