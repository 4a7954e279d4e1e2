"""The node types that are computed in the step itself, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.graphs.conditions import condition_problems, holds
from chalicelib.core.graphs.definition import TRIGGERS
from chalicelib.core.graphs.expressions import ExpressionProblem
from chalicelib.core.graphs.fields import field_problems
from chalicelib.core.graphs.nodes.data import filter_, format_, log, pluck
from chalicelib.core.graphs.nodes.regex import regex
from chalicelib.core.graphs.types import NODE_TYPES, WAIT
from chalicelib.core.steps import StepFailed


def check_payload(node_type: str, payload: Mapping[str, Any]) -> None:
    """Refuse a rendered payload that is not what the type takes. Raises StepFailed with all that is
    wrong."""
    found = [
        f"{member} {message}"
        for member, message, _ in field_problems(
            NODE_TYPES[node_type].fields, payload, rendered=True
        )
    ]
    if found:
        raise StepFailed("invalid_payload", "; ".join(found), retryable=False)


def compute(
    node_type: str, payload: Mapping[str, Any], own: Mapping[str, Any], now: str
) -> dict[str, Any]:
    """The result of a node that touches nothing outside; `own` is what the members that it reads
    itself may name. Raises StepFailed, never retryable."""
    if node_type in TRIGGERS:
        return {}
    match node_type:
        case "if":
            return _choose(payload, own)
        case "log":
            return log(payload, now)
        case "filter":
            return filter_(payload, own)
        case "pluck":
            return pluck(payload)
        case "regex":
            return regex(payload)
        case "format":
            return format_(payload, own)
    if node_type == WAIT:
        return dict(payload)
    raise AssertionError(f"{node_type} is no node that is computed")


def _choose(payload: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`{branch, condition}`: which way is taken, and whether the condition holds."""
    condition = payload["condition"]
    for place, message in condition_problems(condition, "condition"):
        raise StepFailed("invalid_payload", f"{place} {message}", retryable=False)
    try:
        held = holds(condition, own)
    except ExpressionProblem as problem:
        raise StepFailed("expression", f"condition: {problem}", retryable=False) from problem
    return {"branch": "then" if held else "else", "condition": held}
