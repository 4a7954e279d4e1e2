"""Expressions (CEL) and templates (S2): parse, evaluate, render. Users read `docs/expressions.md`.

Import from here only. Nothing of CEL's parser is loaded before the first expression is parsed.
"""

from chalicelib.core.expressions.conditions import condition, parse_condition
from chalicelib.core.expressions.errors import (
    CompileError,
    EvaluationError,
    ExpressionError,
    ExpressionLimit,
    MissingValue,
)
from chalicelib.core.expressions.expression import Expression, parse
from chalicelib.core.expressions.names import LOOP_NAMES, ROOTS
from chalicelib.core.expressions.templates import render, templates

__all__ = [
    "LOOP_NAMES",
    "ROOTS",
    "CompileError",
    "EvaluationError",
    "Expression",
    "ExpressionError",
    "ExpressionLimit",
    "MissingValue",
    "condition",
    "parse",
    "parse_condition",
    "render",
    "templates",
]
