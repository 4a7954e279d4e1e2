"""Did you mean …? Bounded: thousands of wrong names must not cost minutes of CPU."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_LOOK_UPS = 50
_LONGEST_WORD = 100
_MOST_CANDIDATES = 2_000


class Suggester:
    """Finds near misses for the first 50 unknown words of one document, then stays silent."""

    def __init__(self) -> None:
        self._left = _MOST_LOOK_UPS

    def hint(self, word: str, candidates: Iterable[str]) -> str:
        """`"; did you mean `x`?"`, or nothing when no candidate is near."""
        if self._left <= 0 or len(word) > _LONGEST_WORD:
            return ""
        self._left -= 1
        from difflib import get_close_matches  # only needed once something is wrong

        known = sorted(set(candidates))[:_MOST_CANDIDATES]
        near = get_close_matches(word, known, n=1, cutoff=0.6)
        return f"; did you mean `{near[0]}`?" if near else ""


def quoted(word: str) -> str:
    """A word of the author's in a message: in backticks, cut where it is endless."""
    return f"`{word}`" if len(word) <= _LONGEST_WORD else f"`{word[:_LONGEST_WORD]}…`"
