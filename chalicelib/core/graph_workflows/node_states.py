"""`executionState` of a run that no node graph started: its steps, as S1 calls nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.core.dialects import S1_NODE
from chalicelib.core.plan import PlanStep
from chalicelib.core.runs.model import RunDetail, Step, StepStatus, shown_status


def state_of_steps(detail: RunDetail, steps: Sequence[PlanStep]) -> dict[str, dict[str, Any]]:
    """Node id → `{type, status, input, result, error, startedAt, finishedAt}` for each step of the
    plan; a step's name is its node's id, its action the type. `input` is not kept of steps."""
    return {step.name: _state(detail, step.action, detail.step(step.name)) for step in steps}


def _state(detail: RunDetail, action: str, step: Step | None) -> dict[str, Any]:
    status = shown_status(detail.run, step)
    begun = step is not None and status is not StepStatus.SKIPPED
    finished = step.finished_at if step is not None else None
    if begun and finished is None and status is StepStatus.CANCELLED:
        finished = detail.run.finished_at
    found: Mapping[str, Any] = {
        "type": action,
        "status": S1_NODE[status],
        "input": None,
        "result": step.output if step is not None else None,
        "error": step.error if step is not None else None,
        "startedAt": step.started_at if step is not None and begun else None,
        "finishedAt": finished,
    }
    return dict(found)
