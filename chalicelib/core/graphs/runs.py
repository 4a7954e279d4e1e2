"""Starting a run of a graph (S1): by the same starter as any run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.definitions.hashing import content_hash
from chalicelib.core.errors import Invalid, Problem
from chalicelib.core.graphs.budget import check_shared, check_sync
from chalicelib.core.graphs.definition import Graph, snapshot_of
from chalicelib.core.graphs.inputs import run_inputs
from chalicelib.core.graphs.versions import graph_version, marks_of
from chalicelib.core.ids import RUN_ID
from chalicelib.core.runs.launch import execution_input
from chalicelib.core.runs.ports import Machines, RunStore, Version
from chalicelib.core.runs.repeats import Repeats, Started, hash_of
from chalicelib.core.runs.start import Starter

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
    repeats: Repeats

    def earlier(
        self,
        org: str,
        what: str | Graph,
        *,
        asked: int | None = None,
        payload: object,
        prop_values: object = None,
        run_id: str | None = None,
        mode: str | None = None,
        idempotency_key: str | None = None,
        sync: bool = False,
    ) -> Started | None:
        """What `start` of a workflow (or `run`, if `sync`) would answer because the very same request
        has started a run before; None where none has. Nothing is checked, so it answers whatever has
        become of the workflow. One GetItem, none without an id and a key.

        Raises Invalid for a run id out of pattern, IdempotencyMismatch.
        """
        _check_id(run_id)
        request_hash = _hash_of(what, asked, payload, prop_values, mode, sync=sync)
        return self.repeats.earlier(
            org, request_hash=request_hash, run_id=run_id, key=idempotency_key
        )

    def start(
        self,
        org: str,
        what: Version | Graph,
        *,
        asked: int | None = None,
        payload: object,
        prop_values: object = None,
        run_id: str | None = None,
        mode: str | None = None,
        trigger: Mapping[str, Any],
        principal: str,
        idempotency_key: str | None = None,
    ) -> Started:
        """Start a run of a version of a workflow, or of a graph that belongs to this run alone (S1).

        A version runs on the machine that it names, a graph on the shared one. `mode` is
        `modes.SIMULATION`, `modes.DUST` or None. `asked` is the version that was asked for, which is
        part of what makes two requests the same one; None for whichever it is to be.

        Raises Invalid for a graph too large for the shared machine, a payload that is not what the
        graph declares, props that are no object and a run id out of pattern; IdempotencyMismatch when
        the id or key was used for something else; and what `Starter.begin` raises.
        """
        _check_id(run_id)
        if isinstance(what, Graph):
            version, ephemeral = self._ephemeral(what, principal), True
        else:
            version, ephemeral = what, False
        inputs = run_inputs(version.plan, payload, prop_values)
        about = what if isinstance(what, Graph) else what.workflow
        return self.starter.begin(
            org,
            version,
            inputs,
            request_hash=_hash_of(about, asked, payload, prop_values, mode),
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
        idempotency_key: str | None = None,
    ) -> Started:
        """Run a graph to its end, on an Express machine; the run as it is then (S1).

        One that takes longer than a request can wait (25 s) is live still, and over after 60 s at the
        latest. A run id or key that was used for the same is that run, as it is. Raises Invalid for
        more than 20 nodes, waits, loops and triggered workflows, and what `start` raises.
        """
        _check_id(run_id)
        version = self._ephemeral(graph, principal, sync=True)
        inputs = run_inputs(version.plan, payload, prop_values)
        started = self.starter.begin(
            org,
            version,
            inputs,
            request_hash=_hash_of(graph, None, payload, prop_values, mode, sync=True),
            trigger=trigger,
            principal=principal,
            idempotency_key=idempotency_key,
            run_id=run_id,
            graph=marks_of(version, mode, ephemeral=True),
        )
        run = started.run
        if started.replayed:
            return started
        self.machines.run(run.machine, run.id, execution_input(run))
        return Started(self.runs.get(org, run.id) or run, replayed=False)

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


def _hash_of(
    what: str | Graph,
    asked: int | None,
    payload: object,
    props: object,
    mode: str | None,
    *,
    sync: bool = False,
) -> str:
    """What recognises a request: what was asked for, and not which version that was then."""
    about = content_hash(snapshot_of(what)) if isinstance(what, Graph) else [what, asked]
    return hash_of(["sync" if sync else "graph", about, payload or {}, props or {}, mode])


def _check_id(run_id: str | None) -> None:
    if run_id is not None and not RUN_ID.match(run_id):
        pattern = f"has to match {RUN_ID.pattern[:-2]}$"
        raise Invalid("wrong run id", [Problem("runId", pattern)])
