"""Node graphs for tests, and what starts them."""

from __future__ import annotations

from typing import Any

from chalicelib.core.graphs.definition import Graph, parse_graph
from chalicelib.core.runs.ports import Version
from chalicelib.graph_services import execution_state
from tests.support.world import ORG, World

Nodes = dict[str, dict[str, Any]]


def node(kind: str, *children: str, payload: dict[str, Any] | None = None, **more: Any) -> Any:
    """A node of a definition."""
    return {"type": kind, "payload": payload or {}, "children": list(children), **more}


def log(message: Any, *children: str, **more: Any) -> Any:
    return node("log", *children, payload={"message": message}, **more)


def root(*children: str) -> Any:
    return node("manual", *children)


def choose(condition: Any, *children: str, **more: Any) -> Any:
    return node("if", *children, payload={"condition": {"$and": [condition]}}, **more)


def each(array: Any, body: list[str], *children: str, **more: Any) -> Any:
    return node("for-each", *children, payload={"array": array}, loopBody=body, **more)


def graph(**nodes: Any) -> Graph:
    """A graph of nodes by id; `_` in a name stays what it is."""
    return parse_graph({"nodes": nodes})


def begin(world: World, what: Graph | Version, payload: Any = None, **more: Any) -> str:
    """Start a run; its id."""
    more = {"trigger": {"type": "api"}, "principal": "test", **more}
    return world.services.graphs.start(ORG, what, payload=payload, **more).run.id


def states(world: World, run_id: str, **more: Any) -> dict[str, Any]:
    """The run's execution state."""
    detail = world.services.runs.detail(ORG, run_id)
    assert detail is not None
    version = world.services.workflows.version(ORG, detail.run.workflow, detail.run.version)
    assert version is not None
    return execution_state(world.services, version, detail, **more)


def statuses(found: dict[str, Any]) -> dict[str, str]:
    return {name: state["status"] for name, state in found.items()}
