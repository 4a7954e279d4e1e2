"""`regex`: a regular expression over a text. RE2 needs time in proportion to the text, whatever the
pattern says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.steps import StepFailed

MOST_PATTERN: Final = 1_000
MOST_CHARACTERS: Final = 1_000_000
MOST_MATCHES: Final = 10_000


def pattern_problem(pattern: str) -> str | None:
    """Why a pattern cannot be used."""
    try:
        _compiled(pattern)
    except ValueError as problem:
        return str(problem)
    return None


def regex(payload: Mapping[str, Any]) -> dict[str, Any]:
    """`{matched, matches}`: of each match its text; without `global` of the first only, and then
    its groups behind it, as JavaScript's `match` answers."""
    text = payload["text"]
    if len(text) > MOST_CHARACTERS:
        message = f"text: more than {MOST_CHARACTERS:,} characters"
        raise StepFailed("too_large", message, retryable=False)
    try:
        compiled = _compiled(payload["pattern"])
    except ValueError as problem:
        raise StepFailed("invalid_payload", f"pattern: {problem}", retryable=False) from problem
    if not payload.get("global"):
        found = compiled.search(text)
        matches = [] if found is None else [found.group(0), *found.groups()]
        return {"matched": found is not None, "matches": matches}
    matches = []
    for match in compiled.finditer(text):
        if len(matches) == MOST_MATCHES:
            message = f"there are more than {MOST_MATCHES:,} matches"
            raise StepFailed("too_large", message, retryable=False)
        matches.append(match.group(0))
    return {"matched": bool(matches), "matches": matches}


def _compiled(pattern: str) -> Any:
    """Raises ValueError with a readable reason."""
    import re2

    if len(pattern) > MOST_PATTERN:
        raise ValueError(f"more than {MOST_PATTERN:,} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"is no regular expression that RE2 reads: {error}"[:200]) from error
