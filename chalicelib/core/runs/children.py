"""Child workflows: a step starts a run of another workflow, and ends as that run does (S2).

    parent's step    fence ── child created, if the parent is live ── step waits ── look at the child
    child's end                                        step's outcome, if it waits ── token sent

The child's id follows from the parent's, the step and how often the step has failed: a call that is
repeated finds the same child, a try after a failure starts another. Whoever comes last, the step that
waits or the child that ends, sees the other (`waiting`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.dialects import S2
from chalicelib.core.errors import Invalid, TooLarge, TooManyRuns
from chalicelib.core.ids import child_run_id
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.asking import end_of, late
from chalicelib.core.runs.call import Busy
from chalicelib.core.runs.cascade import Cascade
from chalicelib.core.runs.model import Run, RunDetail, RunStatus, Step, StepStatus
from chalicelib.core.runs.ports import Fence, RunStore, StepStore, Version, VersionStore
from chalicelib.core.runs.repeats import hash_of
from chalicelib.core.runs.result import result_of
from chalicelib.core.runs.start import Starter
from chalicelib.core.runs.waiting import Still, Tokens, Tried, Wait, failed_try
from chalicelib.core.steps import RunOver, StepFailed

MOST_LEVELS: Final = 10
"""Of runs below the first one: a workflow that starts itself ends here."""
_MOST_ERROR_CHARACTERS: Final = 1_000


def _marks(version: Version, parent: Run) -> dict[str, Any]:
    """What a child that is a graph keeps: a dust test's child is one, too."""
    if version.plan.language != "graph":
        return {}
    from chalicelib.core.graphs.versions import marks_of

    return marks_of(version, parent.graph.get("mode"))


class Place(Protocol):
    def __call__(self, run: Run, step: Step, wait: Wait, now: str) -> Fence:
        """One transaction: the run is live, the try that is held waits, its token is there."""


