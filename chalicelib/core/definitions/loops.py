"""What has to hold of a step with `for_each`, and of the members that only such a step has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chalicelib.core.definitions.sketch import StepSketch
from chalicelib.core.errors import Problem
from chalicelib.core.expressions.names import LOOP_NAMES

NAMES: Final = frozenset(LOOP_NAMES)
"""What the params of such a step may name besides."""
ONLY_IN_PARAMS: Final = "it exists only in the `params` of a step with `for_each`"
STATE_ACTIONS: Final = frozenset({"approval", "delay", "swarm/task", "workflow/run"})
"""Actions for which Step Functions itself waits: states of their own, which no item can be."""


def problems(step: StepSketch) -> Iterator[Problem]:
    """What is wrong with the members that make a step a loop."""
    if "for_each" not in step.members:
        for member in ("max_concurrency", "max_items"):
            if member in step.members:
                yield Problem(f"{step.location}.{member}", "needs a `for_each` beside it")
    elif step.location.startswith("hooks."):
        yield Problem(f"{step.location}.for_each", "a hook's step cannot be repeated")
    elif step.action in STATE_ACTIONS:
        message = f"`{step.action}` cannot be repeated: it waits as a state of its own"
        yield Problem(f"{step.location}.for_each", f"{message}, and an item is one call")
