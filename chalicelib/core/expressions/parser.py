"""From text to nodes. The grammar is the one of `celpy`, read over the mask of the text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from chalicelib.core.expressions import limits, nodes
from chalicelib.core.expressions.builder import Builder
from chalicelib.core.expressions.errors import CompileError, ExpressionLimit
from chalicelib.core.expressions.scan import mask

if TYPE_CHECKING:
    from lark import Token, Tree


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tree, and what it uses."""

    root: nodes.Node
    roots: frozenset[str]
    step_references: frozenset[str]
    dynamic_steps: bool
    input_references: frozenset[str]


def parse_text(text: str, steps: Collection[str] = ()) -> Parsed:
    """Parse one expression. Raises CompileError or ExpressionLimit."""
    if len(text) > limits.MAX_TEXT:
        raise ExpressionLimit(f"an expression of more than {limits.MAX_TEXT} characters")
    if not text.strip():
        raise CompileError("an empty expression")
    masked = mask(text, steps)
    builder = Builder(masked)
    root = builder.build(_tree(masked.text, text), 0, frozenset())
    return Parsed(
        root,
        frozenset(builder.roots),
        frozenset(builder.steps),
        builder.bare_steps > 0,
        frozenset(builder.inputs),
    )


def _tree(masked: str, text: str) -> Tree[Token]:
    from celpy.celparser import CELParseError, CELParser

    try:
        return cast("Tree[Token]", CELParser().parse(masked))
    except CELParseError as error:
        # celpy gives the end of the text the place of the last token.
        token = getattr(error.__context__, "token", None)
        at_end = (token is None and error.line is None) or getattr(token, "type", "") == "$END"
        line, column = (None, None) if at_end else (error.line, error.column)
        raise _syntax_error(masked, text, line, column) from error


def _syntax_error(masked: str, text: str, line: int | None, column: int | None) -> CompileError:
    if line is None or column is None or line < 1:
        offset = len(masked.rstrip())
    else:
        lines = masked.split("\n")
        offset = sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
    found = re.match(r"\w+|\S", text[offset:])
    if found is None:
        return CompileError("the expression ends too early", column=len(text.rstrip()) + 1)
    return CompileError(f"unexpected {found.group()[:30]!r}", column=offset + 1)
