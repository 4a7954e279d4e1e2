"""A `for-each` of a graph: the list once, its body once for each element, in order.

    open      decide whether it runs, evaluate the list; fence; store the list    → its iterations
    close     what the nodes of all iterations gave; outcome of the loop
    break     an iteration failed, or was cut off: written down as the loop's failure

The nodes of the body are steps like any others, in records of their own for each iteration
(`core.instances`), so there is no call for an item.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.core.compiler.calls import CLOSE, OPEN
from chalicelib.core.compiler.parts import iterations
from chalicelib.core.compiler.shared_calls import listed
from chalicelib.core.graphs.budget import Need
from chalicelib.core.graphs.evaluate import GraphExpressions
from chalicelib.core.graphs.plans import MOST_ITERATIONS
from chalicelib.core.graphs.results import result_of
from chalicelib.core.instances import indices, split
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.call import Call
from chalicelib.core.runs.conclude import MachineError
from chalicelib.core.runs.loops import MOST_OUTPUT_BYTES, LoopRunner
from chalicelib.core.runs.model import STEP_OVER, Iterations, Run, RunDetail, Step, StepStatus
from chalicelib.core.runs.ports import OverBudget
from chalicelib.core.runs.step import StepRunner, outcome_of
from chalicelib.core.steps import RunOver, StepFailed, StepRefused

SUCCESS, FAILURE = "success", "failure"
_STATUS: Final[Mapping[StepStatus, str]] = {
    StepStatus.SUCCEEDED: "success",
    StepStatus.FAILED: "failure",
    StepStatus.SKIPPED: "skipped",
}


@dataclass(frozen=True, slots=True)
class GraphLoopRunner(LoopRunner):
    """Runs the calls before and behind a loop with a body of nodes."""

    def _try(self, call: Call) -> Any:
        """One call. Only `open` returns something. Raises as a step's try does."""
        version = self.versions.version(call.org, call.workflow, call.version)
        if version is None:
            raise RunOver(f"run {call.run_id} has lost its version")
        plan, step = version.plan, version.plan.step(call.step)
        references = self.expressions.list_references(plan, step) if call.phase == OPEN else ()
        detail = self.steps.load(call.org, call.run_id, call.step, sorted(references))
        if detail is None or not detail.run.live:
            raise RunOver(f"run {call.run_id} is over")
        known = detail.step(call.step)
        if known is not None and known.status in STEP_OVER:
            outcome_of(step, known)
            return self._indices(step, 0)
        if call.phase == OPEN:
            return self._begin(call, plan, step, detail)
        if known is None or known.iterations is None:
            known = None
        if call.phase == CLOSE:
            return self._close(plan, step, detail, known)
        return self._break(plan, step, detail, known, call)

    def _keep(self, call: Call, run: Run, plan: Plan, step: PlanStep, items: Sequence[Any]) -> Any:
        """Here if the iterations fit into what is left of the execution's history, else in parts."""
        need = Need.of(plan, split(step.name)[0], len(items), call, run.machine)
        kept = None
        try:
            kept = self.loops.keep(run, step.name, items, share=need.here)
        except OverBudget as over:
            if not over.of_history or not call.parts:
                raise _too_many(len(items), need) from over
        if kept is None:
            try:
                kept = self.loops.keep(
                    run, step.name, items, share=need.elsewhere, part=need.part_size
                )
            except OverBudget as over:
                raise _too_many(len(items), need) from over
        return iterations(step.name, kept.total, kept.part)

    def _indices(self, step: PlanStep, total: int) -> dict[str, Any]:
        return iterations(step.name, total)

    def run(self, call: Call) -> Any:
        """As any step's; `open` also says what the body consists of, for a machine that does not
        know."""
        answer = StepRunner.run(self, call)
        if call.phase == OPEN and answer is not None and not answer["far"]:
            version = self.versions.version(call.org, call.workflow, call.version)
            if version is not None:
                answer = {**answer, "body": listed(version.plan, split(call.step)[0])}
        return answer

    def _close(self, plan: Plan, step: PlanStep, detail: RunDetail, known: Step | None) -> None:
        if known is None or known.iterations is None:
            raise RunOver(f"run {detail.run.id} is over")
        total = known.iterations.total
        done = replace(known, iterations=Iterations(total, total))
        records = self._records(detail, step)
        result = self._result(plan, step, detail, records=records, status=SUCCESS)
        if len(json.dumps(result, separators=(",", ":")).encode()) > MOST_OUTPUT_BYTES:
            message = f"the results have more than {MOST_OUTPUT_BYTES:,} bytes of JSON together"
            problem = StepFailed("too_large", message, retryable=False)
            self._failed(detail.run, step, done, problem)
            return
        self._finish(detail.run, replace(done, status=StepStatus.SUCCEEDED, output=result))

    def _break(
        self, plan: Plan, step: PlanStep, detail: RunDetail, known: Step | None, call: Call
    ) -> None:
        """Write down why the loop failed, and fail the machine."""
        records = self._records(detail, step)
        why = reason(records, call.error)
        if known is not None and known.iterations is not None:
            ended = _iterations_over(plan, step, records)
            failed = Iterations(known.iterations.total, ended, 1)
            result = self._result(plan, step, detail, records=records, status=FAILURE)
            if len(json.dumps(result).encode()) > MOST_OUTPUT_BYTES:
                result = {"iterationCount": len(result["iterations"]), "status": FAILURE}
            known = replace(known, iterations=failed, output=result)
        given = replace(call, error=MachineError("IterationFailed", why))
        self._given_up(detail.run, step, known, given)
        raise StepRefused(why)

    def _records(self, detail: RunDetail, step: PlanStep) -> list[Step]:
        return list(self.loops.body(detail.run.org, detail.run.id, step.name))

    def _result(
        self,
        plan: Plan,
        step: PlanStep,
        detail: RunDetail,
        *,
        records: Iterable[Step],
        status: str,
    ) -> dict[str, Any]:
        """`{iterations, iterationCount, status}` (S1), with the result of each node that ran."""
        nodes: dict[int, dict[str, Any]] = {}
        for record in records:
            name, at = split(record.name)
            output = self.loops.output(record)
            nodes.setdefault(indices(at)[-1], {})[name] = {
                "status": _STATUS.get(record.status, "cancelled"),
                "result": result_of(plan, name, output),
            }
        run = detail.run
        found = [
            {
                "index": index,
                "item": self.loops.item(run.org, run.id, step.name, index),
                "nodes": nodes[index],
            }
            for index in sorted(nodes)
        ]
        return {"iterations": found, "iterationCount": len(found), "status": status}


