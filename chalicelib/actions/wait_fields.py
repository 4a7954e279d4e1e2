"""The parameter `timeout` of actions that wait for somebody: an approval, an agent's task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from chalicelib.actions.checks import has_template
from chalicelib.actions.fields import Seconds
from chalicelib.core.errors import Problem
from chalicelib.core.waits import LONGEST_SECONDS


def _whole(seconds: float) -> float:
    if not 1 <= seconds <= LONGEST_SECONDS or not seconds.is_integer():
        raise ValueError("must be a whole number of seconds, from 1s to a year (365d)")
    return seconds


WaitSeconds = Annotated[Seconds, AfterValidator(_whole)]
"""How long somebody is waited for: a duration, or a number of seconds."""


def timeout_problems(params: Mapping[str, Any]) -> list[Problem]:
    """A `timeout` that is known only when the step runs comes too late."""
    if not has_template(params.get("timeout")):
        return []
    message = "must be written out: Step Functions is told when the workflow is applied"
    return [Problem("timeout", message)]
