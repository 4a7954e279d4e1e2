"""Text from outside that may be JSON."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from chalicelib.actions.base import JSON


def json_or_none(text: str) -> JSON:
    """The value of a text that is JSON as a whole, else None.

    Stricter than `json.loads`, since the value will be stored and sent on as JSON: no NaN, no
    Infinity or number that overflows to it, no half of a surrogate pair.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _finite(text: str) -> Any:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return number
