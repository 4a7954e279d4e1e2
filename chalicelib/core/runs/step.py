"""One try of one step: read, decide, fence, act, finish. At most three AWS round trips.

    read     inputs, the step's own record, the outputs it refers to      1 BatchGetItem
    decide   evaluate `if`                                                0
    fence    run live? step ours? → running (or skipped)                  1 transaction
    act      render the params, run the action                            whatever it does
    finish   outcome, if the run is still live                            1 transaction
    signal   only where a join gate waits for the step                    1 BatchGetItem or more

A step that waits (`waiting`) is left waiting instead of finished; its token is sent by its end.

The fence is the only door: a step whose run is over never reaches `act` (invariant 2). Everything
before it is pure, everything after it is undone by nobody, so a try that dies in between is taken
over by the next one, which Step Functions starts with a higher number.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from chalicelib.core.clock import Clock, parse_rfc3339, rfc3339
from chalicelib.core.ids import child_run_id
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.call import Act, Busy, Call, Expressions, Signal
from chalicelib.core.runs.model import STEP_OVER, Run, RunDetail, Step, StepStatus
from chalicelib.core.runs.ports import Fence, StepStore, VersionStore
from chalicelib.core.runs.waiting import Kinds, Still, Tried
from chalicelib.core.steps import RunOver, StepFailed, StepRefused
from chalicelib.core.waits import CHILD

_MOST_ERROR_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class StepRunner:
    steps: StepStore
    versions: VersionStore
    expressions: Expressions
    act: Act
    clock: Clock
    signal: Signal
    kind: Kinds
    """How the steps of an action wait."""
    succeed: Callable[[str], None]
    """Ends the task that waits with this token."""
    may_run: Callable[[Run], bool] = lambda run: run.live
    """Whether steps of this run may still do something; the fence asks the store again."""

    def run(self, call: Call) -> Any:
        """Run one try, and where other branches wait for the step, tell them that it has ended.

        A try that finds the step ended tells them too: the one before may have died in between.
        Returns and raises what `_try` does.
        """
        answer = self._try(call)
        if answer is Still.WAITING:
            return None
        if call.signals:
            self.signal(call.org, call.run_id, call.signals)
        if call.token:
            self.succeed(call.token)
        return answer

    def _try(self, call: Call) -> Any:
        """Run one try. Returns the output, which only the `begin` of a delay hands on.

        Raises RunOver when the fence is closed, StepFailed and StepRefused for the action's own
        failures (stored before they are raised), Busy for a duplicate delivery.
        """
        version = self.versions.version(call.org, call.workflow, call.version)
        if version is None:
            raise RunOver(f"run {call.run_id} has lost its version")
        plan, step = version.plan, version.plan.step(call.step)
        references = sorted(self.expressions.references(plan, step))
        detail = self.steps.load(call.org, call.run_id, call.step, references)
        if detail is None or not self.may_run(detail.run):
            raise RunOver(f"run {call.run_id} is over")
        known = detail.step(call.step)
        if call.phase == "failed":
            return self._given_up(detail.run, step, known, call)
        if call.phase == "end":
            return self._end(detail.run, step, known, call.waited)
        if known is not None and known.status in STEP_OVER:
            return outcome_of(step, known)
        if known is not None and known.status is StepStatus.WAITING:
            tried = Tried(detail.run, step, known, call)
            return self.kind(step.action).again(tried, expired=False)
        mine = Step(
            name=step.name,
            action=step.action,
            status=StepStatus.RUNNING,
            attempt=call.retry + 1,
            failures=known.failures if known else 0,
            owner=secrets.token_hex(8),
            started_at=known.started_at if known and known.started_at else rfc3339(self.clock()),
        )
        if step.condition is not None:
            try:
                wanted = self.expressions.condition(plan, step, detail)
            except StepFailed as problem:
                self._fence(detail.run, mine)
                return self._failed(detail.run, step, mine, problem)
            if not wanted:
                return self._skip(detail.run, mine)
        if step.action == CHILD:
            # Known from the fence on, so that whoever ends this run finds its child.
            child = child_run_id(call.org, call.run_id, step.name, mine.failures)
            mine = replace(mine, waiting_for={"execution_id": child})
        if not self._fence(detail.run, mine):
            # It ended behind our back: what we read before may be older than that.
            fresh = self.steps.load(call.org, call.run_id, call.step, ())
            return outcome_of(step, fresh.step(call.step) if fresh else None)
        return self._perform(call, plan, detail, mine)

    def _perform(self, call: Call, plan: Plan, detail: RunDetail, mine: Step) -> Any:
        """Behind the fence: render, act, write the outcome, or leave the step waiting."""
        step = plan.step(call.step)
        try:
            params = self.expressions.params(plan, step, detail)
            late = partial(self.expressions.late, plan, detail)
            outcome = self.act(step, params, call, late)
            if call.token and not outcome.ended:
                self.kind(step.action).begin(Tried(detail.run, step, mine, call), outcome.output)
                return Still.WAITING
        except StepFailed as problem:
            if step.action == CHILD:
                mine = replace(mine, waiting_for={"execution_id": None})  # it was not started
            return self._failed(detail.run, step, mine, problem)
        if call.phase == "begin":
            return _capped(outcome.output, step, mine)
        self._finish(
            detail.run,
            replace(mine, status=StepStatus.SUCCEEDED, output=outcome.output, usage=outcome.usage),
        )
        return None

    def _fence(self, run: Run, step: Step) -> bool:
        """True when the try is ours, False when the step is over already. Raises RunOver, Busy."""
        answer = self.steps.fence(run, step, rfc3339(self.clock()))
        if answer is Fence.RUN_OVER:
            raise RunOver(f"run {run.id} is over")
        if answer is Fence.TAKEN:
            raise Busy(f"try {step.attempt} of step {step.name} in {run.id} is held elsewhere")
        return answer is Fence.OPEN

    def _skip(self, run: Run, step: Step) -> Any:
        at = rfc3339(self.clock())
        self._fence(run, replace(step, status=StepStatus.SKIPPED, finished_at=at))
        return {"until": at}

    def _finish(self, run: Run, step: Step) -> None:
        at = rfc3339(self.clock())
        if self.steps.finish(run, replace(step, finished_at=at), at) is Fence.RUN_OVER:
            raise RunOver(f"run {run.id} is over; the late result of step {step.name} is dropped")

    def _end(self, run: Run, step: PlanStep, known: Step | None, output: Any) -> None:
        """A wait that Step Functions did is over: the step that began it has succeeded, unless
        its own timeout cut the wait short."""
        if known is None:
            raise RunOver(f"run {run.id} is over")
        if known.status in STEP_OVER:
            return
        limit = _deadline(step, known)
        if limit is not None and rfc3339(self.clock()) >= limit:
            self._finish(run, replace(known, status=StepStatus.FAILED, error="timeout"))
            if not step.continue_on_error:
                raise StepRefused("timeout")
            return
        self._finish(run, replace(known, status=StepStatus.SUCCEEDED, output=output))

    def _given_up(self, run: Run, step: PlanStep, known: Step | None, call: Call) -> Any:
        """Write down the failure of a step that could not do it itself: its Lambda was cut off, or
        crashed too often. Whatever it still does meets a step that is over, and is dropped."""
        if known is not None and known.status in STEP_OVER:
            return None
        if known is not None and known.status is StepStatus.WAITING:
            return self.kind(step.action).again(Tried(run, step, known, call), expired=True)
        why, error = "failed", call.error
        if error is not None:
            why = "timeout" if error.name == "States.Timeout" else error.message or error.name
        at = rfc3339(self.clock())
        if known is None:
            crashed = Step(step.name, step.action, StepStatus.FAILED, 1, started_at=at)
            self._fence(
                run, replace(crashed, owner=secrets.token_hex(8), finished_at=at, error=why)
            )
            return None
        failed = replace(known, status=StepStatus.FAILED, failures=known.failures + 1, error=why)
        answer = self.steps.finish(run, replace(failed, finished_at=at), at)
        if answer is Fence.RUN_OVER:
            raise RunOver(f"run {run.id} is over")
        if answer is Fence.TAKEN:
            raise Busy(f"step {step.name} in {run.id} is still being tried")
        return None

    def _failed(self, run: Run, step: PlanStep, mine: Step, problem: StepFailed) -> Any:
        """Store the failure, and raise what lets Step Functions do the right thing next. Returns
        when the workflow goes on after it.

        The step stays `running` while tries are left, so that its status never goes back.
        """
        failures = mine.failures + 1
        final = not problem.retryable or failures >= step.retry.max_attempts
        text = (problem.message if problem.code == "failed" else str(problem))[
            :_MOST_ERROR_CHARACTERS
        ]
        self._finish(
            run,
            replace(
                mine,
                status=StepStatus.FAILED if final else StepStatus.RUNNING,
                failures=failures,
                error="timeout" if problem.code == "timeout" and final else text,
            ),
        )
        if final and step.continue_on_error:
            return {"until": rfc3339(self.clock())}
        if problem.retryable:
            raise StepFailed(problem.code, problem.message) from problem
        raise StepRefused(text) from problem


def _deadline(step: PlanStep, known: Step) -> str | None:
    if step.timeout_seconds is None or known.started_at is None:
        return None
    return rfc3339(parse_rfc3339(known.started_at) + timedelta(seconds=step.timeout_seconds))


def _capped(output: Any, step: PlanStep, mine: Step) -> Any:
    """A delay's instant, but no later than its timeout, at which its end then fails it."""
    limit = _deadline(step, mine)
    if limit is None or parse_rfc3339(output["until"]) < parse_rfc3339(limit):
        return output
    return {**output, "until": limit}


def outcome_of(step: PlanStep, known: Step | None) -> Any:
    """What an earlier try left behind. Raises what it raised."""
    if known is not None and known.status is StepStatus.FAILED and not step.continue_on_error:
        raise StepRefused(known.error or "failed")
    return {"until": known.finished_at} if known and known.finished_at else None
