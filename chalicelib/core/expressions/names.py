"""The names an expression may use, and the refusal of all others with a suggestion."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args

from chalicelib.core.expressions.errors import CompileError
from chalicelib.core.expressions.functions import FUNCTIONS, Form
from chalicelib.core.expressions.nodes import Macro

ROOTS = ("inputs", "steps", "env", "trigger", "execution")
"""The variables an expression may use (S2)."""

LOOP_NAMES = ("item", "index")
"""Two more, which exist in the params of a step with `for_each` only; definitions' checks see to it."""

MACROS = get_args(Macro)
"""Methods of lists that take a variable and an expression."""

SPECIAL = {"has": Form(1, 1, method=False), "default": Form(2, 2)}
"""Calls that see their first argument before it fails: no functions, so they are listed here."""


def unknown_variable(name: str, bound: Collection[str], column: int | None) -> CompileError:
    """The refusal of a variable; `bound` are the variables of the macros around it."""
    roots = ", ".join(ROOTS)
    suggestion = _suggestion(name, {*ROOTS, *bound})
    return CompileError(
        f"unknown variable {name[:60]!r}{suggestion}; there are {roots}", column=column
    )


def check_call(name: str, given: int, column: int | None, *, method: bool) -> None:
    """Refuse an unknown function, a wrong form and a wrong number of arguments (CompileError).

    A method's object counts as its first argument.
    """
    form = FUNCTIONS[name].form if name in FUNCTIONS else SPECIAL.get(name)
    if form is None and name in MACROS:
        raise CompileError(f"{name} is a method of lists: list.{name}(x, …)", column=column)
    if form is None:
        suggestion = _suggestion(name, {*FUNCTIONS, *MACROS, *SPECIAL})
        raise CompileError(f"unknown function {name[:60]!r}{suggestion}", column=column)
    if method and not form.method:
        raise CompileError(f"{name} is not a method: write {name}(x)", column=column)
    if not form.least <= given <= form.most:
        own = int(method)
        least, most = form.least - own, form.most - own
        needs = str(least) if least == most else f"{least} or {most}"
        raise CompileError(f"{name} takes {needs} argument(s), not {given - own}", column=column)


def _suggestion(name: str, known: Collection[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""
