"""A definition read as far as it can be read, so that one wrong member does not hide the others.

The checks that need several members work on this, not on the models, which exist only when every
shape is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.definitions import locations


@dataclass(frozen=True, slots=True)
class StepSketch:
    """What could be read of one step; None where a member is missing or of the wrong type."""

    location: str
    name: str | None
    action: str | None
    params: Mapping[str, Any] | None
    condition: str | None
    timeout: str | None
    depends_on: Sequence[tuple[int, str]]
    """(position, name) of each dependency that is a text."""
    has_depends_on: bool
    for_each: str | None = None
    members: frozenset[str] = frozenset()
    """The names of all members that are there."""
    tries: int = 1
    """`retry.max_attempts`, where it is a number."""


@dataclass(frozen=True, slots=True)
class StepList:
    """One list of steps and who waits for whom in it."""

    steps: Sequence[StepSketch]
    graph: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name → known names it depends on, the author's or the step before."""

    @property
    def has_unique_names(self) -> bool:
        return len(self.graph) == len(self.steps)


def read_steps(value: Any, location: str) -> StepList:
    """Sketch a list of steps. Where no step says `depends_on`, each waits for the one before it."""
    if not isinstance(value, list):
        return StepList([])
    steps = [
        _step(raw, locations.item(location, position))
        for position, raw in enumerate(value)
        if isinstance(raw, Mapping)
    ]
    in_order = not any(step.has_depends_on for step in steps)
    names = {step.name for step in steps}
    graph: dict[str, Sequence[str]] = {}
    previous: str | None = None
    for step in steps:
        if step.name is None:
            continue
        needs = [name for _, name in step.depends_on if name in names and name != step.name]
        if in_order and previous is not None and previous != step.name:
            needs = [previous]
        graph.setdefault(step.name, needs)
        previous = step.name
    return StepList(steps, graph)


def _step(raw: Mapping[str, Any], location: str) -> StepSketch:
    needs = raw.get("depends_on")
    return StepSketch(
        location=location,
        name=_text(raw.get("name")),
        action=_text(raw.get("action")),
        params=params if isinstance(params := raw.get("params", {}), Mapping) else None,
        condition=_text(raw.get("if")),
        timeout=_text(raw.get("timeout")),
        depends_on=[
            (position, name)
            for position, name in enumerate(needs if isinstance(needs, list) else [])
            if isinstance(name, str)
        ],
        has_depends_on=isinstance(needs, list),
        for_each=_text(raw.get("for_each")),
        members=frozenset(raw),
        tries=_tries(raw.get("retry")),
    )


def _tries(retry: Any) -> int:
    found = retry.get("max_attempts") if isinstance(retry, Mapping) else None
    return found if isinstance(found, int) else 1


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
