"""A graph as a version: what runs are of, whichever machine they run on."""

from __future__ import annotations

from typing import Any

from chalicelib.core.definitions.hashing import content_hash
from chalicelib.core.graphs.definition import ROOT, Graph, document_of, graph_of, snapshot_of
from chalicelib.core.graphs.plans import plan_of
from chalicelib.core.plan import Plan
from chalicelib.core.runs.ports import Version
from chalicelib.core.waits import PHASES


def graph_version(
    graph: Graph,
    *,
    workflow: str,
    number: int,
    machine: str,
    created_at: str,
    created_by: str = "",
    tokens: int | None = None,
) -> Version:
    """The version of a graph that runs on `machine`; of a compiled one `tokens` are those that its
    compiler counted, on the shared machine they follow from the plan."""
    plan = plan_of(graph, workflow)
    return Version(
        workflow=workflow,
        number=number,
        content_hash=content_hash(document_of(graph)),
        machine=machine,
        plan=plan,
        source=snapshot_of(graph),
        created_at=created_at,
        created_by=created_by,
        gates=shared_tokens(plan) if tokens is None else tokens,
    )


def graph_of_version(version: Version) -> Graph:
    """The graph that a version was made of."""
    return graph_of(version.source)


def shared_tokens(plan: Plan) -> int:
    """Tasks that wait for a token in a run on the shared machine: a gate before each step that
    waits for others, and each step that waits for something outside."""
    return sum(bool(step.depends_on) + (step.action in PHASES) for step in plan.steps)


def marks_of(version: Version, mode: str | None, *, ephemeral: bool = False) -> dict[str, Any]:
    """What a run of a graph keeps beside its inputs (`Run.graph`)."""
    found: dict[str, Any] = {"root": version.source["nodes"][ROOT]["type"]}
    found |= {"mode": mode} if mode else {}
    found |= {"ephemeral": True} if ephemeral else {}
    # A loop's body may start what has to be cancelled with the run.
    nested = any(step.within and step.action in PHASES for step in version.plan.steps)
    return found | ({"nested": True} if nested else {})
