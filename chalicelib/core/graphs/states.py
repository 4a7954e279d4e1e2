"""What became of each node of a run: S1's `executionState`, told from the steps' records.

A node's `input` is not stored: it is rendered again from what it was rendered from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.dialects import S1_NODE
from chalicelib.core.graphs.definition import ROOT, Graph, Node
from chalicelib.core.graphs.evaluate import OWN, SIMULATED, Element, GraphExpressions
from chalicelib.core.graphs.results import result_of
from chalicelib.core.graphs.types import DELAY, WAIT
from chalicelib.core.graphs.waits import RESUME_WITH
from chalicelib.core.instances import indices, instance, iteration, split
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.model import Run, RunDetail, Step, StepStatus, shown_status
from chalicelib.core.steps import StepFailed

SCHEDULED: Final = "scheduled"
"""Of a delay that has begun: Step Functions has its end in its book, and nothing runs."""


@dataclass(frozen=True, slots=True)
class _Whole(RunDetail):
    """A run's detail with the steps of loops' bodies, found by name at once."""

    by_name: Mapping[str, Step] | None = None

    def step(self, name: str) -> Step | None:
        return (self.by_name or {}).get(name)


def execution_state(
    graph: Graph,
    plan: Plan,
    detail: RunDetail,
    body: Iterable[Step] = (),
    *,
    element: Element,
    node_ids: Collection[str] | None = None,
) -> dict[str, Any]:
    """The state of every node, or of `node_ids` only, by id (S1): `{type, status, input, result, error,
    startedAt, finishedAt}`, of a loop its `iterations` too, of a node that waits its `resume`.

    `body` are the steps in loops' bodies, with their outputs; `element` gives the elements of their
    lists. A node in a loop's body has, by its own id, the state of its latest iteration.
    """
    steps = {step.name: step for step in (*detail.steps, *body)}
    whole = _Whole(run=detail.run, inputs=detail.inputs, outputs=detail.outputs, by_name=steps)
    states = _States(graph, plan, whole, steps, GraphExpressions(element), element)
    wanted = graph.nodes if node_ids is None else [n for n in graph.nodes if n in node_ids]
    return {node: states.of(node) for node in wanted}


@dataclass(frozen=True, slots=True)
class _States:
    graph: Graph
    plan: Plan
    detail: RunDetail
    steps: Mapping[str, Step]
    expressions: GraphExpressions
    element: Element

    def of(self, node_id: str) -> dict[str, Any]:
        node = self.graph.nodes[node_id]
        if node_id == ROOT:
            return self._root(node)
        if not self.plan.step(node_id).within:
            return self._state(node, node_id)
        latest = max(
            (name for name in self.steps if split(name)[0] == node_id),
            key=lambda name: indices(split(name)[1]),
            default=None,
        )
        return self._state(node, latest or node_id)

    def _root(self, node: Node) -> dict[str, Any]:
        """The trigger, which had happened when the run began."""
        run = self.detail.run
        result = self.expressions.trigger(self.detail)
        return _shown(
            node, "success", dict(node.payload), result, at=(run.started_at, run.started_at)
        )

    def _state(self, node: Node, name: str) -> dict[str, Any]:
        run, known = self.detail.run, self.steps.get(name)
        status = shown_status(run, known)
        started = known is not None and status is not StepStatus.SKIPPED
        output = known.output if known is not None else None
        found = _shown(
            node,
            _word(node, status, known),
            self._input(self.plan.step(name)) if started else None,
            self._result(name, known, output),
            error=known.error if known is not None and status is StepStatus.FAILED else None,
            at=(known.started_at if started and known else None, _finished(run, known)),
        )
        if node.loop_body:
            found["iterations"] = self._iterations(node, name, output)
        if node.type == WAIT and status is StepStatus.WAITING and known is not None:
            found["resume"] = {"secret": known.waiting_for.get(RESUME_WITH)}
        return found

    def _result(self, name: str, known: Step | None, output: Any) -> Any:
        if known is None or output is None:
            return None
        if known.status is StepStatus.FAILED and self.plan.step(name).for_each is None:
            return None
        return result_of(self.plan, name, output)

    def _input(self, step: PlanStep) -> Any:
        try:
            found = self.expressions.params(self.plan, step, self.detail)
        except StepFailed:
            found = step.params  # what it failed with
        return {name: value for name, value in found.items() if name not in (OWN, SIMULATED)}

    def _iterations(self, node: Node, loop: str, output: Any) -> list[dict[str, Any]]:
        """Every iteration that has begun. Of a loop that another run has run, what it gave."""
        body = [step.name for step in self.plan.inside(node.id)]
        run = self.detail.run
        found: list[dict[str, Any]] = []
        while True:
            at = iteration(loop, len(found))
            names = {node_id: instance(node_id, at) for node_id in body}
            if not any(name in self.steps for name in names.values()):
                break
            found.append(
                {
                    "index": len(found),
                    "item": self._element(run, loop, len(found)),
                    "nodes": {
                        node_id: self._state(self.graph.nodes[node_id], name)
                        for node_id, name in names.items()
                    },
                }
            )
        if not found and isinstance(output, Mapping):
            return list(output.get("iterations") or ())
        return found

    def _element(self, run: Run, loop: str, index: int) -> Any:
        try:
            return self.element(run.org, run.id, loop, index)
        except KeyError:
            return None


def _word(node: Node, status: StepStatus, known: Step | None) -> str:
    """The dialect's word for a step's status. What waits for another run is running: nobody has to
    do anything about it."""
    if node.type == DELAY and status is StepStatus.RUNNING:
        return SCHEDULED
    if status is StepStatus.WAITING and node.type != WAIT:
        return S1_NODE[StepStatus.RUNNING]
    return S1_NODE[status]


def _finished(run: Run, known: Step | None) -> str | None:
    if known is None:
        return None
    return known.finished_at or (None if run.live else run.finished_at)


def _shown(
    node: Node,
    status: str,
    given: Any,
    result: Any,
    *,
    error: str | None = None,
    at: tuple[str | None, str | None],
) -> dict[str, Any]:
    return {
        "type": node.type,
        "status": status,
        "input": given,
        "result": result,
        "error": error,
        "startedAt": at[0],
        "finishedAt": at[1],
    }


def ran(graph: Graph, plan: Plan, steps: Iterable[Step]) -> dict[str, int]:
    """How often nodes of each type have run, from the records of a run's steps, those in loops' bodies
    included: what compute units are about. Skipped nodes and those of a run that was retried do not
    count."""
    counts: dict[str, int] = {graph.root.type: 1}
    for step in steps:
        if step.status is not StepStatus.SKIPPED and not step.reused:
            node = plan.step(step.name).node
            counts[node] = counts.get(node, 0) + 1
    return counts
