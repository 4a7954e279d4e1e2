"""Steps that wait for a task token, and how it is sent.

    the step's call                          whoever has the answer
    write   step waiting, token, if the      write   the step's outcome, if the run is live and
            run is live                              the step waits
    look    (a later try) at the step        look    at the token
    send    if the step waits no more        send    what the step's record says

Both write before they look, as at a join gate (`gates`), so no answer is lost; a token that is sent
twice is refused the second time. A token that was sent is dropped: the one that is left beside a step
that waits no more was not sent, and the reconciler sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Protocol

from chalicelib.core.plan import PlanStep
from chalicelib.core.runs.model import STEP_OVER, Run, Step, StepStatus
from chalicelib.core.runs.ports import Fence, Machines

if TYPE_CHECKING:
    from chalicelib.core.runs.call import Call

_DONE: Final = frozenset({StepStatus.SUCCEEDED, StepStatus.SKIPPED})


class Still(Enum):
    """What a step's call answers that leaves the step waiting."""

    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Wait:
    """A token that a step's task waits for. Each call of the task has one; `retry` is Step
    Functions' count, `attempt` the step's try that it belongs to."""

    step: str
    token: str
    retry: int
    attempt: int
    signals: tuple[str, ...] = ()
    """Steps whose gates wait for this one."""
    tolerant: bool = False
    """The workflow goes on after its failure."""
    child: str | None = None
    """The run whose end is waited for."""
    task: bool = False
    """An agent's turn is waited for."""


class WaitStore(Protocol):
    def renew(self, run: Run, wait: Wait, now: str) -> Fence:
        """Check that the run is live and store a later call's token; TAKEN when there is one of a
        call later still."""

    def find(self, org: str, run_id: str, step: str) -> tuple[Wait | None, Step | None]:
        """A step's token, if it was not sent yet, and the step's record, read consistently."""

    def all(self, org: str, run_id: str) -> Sequence[Wait]:
        """A run's tokens that were not sent yet."""

    def drop(self, org: str, run_id: str, wait: Wait) -> None:
        """Forget a token that was sent."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One call of a waiting step: `mine` is its record, held by this try."""

    run: Run
    step: PlanStep
    mine: Step
    call: Call

    def wait(self, *, child: str | None = None, task: bool = False) -> Wait:
        call = self.call
        return Wait(
            step=self.step.name,
            token=call.token,
            retry=call.retry,
            attempt=self.mine.attempt,
            signals=call.signals,
            tolerant=self.step.continue_on_error,
            child=child,
            task=task,
        )


class Kind(Protocol):
    """One kind of waiting: for a decision, for another run, for an agent."""

    def begin(self, tried: Tried, params: Any) -> None:
        """Leave the step waiting. Raises StepFailed, RunOver, Busy."""

    def again(self, tried: Tried, *, expired: bool) -> Still | None:
        """A later call finds the step waiting: its Lambda had died, or its task has timed out
        (`expired`, when that is known). None when the step is over and the workflow goes on.

        Raises StepFailed or StepRefused when it failed, RunOver.
        """


def failed_try(step: Step, error: str, now: str, *, final: bool) -> Step:
    """A step that waited in vain. It stays `running` while tries are left, as any step does."""
    return replace(
        step,
        status=StepStatus.FAILED if final else StepStatus.RUNNING,
        failures=step.failures + 1,
        error=error,
        finished_at=now if final else None,
    )


Look = Callable[[str, str, Wait], None]
"""(organisation, run id, a token of it that was not sent yet)."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Sends tokens: what to send is told by the record of the step that waited."""

    waits: WaitStore
    machines: Machines
    signal: Callable[[str, str, Sequence[str]], None]
    """Opens the gates before these consumers that wait for nobody else."""

    def deliver(self, org: str, run_id: str, step: str) -> bool:
        """Send a step's token if it waits no more and was not told yet; whether one was sent.

        Raises Unavailable when AWS says "later".
        """
        wait, record = self.waits.find(org, run_id, step)
        if wait is None or record is None or record.status is StepStatus.WAITING:
            return False
        if wait.signals and record.status in STEP_OVER:
            self.signal(org, run_id, wait.signals)
        self._send(wait, record)
        self.waits.drop(org, run_id, wait)
        return True

    def deliver_all(self, org: str, run_id: str, look: Look | None = None) -> int:
        """The same for every step of a run; how many were sent (the reconciler's repair). Before
        that, `look` may find that a step waits for what has happened."""
        sent = 0
        for wait in self.waits.all(org, run_id):
            if look is not None:
                look(org, run_id, wait)
            sent += self.deliver(org, run_id, wait.step)
        return sent

    def _send(self, wait: Wait, record: Step) -> None:
        if record.status in _DONE or (record.status is StepStatus.FAILED and wait.tolerant):
            self.machines.succeed(wait.token)
        elif record.status is StepStatus.FAILED:
            self.machines.fail(wait.token, "StepRefused", record.error or "failed")
        elif record.attempt == wait.attempt:
            # It failed and is to be tried again: the machine's Retry does it.
            self.machines.fail(wait.token, "StepFailed", record.error or "failed")


Kinds = Callable[[str], Kind]
"""Action → how its steps wait."""
