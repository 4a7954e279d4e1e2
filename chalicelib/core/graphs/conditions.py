"""Conditions of `if` and `filter` nodes (S1).

    {"$and": [{"{{price.result.usd}}": {"$gte": 2000}}, {"$or": [ … ]}]}

An item is a comparison, of which all operators have to hold, or another `$and` or `$or`. What is
compared with, on the right, may be an expression too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from chalicelib.core.graphs.templates import render

GROUPS: Final = ("$and", "$or")
MOST_CONDITION_DEPTH: Final = 20


def condition_problems(condition: Any, place: str, *, depth: int = 0) -> Iterator[tuple[str, str]]:
    """(place, message) of all that is wrong with a condition before its expressions are rendered."""
    if depth > MOST_CONDITION_DEPTH:
        yield place, f"is nested more than {MOST_CONDITION_DEPTH} levels deep"
        return
    if not isinstance(condition, Mapping):
        yield place, "must be an object"
        return
    groups = [name for name in GROUPS if name in condition]
    if depth == 0 and len(groups) != 1:
        yield place, "needs `$and` or `$or` at its top, and one of them only"
        return
    for left, right in condition.items():
        inner = f"{place}.{left}"
        if left in GROUPS:
            if not isinstance(right, list) or not right:
                yield inner, "must be a list of conditions that is not empty"
                continue
            for position, item in enumerate(right):
                yield from condition_problems(item, f"{inner}[{position}]", depth=depth + 1)
        elif depth == 0:
            yield inner, "stands beside `$and` or `$or`; it belongs into its list"
        else:
            yield from _comparison_problems(right, inner)


def holds(condition: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    """Whether a condition without problems holds over what expressions see.

    Raises ExpressionProblem as `render` does.
    """
    return all(_part_holds(left, right, context) for left, right in condition.items())


def _part_holds(left: str, right: Any, context: Mapping[str, Any]) -> bool:
    if left == "$and":
        return all(holds(item, context) for item in right)
    if left == "$or":
        return any(holds(item, context) for item in right)
    value = render(left, context)
    return all(
        OPERATORS[operator](value, render(wanted, context)) for operator, wanted in right.items()
    )


def _comparison_problems(right: Any, place: str) -> Iterator[tuple[str, str]]:
    if not isinstance(right, Mapping) or not right:
        yield place, 'must be an object of operators, such as {"$eq": 1}'
        return
    for operator, wanted in right.items():
        if operator not in OPERATORS:
            known = " ".join(OPERATORS)
            yield f"{place}.{operator}", f"unknown operator; there are {known}"
        elif operator in ("$in", "$nin") and not isinstance(wanted, list | str):
            yield f"{place}.{operator}", "must be a list"


def _equal(left: Any, right: Any) -> bool:
    """As JSON: true is not 1, but 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_equal(left[k], right[k]) for k in left)
    return bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Numbers with numbers, and texts with texts; a text that is a number counts as one beside a
    number. Anything else is in no order, so the comparison does not hold."""

    def held(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return compare(left, right)
        a, b = _number(left), _number(right)
        return a is not None and b is not None and compare(a, b)

    return held


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) <= 100:
        try:
            return int(value)
        except ValueError:
            pass
        try:
            return float(value)
        except ValueError:
            return None
    return None


def _among(value: Any, wanted: Any) -> bool:
    return isinstance(wanted, list) and any(_equal(value, each) for each in wanted)


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted in value
    if isinstance(value, Mapping):
        return isinstance(wanted, str) and wanted in value
    return _among(wanted, value)


def _starts(value: Any, wanted: Any) -> bool:
    return isinstance(value, str) and isinstance(wanted, str) and value.startswith(wanted)


def _ends(value: Any, wanted: Any) -> bool:
    return isinstance(value, str) and isinstance(wanted, str) and value.endswith(wanted)


def _exists(value: Any, wanted: Any) -> bool:
    """`{"$exists": false}` asks for the opposite."""
    return (value is not None) is (wanted is not False)


OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$eq": _equal,
    "$ne": lambda left, right: not _equal(left, right),
    "$gt": _ordered(lambda left, right: left > right),
    "$gte": _ordered(lambda left, right: left >= right),
    "$lt": _ordered(lambda left, right: left < right),
    "$lte": _ordered(lambda left, right: left <= right),
    "$in": _among,
    "$nin": lambda left, right: not _among(left, right),
    "$contains": _contains,
    "$notContains": lambda left, right: not _contains(left, right),
    "$startsWith": _starts,
    "$endsWith": _ends,
    "$exists": _exists,
    "$notExists": lambda left, right: not _exists(left, right),
}
