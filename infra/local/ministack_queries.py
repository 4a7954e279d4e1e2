"""MiniStack's Query, repaired; `ministack_repaired` puts it in.

AWS goes straight to the items of a Query. MiniStack looks at every item of the partition, and parses
the key condition anew for each: in a partition of some ten thousand items, as a busy swarm has, one
Query took a second of the one processor that all calls share. Here the three forms of key conditions
that Runyard has are read once; all else is left to MiniStack.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

_FORMS: Final = re.compile(
    r"\s*(?P<hash>#\w+) = (?P<is>:\w+)"
    r"(?: AND (?:begins_with\((?P<prefixed>#\w+), (?P<prefix>:\w+)\)"
    r"|(?P<between>#\w+) BETWEEN (?P<low>:\w+) AND (?P<high>:\w+)))?\s*\Z"
)
KEY_CONDITION: Final = "KeyConditionExpression"

Evaluate = Callable[..., bool]


@lru_cache(maxsize=256)
def _read(expression: str) -> dict[str, str | None] | None:
    match = _FORMS.match(expression)
    return match.groupdict() if match else None


def keyed(evaluate: Evaluate) -> Evaluate:
    """The emulator's function that evaluates a condition on an item, with these key conditions on
    texts done without it."""

    def call(
        expression: str, item: Any, values: Any, names: Any, slot: str = "ConditionExpression"
    ) -> bool:
        read = _read(expression) if slot == KEY_CONDITION and isinstance(expression, str) else None
        try:
            if read is not None:
                return _holds(read, item, values, names)
        except KeyError:
            pass  # no text, or something is missing: MiniStack knows what to say
        return evaluate(expression, item, values, names, slot=slot)

    return call


def _holds(read: dict[str, str | None], item: Any, values: Any, names: Any) -> bool:
    """Raises KeyError where a part is not there or is no text."""

    def member(part: str) -> str:
        text: str = item[names[read[part]]]["S"]
        return text

    def value(part: str) -> str:
        text: str = values[read[part]]["S"]
        return text

    if member("hash") != value("is"):
        return False
    if read["prefixed"] is not None:
        return member("prefixed").startswith(value("prefix"))
    if read["between"] is not None:
        return value("low") <= member("between") <= value("high")
    return True


def repair(dynamodb: Any) -> None:
    """Put it in."""
    dynamodb._evaluate_condition = keyed(dynamodb._evaluate_condition)
