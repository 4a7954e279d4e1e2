"""What the operations need from outside. `store` and `cloud` implement these; tests break them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from chalicelib.core.plan import Plan
from chalicelib.core.runs.model import Run, RunDetail, RunStatus, Step, StepStatus


class Fence(Enum):
    """How a step's fence answered."""

    OPEN = "open"
    """The try is ours: the step is running."""
    RUN_OVER = "run over"
    """The run is terminal or past its deadline: do nothing."""
    STEP_OVER = "step over"
    """An earlier try already finished this step."""
    TAKEN = "taken"
    """Another invocation holds this very try."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A terminal status to be written, with what belongs to it."""

    status: RunStatus
    at: str
    error: str | None = None
    outputs: Any = None
    failed_steps: tuple[tuple[str, str], ...] = ()
    """(step, error) of steps that were cut off and have to be written as failed."""


@dataclass(frozen=True, slots=True)
class Version:
    """An applied version: immutable. `machine` is the name of its state machine."""

    workflow: str
    number: int
    content_hash: str
    machine: str
    plan: Plan
    source: Mapping[str, Any]
    created_at: str
    created_by: str = ""
    gates: int = 0
    """Tasks of its state machine that wait for a token: join gates, approvals, child workflows."""
    hooks: str | None = None
    """Name of the state machine of its hooks, where it has some."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A join gate that waits: before `consumer`, for the ends of `producers`.

    `token` opens it. Each try has a token of its own; `retry` is Step Functions' count, 0 first.
    """

    consumer: str
    producers: tuple[str, ...]
    token: str
    retry: int
    tolerant: tuple[str, ...] = ()
    """Those of the producers after whose failure the workflow goes on."""


class NoPlace(Exception):
    """As many runs of the workflow hold a place as it allows."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a loop takes of what all loops of its run may need together."""

    nodes: int
    events: int
    most_nodes: int
    most_events: int
    execution: str = ""
    """Whose history the events are in: a part's name, or empty for the run's own execution."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A loop's list that is stored: how many items, and in parts of how many they run, if in parts."""

    total: int
    part: int | None = None


class OverBudget(Exception):
    """A loop needs more than is left: of what all loops of the run may run together, or of the
    history of its execution alone."""

    def __init__(self, *, of_history: bool) -> None:
        super().__init__()
        self.of_history = of_history


class IdUsed(Exception):
    """A run of this id was deleted, and Step Functions will not execute one of that name again."""


class RunStore(Protocol):
    def create(
        self,
        run: Run,
        inputs: Mapping[str, Any],
        *,
        parent: Run | None = None,
        own: Version | None = None,
    ) -> Run | None:
        """Store a new live run, with a version of its `own` if it has one. None when it is new,
        else the run that has this id already.

        One with a limit takes a place with it, or its turn in the queue if it is `queued`. Raises
        NoPlace, IdUsed when the run of this id was deleted, and RunOver when the parent, if there
        is one, is over.
        """

    def get(self, org: str, run_id: str) -> Run | None: ...

    def taken(self, org: str, run_id: str) -> Run | None:
        """The run that has this id, as `create` would meet it. Raises IdUsed when it was deleted."""

    def detail(self, org: str, run_id: str) -> RunDetail | None: ...

    def records(self, org: str, run_id: str) -> RunDetail | None:
        """`detail` without large outputs: `output_at` says where those are."""

    def settle(
        self,
        org: str,
        run_id: str,
        settlement: Settlement,
        *,
        run: Run | None = None,
        run_type: str | None = None,
    ) -> tuple[bool, Run | None]:
        """Make a live run terminal: the point of no return. (whether this call did it, the run).
        With a `run_type` only a run of that type is."""

    def open_runs(self, org: str) -> Iterable[Run]:
        """Runs that are live or not sealed yet, oldest first."""

    def close(self, run: Run) -> None:
        """Take a terminal, sealed run out of the open index."""


