"""The way out: from a value of the evaluator to JSON, and from JSON to text."""

from __future__ import annotations

import base64
import json
import math

from chalicelib.core.expressions import limits
from chalicelib.core.expressions.errors import EvaluationError, ExpressionLimit
from chalicelib.core.expressions.meter import Meter
from chalicelib.core.expressions.times import rfc3339, seconds
from chalicelib.core.expressions.values import JSON, Value, key_value, kind

_MAX_BITS = 1024
"""As far as a double reaches."""


def to_json(value: Value, meter: Meter) -> JSON:
    """A copy in plain JSON types.

    Timestamps become RFC 3339 text, durations seconds, bytes base64 text, types their names, keys
    that are no text their text. Raises EvaluationError for what JSON cannot hold (NaN, infinity,
    broken Unicode), ExpressionLimit over `MAX_RESULT_BYTES` or `MAX_VALUE_DEPTH`.
    """
    return _Copy(meter).copy(value, 0)


def result(value: Value, meter: Meter) -> JSON:
    """`to_json` of what an evaluation gave: its size counts towards `MAX_RENDERED_BYTES`."""
    copy = _Copy(meter)
    found = copy.copy(value, 0)
    meter.deliver(copy.size)
    return found


def result_text(value: Value, meter: Meter) -> str:
    """`text_of` of what an evaluation gave: its size counts towards `MAX_RENDERED_BYTES`."""
    text = text_of(value, meter)
    meter.deliver(len(text))
    return text


def json_text(value: Value, meter: Meter) -> str:
    """`jsonEncode`: compact JSON, characters outside ASCII as they are."""
    text = json.dumps(to_json(value, meter), ensure_ascii=False, separators=(",", ":"))
    meter.reserve_text(len(text))
    return text


def text_of(value: Value, meter: Meter) -> str:
    """How a value is embedded in text, and `toString`.

    Strings as they are, null as nothing, everything else as compact JSON; so a timestamp is its
    RFC 3339 text without quotes.
    """
    plain = to_json(value, meter)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json_text(plain, meter)


class _Copy:
    """One conversion; `size` is the compact JSON so far, in bytes, escapes not counted."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.size = 0

    def add(self, size: int) -> None:
        self.size += size
        if self.size > limits.MAX_RESULT_BYTES:
            raise ExpressionLimit(f"a result of more than {limits.MAX_RESULT_BYTES} bytes")

    def text(self, text: str) -> str:
        try:
            self.add(2 + (len(text) if text.isascii() else len(text.encode())))
        except UnicodeEncodeError as error:
            raise EvaluationError("a text with half of a surrogate pair") from error
        self.meter.read(text)
        return text

    def copy(self, value: Value, depth: int) -> JSON:
        self.meter.spend()
        if depth > limits.MAX_VALUE_DEPTH:
            raise ExpressionLimit(f"a result nested more than {limits.MAX_VALUE_DEPTH} levels")
        match kind(value):
            case "list":
                self.add(2 + len(value))
                return [self.copy(item, depth + 1) for item in value]
            case "map":
                self.add(2 + 2 * len(value))
                return self.copy_map(value, depth + 1)
            case "string" | "type":
                return self.text(str(value))
            case "double":
                if not math.isfinite(value):
                    raise EvaluationError("a number that is infinite or not a number")
                self.add(8)
                return value
            case "int" | "uint":
                if value.bit_length() > _MAX_BITS:
                    raise EvaluationError("a whole number too large for JSON readers")
                self.add(1 + value.bit_length() // 3)
                return int(value)
            case "bytes":
                return self.text(base64.b64encode(value).decode())
            case "timestamp":
                return self.text(rfc3339(value))
            case "duration":
                self.add(8)
                return seconds(value)
        self.add(4)
        return value

    def copy_map(self, value: dict[Value, Value], depth: int) -> dict[str, JSON]:
        found: dict[str, JSON] = {}
        for stored, member in value.items():
            key = key_value(stored)
            name = self.text(key if isinstance(key, str) else json.dumps(key))
            if name in found:
                raise EvaluationError(f"two keys of a map are {name[:50]!r} as text")
            found[name] = self.copy(member, depth)
        return found
