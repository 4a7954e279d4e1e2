"""Event patterns (S2): what Runyard asks of one before EventBridge reads it, and its own events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

LONGEST_PATTERN: Final = 2048
"""Characters, as compact JSON: EventBridge's limit."""


def pattern_problem(pattern: Mapping[str, Any]) -> str | None:
    """Why a pattern is not taken, or None. Its grammar is left to EventBridge."""
    sources = pattern.get("source")
    if not isinstance(sources, list) or not sources:
        return "has to name its `source`s: a rule without them hears every event of the account"
    if len(json.dumps(pattern, separators=(",", ":"))) > LONGEST_PATTERN:
        return f"has more than {LONGEST_PATTERN:,} characters as JSON"
    return None


def is_about_our_own(event: Mapping[str, Any], prefix: str) -> bool:
    """Whether an event is about a state machine or an execution of this stage, whose names begin
    with `prefix`: its status, or a call to it that CloudTrail tells of.

    Such an event follows from every run, so a trigger that starts one for it would never end.
    """
    text = json.dumps(event)
    return any(f":{kind}:{prefix}-" in text for kind in ("stateMachine", "execution"))
