"""What the front end needs from others, as narrow as it needs it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.core.errors import Problem


class ActionCatalogue(Protocol):
    """What a step can do, and what each action wants to be told."""

    def names(self) -> Collection[str]:
        """All actions that exist."""

    def check_params(self, action: str, params: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with an existing action's params; locations are relative to the params.

        Params still hold their templates: a `{{ … }}` may become anything.
        """

    def late_inputs(self, action: str, place: str) -> Collection[str]:
        """Inputs that an expression at that place of the params may name beside the run's own."""

    def not_built(self, action: str, params: Mapping[str, Any]) -> list[Problem]:
        """Documented params in use that this version does not have; locations as above."""


class ParsedExpression(Protocol):
    """An expression that compiles."""

    @property
    def step_references(self) -> frozenset[str]:
        """Names of the steps it mentions, known or not."""

    @property
    def roots(self) -> frozenset[str]:
        """The variables it uses, `item` and `index` of a loop among them."""

    @property
    def input_references(self) -> frozenset[str]:
        """Names of the inputs it mentions, declared or not."""


class ParseExpression(Protocol):
    def __call__(self, text: str, *, steps: Collection[str]) -> ParsedExpression:
        """Compile one expression. Raises the language's error, with `message` and `column`."""


@dataclass(frozen=True, slots=True)
class ExpressionLanguage:
    """The language that `if`, params and outputs are written in."""

    parse: ParseExpression
    """For what stands in `{{ … }}`."""
    condition: ParseExpression
    """For an `if`: bare, or wrapped whole in `{{ }}`."""
    templates: Callable[[Any], Iterator[tuple[str, str]]]
    """(place relative to the value, expression) of every `{{ … }}` in a value."""
    error: type[Exception]
    """What `parse` and `templates` raise: has `message`, and `column` from 1 or None."""


def default_language() -> ExpressionLanguage:
    """CEL as `core.expressions` speaks it; imported here because it is slow to import."""
    from chalicelib.core import expressions

    return ExpressionLanguage(
        parse=expressions.parse,
        condition=expressions.parse_condition,
        templates=expressions.templates,
        error=expressions.ExpressionError,
    )
