"""What a run gives: its `outputs`, or without any its last step's output (S2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.core.plan import Plan
    from chalicelib.core.runs.model import RunDetail


def result_of(plan: Plan | None, detail: RunDetail) -> Any:
    """The result of a run; None while it lives, unless it has some already."""
    if plan is None or plan.outputs is not None or detail.run.live:
        return detail.outputs
    last = detail.step(plan.inside()[-1].name)
    return last.output if last else None
