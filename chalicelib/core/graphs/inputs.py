"""What a run of a graph is given, held against the inputs that the graph declares (S1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from chalicelib.core.errors import Invalid, Problem
from chalicelib.core.plan import InputSpec, Plan

PAYLOAD, PROP_VALUES = "payload", "propValues"
"""What the inputs of a graph's run consist of."""


def run_inputs(plan: Plan, payload: object, props: object = None) -> dict[str, Any]:
    """The inputs of a run of a graph. Raises Invalid."""
    return {PAYLOAD: check_payload(plan.inputs, payload), PROP_VALUES: check_props(props)}


def check_payload(inputs: Sequence[InputSpec], payload: object) -> dict[str, Any]:
    """A run's payload, which may have more members than are declared; none is as good as `{}`.

    Raises Invalid, naming each key that is missing or of another type.
    """
    given = {} if payload is None else payload
    if not isinstance(given, Mapping):
        raise Invalid("the payload is wrong", [Problem("payload", "must be an object")])
    problems = []
    for each in inputs:
        value = given.get(each.name)
        if value is None:
            if not each.has_default:
                problems.append(Problem(f"payload.{each.name}", "is missing"))
        elif not _IS[each.type](value):
            problems.append(Problem(f"payload.{each.name}", f"must be {_WORDS[each.type]}"))
    if problems:
        what = "; ".join(f"`{p.location.partition('.')[2]}` {p.message}" for p in problems)
        raise Invalid(f"the payload is wrong: {what}", problems)
    return dict(given)


def check_props(props: object) -> dict[str, Any]:
    """A run's `propValues`. Raises Invalid when they are no object."""
    if props is None:
        return {}
    if not isinstance(props, Mapping):
        raise Invalid("the propValues are wrong", [Problem("propValues", "must be an object")])
    return dict(props)


_IS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
}
_WORDS: Final[Mapping[str, str]] = {
    "string": "text",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}
