"""Starting a run: one write, then StartExecution. Whatever dies in between, the reconciler finishes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import Conflict, Invalid, NotFound, Problem, TooLarge, TooManyRuns
from chalicelib.core.ids import RUN_ID, new_id, run_id_for_key
from chalicelib.core.plan import Plan
from chalicelib.core.runs.deadlines import deadline_of
from chalicelib.core.runs.model import WORKFLOW_RUN, Run, RunStatus
from chalicelib.core.runs.ports import IdUsed, NoPlace, RunStore, Version, VersionStore
from chalicelib.core.runs.repeats import Launch, Started, hash_of, key_expired, same_start

MOST_INPUT_BYTES = 300_000
"""As JSON: they are one item, and DynamoDB's have at most 400 KB."""
_MOST_FENCES = 32
_RETRY_AFTER = 5
"""Seconds until a refused start may be worth another try: nobody knows when a run ends."""


class CheckInputs(Protocol):
    def __call__(self, plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Starter:
    runs: RunStore
    versions: VersionStore
    launcher: Launch
    check_inputs: CheckInputs
    clock: Clock
    kept: timedelta
    """How long the stage keeps a run: none lives longer."""

    def start(
        self,
        org: str,
        workflow: str,
        *,
        inputs: Mapping[str, Any],
        trigger: Mapping[str, Any],
        principal: str,
        idempotency_key: str | None = None,
        run_id: str | None = None,
    ) -> Started:
        """Start the latest applied version of a workflow (S2).

        Raises NotFound for an unknown or archived workflow, Invalid for wrong inputs or a run id
        out of pattern, IdempotencyMismatch when the key or id was used with another request.
        """
        if run_id is not None and not RUN_ID.match(run_id):
            raise Invalid(
                "wrong run id", [Problem("run_id", f"has to match {RUN_ID.pattern[:-2]}$")]
            )
        version = self.versions.latest(org, workflow)
        if version is None:
            raise NotFound(f"workflow {workflow!r} not found; apply it first")
        return self.begin(
            org,
            version,
            self.check_inputs(version.plan, inputs),
            graph=_marks(version),
            request_hash=hash_of([workflow, inputs]),
            trigger=trigger,
            principal=principal,
            idempotency_key=idempotency_key,
            run_id=run_id,
        )

    def begin(
        self,
        org: str,
        version: Version,
        inputs: Mapping[str, Any],
        *,
        request_hash: str,
        trigger: Mapping[str, Any],
        principal: str,
        idempotency_key: str | None = None,
        run_id: str | None = None,
        source: str | None = None,
        run_type: str = WORKFLOW_RUN,
        parent: Run | None = None,
        parent_step: str | None = None,
        graph: Mapping[str, Any] | None = None,
    ) -> Started:
        """Start a run of this version with inputs that are checked already; `request_hash` says
        what makes two requests the same one.

        `graph` is what a run of a node graph keeps (`Run.graph`); an ephemeral one has its version
        to itself. A child names its `parent` and the step there; RunOver is raised when that run is over.
        Raises IdempotencyMismatch when the key or id was used with another request, Invalid for
        inputs that are no JSON, TooLarge for more of them than an item can hold, Conflict for the
        id of a deleted run, TooManyRuns when the workflow's places are taken and it does not queue.
        """
        _check_size(inputs)
        now = self.clock()
        for generation in range(1_000_000):
            run = _new_run(
                org,
                run_id or _id_for(org, idempotency_key, generation, now),
                version,
                now,
                trigger=trigger,
                principal=principal,
                request_hash=request_hash,
                source=source,
                run_type=run_type,
                kept=self.kept,
            )
            own = None
            if graph:
                run = replace(run, graph=graph)
                if graph.get("ephemeral"):
                    run = replace(run, workflow=run.id, version=1)
                    own = replace(version, workflow=run.id, number=1)
            if parent is not None:
                above = parent.depth + 1
                run = replace(run, parent_id=parent.id, parent_step=parent_step, depth=above)
            try:
                known = self.runs.create(run, inputs, parent=parent, own=own)
            except NoPlace as full:
                raise TooManyRuns(
                    f"{run.limit} runs of workflow {run.workflow!r} are live, as many as it allows",
                    retry_after=_RETRY_AFTER,
                ) from full
            except IdUsed as used:
                if run_id is not None:
                    raise Conflict(f"the run {run_id} was deleted; its id is used up") from used
                continue  # the key starts anew
            if known is None:
                return Started(self.launcher.launch(run), replayed=False)
            if run_id is None and key_expired(known, now):
                continue
            return same_start(known, request_hash, self.launcher)
        raise AssertionError("a key cannot have expired a million times")


def _marks(version: Version) -> dict[str, Any] | None:
    """What a run of a graph keeps besides, where S2 starts it."""
    if version.plan.language != "graph":
        return None
    from chalicelib.core.graphs.versions import marks_of

    return marks_of(version, None)


def fences_for(plan: Plan) -> int:
    """How many fence items a run gets, so that its parallel steps do not all check one item.

    0: the run item itself is the fence (at most two steps at once, contention hardly matters and
    a cancel stays one write). Otherwise half the width of the widest level, at most 32. A loop is as
    wide as many of its items run at once.
    """
    depth: dict[str, int] = {}
    for step in _in_order(plan):
        depth[step] = 1 + max((depth[name] for name in plan.step(step).depends_on), default=0)
    widths: Counter[int] = Counter()
    for step, level in depth.items():
        loop = plan.step(step).for_each
        widths[level] += min(loop.max_concurrency, loop.max_items) if loop else 1
    width = max(widths.values())
    return 0 if width <= 2 else min(_MOST_FENCES, width // 2)


def _in_order(plan: Plan) -> list[str]:
    from graphlib import TopologicalSorter

    return list(TopologicalSorter({s.name: s.depends_on for s in plan.steps}).static_order())


def _id_for(org: str, key: str | None, generation: int, now: datetime) -> str:
    return new_id("run", now) if key is None else run_id_for_key(org, key, generation)


def _check_size(inputs: Mapping[str, Any]) -> None:
    try:
        size = len(json.dumps(inputs, ensure_ascii=False, allow_nan=False).encode())
    except ValueError as problem:
        raise Invalid("the inputs are not JSON", [Problem("inputs", str(problem))]) from problem
    if size > MOST_INPUT_BYTES:
        raise TooLarge(f"the inputs have {size:,} bytes; at most {MOST_INPUT_BYTES:,} are possible")


def _new_run(
    org: str,
    run_id: str,
    version: Version,
    now: datetime,
    *,
    trigger: Mapping[str, Any],
    principal: str,
    request_hash: str,
    source: str | None,
    run_type: str,
    kept: timedelta,
) -> Run:
    plan = version.plan
    queued = plan.max_parallel is not None and plan.on_limit == "queue"
    return Run(
        org=org,
        id=run_id,
        workflow=version.workflow,
        version=version.number,
        machine=version.machine,
        status=RunStatus.QUEUED if queued else RunStatus.RUNNING,
        started_at=rfc3339(now),
        fences=fences_for(version.plan),
        type=run_type,
        deadline=None if queued else deadline_of(plan, now, started=now, kept=kept),
        trigger=trigger,
        principal=principal,
        request_hash=request_hash,
        limit=plan.max_parallel or 0,
        hooks=version.hooks,
        gates=version.gates,
        source=source,
    )
