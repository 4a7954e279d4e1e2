"""Pages by `limit` and `offset`: how many there are at most, each dialect says for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.api.routing import Parameter
from chalicelib.core.errors import Invalid, Problem

_WHOLE: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class OffsetPages:
    """The two parameters of a dialect's lists."""

    default: int
    most: int
    most_offset: int

    @property
    def parameters(self) -> tuple[Parameter, Parameter]:
        """As a route declares them."""
        limit = {"minimum": 1, "maximum": self.most, "default": self.default}
        offset = {"minimum": 0, "maximum": self.most_offset, "default": 0}
        return (
            Parameter("limit", "At most this many.", {"type": "integer", **limit}),
            Parameter("offset", "How many to leave out first.", {"type": "integer", **offset}),
        )

    def page_of(self, query: Mapping[str, str]) -> tuple[int, int]:
        """`limit` and `offset`. Raises Invalid naming each that is wrong."""
        found, problems = {}, []
        for name, default, least, most in (
            ("limit", self.default, 1, self.most),
            ("offset", 0, 0, self.most_offset),
        ):
            text = query.get(name, str(default))
            found[name] = int(text) if _WHOLE.fullmatch(text) else -1
            if not least <= found[name] <= most:
                message = f"{text[:32]!r} is not a whole number from {least} to {most}"
                problems.append(Problem(name, message))
        if problems:
            where = " and ".join(problem.location for problem in problems)
            raise Invalid(f"The page that is asked for is none: {where}.", problems)
        return found["limit"], found["offset"]


_S4: Final = OffsetPages(default=50, most=1000, most_offset=999_999_999)
PARAMETERS: Final = _S4.parameters
page_of = _S4.page_of
"""S4's lists: `{items, total, limit, offset}`."""
