"""A step with `for_each`: the list once, a try per item, the outputs as one list.

    items     decide `if`, evaluate the list; fence of the step; store the list     → its indices
    item      fence of the item; render, act; outcome of the item                   once per item
    collect   all outputs, in order; outcome of the step
    give up   what Step Functions could only catch, written down as the step's failure

Each item passes the fence like a step, in a record of its own, so all that is said in `step` about
tries, deliveries and cancels is true of it. The step itself is `running` from the first call to the
last; an item of a loop that is over does nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

from chalicelib.core.clock import parse_rfc3339, rfc3339
from chalicelib.core.plan import ForEach, Plan, PlanStep
from chalicelib.core.runs.call import Call, Expressions
from chalicelib.core.runs.conclude import MachineError
from chalicelib.core.runs.model import STEP_OVER, Iterations, Run, RunDetail, Step, StepStatus
from chalicelib.core.runs.ports import LoopStore
from chalicelib.core.runs.step import StepRunner, outcome_of
from chalicelib.core.steps import RunOver, StepFailed, StepRefused

MOST_OUTPUT_BYTES: Final = 4_000_000
"""Of all outputs of a loop together, as JSON: as much as one step's params may be rendered to."""
_KINDS: Final[Mapping[type, str]] = {str: "text", bool: "true or false", dict: "a map"}


