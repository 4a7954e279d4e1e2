"""Durations as authors write them: `500ms`, `90s`, `1m30s`, `24h`, `7d`."""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = {
    "d": Fraction(86_400),
    "h": Fraction(3_600),
    "m": Fraction(60),
    "s": Fraction(1),
    "ms": Fraction(1, 1_000),
}
_PART = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(ms|[dhms])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_MOST_CHARACTERS = 64


def parse_duration(text: str) -> float:
    """Seconds of a duration (S2). Parts add up; fractions (`1.5h`) are fine, signs are not.

    Raises ValueError with a sentence for the author.
    """
    if len(text) > _MOST_CHARACTERS or not _WHOLE.fullmatch(text):
        raise ValueError("must be a duration such as 500ms, 90s, 1m30s, 24h or 7d")
    return float(sum(Fraction(number) * _UNITS[unit] for number, unit in _PART.findall(text)))


def format_duration(seconds: float) -> str:
    """The shortest such text for some seconds, to the millisecond. Raises ValueError below 0."""
    rest = round(Fraction(seconds) * 1_000)
    if rest < 0:
        raise ValueError("a duration is not negative")
    parts = []
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, int(size * 1_000))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
