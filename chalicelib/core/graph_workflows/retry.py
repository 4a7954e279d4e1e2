"""Retrying a run as S1 does: not where its workflow is paused or archived, nor when units are spent."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.graph_workflows.balance import Purse
from chalicelib.core.graph_workflows.model import WORKFLOW_ID, GraphStore
from chalicelib.core.ids import RUN_ID
from chalicelib.core.runs.ports import RunStore
from chalicelib.core.runs.repeats import Started
from chalicelib.core.runs.retry import Retrier


@dataclass(frozen=True, slots=True)
class GraphRetrier:
    runs: RunStore
    store: GraphStore
    retrier: Retrier
    purse: Purse

    def retry(self, org: str, run_id: str, *, principal: str, key: str | None = None) -> Started:
        """Start a run that goes on where another one ended, whichever dialect had started that.

        The same key again answers the same run before anything could refuse it. Raises NotFound for
        an unknown run, BudgetExceeded when the organisation has spent its units (the workflow is
        paused then), Conflict for a workflow that is paused or archived, and otherwise as
        `Retrier.retry`.
        """
        if not RUN_ID.match(run_id):
            raise NotFound("run not found")
        earlier = self.retrier.earlier(org, run_id, key)
        if earlier is not None:
            return earlier
        run = self.runs.get(org, run_id)
        if run is None:
            raise NotFound("run not found")
        workflow = run.workflow if WORKFLOW_ID.match(run.workflow) else None
        if workflow is not None:
            head = self.store.get(org, workflow)
            if head is None:
                raise NotFound("workflow not found")
            if head.archived or head.paused is not None:
                raise Conflict(f"the workflow is {head.state}", state=head.state)
        self.purse.check(org, workflow)
        return self.retrier.retry(org, run_id, principal=principal, idempotency_key=key)
