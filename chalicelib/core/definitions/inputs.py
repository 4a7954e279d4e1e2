"""Inputs of a run against the inputs that its workflow declares."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.core.definitions import locations
from chalicelib.core.definitions.nodes import fits
from chalicelib.core.definitions.suggestions import Suggester, quoted
from chalicelib.core.errors import Invalid, Problem
from chalicelib.core.plan import InputSpec, InputType

RESERVED = "trigger"
"""`inputs.trigger` says what started a run, so no workflow can declare it."""


def type_problem(wanted: InputType, value: Any) -> str | None:
    """Why `value` is not of the type, or None. A boolean is no number; NaN is nothing at all, and
    neither is a whole number that an expression could not hold."""
    if wanted == "boolean":
        fine = isinstance(value, bool)
    elif wanted == "number":
        if isinstance(value, int) and not isinstance(value, bool):
            return None if fits(value) else "does not fit 64 bits"
        fine = isinstance(value, float) and math.isfinite(value)
    else:
        fine = isinstance(value, str)
    return None if fine else f"must be a {wanted}"


def check_inputs(specs: Iterable[InputSpec], given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a run (S2): what was given, and the defaults of what was not.

    Raises Invalid with every problem: unknown inputs, missing ones, wrong types; locations are
    `inputs.<name>`.
    """
    known = {spec.name: spec for spec in specs}
    suggester = Suggester()
    problems = [
        Problem(
            locations.member("inputs", name),
            f"unknown input {quoted(name)}{suggester.hint(name, known)}",
        )
        for name in given
        if name not in known
    ]
    found: dict[str, Any] = {}
    for name, spec in known.items():
        if name in given:
            found[name] = given[name]
            if message := type_problem(spec.type, given[name]):
                problems.append(Problem(locations.member("inputs", name), message))
        elif spec.has_default:
            found[name] = spec.default
        else:
            problems.append(Problem(locations.member("inputs", name), "is missing"))
    if problems:
        raise Invalid(f"The inputs have {count(len(problems))}.", problems)
    return found


def count(problems: int) -> str:
    """`1 problem`, `2 problems`."""
    return f"{problems} problem{'' if problems == 1 else 's'}"
