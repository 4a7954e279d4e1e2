"""The values of expressions are plain Python values; here are their kinds and their comparison.

`null` None, `bool` bool, `int` int (64 bits), `double` float, `string` str, `list` list, `map`
dict, as JSON gives them, so a context is used as it is, without a copy. Beside them, made by
expressions only: `uint` Uint, `bytes` bytes, `timestamp` datetime (UTC), `duration` timedelta,
and `type` TypeName.
"""

from __future__ import annotations

import datetime
from typing import Any, TypeAlias

from chalicelib.core.expressions.errors import EvaluationError
from chalicelib.core.expressions.meter import Meter

JSON: TypeAlias = Any
"""None, bool, int, float, str, and lists and dicts (with str keys) of these."""

Value: TypeAlias = Any
"""A JSON value, or one of the other kinds above."""

INT_MIN, INT_MAX, UINT_MAX = -(2**63), 2**63 - 1, 2**64 - 1


class Uint(int):
    """CEL's unsigned whole number (`5u`)."""


class TypeName(str):
    """CEL's `type(x)`: the type's name."""


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    datetime.datetime: "timestamp",
    datetime.timedelta: "duration",
    TypeName: "type",
}
TYPE_NAMES = {
    **{kind: TypeName(kind) for kind in ("bool", "int", "uint", "double", "string", "bytes")},
    **{kind: TypeName(kind) for kind in ("list", "map", "null_type", "type")},
}
_LONG_NAMES = {
    "null": "null_type",
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
}
NUMBERS = frozenset({"int", "uint", "double"})
_ORDERED = frozenset({"string", "bytes", "bool", "timestamp", "duration"})


def kind(value: Value) -> str:
    """The word for a value's type in messages. Raises EvaluationError for what is no value."""
    found = _KINDS.get(type(value))
    if found is None:
        raise EvaluationError(f"a value of the Python type {type(value).__name__} is not JSON")
    return found


def a_kind(value: Value) -> str:
    """A value's kind with its article: "an int", "a string", "null"."""
    found = kind(value)
    return found if found == "null" else f"{'an' if found == 'int' else 'a'} {found}"


def type_name(value: Value) -> TypeName:
    """CEL's `type(x)`."""
    short = kind(value)
    return TypeName(_LONG_NAMES.get(short, short))


def map_key(key: Value) -> Value:
    """How a key is stored in a dict. Booleans are wrapped, as for Python `True == 1`."""
    match kind(key):
        case "string":
            return str(key)
        case "bool":
            return ("bool", key)
        case "int" | "uint":
            return int(key)
        case "double" if key.is_integer():
            return int(key)
        case _:
            raise EvaluationError(f"{a_kind(key)} cannot be the key of a map")


def key_value(stored: Value) -> Value:
    """The inverse of `map_key`."""
    return stored[1] if isinstance(stored, tuple) else stored


def equal(left: Value, right: Value, meter: Meter) -> bool:
    """CEL's `==`: numbers by value whatever their type; values of different types are not equal."""
    meter.spend()
    left_kind, right_kind = kind(left), kind(right)
    if left_kind != right_kind:
        return left_kind in NUMBERS and right_kind in NUMBERS and bool(left == right)
    if left_kind == "list":
        return len(left) == len(right) and all(
            equal(one, other, meter) for one, other in zip(left, right, strict=True)
        )
    if left_kind == "map":
        return left.keys() == right.keys() and all(
            equal(value, right[key], meter) for key, value in left.items()
        )
    if left_kind in ("string", "bytes"):
        if len(left) != len(right):
            return False
        meter.read(left)
    return bool(left == right)


def compare(left: Value, right: Value, operator: str, meter: Meter) -> bool:
    """CEL's `< <= > >=`: numbers of any type with each other, else values of one ordered type."""
    left_kind, right_kind = kind(left), kind(right)
    numbers = left_kind in NUMBERS and right_kind in NUMBERS
    if not numbers and (left_kind != right_kind or left_kind not in _ORDERED):
        raise EvaluationError(f"cannot compare {left_kind} {operator} {right_kind}")
    if left_kind in ("string", "bytes"):
        meter.read(left)
    match operator:
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case _:
            return bool(left >= right)
