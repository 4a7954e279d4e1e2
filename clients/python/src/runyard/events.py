"""Events of runs, as the socket sends them. Made from docs/asyncapi.json by `make document`: do not edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Started(TypedDict):
    """The run was stored."""

    kind: Literal["started"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    runId: str
    workflow: str
    version: int
    """0 of an agent's task, which is of no applied version."""
    sourceRunId: NotRequired[str]
    """The run that this one retries."""


class StepStarted(TypedDict):
    """A try of a step began."""

    kind: Literal["step_started"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    step: str
    """The step's name."""
    attempt: int
    """The first try is 1."""
    action: str


class StepCompleted(TypedDict):
    """The step succeeded."""

    kind: Literal["step_completed"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    step: str
    """The step's name."""
    attempt: int
    """The first try is 1."""


class StepFailed(TypedDict):
    """The step failed for good."""

    kind: Literal["step_failed"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    step: str
    """The step's name."""
    attempt: int
    """The first try is 1."""
    error: NotRequired[str]


class StepSkipped(TypedDict):
    """The step's `if` was not true."""

    kind: Literal["step_skipped"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    step: str
    """The step's name."""
    attempt: int
    """The first try is 1."""


class ApprovalRequested(TypedDict):
    """A step asks a person."""

    kind: Literal["approval_requested"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    step: str
    approvalId: str
    message: str


class Suspended(TypedDict):
    """The run waits for an approval."""

    kind: Literal["suspended"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    runId: str
    step: str


class MethodOutput(TypedDict):
    """A method run, or an agent's task, succeeded. Over 16,384 bytes the output is read elsewhere."""

    kind: Literal["method_output"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    runId: str
    output: NotRequired[Any]
    """The output itself."""
    bytes: NotRequired[int]
    """How large an output is that is not here."""
    outputAt: NotRequired[str]
    """The REST path that has it."""


class Completed(TypedDict):
    """The run succeeded. Ends the log."""

    kind: Literal["completed"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    runId: str
    status: str


class Cancelled(TypedDict):
    """The run was cancelled. Ends the log."""

    kind: Literal["cancelled"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    runId: str
    status: str
    message: NotRequired[str]


class Error(TypedDict):
    """The run failed or ran out of time. Ends the log."""

    kind: Literal["error"]
    at: str
    """When, RFC 3339 in UTC."""
    seq: int
    """Its number in the run's log, without gaps."""
    runId: str
    status: str
    message: NotRequired[str]


Event = (
    Started
    | StepStarted
    | StepCompleted
    | StepFailed
    | StepSkipped
    | ApprovalRequested
    | Suspended
    | MethodOutput
    | Completed
    | Cancelled
    | Error
)
"""One event of a run's log; `kind` says which, `seq` is its number."""