class GraphLoopExpressions(GraphExpressions):
    """Implements `core.runs.loops.LoopExpressions`: the list is the member `array`."""

    def list_references(self, plan: Plan, step: PlanStep) -> frozenset[str]:
        return self.references(plan, step)

    def items(self, plan: Plan, step: PlanStep, detail: RunDetail) -> Any:
        found = self.params(plan, step, detail).get("array")
        if not isinstance(found, list):
            raise StepFailed("not_a_list", "array: must be a list", retryable=False)
        if len(found) > MOST_ITERATIONS:
            message = f"array: {len(found):,} elements; at most {MOST_ITERATIONS} are possible"
            raise StepFailed("too_many_items", message, retryable=False)
        return found

    def item_params(
        self, plan: Plan, step: PlanStep, detail: RunDetail, item: Any, index: int
    ) -> Any:
        raise AssertionError("a loop with a body has no call for an item")


def _too_many(count: int, need: Need) -> StepFailed:
    most = need.elsewhere
    message = (
        f"{count} iterations are too many: all loops of a run together may run {most.most_nodes:,} "
        f"nodes, and need {most.most_events:,} of Step Functions' history events in one execution"
    )
    return StepFailed("too_many_nodes", message, retryable=False)


def reason(records: Iterable[Step], error: MachineError | None) -> str:
    """Why a loop failed: its first failed node's error, or else what the machine says."""
    for record in records:
        if record.status is StepStatus.FAILED:
            name, at = split(record.name)
            return f"iteration {indices(at)[-1]}: node {name} failed: {record.error or 'failed'}"
    if error is None:
        return "failed"
    return "timeout" if error.name == "States.Timeout" else error.message or error.name


def _iterations_over(plan: Plan, step: PlanStep, records: Iterable[Step]) -> int:
    """How many iterations came to their end: in how many all nodes are over, and none failed."""
    body = len(plan.inside(split(step.name)[0]))
    over: dict[int, int] = {}
    for record in records:
        if record.status in STEP_OVER and record.status is not StepStatus.FAILED:
            at = indices(split(record.name)[1])[-1]
            over[at] = over.get(at, 0) + 1
    return sum(count == body for count in over.values())
