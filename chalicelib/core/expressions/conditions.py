"""Conditions: the `if` of a step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from chalicelib.core.expressions.errors import EvaluationError
from chalicelib.core.expressions.expression import Expression, parse
from chalicelib.core.expressions.templates import Template, pieces


def parse_condition(text: str, *, steps: Collection[str] = ()) -> Expression:
    """Parse an `if`: a bare expression, or the same wrapped whole in `{{ }}` (S2).

    Raises ExpressionError as `parse` does.
    """
    if text.lstrip().startswith("{{"):
        match pieces(text.strip()):
            case [Template(text=inner)]:
                text = inner
    return parse(text, steps=steps)


def condition(text: str, context: Mapping[str, Any], *, steps: Collection[str] = ()) -> bool:
    """Whether an `if` holds over the context (S2).

    Raises ExpressionError where it cannot be evaluated or gives neither true nor false.
    """
    found = parse_condition(text, steps=steps).evaluate(context)
    if isinstance(found, bool):
        return found
    raise EvaluationError("the condition gives neither true nor false")