class StepStore(Protocol):
    def load(self, org: str, run_id: str, step: str, references: Sequence[str]) -> RunDetail | None:
        """The run, its inputs, the step's own record and those of the steps it refers to."""

    def fence(self, run: Run, step: Step, now: str) -> Fence:
        """Check that the run is live and move the step to `step.status` for this attempt."""

    def finish(self, run: Run, step: Step, now: str) -> Fence:
        """Write the outcome of the try this invocation holds, if the run is still live."""


class LoopStore(Protocol):
    def keep(
        self,
        run: Run,
        step: str,
        items: Sequence[Any],
        *,
        share: Share | None = None,
        part: int | None = None,
    ) -> Kept:
        """Store the items of a loop and the size of its parts, unless that was done before; what is
        stored.

        `share` is what its iterations need; raises OverBudget where that is more than what the
        run's loops may need together.
        """

    def body(self, org: str, run_id: str, loop: str) -> Iterator[Step]:
        """The records of the steps in a loop's body, of all iterations in order, without large
        outputs."""

    def item(self, org: str, run_id: str, step: str, index: int) -> Any:
        """One of the items. Raises KeyError when they are not there (any more)."""

    def load(
        self, org: str, run_id: str, step: str, index: int, references: Sequence[str]
    ) -> tuple[RunDetail, Step | None] | None:
        """What `StepStore.load` gives, and the record of one item of the loop."""

    def records(self, org: str, run_id: str, step: str) -> Iterator[Step]:
        """The records of all items that have begun, in order, without large outputs."""

    def output(self, record: Step) -> Any:
        """The output of an item's record, large or not."""


class GateStore(Protocol):
    def place(self, run: Run, gate: Gate, now: str) -> Fence:
        """Check that the run is live and store the gate; TAKEN when a later try's is there."""

    def find(self, org: str, run_id: str, consumers: Sequence[str]) -> Sequence[Gate]:
        """Those of the gates before `consumers` that were placed, read consistently."""

    def all(self, org: str, run_id: str) -> Sequence[Gate]:
        """Every gate of a run that was placed, opened since or not."""

    def statuses(self, org: str, run_id: str, steps: Sequence[str]) -> Mapping[str, StepStatus]:
        """The statuses of those of the steps that have started, read consistently."""


class PlaceStore(Protocol):
    def next(self, org: str, workflow: str) -> str | None:
        """The id of the run that has waited longest for a place, read consistently."""

    def take(self, run: Run, limit: int | None, deadline: str | None) -> bool:
        """Let a queued run go: it holds a place, is `running`, and waits no more. False when it is
        not queued any more. Raises NoPlace."""

    def leave(self, run: Run) -> None:
        """Give back its place and its turn, whichever it has."""

    def skip(self, org: str, workflow: str, run_id: str) -> None:
        """Take a run that is queued no more out of the queue."""


class VersionStore(Protocol):
    def latest(self, org: str, workflow: str) -> Version | None: ...

    def version(self, org: str, workflow: str, number: int) -> Version | None: ...


class ExecutionState(Enum):
    """What Step Functions knows of an execution."""

    MISSING = "missing"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"
    TIMED_OUT = "timed_out"


class Machines(Protocol):
    def publish(self, workflow: str, definition: str, *, express: bool = False) -> str:
        """Make sure a state machine with this definition exists; its name."""

    def run(self, machine: str, run_id: str, payload: Mapping[str, Any]) -> None:
        """Run an execution of an Express machine to its end, or as long as a request can wait."""

    def start(self, machine: str, run_id: str, payload: Mapping[str, Any]) -> None:
        """Start the execution named run_id; one that exists already is fine."""

    def stop(self, machine: str, run_id: str, reason: str) -> None:
        """Stop it; one that is over or never was is fine."""

    def succeed(self, token: str) -> None:
        """End the task that waits with this token; one that waits no more is fine."""

    def fail(self, token: str, error: str, cause: str) -> None:
        """Fail the task that waits with this token, under that name; the same is fine."""

    def state(self, machine: str, run_id: str) -> ExecutionState: ...
