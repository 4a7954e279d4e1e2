"""An expression as callers see it: parse once, evaluate often."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from chalicelib.core.expressions import limits, nodes
from chalicelib.core.expressions.errors import ExpressionLimit
from chalicelib.core.expressions.evaluator import evaluate
from chalicelib.core.expressions.meter import Meter
from chalicelib.core.expressions.output import result, result_text
from chalicelib.core.expressions.parser import parse_text
from chalicelib.core.expressions.scan import needs_mask
from chalicelib.core.expressions.values import JSON

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    `step_references` are the steps it names; `dynamic_steps` says that it also uses `steps` in a
    way that names none (`steps[inputs.which]`, `size(steps)`), so it may read any. `roots` are
    the variables it uses, `input_references` the members of `inputs` that it names.
    """

    text: str
    step_references: frozenset[str]
    dynamic_steps: bool
    roots: frozenset[str]
    input_references: frozenset[str]
    _node: nodes.Node = field(repr=False, compare=False)

    def evaluate(self, context: Mapping[str, Any], *, meter: Meter | None = None) -> JSON:
        """The value over a context of plain JSON values, as plain JSON values (S2).

        `context` maps the roots to their values; it is not changed and shares nothing with the
        result. Timestamps become RFC 3339 text, durations seconds, bytes base64 text. `meter`
        shares one budget between several evaluations. Raises ExpressionError only.
        """
        return self._deliver(result, context, meter or Meter())

    def text_value(self, context: Mapping[str, Any], *, meter: Meter | None = None) -> str:
        """The value as a template embeds it in text. Raises ExpressionError only."""
        return self._deliver(result_text, context, meter or Meter())

    def _deliver(
        self, convert: Callable[[Any, Meter], T], context: Mapping[str, Any], meter: Meter
    ) -> T:
        try:
            return convert(evaluate(self._node, context, meter), meter)
        except RecursionError as error:
            raise ExpressionLimit("the data is nested too deeply") from error


def parse(text: str, *, steps: Collection[str] = ()) -> Expression:
    """Parse an expression; the same text is parsed once per process (S2).

    `steps` are the workflow's steps, so that `steps.a-b.output` is the step `a-b` where there is
    one. Raises ExpressionError when the text does not compile, calls an unknown function or uses
    an unknown variable.
    """
    if len(text) > limits.MAX_TEXT:
        raise ExpressionLimit(f"an expression of more than {limits.MAX_TEXT} characters")
    special = frozenset(step for step in steps if step in text and needs_mask(step))
    return _parse(text, special)


@lru_cache(maxsize=limits.CACHED_EXPRESSIONS)
def _parse(text: str, steps: frozenset[str]) -> Expression:
    parsed = parse_text(text, steps)
    return Expression(
        text,
        parsed.step_references,
        parsed.dynamic_steps,
        parsed.roots,
        parsed.input_references,
        parsed.root,
    )