class LoopExpressions(Expressions, Protocol):
    """The expression language, as loops need it. Each raises StepFailed, never retryable."""

    def list_references(self, plan: Plan, step: PlanStep) -> frozenset[str]:
        """The steps that a loop's `if` and list read; `references` is about its params."""

    def items(self, plan: Plan, step: PlanStep, detail: RunDetail) -> Any:
        """The value of `for_each`."""

    def item_params(
        self, plan: Plan, step: PlanStep, detail: RunDetail, item: Any, index: int
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class LoopRunner(StepRunner):
    expressions: LoopExpressions
    loops: LoopStore = field(kw_only=True)

    def _try(self, call: Call) -> Any:
        """One call of a loop. Only `items` returns something. Raises as a step's try does."""
        version = self.versions.version(call.org, call.workflow, call.version)
        if version is None:
            raise RunOver(f"run {call.run_id} has lost its version")
        plan, step = version.plan, version.plan.step(call.step)
        if call.phase == "item" and call.index is not None:
            return self._item(call, plan, step, call.index)
        references = self.expressions.list_references(plan, step) if call.phase == "items" else ()
        detail = self.steps.load(call.org, call.run_id, call.step, sorted(references))
        if detail is None or not detail.run.live:
            raise RunOver(f"run {call.run_id} is over")
        known = detail.step(call.step)
        if known is not None and known.status in STEP_OVER:
            outcome_of(step, known)
            return self._indices(step, 0)
        if call.phase == "items":
            return self._begin(call, plan, step, detail)
        if call.phase == "collect":
            return self._collect(step, detail, known)
        return self._give_up(step, detail, known, call)

    def _begin(self, call: Call, plan: Plan, step: PlanStep, detail: RunDetail) -> Any:
        known, now = detail.step(step.name), rfc3339(self.clock())
        mine = Step(
            name=step.name,
            action=step.action,
            status=StepStatus.RUNNING,
            attempt=call.retry + 1,
            owner=secrets.token_hex(8),
            started_at=known.started_at if known and known.started_at else now,
        )
        try:
            if step.condition is not None and not self.expressions.condition(plan, step, detail):
                self._skip(detail.run, mine)
                return self._indices(step, 0)
            items = checked_items(self.expressions.items(plan, step, detail), step.for_each)
        except StepFailed as problem:
            if self._fence(detail.run, mine):
                self._failed(detail.run, step, mine, problem)
            return self._indices(step, 0)
        mine = replace(mine, iterations=Iterations(len(items)))
        if not self._fence(detail.run, mine):
            return self._indices(step, 0)  # it ended behind our back
        try:
            return self._keep(call, detail.run, plan, step, items)
        except StepFailed as problem:
            self._failed(detail.run, step, mine, problem)
            return self._indices(step, 0)

    # What differs for a loop with a body of steps (`core.graphs.loops`).

    def _keep(self, call: Call, run: Run, plan: Plan, step: PlanStep, items: Sequence[Any]) -> Any:
        """Store the list; what the Map goes over. Raises StepFailed when they are too many."""
        return self._indices(step, self.loops.keep(run, step.name, items).total)

    def _indices(self, step: PlanStep, total: int) -> dict[str, Any]:
        """What the Map goes over."""
        return {"indices": list(range(total))}

    def _item(self, call: Call, plan: Plan, step: PlanStep, index: int) -> None:
        references = sorted(self.expressions.references(plan, replace(step, condition=None)))
        found = self.loops.load(call.org, call.run_id, step.name, index, references)
        if found is None or not found[0].run.live:
            raise RunOver(f"run {call.run_id} is over")
        detail, known = found
        loop = detail.step(step.name)
        if loop is None or loop.status is not StepStatus.RUNNING:
            raise RunOver(f"step {step.name} of run {call.run_id} is over")
        # What goes on after a failure is the workflow, not the loop.
        step = replace(step, continue_on_error=False)
        if known is not None and known.status in STEP_OVER:
            outcome_of(step, known)
            return
        mine = Step(
            name=step.name,
            action=step.action,
            status=StepStatus.RUNNING,
            attempt=call.retry + 1,
            failures=known.failures if known else 0,
            owner=secrets.token_hex(8),
            started_at=rfc3339(self.clock()),
            index=index,
        )
        if not self._fence(detail.run, mine):
            fresh = self.loops.load(call.org, call.run_id, step.name, index, ())
            outcome_of(step, fresh[1] if fresh else None)
            return
        try:
            item = self._item_of(call, index)
            params = self.expressions.item_params(plan, step, detail, item, index)
            late = partial(
                self.expressions.late, plan, detail, names={"item": item, "index": index}
            )
            outcome = self.act(step, params, call, late)
        except StepFailed as problem:
            self._failed(detail.run, step, mine, problem)
            return
        done = replace(mine, status=StepStatus.SUCCEEDED)
        self._finish(detail.run, replace(done, output=outcome.output, usage=outcome.usage))

    def _item_of(self, call: Call, index: int) -> Any:
        try:
            return self.loops.item(call.org, call.run_id, call.step, index)
        except KeyError as problem:
            raise StepFailed(
                "items_gone", "the list has expired meanwhile", retryable=False
            ) from problem

    def _collect(self, step: PlanStep, detail: RunDetail, known: Step | None) -> None:
        """The end of a loop all of whose items have succeeded."""
        if known is None or known.iterations is None:
            raise RunOver(f"run {detail.run.id} is over")
        total = known.iterations.total
        outputs: list[Any] = []
        records: list[Step] = []
        size = 2
        for record in self.loops.records(detail.run.org, detail.run.id, step.name):
            outputs.append(self.loops.output(record))
            records.append(replace(record, output=None))
            size += len(json.dumps(outputs[-1], separators=(",", ":")).encode()) + 1
            if size > MOST_OUTPUT_BYTES:
                break
        done = replace(known, usage=usage_of(records), iterations=tally(records, total))
        if size > MOST_OUTPUT_BYTES:
            message = f"the outputs have more than {MOST_OUTPUT_BYTES:,} bytes of JSON together"
            problem = StepFailed("too_large", message, retryable=False)
        elif tally(records, total) == Iterations(total, total):
            self._finish(detail.run, replace(done, status=StepStatus.SUCCEEDED, output=outputs))
            return
        else:
            message = "outcomes of items have expired meanwhile"
            problem = StepFailed("items_gone", message, retryable=False)
        self._failed(detail.run, step, done, problem)

    def _give_up(self, step: PlanStep, detail: RunDetail, known: Step | None, call: Call) -> None:
        """Write down why the loop failed, and fail the machine unless the workflow goes on."""
        records = [
            replace(record, output=None)
            for record in self.loops.records(detail.run.org, detail.run.id, step.name)
        ]
        if known is not None and known.iterations is not None:
            found = tally(records, known.iterations.total)
            known = replace(known, usage=usage_of(records), iterations=found)
        why = reason(records, call.error, step.timeout_seconds, self.clock())
        self._given_up(
            detail.run, step, known, replace(call, error=MachineError("ItemFailed", why))
        )
        if not step.continue_on_error:
            raise StepRefused(why)


def checked_items(value: Any, loop: ForEach | None) -> list[Any]:
    """The value of a `for_each`. Raises StepFailed when it is no list, or too long a one."""
    if not isinstance(value, list):
        kind = "null" if value is None else _KINDS.get(type(value), "a number")
        raise StepFailed("not_a_list", f"for_each gives {kind}, not a list", retryable=False)
    if loop is not None and len(value) > loop.max_items:
        message = f"for_each gives {len(value):,} items; at most {loop.max_items:,} are possible"
        raise StepFailed("too_many_items", message, retryable=False)
    return value


def tally(records: Iterable[Step], total: int) -> Iterations:
    """How many of a loop's items have ended, and how."""
    ends = [record.status for record in records]
    succeeded, failed = ends.count(StepStatus.SUCCEEDED), ends.count(StepStatus.FAILED)
    return Iterations(total, succeeded, failed)


def usage_of(records: Iterable[Step]) -> dict[str, dict[str, int]]:
    """What all items used together: by model and kind."""
    found: dict[str, dict[str, int]] = {}
    for record in records:
        for model, amounts in record.usage.items():
            sums = found.setdefault(model, {})
            for kind, amount in amounts.items():
                sums[kind] = sums.get(kind, 0) + amount
    return found


def reason(
    records: Sequence[Step], error: MachineError | None, timeout_seconds: int | None, now: datetime
) -> str:
    """Why a loop failed: its first failed item's error, or that an item took too long, or else what
    the machine says. A try that was cut off could not write it down, so it is found by its start."""
    for record in records:
        if record.status is StepStatus.FAILED:
            return f"item {record.index}: {record.error or 'failed'}"
    if error is None:
        return "failed"
    if error.name != "States.Timeout":
        return error.message or error.name
    begun = [
        (record.started_at, record.index)
        for record in records
        if record.status is StepStatus.RUNNING and record.started_at is not None
    ]
    late = [
        index
        for started_at, index in begun
        if parse_rfc3339(started_at) + timedelta(seconds=timeout_seconds or 0) <= now
    ]
    # The machine counts from before the Lambda's start, so it may be ahead of our clock.
    index = late[0] if late else min(begun, default=(None, None))[1]
    return "timeout" if index is None else f"item {index}: timeout"
