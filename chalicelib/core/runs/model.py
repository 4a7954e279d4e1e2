"""Runs and steps as the core sees them, and the only statuses there are (dialects map them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class RunStatus(StrEnum):
    """queued → running ⇄ waiting → succeeded | failed | cancelled | timed_out."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


WORKFLOW_RUN: Final = "workflow-run"
METHOD_RUN: Final = "method-run"
AGENT_TASK: Final = "agent-task"
RUN_TYPES: Final = (WORKFLOW_RUN, METHOD_RUN)
"""What a run is of, as far as S0 knows: an applied workflow, or one method of a model. A task that an
agent of a swarm was given as a run (S3) is of neither type."""
ONE_STEP: Final = frozenset({METHOD_RUN, AGENT_TASK})
"""Types of runs that are one step, whose params are the run's inputs as they are."""

TRIGGER_INPUT: Final = "trigger"
"""The input of a workflow run in which what triggered it is kept: it may be large, so it is not in
the run's own item. No workflow can declare an input of that name."""

LIVE: Final = frozenset({RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING})
TERMINAL: Final = frozenset(RunStatus) - LIVE

_NEXT: Final[Mapping[RunStatus, frozenset[RunStatus]]] = {
    RunStatus.QUEUED: frozenset(RunStatus) - {RunStatus.QUEUED, RunStatus.WAITING},
    RunStatus.RUNNING: TERMINAL | {RunStatus.WAITING},
    RunStatus.WAITING: TERMINAL | {RunStatus.RUNNING},
}


def may_become(old: RunStatus, new: RunStatus) -> bool:
    """Whether the lifecycle has that arrow. A terminal run never changes (invariant 1)."""
    return new in _NEXT.get(old, frozenset())


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


STEP_OVER: Final = frozenset(
    {StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED}
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Times are RFC 3339 texts; `error` is the human reason of a run that did not succeed."""

    org: str
    id: str
    workflow: str
    version: int
    machine: str
    status: RunStatus
    started_at: str
    fences: int
    type: str = WORKFLOW_RUN
    finished_at: str | None = None
    deadline: str | None = None
    error: str | None = None
    trigger: Mapping[str, Any] = field(default_factory=dict)
    principal: str = ""
    request_hash: str = ""
    source: str | None = None
    """The run that this one retries: its successful steps are this one's from the beginning."""
    parent_id: str | None = None
    """The run whose step started this one, and which step."""
    parent_step: str | None = None
    depth: int = 0
    """How many runs are above it."""
    sealed: bool = False
    """The log ends with the terminal event: nothing is numbered after it."""
    units: int | None = None
    """Compute units that it has cost, once it is sealed (S1)."""
    limit: int = 0
    """How many runs of its workflow may be live at once; 0: any number, and it holds no place."""
    hooks: str | None = None
    """Name of the state machine that runs the workflow's hooks once the run is over."""
    gates: int = 0
    """Tasks of its machine that wait for a token (join gates, approvals, child workflows): the
    reconciler looks at those of runs that have some."""
    suspended_at: str | None = None
    """When it last began to wait for approvals, and which step asked."""
    suspended_by: str | None = None
    graph: Mapping[str, Any] = field(default_factory=dict)
    """Of a run of a node graph (S1): its `mode`, whether it is `ephemeral`, and whether loops of it
    may start what has to be cancelled with it (`nested`)."""

    @property
    def label(self) -> str:
        """What it is counted under: its workflow, but one word for all that have none."""
        return "(ephemeral)" if self.workflow == self.id else self.workflow

    @property
    def live(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class Iterations:
    """How far a loop (a step with `for_each`) is: its items, and those that have ended so far."""

    total: int
    succeeded: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step's record. It exists from the fence on; before that a step has no item.

    One item of a loop has such a record too: `index` says which it is.
    """

    name: str
    action: str
    status: StepStatus
    attempt: int
    """Tries that passed the fence, counted from 1."""
    failures: int = 0
    """Tries that the action itself failed; what `retry.max_attempts` limits."""
    owner: str = ""
    """The invocation that holds the current try: a lost answer is recognised by it."""
    started_at: str | None = None
    finished_at: str | None = None
    error: str | None = None
    output: Any = None
    output_at: str | None = None
    """Object key of an output too large for the item; `output` is then None until fetched."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    reused: bool = False
    """It ran in the run that this one retries: no event and no metric of this run is about it."""
    index: int | None = None
    """Of a loop's item, counted from 0. `started_at` is then when its latest try began."""
    iterations: Iterations | None = None
    """Of a loop. While it runs only `total` is kept here."""
    waiting_for: Mapping[str, Any] = field(default_factory=dict)
    """What the step waits for or has waited for: `approval`, its `message`, since when (`at`) and
    until when (`ends_at`); the `execution_id` of the run it started; or the `task` (its mail's id) that
    an `agent` of a `swarm` was sent, and its `number` in the agent's mailbox."""


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with its parts, as one Query returns them."""

    run: Run
    steps: tuple[Step, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Any = None
    hooks: tuple[tuple[str, Step], ...] = ()
    """(hook, step): those of its hooks' steps that have begun."""

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    @property
    def trigger(self) -> Mapping[str, Any]:
        """All that is known of what started the run, its payload included."""
        return {**self.run.trigger, **(self._triggered or {})}

    @property
    def given(self) -> Mapping[str, Any]:
        """The inputs that the workflow declares, as the run got them."""
        if self._triggered is None:
            return self.inputs
        return {name: value for name, value in self.inputs.items() if name != TRIGGER_INPUT}

    @property
    def _triggered(self) -> Mapping[str, Any] | None:
        if self.run.type != WORKFLOW_RUN:
            return None
        found: Mapping[str, Any] | None = self.inputs.get(TRIGGER_INPUT)
        return found


def shown_status(run: Run, step: Step | None) -> StepStatus:
    """What a reader is told of a step.

    A step that never started reads `pending` while the run lives, `skipped` once it is over and
    `cancelled` once it was cancelled; one that was cut off in mid-flight reads `cancelled` (S2).
    """
    if step is not None and step.status in STEP_OVER:
        return step.status
    if run.live:
        return step.status if step is not None else StepStatus.PENDING
    if step is not None or run.status is RunStatus.CANCELLED:
        return StepStatus.CANCELLED
    return StepStatus.SKIPPED
