"""Retrying a run: a new one of the same version with the same inputs, which keeps what succeeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.core.compiler.shared import runs_in_sync
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.ids import RUN_ID
from chalicelib.core.runs.model import RunStatus
from chalicelib.core.runs.ports import RunStore, VersionStore
from chalicelib.core.runs.repeats import Repeats, Started, hash_of
from chalicelib.core.runs.start import Starter

RETRYABLE: Final = frozenset({RunStatus.FAILED, RunStatus.TIMED_OUT, RunStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Retrier:
    runs: RunStore
    versions: VersionStore
    starter: Starter
    repeats: Repeats
    shared_machine: Callable[[], str]
    """The name of the machine that runs any graph."""

    def earlier(self, org: str, run_id: str, idempotency_key: str | None) -> Started | None:
        """What `retry` would answer because the very same request has started a retry before; None
        where none has. Raises IdempotencyMismatch."""
        return self.repeats.earlier(org, request_hash=_hash_of(run_id), key=idempotency_key)

    def retry(
        self, org: str, run_id: str, *, principal: str, idempotency_key: str | None = None
    ) -> Started:
        """Start a run that goes on where another one ended (ours).

        Steps that succeeded there are over from the beginning, with their outputs and times; all
        others are judged and run as in any run, those that were skipped included. The trigger is
        the first run's, because expressions may have read it. The machine is that run's too; only a
        run that was waited for (S1) goes on on the machine for any graph.

        Raises NotFound for an unknown run and for an archived workflow, Conflict for a run that is
        live or succeeded, IdempotencyMismatch when the key was used with another request.
        """
        detail = self.runs.records(org, run_id) if RUN_ID.match(run_id) else None
        if detail is None:
            raise NotFound("execution not found")
        run = detail.run
        if run.status not in RETRYABLE:
            raise Conflict(
                "only an execution that failed, timed out or was cancelled can be retried",
                run_status=run.status.value,
            )
        version = self.versions.version(org, run.workflow, run.version)
        if version is None or self.versions.latest(org, run.workflow) is None:
            raise NotFound(f"workflow {run.workflow!r} not found; apply it first")
        machine = self.shared_machine() if runs_in_sync(run.machine) else run.machine
        return self.starter.begin(
            org,
            replace(version, machine=machine, gates=run.gates),
            detail.inputs,
            request_hash=_hash_of(run.id),
            trigger=run.trigger,
            principal=principal,
            idempotency_key=idempotency_key,
            source=run.id,
            graph=run.graph,
        )


def _hash_of(run_id: str) -> str:
    return hash_of(["retry", run_id])
