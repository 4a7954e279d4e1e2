"""The expressions of a graph's steps: what they name, and what that is in a run.

A step in a loop's body sees its own iteration: of a node in the same body what that did in this
iteration, of one in a body around it what it did in the iteration around, of all others what they did
in the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from chalicelib.core.graphs.definition import ROOT
from chalicelib.core.graphs.expressions import (
    INDEX,
    INPUTS,
    ITEM,
    NODES,
    PROPS,
    TRIGGER,
    Expression,
    ExpressionProblem,
)
from chalicelib.core.graphs.inputs import PAYLOAD, PROP_VALUES
from chalicelib.core.graphs.modes import DUST, SIMULATION, dusted
from chalicelib.core.graphs.plans import ways_of
from chalicelib.core.graphs.results import result_of
from chalicelib.core.graphs.templates import pieces, render, texts_of
from chalicelib.core.graphs.types import NODE_TYPES
from chalicelib.core.instances import indices, instance, split
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.model import RunDetail, StepStatus
from chalicelib.core.steps import StepFailed

Element = Callable[[str, str, str, int], Any]
"""(org, run id, loop, index) → that element of the loop's list. Raises KeyError."""


class GraphExpressions:
    """Implements `core.runs.call.Expressions` for plans that are graphs."""

    def __init__(self, element: Element) -> None:
        self._element = element

    def references(self, plan: Plan, step: PlanStep) -> frozenset[str]:
        """The steps that this one reads, as they are called in its iteration."""
        named = {way.parent for way in ways_of(step.condition)}
        named |= {path_node for path_node in _nodes_of(step) if path_node != ROOT}
        return frozenset(seen_from(plan, step.name, name) for name in named if _has(plan, name))

    def condition(self, plan: Plan, step: PlanStep, detail: RunDetail) -> bool:
        """Whether one of its parents leads to it: ran, and chose it where it chooses."""
        return any(
            _leads(detail, seen_from(plan, step.name, way.parent), way.branch)
            for way in ways_of(step.condition)
        )

    def params(self, plan: Plan, step: PlanStep, detail: RunDetail) -> Any:
        """The payload, rendered, but for the members that the node reads itself: those are in
        there as they were written, with what they may name beside them. Raises StepFailed."""
        found = rendered(step, self.context(plan, step, detail))
        mode = detail.run.graph.get("mode")
        if mode == DUST:
            found = dusted(found)
        return {**found, SIMULATED: True} if mode == SIMULATION else found

    def context(self, plan: Plan, step: PlanStep, detail: RunDetail) -> dict[str, Any]:
        """What an expression of a step sees, root by root."""
        trigger = self.trigger(detail)
        nodes: dict[str, Any] = {ROOT: {"result": trigger, "status": "success"}}
        for name in {*_nodes_of(step)} - {ROOT}:
            if not _has(plan, name):
                continue
            known = detail.step(seen_from(plan, step.name, name))
            if known is not None and known.status is StepStatus.SUCCEEDED:
                nodes[name] = {"result": result_of(plan, name, known.output), "status": "success"}
        found = {
            NODES: nodes,
            TRIGGER: trigger,
            PROPS: detail.inputs.get(PROP_VALUES) or {},
            INPUTS: trigger["body"],
        }
        return {**found, **self._iteration(plan, step, detail)}

    def trigger(self, detail: RunDetail) -> dict[str, Any]:
        """What `root` has given: the run's payload is its `body`."""
        return {
            "body": detail.inputs.get(PAYLOAD) or {},
            "type": detail.run.graph.get("root", "manual"),
            "triggeredAt": detail.run.started_at,
        }

    def _iteration(self, plan: Plan, step: PlanStep, detail: RunDetail) -> dict[str, Any]:
        at = split(step.name)[1]
        if not at or not _uses_item(step):
            return {}
        run, path = detail.run, indices(at)
        try:
            item = self._element(run.org, run.id, loop_of(plan, at), path[-1])
        except KeyError as problem:
            message = "the list of its loop has expired meanwhile"
            raise StepFailed("items_gone", message, retryable=False) from problem
        return {ITEM: item, INDEX: path[-1]}

    def late(
        self,
        plan: Plan,
        detail: RunDetail,
        value: Any,
        inputs: Mapping[str, Any],
        names: Mapping[str, Any] | None = None,
    ) -> Any:
        """Nodes hold nothing back for a model."""
        return value


OWN: Final = "$own"
"""A member of rendered params: what the node's own members may name."""
SIMULATED: Final = "$simulated"
"""A member of rendered params: the node is to touch nothing outside."""


def rendered(step: PlanStep, context: Mapping[str, Any]) -> dict[str, Any]:
    """A step's params over a context. Raises StepFailed."""
    own = own_members(step)
    try:
        found = {
            name: value if name in own else render(value, context)
            for name, value in step.params.items()
        }
    except ExpressionProblem as problem:
        raise StepFailed("expression", f"payload: {problem}", retryable=False) from problem
    return {**found, OWN: dict(context)} if own else found


def own_members(step: PlanStep) -> frozenset[str]:
    """The members of its params that a node reads itself."""
    return frozenset(field.name for field in NODE_TYPES[step.node].fields if field.own)


def seen_from(plan: Plan, here: str, name: str) -> str:
    """How a node is called, seen from a step in some iteration: by the iteration that both share."""
    around = plan.step(name).within
    if not around:
        return name
    levels, loop = 0, around
    while loop:
        levels, loop = levels + 1, plan.step(loop).within
    path = "/".join(f"{index:02d}" for index in indices(split(here)[1])[:levels])
    return instance(name, f"{around}/{path}")


def loop_of(plan: Plan, at: str) -> str:
    """The name of the loop whose iteration this is, an instance's where it is in one itself."""
    loop, _, path = at.partition("/")
    around, outer = plan.step(loop).within, path.rpartition("/")[0]
    return instance(loop, f"{around}/{outer}") if around else loop


def _has(plan: Plan, name: str) -> bool:
    return any(step.name == name for step in plan.steps)


def _leads(detail: RunDetail, parent: str, branch: str | None) -> bool:
    known = detail.step(parent)
    if known is None or known.status is not StepStatus.SUCCEEDED:
        return False
    return branch is None or (
        isinstance(known.output, Mapping) and known.output.get("branch") == branch
    )


def _expressions(step: PlanStep) -> Iterator[Expression]:
    for _, text in texts_of(step.params):
        for piece in pieces(text):
            if isinstance(piece, Expression):
                yield piece


def _nodes_of(step: PlanStep) -> set[str]:
    paths = (path for expression in _expressions(step) for path in expression.paths)
    return {path.node for path in paths if path.node is not None}


def _uses_item(step: PlanStep) -> bool:
    return any(path.root in (ITEM, INDEX) for found in _expressions(step) for path in found.paths)
