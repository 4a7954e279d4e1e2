"""Starting runs of graph workflows and of definitions that belong to none (S1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chalicelib.core.errors import Conflict, IdempotencyMismatch, NotFound
from chalicelib.core.graph_workflows.balance import Purse
from chalicelib.core.graph_workflows.model import WORKFLOW_ID, GraphStore, GraphWorkflow
from chalicelib.core.graphs.definition import Graph
from chalicelib.core.graphs.runs import GraphStarter
from chalicelib.core.runs.model import Run
from chalicelib.core.runs.ports import VersionStore
from chalicelib.core.runs.start import Started


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is started with."""

    payload: object = None
    prop_values: object = None
    run_id: str | None = None
    mode: str | None = None
    key: str | None = None
    """The `Idempotency-Key`."""


@dataclass(frozen=True, slots=True)
class WorkflowStarter:
    store: GraphStore
    versions: VersionStore
    starter: GraphStarter
    purse: Purse

    def run(
        self,
        org: str,
        workflow: str,
        number: int | None,
        request: Request,
        *,
        trigger: Mapping[str, Any],
        principal: str,
    ) -> Started:
        """Start a run of a version; without a number of the newest, draft or published.

        Raises NotFound for an unknown workflow or version, BudgetExceeded when the organisation has
        spent its units (the workflow is paused then), Conflict for a workflow that is paused or
        archived and for a run id that was used for something else, and otherwise as
        `GraphStarter.start`.
        """
        head = self.store.get(org, workflow) if WORKFLOW_ID.match(workflow) else None
        if head is None:
            raise NotFound("workflow not found")
        if head.archived:
            raise Conflict("the workflow is archived", state=head.state)
        self.purse.check(org, workflow)
        _must_run(head)
        version = self.versions.version(org, workflow, number or head.latest)
        if version is None:
            raise NotFound(f"workflow not found: it has no version {number}")
        return self._start(org, version, request, trigger=trigger, principal=principal)

    def run_definition(
        self, org: str, graph: Graph, request: Request, *, principal: str
    ) -> Started:
        """Start a run of a graph that belongs to no workflow. Raises as `run`."""
        self.purse.check(org, None)
        return self._start(org, graph, request, trigger={"type": "api"}, principal=principal)

    def run_and_wait(self, org: str, graph: Graph, request: Request, *, principal: str) -> Run:
        """Run a graph to its end, or as long as a request can wait; the run as it is then.

        Raises as `run_definition`, and Invalid for a graph that cannot be waited for.
        """
        self.purse.check(org, None)
        with _conflict_of(request):
            return self.starter.run(
                org,
                graph,
                payload=request.payload,
                prop_values=request.prop_values,
                run_id=request.run_id,
                mode=request.mode,
                trigger={"type": "api"},
                principal=principal,
            )

    def _start(self, org: str, what: Any, request: Request, **more: Any) -> Started:
        with _conflict_of(request):
            return self.starter.start(
                org,
                what,
                payload=request.payload,
                prop_values=request.prop_values,
                run_id=request.run_id,
                mode=request.mode,
                idempotency_key=request.key,
                **more,
            )


@contextmanager
def _conflict_of(request: Request) -> Iterator[None]:
    """A run id that was used for something else is a conflict (S1); a key is what it is elsewhere."""
    try:
        yield
    except IdempotencyMismatch as mismatch:
        if request.run_id is None:
            raise
        raise Conflict(
            "this run id was already used to start something else", run_id=request.run_id
        ) from mismatch


def _must_run(head: GraphWorkflow) -> None:
    if head.paused is not None:
        raise Conflict(f"the workflow is paused: {head.paused}", state=head.state)
