"""What has to hold of a definition's triggers besides their shapes (S2)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.core.definitions import locations
from chalicelib.core.definitions.suggestions import Suggester
from chalicelib.core.errors import Problem
from chalicelib.core.triggers.model import UTC_ZONE, normal
from chalicelib.core.triggers.patterns import pattern_problem


def trigger_problems(value: Mapping[str, Any], suggester: Suggester) -> Iterator[Problem]:
    """Everything wrong with `triggers` that is no matter of shape, and with inputs that a trigger
    would have to give. Members of a wrong shape are passed over: their shape is reported."""
    listed = value.get("triggers")
    if not isinstance(listed, list) or not listed:
        return
    seen: set[str] = set()
    for position, member in enumerate(listed):
        location = locations.item("triggers", position)
        if not isinstance(member, Mapping):
            continue
        yield from _problems(member, location, suggester)
        try:
            text = json.dumps(normal(member), sort_keys=True)
        except (KeyError, TypeError, ValueError):
            continue
        # Two secrets for one path would leave open which of them counts.
        same = f"/{normal(member)[1]['path']}" if member["type"] == "webhook" else text
        if same in seen:
            yield Problem(location, "stands twice")
        seen.add(same)
    inputs = value.get("inputs")
    for name, spec in inputs.items() if isinstance(inputs, Mapping) else ():
        if isinstance(spec, Mapping) and "default" not in spec:
            message = (
                "needs a `default`: a trigger gives no inputs (what it brings is in `trigger`)"
            )
            yield Problem(locations.member("inputs", name), message)


def _problems(member: Mapping[str, Any], location: str, suggester: Suggester) -> Iterator[Problem]:
    if member.get("type") == "cron":
        yield from _cron_problems(member, location, suggester)
    pattern = member.get("pattern")
    if member.get("type") == "event" and isinstance(pattern, Mapping) and pattern:
        message = pattern_problem(pattern)
        if message is not None:
            yield Problem(f"{location}.pattern", message)


def _cron_problems(
    member: Mapping[str, Any], location: str, suggester: Suggester
) -> Iterator[Problem]:
    from chalicelib.core.triggers import cron

    schedule, zone = member.get("schedule"), member.get("timezone", UTC_ZONE)
    if isinstance(schedule, str) and len(schedule.split()) == 5:
        try:
            cron.expressions(schedule)
        except ValueError as problem:
            yield Problem(f"{location}.schedule", str(problem))
    if isinstance(zone, str) and not cron.is_timezone(zone):
        hint = suggester.hint(zone, cron.zones())
        yield Problem(f"{location}.timezone", f"is no IANA time zone{hint}")
