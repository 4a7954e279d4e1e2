"""The wiring of what only S1 has: a part of `services`, each thing made when it is first asked for."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Collection

    from chalicelib.core.graph_workflows.balance import Purse
    from chalicelib.core.graph_workflows.edit import GraphEditor
    from chalicelib.core.graph_workflows.fire import GraphFirer
    from chalicelib.core.graph_workflows.retry import GraphRetrier
    from chalicelib.core.graph_workflows.start import WorkflowStarter
    from chalicelib.core.runs.model import RunDetail
    from chalicelib.core.runs.ports import Version
    from chalicelib.resources import Resources
    from chalicelib.services import Services
    from chalicelib.store.graph_workflows import GraphWorkflows
    from chalicelib.store.run_counts import RunCounts
    from chalicelib.store.run_pages import RunPages
    from chalicelib.store.units import Units


class V1:
    """Graph workflows, pages and counts of runs, compute units."""

    def __init__(self, found: Resources) -> None:
        self._resources = found

    @property
    def _found(self) -> Services:
        """A stage's resources are only ever made as a part of its services."""
        return cast("Services", self._resources)

    @cached_property
    def workflows(self) -> GraphWorkflows:
        from chalicelib.store.graph_workflows import GraphWorkflows

        found = self._found
        return GraphWorkflows(found.table, found.blobs, lambda: found.shared_machine)

    def newest(self, org: str, workflow: str) -> Version | None:
        """The version that runs of a graph workflow are of when none is named; None for one that is
        unknown, archived or paused."""
        head = self.workflows.get(org, workflow)
        if head is None or head.archived or head.paused is not None:
            return None
        version = self._found.workflows.version(org, workflow, head.latest)
        return head.placed(version) if version is not None else None

    @cached_property
    def editor(self) -> GraphEditor:
        from chalicelib.core.graph_workflows.edit import GraphEditor
        from chalicelib.graph_services import make_machine

        found = self._found
        return GraphEditor(
            self.workflows, found.triggers, partial(make_machine, found), found.clock
        )

    @cached_property
    def units(self) -> Units:
        from chalicelib.store.units import Units

        return Units(self._found.table)

    @cached_property
    def purse(self) -> Purse:
        from chalicelib.core.graph_workflows.balance import Purse

        def pause(org: str, workflow: str, reason: str) -> None:
            self.editor.pause(org, workflow, reason=reason)

        return Purse(self.units, pause, self._found.clock)

    @cached_property
    def firer(self) -> GraphFirer:
        from chalicelib.core.graph_workflows.fire import GraphFirer
        from chalicelib.store.firings import Firings

        found = self._found
        return GraphFirer(
            self.workflows,
            self.starter,
            Firings(found.table),
            found.runs,
            found.triggers.tidy,
            found.clock,
        )

    def states(
        self, version: Version, detail: RunDetail, nodes: Collection[str] | None
    ) -> dict[str, Any]:
        """`executionState` of a run of a graph, of some of its nodes or of all."""
        from chalicelib.graph_services import execution_state

        return execution_state(self._found, version, detail, nodes)

    def units_of(self, detail: RunDetail) -> int:
        """What a run has cost: as it was counted at its end, or so far."""
        from chalicelib.core.units import units_of_nodes, units_of_steps

        run, found = detail.run, self._found
        if run.units is not None:
            return run.units
        version = found.workflows.version(run.org, run.workflow, run.version) if run.graph else None
        if version is None:
            return units_of_steps(detail.steps)
        from chalicelib.graph_services import nodes_run

        return units_of_nodes(nodes_run(found, version, detail))

    @cached_property
    def starter(self) -> WorkflowStarter:
        from chalicelib.core.graph_workflows.start import WorkflowStarter

        found = self._found
        return WorkflowStarter(self.workflows, found.workflows, found.graphs, self.purse)

    @cached_property
    def retrier(self) -> GraphRetrier:
        from chalicelib.core.graph_workflows.retry import GraphRetrier

        found = self._found
        return GraphRetrier(found.runs, self.workflows, found.retrier, self.purse)

    @cached_property
    def run_pages(self) -> RunPages:
        from chalicelib.store.run_pages import RunPages

        return RunPages(self._found.table, self._found.lists, self._found.runs)

    @cached_property
    def run_counts(self) -> RunCounts:
        from chalicelib.store.run_counts import RunCounts

        return RunCounts(self._found.metrics, self._found.runs)
