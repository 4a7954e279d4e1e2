"""Approvals: a step asks, a person answers (S2).

                    approve, reject: approval pending and in time, run live, step waiting
    ask ── pending ─┬─────────────────────────── approved ── step succeeded ┐
                    ├─────────────────────────── rejected ── step failed    ├─ token sent
                    └─ time is up ────────────── expired ─── step failed    ┘
                       run over ──────────────── expired

While one is open its run is `waiting`. A decision is one transaction; whoever dies behind it leaves a
token that was not sent, which the next request or the reconciler sends (`waiting`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import Conflict, NotFound, Unavailable
from chalicelib.core.runs.approval import (
    UNKNOWN,
    Answer,
    Approval,
    ApprovalStatus,
    read_approval_id,
)
from chalicelib.core.runs.model import Run, RunDetail, Step, StepStatus
from chalicelib.core.runs.ports import Fence
from chalicelib.core.runs.waiting import Tokens, Wait

_MOST_RACES: Final = 20


class Closing(Enum):
    """How the store took an answer."""

    DONE = "done"
    RUN_OVER = "run over"
    CHANGED = "changed"
    """The approval or its step is not as it has to be: look again."""


class ApprovalStore(Protocol):
    def ask(self, run: Run, step: Step, approval: Approval, wait: Wait, now: str) -> Fence:
        """One transaction: the run is live and becomes `waiting`, the try that this invocation
        holds becomes waiting, the approval and its token are there."""

    def get(self, org: str, run_id: str, step: str) -> Approval | None: ...

    def close(self, approval: Approval, answer: Answer) -> Closing:
        """One transaction: the approval is pending, its step waits, its run is live; all three
        change. The run is `running` again when no other approval is open. Only an expiry may come
        after the approval's time."""

    def expire(self, org: str, run_id: str, step: str) -> None:
        """Make the approval of a run that is over `expired` if it is still pending."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """What people and runs that are over do to approvals; `asking` is what steps do."""

    store: ApprovalStore
    tokens: Tokens
    clock: Clock

    def get(self, org: str, id: str) -> Approval:
        """One approval. Raises NotFound for an unknown one and for another organisation's."""
        found = self.store.get(org, *read_approval_id(id))
        if found is None:
            raise NotFound(UNKNOWN)
        return found

    def decide(
        self, org: str, id: str, *, approve: bool, by: str, comment: str | None = None
    ) -> Approval:
        """Answer an approval; it as it is then (S2).

        Raises NotFound, and Conflict when it was answered before, has expired, or its run is over.
        What an earlier answer left undone is done in any case.
        """
        wanted = ApprovalStatus.APPROVED if approve else ApprovalStatus.REJECTED
        for _ in range(_MOST_RACES):
            found = self.get(org, id)
            if found.status is not ApprovalStatus.PENDING:
                self._deliver(found)
            now = rfc3339(self.clock())
            status = found.shown_status(now)
            if status is not ApprovalStatus.PENDING:
                verb = "has" if status is ApprovalStatus.EXPIRED else "is already"
                raise Conflict(f"the approval {verb} {status.value}", approval_status=status.value)
            answer = Answer(wanted, now, by, comment)
            closed = self.store.close(found, answer)
            if closed is Closing.RUN_OVER:
                raise Conflict("the execution that asked is over", approval_status="expired")
            if closed is Closing.DONE:
                self._deliver(found)
                return self.get(org, id)
        raise Unavailable("the approval is being changed by others again and again")

    def run_over(self, detail: RunDetail) -> None:
        """A run is over: what it still asks can be answered no more (a part of its aftermath)."""
        for step in detail.steps:
            open_still = step.status is StepStatus.WAITING or step.error is not None
            if "approval" in step.waiting_for and open_still and step.output is None:
                self.store.expire(detail.run.org, detail.run.id, step.name)

    def _deliver(self, approval: Approval) -> None:
        """Tell the machine. The answer stands whether that works now or the reconciler does it."""
        try:
            self.tokens.deliver(approval.org, approval.run_id, approval.step)
        except Unavailable:
            return
