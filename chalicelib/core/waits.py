"""Steps that wait for something outside, while no Lambda runs: an approval, another workflow's
run, an agent's turn, somebody who resumes them.

Each is one task that hands over a task token (`core.compiler.tokens`) and a call of the step's Lambda
in a phase of its own (`core.runs.waiting`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

APPROVAL: Final = "approval"
CHILD: Final = "workflow/run"
TASK: Final = "swarm/task"
HOLD: Final = "wait"
"""Of graphs only (S1): a node that waits to be resumed."""
PHASES: Final[Mapping[str, str]] = MappingProxyType(
    {APPROVAL: "ask", CHILD: "call", TASK: "task", HOLD: "hold"}
)
"""Action → the phase in which its Lambda is called with a token."""

LONGEST_SECONDS: Final = 31_536_000
"""A year: how long a task waits at most where neither it nor the run has a timeout. Executions of
Step Functions last no longer."""


def timeout_of(action: str, params: Mapping[str, Any], timeout: int | None) -> int | None:
    """A step's timeout in seconds: its own, or the parameter of an approval or of an agent's task
    where that is shorter."""
    given = params.get("timeout") if action in (APPROVAL, TASK) else None
    if given is None:
        return timeout
    from chalicelib.core.definitions.durations import parse_duration

    seconds = int(parse_duration(given) if isinstance(given, str) else given)
    return seconds if timeout is None else min(seconds, timeout)
