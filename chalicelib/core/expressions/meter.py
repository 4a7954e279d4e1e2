"""The budget of one evaluation: every part of the evaluator pays here before it works."""

from __future__ import annotations

from collections.abc import Sized

from chalicelib.core.expressions import limits
from chalicelib.core.expressions.errors import ExpressionLimit


class Meter:
    """Counts work and results down from the limits; raises ExpressionLimit at the end of either."""

    __slots__ = ("bytes_left", "patterns", "steps_left")

    def __init__(self) -> None:
        self.steps_left = limits.MAX_STEPS
        self.bytes_left = limits.MAX_RENDERED_BYTES
        self.patterns: set[str] = set()

    def spend(self, steps: int = 1) -> None:
        """Pay for `steps` units of work."""
        self.steps_left -= steps
        if self.steps_left < 0:
            raise ExpressionLimit(
                f"the expression needs more than {limits.MAX_STEPS} steps of work"
            )

    def read(self, text: Sized) -> None:
        """Pay for reading a text (or bytes) once."""
        self.spend(1 + len(text) // limits.CHARACTERS_PER_STEP)

    def reserve_text(self, length: int) -> None:
        """Allow and pay for making a text of `length` characters, before it is made."""
        if length > limits.MAX_STRING:
            raise ExpressionLimit(f"a text of more than {limits.MAX_STRING} characters")
        self.spend(1 + length // limits.CHARACTERS_PER_STEP)

    def reserve_items(self, count: int) -> None:
        """Allow and pay for making a list of `count` elements, before it is made."""
        if count > limits.MAX_ITEMS:
            raise ExpressionLimit(f"a list of more than {limits.MAX_ITEMS} elements")
        self.spend(1 + count // 8)

    def compile(self, pattern: str) -> None:
        """Allow compiling a regular expression; the same one again is free."""
        self.patterns.add(pattern)
        if len(self.patterns) > limits.MAX_PATTERNS:
            raise ExpressionLimit(f"more than {limits.MAX_PATTERNS} different patterns")

    def deliver(self, total: int) -> None:
        """Allow a result of `total` bytes to leave the evaluation."""
        self.bytes_left -= total
        if self.bytes_left < 0:
            raise ExpressionLimit(f"results of more than {limits.MAX_RENDERED_BYTES} bytes in all")
