"""Starting a run of a graph (S1): by the same starter as any run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.definitions.hashing import content_hash
from chalicelib.core.errors import Invalid, Problem
from chalicelib.core.graphs.budget import check_shared, check_sync
from chalicelib.core.graphs.definition import Graph
from chalicelib.core.graphs.inputs import run_inputs
from chalicelib.core.graphs.versions import graph_version, marks_of
from chalicelib.core.ids import RUN_ID
from chalicelib.core.runs.launch import execution_input
from chalicelib.core.runs.model import Run
from chalicelib.core.runs.ports import Machines, RunStore, Version
from chalicelib.core.runs.start import Started, Starter, hash_of

EPHEMERAL: Final = "run_ephemeral"


@dataclass(frozen=True, slots=True)
class GraphStarter:
    starter: Starter
    shared_machine: Callable[[], str]
    """The name of the machine that runs any graph; made if it is not there."""
    sync_machine: Callable[[], str]
    """The same of the one for graphs that somebody waits for."""
    machines: Machines
    runs: RunStore
    clock: Clock

    def start(
        self,
        org: str,
        what: Version | Graph,
        *,
        payload: object,
        prop_values: object = None,
        run_id: str | None = None,
        mode: str | None = None,
        trigger: Mapping[str, Any],
        principal: str,
        idempotency_key: str | None = None,
    ) -> Started:
        """Start a run of a version of a workflow, or of a graph that belongs to this run alone (S1).

        A version runs on its own machine, a graph on the shared one. `mode` is `modes.SIMULATION`,
        `modes.DUST` or None.

        Raises Invalid for a graph too large for the shared machine, a payload that is not what the
        graph declares, props that are no object and a run id out of pattern; IdempotencyMismatch when
        the id or key was used for something else; and what `Starter.begin` raises.
        """
        _check_id(run_id)
        about: list[Any]
        if isinstance(what, Graph):
            version, ephemeral = self._ephemeral(what, principal), True
            about = [content_hash(version.source)]
        else:
            version, ephemeral, about = what, False, [what.workflow, what.number]
        inputs = run_inputs(version.plan, payload, prop_values)
        return self.starter.begin(
            org,
            version,
            inputs,
            request_hash=hash_of(["graph", about, inputs, mode]),
            trigger=trigger,
            principal=principal,
            idempotency_key=idempotency_key,
            run_id=run_id,
            graph=marks_of(version, mode, ephemeral=ephemeral),
        )

    def run(
        self,
        org: str,
        graph: Graph,
        *,
        payload: object,
        prop_values: object = None,
        run_id: str | None = None,
        mode: str | None = None,
        trigger: Mapping[str, Any],
        principal: str,
    ) -> Run:
        """Run a graph to its end, on an Express machine; the run as it is then (S1).

        One that takes longer than a request can wait (25 s) is live still, and over after 60 s at the
        latest. A run id that was used for the same is that run. Raises Invalid for more than 20 nodes,
        waits, loops and triggered workflows, and what `start` raises.
        """
        _check_id(run_id)
        version = self._ephemeral(graph, principal, sync=True)
        inputs = run_inputs(version.plan, payload, prop_values)
        started = self.starter.begin(
            org,
            version,
            inputs,
            request_hash=hash_of(["sync", content_hash(version.source), inputs, mode]),
            trigger=trigger,
            principal=principal,
            run_id=run_id,
            graph=marks_of(version, mode, ephemeral=True),
        )
        run = started.run
        if not started.replayed:
            self.machines.run(run.machine, run.id, execution_input(run))
        return self.runs.get(org, run.id) or run

    def _ephemeral(self, graph: Graph, principal: str, *, sync: bool = False) -> Version:
        version = graph_version(
            graph,
            workflow=EPHEMERAL,
            number=1,
            machine=self.sync_machine() if sync else self.shared_machine(),
            created_at=rfc3339(self.clock()),
            created_by=principal,
        )
        if sync:
            check_sync(version.plan)
        else:
            check_shared(version.plan)
        return version


def _check_id(run_id: str | None) -> None:
    if run_id is not None and not RUN_ID.match(run_id):
        pattern = f"has to match {RUN_ID.pattern[:-2]}$"
        raise Invalid("wrong run id", [Problem("runId", pattern)])
