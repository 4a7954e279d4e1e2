"""The table of functions, and those on text and lists.

Each takes the meter first. Almost all may be called as a function, `trim(s)`, and as a method,
`s.trim()`. `has`, `default` and the macros are no functions: the parser gives them nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chalicelib.core.expressions import conversions, limits, times
from chalicelib.core.expressions.errors import EvaluationError, ExpressionLimit
from chalicelib.core.expressions.meter import Meter
from chalicelib.core.expressions.operators import contained
from chalicelib.core.expressions.values import Value, a_kind, kind


@dataclass(frozen=True, slots=True)
class Form:
    """With how many arguments something is called (a method's object is the first), and how."""

    least: int = 1
    most: int = 1
    method: bool = True


CONVERSION = Form(method=False)


@dataclass(frozen=True, slots=True)
class Function:
    """What to call, and how it is called."""

    call: Callable[..., Value]
    form: Form = Form()


def size(meter: Meter, value: Value) -> int:
    """`size(x)`: characters of a string, bytes, elements of a list, members of a map."""
    if kind(value) not in ("string", "bytes", "list", "map"):
        raise EvaluationError(f"{a_kind(value)} has no size")
    return len(value)


def contains(meter: Meter, value: Value, part: Value) -> bool:
    """`s.contains(part)`; also of a list or a map, as `part in value`."""
    if kind(value) in ("list", "map"):
        return contained(part, value, meter)
    text, fragment = _texts(meter, "contains", value, part)
    return fragment in text


def starts_with(meter: Meter, value: Value, part: Value) -> bool:
    """`s.startsWith(part)`."""
    text, fragment = _texts(meter, "startsWith", value, part)
    return text.startswith(fragment)


def ends_with(meter: Meter, value: Value, part: Value) -> bool:
    """`s.endsWith(part)`."""
    text, fragment = _texts(meter, "endsWith", value, part)
    return text.endswith(fragment)


def matches(meter: Meter, value: Value, pattern: Value) -> bool:
    """`s.matches(pattern)`: whether RE2, which is linear in the text, finds the pattern in it."""
    import re2

    text, regex = _texts(meter, "matches", value, pattern)
    if len(regex) > limits.MAX_PATTERN:
        raise ExpressionLimit(f"a pattern of more than {limits.MAX_PATTERN} characters")
    meter.compile(regex)
    options = re2.Options()
    options.max_mem = limits.PATTERN_MEMORY
    options.log_errors = False  # It would write to stderr.
    try:
        compiled = re2.compile(regex, options)
        meter.spend(len(text) * compiled.programsize // limits.PATTERN_COST)
        return compiled.search(text) is not None
    except re2.error as error:
        raise EvaluationError("an invalid regular expression") from error
    except UnicodeEncodeError as error:
        raise EvaluationError("a text with half of a surrogate pair") from error


def lower(meter: Meter, value: Value) -> str:
    """`s.toLower()` (S2)."""
    return _made(meter, _text(meter, "toLower", value).lower())


def upper(meter: Meter, value: Value) -> str:
    """`s.toUpper()` (S2)."""
    return _made(meter, _text(meter, "toUpper", value).upper())


def trim(meter: Meter, value: Value) -> str:
    """`s.trim()` (S2): without white space at both ends."""
    return _made(meter, _text(meter, "trim", value).strip())


def replace(meter: Meter, value: Value, old: Value, new: Value) -> str:
    """`s.replace(old, new)` (S2): every occurrence."""
    text, old_text = _texts(meter, "replace", value, old)
    new_text = _text(meter, "replace", new)
    meter.reserve_text(len(text) + text.count(old_text) * (len(new_text) - len(old_text)))
    return text.replace(old_text, new_text)


def split(meter: Meter, value: Value, separator: Value) -> list[str]:
    """`s.split(separator)` (S2): the parts; with an empty separator, the characters."""
    text, by = _texts(meter, "split", value, separator)
    count = text.count(by) + 1 if by else len(text)
    meter.reserve_items(count)
    meter.spend(count)
    return text.split(by) if by else list(text)


def flatten(meter: Meter, value: Value) -> list[Value]:
    """`l.flatten()` (S2): one level; elements that are no lists stay."""
    if kind(value) != "list":
        raise EvaluationError(f"flatten needs a list, not {a_kind(value)}")
    meter.spend(len(value))
    meter.reserve_items(sum(len(item) if type(item) is list else 1 for item in value))
    return [part for item in value for part in (item if type(item) is list else [item])]


def _text(meter: Meter, function: str, value: Value) -> str:
    if kind(value) != "string":
        raise EvaluationError(f"{function} needs a string, not {a_kind(value)}")
    meter.read(value)
    return str(value)


def _texts(meter: Meter, function: str, value: Value, other: Value) -> tuple[str, str]:
    return _text(meter, function, value), _text(meter, function, other)


def _made(meter: Meter, text: str) -> str:
    meter.reserve_text(len(text))
    return text


def _part(name: str, meter: Meter, value: Value, zone: Value = None) -> int:
    return times.part(name, value, zone)


FUNCTIONS: dict[str, Function] = {
    "size": Function(size),
    "contains": Function(contains, Form(2, 2)),
    "startsWith": Function(starts_with, Form(2, 2)),
    "endsWith": Function(ends_with, Form(2, 2)),
    "matches": Function(matches, Form(2, 2)),
    "toLower": Function(lower),
    "toUpper": Function(upper),
    "trim": Function(trim),
    "replace": Function(replace, Form(3, 3)),
    "split": Function(split, Form(2, 2)),
    "flatten": Function(flatten),
    "parseInt": Function(conversions.parse_int),
    "parseFloat": Function(conversions.parse_float),
    "toString": Function(conversions.to_text),
    "jsonEncode": Function(conversions.json_encode),
    "jsonDecode": Function(conversions.json_decode),
    "int": Function(conversions.to_int, CONVERSION),
    "uint": Function(conversions.to_uint, CONVERSION),
    "double": Function(conversions.to_double, CONVERSION),
    "string": Function(conversions.to_string, CONVERSION),
    "bool": Function(conversions.to_bool, CONVERSION),
    "bytes": Function(conversions.to_bytes, CONVERSION),
    "timestamp": Function(conversions.to_timestamp, CONVERSION),
    "duration": Function(conversions.to_duration, CONVERSION),
    "type": Function(conversions.to_type, CONVERSION),
    "dyn": Function(conversions.dyn, CONVERSION),
    **{name: Function(partial(_part, name), Form(1, 2)) for name in times.PART_NAMES},
}
