"""Starting runs of graph workflows and of definitions that belong to none (S1).

A start that is sent again answers its run before anything could refuse it: a pause, an archive or units
that are spent are about new runs.
"""

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
from chalicelib.core.runs.ports import Version, VersionStore
from chalicelib.core.runs.repeats import Started


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is started with."""

    payload: object = None
    prop_values: object = None
    run_id: str | None = None
    mode: str | None = None
    key: str | None = None
    """The `Idempotency-Key`."""
    version: int | None = None
    """The version of a workflow that is asked for; None for the newest."""


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
        request: Request,
        *,
        number: int | None = None,
        trigger: Mapping[str, Any],
        principal: str,
    ) -> Started:
        """Start a run of a version: of `number`, else of the one that is asked for, else of the
        newest, draft or published. The published one runs on its own machine.

        Raises NotFound for an unknown workflow or version, BudgetExceeded when the organisation has
        spent its units (the workflow is paused then), Conflict for a workflow that is paused or
        archived and for a run id that was used for something else, and otherwise as
        `GraphStarter.start`.
        """
        head = self.store.get(org, workflow) if WORKFLOW_ID.match(workflow) else None
        if head is None:
            raise NotFound("workflow not found")
        earlier = self._earlier(org, workflow, request)
        if earlier is not None:
            return earlier
        if head.archived:
            raise Conflict("the workflow is archived", state=head.state)
        self.purse.check(org, workflow)
        _must_run(head)
        wanted = number or request.version or head.latest
        version = self.versions.version(org, workflow, wanted)
        if version is None:
            raise NotFound(f"workflow not found: it has no version {wanted}")
        return self._start(org, head.placed(version), request, trigger=trigger, principal=principal)

    def run_definition(
        self, org: str, graph: Graph, request: Request, *, principal: str
    ) -> Started:
        """Start a run of a graph that belongs to no workflow. Raises as `run`."""
        earlier = self._earlier(org, graph, request)
        if earlier is not None:
            return earlier
        self.purse.check(org, None)
        return self._start(org, graph, request, trigger={"type": "api"}, principal=principal)

    def run_and_wait(self, org: str, graph: Graph, request: Request, *, principal: str) -> Started:
        """Run a graph to its end, or as long as a request can wait; the run as it is then.

        Raises as `run_definition`, Invalid for a graph that cannot be waited for, and Conflict when
        the run of an earlier request with the same key is not over yet.
        """
        started = self._earlier(org, graph, request, sync=True)
        if started is None:
            self.purse.check(org, None)
            more: dict[str, Any] = {"trigger": {"type": "api"}, "principal": principal}
            with _conflict_of(request):
                started = self.starter.run(org, graph, **_members(request), **more)
        by_key = request.key is not None and request.run_id is None
        if started.replayed and by_key and started.run.live:
            raise Conflict(
                "the first request with this key is still being answered", run_id=started.run.id
            )
        return started

    def _earlier(
        self, org: str, what: str | Graph, request: Request, *, sync: bool = False
    ) -> Started | None:
        with _conflict_of(request):
            return self.starter.earlier(
                org, what, asked=request.version, sync=sync, **_members(request)
            )

    def _start(self, org: str, what: Version | Graph, request: Request, **more: Any) -> Started:
        with _conflict_of(request):
            return self.starter.start(org, what, asked=request.version, **_members(request), **more)


def _members(request: Request) -> dict[str, Any]:
    return {
        "payload": request.payload,
        "prop_values": request.prop_values,
        "run_id": request.run_id,
        "mode": request.mode,
        "idempotency_key": request.key,
    }


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
    """Raises Conflict for a workflow that is paused."""
    if head.paused is not None:
        raise Conflict(f"the workflow is paused: {head.paused}", state=head.state)
