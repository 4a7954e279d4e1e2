"""How each dialect calls the statuses. The only tables of such words; nobody else invents one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.core.runs.model import RunStatus, StepStatus

S0: Final[Mapping[RunStatus, str]] = {
    RunStatus.QUEUED: "pending",
    RunStatus.RUNNING: "running",
    RunStatus.WAITING: "suspended",
    RunStatus.SUCCEEDED: "succeeded",
    RunStatus.FAILED: "failed",
    RunStatus.TIMED_OUT: "failed",
    RunStatus.CANCELLED: "cancelled",
}
S1: Final[Mapping[RunStatus, str]] = {
    RunStatus.QUEUED: "running",
    RunStatus.RUNNING: "running",
    RunStatus.WAITING: "waiting",
    RunStatus.SUCCEEDED: "success",
    RunStatus.FAILED: "failure",
    RunStatus.TIMED_OUT: "failure",
    RunStatus.CANCELLED: "cancelled",
}
S1_NODE: Final[Mapping[StepStatus, str]] = {
    StepStatus.PENDING: "pending",
    StepStatus.RUNNING: "running",
    StepStatus.WAITING: "waiting",
    StepStatus.SUCCEEDED: "success",
    StepStatus.FAILED: "failure",
    StepStatus.SKIPPED: "skipped",
    StepStatus.CANCELLED: "cancelled",
}
S2: Final[Mapping[RunStatus, str]] = {
    RunStatus.QUEUED: "pending",
    RunStatus.RUNNING: "running",
    RunStatus.WAITING: "running",
    RunStatus.SUCCEEDED: "completed",
    RunStatus.FAILED: "failed",
    RunStatus.TIMED_OUT: "timed_out",
    RunStatus.CANCELLED: "cancelled",
}
S2_STEP: Final[Mapping[StepStatus, str]] = {
    StepStatus.PENDING: "pending",
    StepStatus.RUNNING: "running",
    StepStatus.WAITING: "running",
    StepStatus.SUCCEEDED: "completed",
    StepStatus.FAILED: "failed",
    StepStatus.SKIPPED: "skipped",
    StepStatus.CANCELLED: "cancelled",
}


S1_OF_S2: Final[Mapping[str, str]] = {S2[status]: S1[status] for status in reversed(RunStatus)}
"""Of words, where only those were kept; the first status that S2 calls so decides."""


def statuses_called(words: Mapping[RunStatus, str], word: str) -> tuple[RunStatus, ...]:
    """The statuses a dialect's word stands for (S2's `running` is two); none for an unknown word."""
    return tuple(status for status, name in words.items() if name == word)