@dataclass(frozen=True, slots=True)
class Children:
    """Implements `waiting.Kind`; `child_over` is a part of a child's aftermath."""

    runs: RunStore
    steps: StepStore
    versions: VersionStore
    starter: Starter
    cascade: Cascade
    tokens: Tokens
    place: Place
    check_inputs: Callable[[Plan, Mapping[str, Any]], dict[str, Any]]
    clock: Clock

    def begin(self, tried: Tried, params: Mapping[str, Any]) -> None:
        """Start the child, and wait. Raises StepFailed, never retryable, for an unknown workflow,
        wrong inputs and too many levels; RunOver when the parent is over; Busy."""
        run, mine = tried.run, tried.mine
        child = self._start(tried, params).id
        now = rfc3339(self.clock())
        ends_at = end_of(tried, now)
        record = replace(
            mine,
            status=StepStatus.WAITING,
            waiting_for={"execution_id": child, "at": now, "ends_at": ends_at},
        )
        answer = self.place(run, record, tried.wait(child=child), now)
        if answer is Fence.RUN_OVER:
            raise RunOver(f"run {run.id} is over")
        if answer is not Fence.OPEN:
            raise Busy(f"step {mine.name} in {run.id} is held elsewhere")
        self._look(run.org, child)

    def again(self, tried: Tried, *, expired: bool) -> Still | None:
        """Look at the child, give up waiting when the time is up, or wait on."""
        run, known = tried.run, tried.mine
        child = known.waiting_for["execution_id"]
        now = rfc3339(self.clock())
        over = self._look(run.org, child)
        if not over and (expired or late(known, now)):
            failures = known.failures + 1
            final = expired or failures >= tried.step.retry.max_attempts
            if self._failed(run, known, "timeout", now, final=final) is Fence.OPEN:
                self.cascade.cancel(run.org, child)
                if final and tried.step.continue_on_error:
                    return None
                raise StepFailed("timeout", f"child run {child} took too long")
        if not tried.call.token:
            return None
        if self.tokens.waits.renew(run, tried.wait(child=child), now) is Fence.RUN_OVER:
            raise RunOver(f"run {run.id} is over")
        self.tokens.deliver(run.org, run.id, known.name)
        return Still.WAITING

    def child_over(self, detail: RunDetail) -> None:
        """A run is over: tell the step that waits for it, if there is one and its run is live.

        Raises Unavailable when AWS says "later": then it is done again.
        """
        run = detail.run
        if run.parent_id is None or run.parent_step is None:
            return
        parent = self.steps.load(run.org, run.parent_id, run.parent_step, ())
        if parent is None or not parent.run.live:
            return
        step = parent.step(run.parent_step)
        if step is None or step.waiting_for.get("execution_id") != run.id:
            return
        if step.status is StepStatus.WAITING:
            self._write(parent.run, step, detail)
        self.tokens.deliver(run.org, parent.run.id, step.name)

    def _look(self, org: str, child: str) -> bool:
        """Whether the child is over; then its step has been told."""
        known = self.runs.get(org, child)
        if known is None or known.live:
            return False
        detail = self.runs.detail(org, child)
        if detail is not None:
            self.child_over(detail)
        return True

    def _write(self, parent: Run, step: Step, child: RunDetail) -> None:
        """The step's outcome: nothing happens when somebody else has written one."""
        now = rfc3339(self.clock())
        if child.run.status is RunStatus.SUCCEEDED:
            version = self._version(child.run.org, child.run.workflow, child.run.version)
            output = {
                "execution_id": child.run.id,
                "status": S2[child.run.status],
                "outputs": result_of(version.plan if version else None, child),
            }
            done = replace(step, status=StepStatus.SUCCEEDED, output=output, finished_at=now)
            self.steps.finish(parent, done, now)
            return
        how = child.run.status.value.replace("_", " ")
        why = f": {child.run.error}" if child.run.error else ""
        error = f"child run {child.run.id} {how}{why}"[:_MOST_ERROR_CHARACTERS]
        policy = self._step(parent, step.name)
        final = policy is None or step.failures + 1 >= policy.retry.max_attempts
        self._failed(parent, step, error, now, final=final)

    def _failed(self, run: Run, step: Step, error: str, now: str, *, final: bool) -> Fence:
        return self.steps.finish(run, failed_try(step, error, now, final=final), now)

    def _start(self, tried: Tried, params: Mapping[str, Any]) -> Run:
        run, step = tried.run, tried.step.name
        if run.depth >= MOST_LEVELS:
            message = f"runs start runs over {MOST_LEVELS} levels; does a workflow start itself?"
            raise StepFailed("too_deep", message, retryable=False)
        if tried.mine.failures:
            # A try that timed out may have died before it cancelled its child.
            last = child_run_id(run.org, run.id, step, tried.mine.failures - 1)
            self.cascade.cancel(run.org, last)
        version = self._wanted(run.org, params["workflow"], params["version"])
        try:
            started = self.starter.begin(
                run.org,
                version,
                self.check_inputs(version.plan, params["inputs"]),
                request_hash=hash_of(["child", run.id, step]),
                trigger={
                    "type": "workflow",
                    "execution_id": run.id,
                    "workflow": run.workflow,
                    "step": step,
                },
                principal=run.principal,
                run_id=child_run_id(run.org, run.id, step, tried.mine.failures),
                parent=run,
                parent_step=step,
                graph=_marks(version, run),
            )
        except TooManyRuns as full:
            raise StepFailed("too_many_executions", full.detail) from full
        except (Invalid, TooLarge) as problem:
            wrong = "; ".join(
                f"{p.location}: {p.message}" for p in getattr(problem, "problems", ())
            )
            message = f"{problem.detail} {wrong}".strip()
            raise StepFailed("invalid_inputs", message, retryable=False) from problem
        return started.run

    def _wanted(self, org: str, workflow: str, number: int | None) -> Version:
        version = self.versions.latest(org, workflow)
        if version is None:
            message = f"workflow {workflow!r} not found; apply it first"
            raise StepFailed("workflow_not_found", message, retryable=False)
        if number is None or number == version.number:
            return version
        wanted = self._version(org, workflow, number)
        if wanted is None:
            message = f"workflow {workflow!r} has no version {number}"
            raise StepFailed("workflow_not_found", message, retryable=False)
        return wanted

    def _version(self, org: str, workflow: str, number: int) -> Version | None:
        return self.versions.version(org, workflow, number)

    def _step(self, run: Run, name: str) -> PlanStep | None:
        version = self._version(run.org, run.workflow, run.version)
        return version.plan.step(name) if version is not None else None
