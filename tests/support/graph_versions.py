"""Versions of node graphs with machines of their own."""

from __future__ import annotations

from chalicelib.core.graphs.definition import Graph
from chalicelib.core.runs.ports import Version
from chalicelib.graph_services import on_own_machine, runnable
from chalicelib.services import Services


def compiled(
    services: Services, org: str, made: Graph, *, workflow: str = "wf_test", number: int = 1
) -> Version:
    """A stored version of a graph with a machine of its own."""
    at = "2026-03-18T09:00:00Z"
    return on_own_machine(
        services, runnable(services, org, workflow, number, made.document, created_at=at)
    )
