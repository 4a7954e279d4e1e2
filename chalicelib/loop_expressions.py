"""The expressions of a step with `for_each`: its list, and its params for one item of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.model import RunDetail
from chalicelib.core.steps import StepFailed
from chalicelib.reading import StepExpressions, context_of, held_back, rendered


class LoopStepExpressions(StepExpressions):
    """Implements `core.runs.loops.LoopExpressions`."""

    def list_references(self, plan: Plan, step: PlanStep) -> frozenset[str]:
        """The steps that `if` and `for_each` read."""
        bare = replace(step, params={})
        found = self.references(plan, bare)
        if step.for_each is not None:
            found |= self.references(plan, replace(bare, condition=step.for_each.items))
        return found

    def items(self, plan: Plan, step: PlanStep, detail: RunDetail) -> Any:
        """The value of `for_each`, whatever it is. Raises StepFailed."""
        from chalicelib.core.expressions import ExpressionError, parse_condition

        names = [other.name for other in plan.steps]
        text = step.for_each.items if step.for_each is not None else "[]"
        try:
            return parse_condition(text, steps=names).evaluate(context_of(plan, detail))
        except ExpressionError as problem:
            raise StepFailed("expression", f"for_each: {problem}", retryable=False) from problem

    def item_params(
        self, plan: Plan, step: PlanStep, detail: RunDetail, item: Any, index: int
    ) -> Any:
        """The params rendered with `item` and `index`. Raises StepFailed."""
        now, put_back = held_back(step)
        context = {**context_of(plan, detail), "item": item, "index": index}
        return put_back(rendered(plan, now, context))
