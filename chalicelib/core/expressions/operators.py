"""Arithmetic, `in` and indexing, as CEL defines them; int and double may be mixed.

CEL refuses `int + double`. JSON has one kind of number, and whether a caller sends 3 or 3.0 must
not decide whether a step fails, so here the mix gives a double.
"""

from __future__ import annotations

import math

from chalicelib.core.expressions.errors import EvaluationError, MissingValue
from chalicelib.core.expressions.meter import Meter
from chalicelib.core.expressions.times import checked, shifted
from chalicelib.core.expressions.values import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
    Uint,
    Value,
    a_kind,
    equal,
    kind,
    map_key,
)


def negate(value: Value) -> Value:
    """`-x`."""
    match kind(value):
        case "int":
            return _whole(-value, "int")
        case "double":
            return -value
        case _:
            raise EvaluationError(f"cannot negate {a_kind(value)}")


def arithmetic(operator: str, left: Value, right: Value, meter: Meter) -> Value:
    """`left operator right` for `+ - * / %`."""
    kinds = kind(left), kind(right)
    if kinds in (("int", "int"), ("uint", "uint")):
        return _whole(_whole_result(operator, left, right), kinds[0])
    if set(kinds) <= {"int", "double"} and operator != "%":
        return _double_result(operator, _double(left), _double(right))
    if operator == "+":
        return _add(left, right, kinds, meter)
    if operator == "-" and kinds == ("timestamp", "timestamp"):
        return checked(lambda: left - right)
    if operator == "-" and kinds == ("timestamp", "duration"):
        return shifted(left, -right)
    if operator == "-" and kinds == ("duration", "duration"):
        return checked(lambda: left - right)
    raise _no_overload(operator, kinds)


def contained(item: Value, container: Value, meter: Meter) -> bool:
    """`item in container`: an element of a list, a key of a map."""
    match kind(container):
        case "list":
            return any(equal(item, element, meter) for element in container)
        case "map":
            return map_key(item) in container
        case _:
            raise EvaluationError(f"in needs a list or a map, not {a_kind(container)}")


def indexed(container: Value, index: Value, name: str) -> Value:
    """`container[index]`; `name` is how messages call the container. Raises MissingValue."""
    match kind(container), kind(index):
        case "list", "int" | "uint" | "double":
            if index != index // 1 or not 0 <= index < len(container):
                raise MissingValue(f"{name} has no element {_shown(index)}")
            return container[int(index)]
        case "map", _:
            key = map_key(index)
            if key not in container:
                raise MissingValue(f"{name} has no member {_shown(index)}")
            return container[key]
        case "null", _:
            raise MissingValue(f"{name} is null and has no members")
    raise MissingValue(f"{name} is {a_kind(container)}; it has no element by {a_kind(index)}")


def selected(container: Value, member: str, name: str) -> Value:
    """`container.member`; `name` is how messages call the container. Raises MissingValue."""
    if type(container) is dict:
        if member in container:
            return container[member]
        raise MissingValue(f"{name} has no member {_shown(member)}")
    raise MissingValue(f"{name} is {a_kind(container)} and has no member {_shown(member)}")


def _shown(key: Value) -> str:
    if isinstance(key, str):
        return repr(str(key)) if len(key) <= 60 else "of that name"
    # Python refuses to write a whole number of many thousand digits.
    return repr(key) if abs(key) <= UINT_MAX else "of that number"


def _whole_result(operator: str, left: int, right: int) -> int:
    if operator in "/%" and right == 0:
        raise EvaluationError("a division by zero")
    match operator:
        case "+":
            return int(left) + int(right)
        case "-":
            return int(left) - int(right)
        case "*":
            return int(left) * int(right)
        case "/":
            # Towards zero, and the remainder has the sign of the dividend.
            size = abs(left) // abs(right)
            return size if (left < 0) == (right < 0) else -size
        case _:
            rest = abs(left) % abs(right)
            return -rest if left < 0 else rest


def _whole(value: int, into: str) -> int:
    low, high = (0, UINT_MAX) if into == "uint" else (INT_MIN, INT_MAX)
    if not low <= value <= high:
        raise EvaluationError("a whole number outside 64 bits")
    return Uint(value) if into == "uint" else int(value)


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise EvaluationError("a number too large for a double") from error


def _double_result(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    if right == 0:
        if left == 0 or math.isnan(left):
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)
    return left / right


def _add(left: Value, right: Value, kinds: tuple[str, str], meter: Meter) -> Value:
    match kinds:
        case ("string", "string") | ("bytes", "bytes"):
            meter.reserve_text(len(left) + len(right))
            return left + right
        case "list", "list":
            meter.reserve_items(len(left) + len(right))
            return left + right
        case "timestamp", "duration":
            return shifted(left, right)
        case "duration", "timestamp":
            return shifted(right, left)
        case "duration", "duration":
            return checked(lambda: left + right)
    raise _no_overload("+", kinds)


def _no_overload(operator: str, kinds: tuple[str, str]) -> EvaluationError:
    return EvaluationError(f"cannot compute {kinds[0]} {operator} {kinds[1]}")
