"""Functions from one type to another: `int double string bool …` and `parseInt parseFloat …`."""

from __future__ import annotations

import datetime
import json
import math
import re

from chalicelib.core.expressions import limits
from chalicelib.core.expressions.errors import EvaluationError, ExpressionLimit
from chalicelib.core.expressions.meter import Meter
from chalicelib.core.expressions.output import json_text, text_of
from chalicelib.core.expressions.times import EPOCH, duration, rfc3339, seconds, timestamp
from chalicelib.core.expressions.values import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
    TypeName,
    Uint,
    Value,
    a_kind,
    kind,
    type_name,
)

_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TRUE, _FALSE = ("1", "t", "true", "TRUE", "True"), ("0", "f", "false", "FALSE", "False")


def to_int(meter: Meter, value: Value) -> int:
    """`int(x)`: from a number (cut towards zero), text, or a timestamp (seconds since 1970)."""
    return _ranged(_whole_part(value, "int"), INT_MIN, INT_MAX)


def to_uint(meter: Meter, value: Value) -> Uint:
    """`uint(x)`: as `int(x)`, from 0 to 2^64 - 1."""
    return Uint(_ranged(_whole_part(value, "uint"), 0, UINT_MAX))


def to_double(meter: Meter, value: Value) -> float:
    """`double(x)`: from a number or text."""
    match kind(value):
        case "int" | "uint" | "double":
            try:
                return float(value)
            except OverflowError as error:
                raise EvaluationError("a number too large for a double") from error
        case "string":
            meter.read(value)
            if len(value) <= limits.MAX_PATTERN and _DECIMAL.fullmatch(value):
                return float(value)
            raise EvaluationError("the text is not a number")
        case _:
            raise EvaluationError(f"cannot make a double of {a_kind(value)}")


def to_string(meter: Meter, value: Value) -> str:
    """`string(x)`: from a scalar. For lists and maps there is `jsonEncode`."""
    match kind(value):
        case "string":
            return str(value)
        case "bytes":
            try:
                meter.reserve_text(len(value))
                return str(value, "utf-8")
            except UnicodeDecodeError as error:
                raise EvaluationError("the bytes are not UTF-8") from error
        case "bool" | "int" | "uint" | "double" as number:
            if number == "double" and not math.isfinite(value):
                return str(value)
            return json_text(value, meter)
        case "timestamp":
            return rfc3339(value)
        case "duration":
            return f"{seconds(value)}s"
        case "type":
            return str(value)
        case _:
            raise EvaluationError(f"cannot make a string of {a_kind(value)}; jsonEncode can")


def to_bool(meter: Meter, value: Value) -> bool:
    """`bool(x)`: from a bool or one of the words true, t, 1, false, f, 0."""
    if kind(value) == "bool":
        return bool(value)
    if kind(value) == "string" and value in _TRUE + _FALSE:
        return value in _TRUE
    raise EvaluationError(f"cannot make a bool of this {kind(value)}")


def to_bytes(meter: Meter, value: Value) -> bytes:
    """`bytes(x)`: the UTF-8 of a text."""
    match kind(value):
        case "bytes":
            return bytes(value)
        case "string":
            meter.reserve_text(len(value))
            try:
                return str(value).encode()
            except UnicodeEncodeError as error:
                raise EvaluationError("a text with half of a surrogate pair") from error
        case _:
            raise EvaluationError(f"cannot make bytes of {a_kind(value)}")


def to_timestamp(meter: Meter, value: Value) -> datetime.datetime:
    """`timestamp(x)`."""
    return timestamp(value)


def to_duration(meter: Meter, value: Value) -> datetime.timedelta:
    """`duration(x)`."""
    if kind(value) == "string" and len(value) > limits.MAX_PATTERN:
        raise EvaluationError("the text is not a duration such as 1h30m")
    return duration(value)


def to_type(meter: Meter, value: Value) -> TypeName:
    """`type(x)`."""
    return type_name(value)


def dyn(meter: Meter, value: Value) -> Value:
    """`dyn(x)`: x; in CEL it switches type checks off, and here there are none before the data."""
    return value


def parse_int(meter: Meter, value: Value) -> int:
    """`parseInt(s)` (S2): as `int`, spaces around the text allowed."""
    return to_int(meter, _stripped(value, meter))


def parse_float(meter: Meter, value: Value) -> float:
    """`parseFloat(s)` (S2): as `double`, spaces around the text allowed."""
    return to_double(meter, _stripped(value, meter))


def to_text(meter: Meter, value: Value) -> str:
    """`toString(x)` (S2): any value as a template embeds it."""
    return text_of(value, meter)


def json_encode(meter: Meter, value: Value) -> str:
    """`jsonEncode(x)` (S2)."""
    return json_text(value, meter)


def json_decode(meter: Meter, value: Value) -> Value:
    """`jsonDecode(s)` (S2)."""
    if kind(value) != "string":
        raise EvaluationError(f"jsonDecode needs a string, not {a_kind(value)}")
    # The decoded values take several times the memory of the text.
    meter.spend(1 + len(value) // 8)
    if len(value) > limits.MAX_STRING:
        raise ExpressionLimit(f"a JSON text of more than {limits.MAX_STRING} characters")
    try:
        return json.loads(value, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ExpressionLimit("a JSON text nested too deeply") from error
    except ValueError as error:
        raise EvaluationError("the text is not JSON") from error


def _refuse_constant(name: str) -> Value:
    raise ValueError(name)


def _stripped(value: Value, meter: Meter) -> Value:
    if kind(value) != "string":
        return value
    meter.reserve_text(len(value))
    return value.strip()


def _whole_part(value: Value, into: str) -> int:
    match kind(value):
        case "int" | "uint":
            return int(value)
        case "double":
            if not math.isfinite(value):
                raise EvaluationError("a number that is infinite or not a number")
            whole: int = math.trunc(value)
            return whole
        case "string":
            if _WHOLE.fullmatch(value):
                return int(value)
            raise EvaluationError("the text is not a whole number")
        case "timestamp" if into == "int":
            return int((value - EPOCH).total_seconds() // 1)
        case _:
            raise EvaluationError(f"cannot make a whole number of {a_kind(value)}")


def _ranged(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise EvaluationError("a whole number outside 64 bits")
    return number
