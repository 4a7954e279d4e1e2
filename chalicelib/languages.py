"""The languages that plans are written in: each plan's own reads its expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.call import Expressions
from chalicelib.core.runs.model import RunDetail
from chalicelib.reading import StepExpressions

if TYPE_CHECKING:
    from chalicelib.core.graphs.evaluate import Element, GraphExpressions


class Languages:
    """Implements `core.runs.call.Expressions`. That of graphs is imported for graphs only."""

    def __init__(self, element: Callable[[], Element]) -> None:
        self._element = element
        self._cel = StepExpressions()

    @cached_property
    def _graph(self) -> GraphExpressions:
        from chalicelib.core.graphs.evaluate import GraphExpressions

        return GraphExpressions(self._element())

    def _of(self, plan: Plan) -> Expressions:
        return self._graph if plan.language == "graph" else self._cel

    def references(self, plan: Plan, step: PlanStep) -> frozenset[str]:
        return self._of(plan).references(plan, step)

    def condition(self, plan: Plan, step: PlanStep, detail: RunDetail) -> bool:
        return self._of(plan).condition(plan, step, detail)

    def params(self, plan: Plan, step: PlanStep, detail: RunDetail) -> Any:
        return self._of(plan).params(plan, step, detail)

    def late(
        self,
        plan: Plan,
        detail: RunDetail,
        value: Any,
        inputs: Mapping[str, Any],
        names: Mapping[str, Any] | None = None,
    ) -> Any:
        return self._of(plan).late(plan, detail, value, inputs, names)
