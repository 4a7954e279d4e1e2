"""The step's side of an approval: it asks, and finds out that nobody answered in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib.core.clock import Clock, parse_rfc3339, rfc3339
from chalicelib.core.runs.approval import Answer, Approval, ApprovalStatus, approval_id
from chalicelib.core.runs.approvals import ApprovalStore, Closing
from chalicelib.core.runs.call import Busy
from chalicelib.core.runs.model import Step, StepStatus
from chalicelib.core.runs.ports import Fence
from chalicelib.core.runs.waiting import Still, Tokens, Tried
from chalicelib.core.steps import RunOver, StepRefused
from chalicelib.core.waits import LONGEST_SECONDS

_EARLY = timedelta(seconds=5)
"""A machine's clock starts before ours does: a call so little before the end is the timeout's."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Implements `waiting.Kind`."""

    store: ApprovalStore
    tokens: Tokens
    clock: Clock

    def begin(self, tried: Tried, params: Mapping[str, Any]) -> None:
        """Ask. Raises RunOver when the run is over, Busy when another invocation holds the try."""
        run, mine = tried.run, tried.mine
        now = self.clock()
        ends_at = end_of(tried, rfc3339(now))
        approval = Approval(run.org, run.id, mine.name, params["message"], rfc3339(now), ends_at)
        record = replace(
            mine,
            status=StepStatus.WAITING,
            waiting_for={
                "approval": approval_id(run.id, mine.name),
                "message": approval.message,
                "at": approval.requested_at,
                "ends_at": ends_at,
            },
        )
        answer = self.store.ask(run, record, approval, tried.wait(), rfc3339(now))
        if answer is Fence.RUN_OVER:
            raise RunOver(f"run {run.id} is over")
        if answer is not Fence.OPEN:
            raise Busy(f"step {mine.name} in {run.id} is held elsewhere")

    def again(self, tried: Tried, *, expired: bool) -> Still | None:
        """Wait on with a new token, or end with `timeout` when the time is up."""
        run, known = tried.run, tried.mine
        now = rfc3339(self.clock())
        if (expired or late(known, now)) and self._expire(tried, now):
            if tried.step.continue_on_error:
                return None
            raise StepRefused("timeout")
        if tried.call.token:
            if self.tokens.waits.renew(run, tried.wait(), now) is Fence.RUN_OVER:
                raise RunOver(f"run {run.id} is over")
            self.tokens.deliver(run.org, run.id, known.name)
            return Still.WAITING
        return None

    def _expire(self, tried: Tried, now: str) -> bool:
        """False when it was answered a moment before."""
        run = tried.run
        approval = self.store.get(run.org, run.id, tried.mine.name)
        if approval is None:
            raise RunOver(f"run {run.id} has lost an approval")
        closed = self.store.close(approval, Answer(ApprovalStatus.EXPIRED, now))
        if closed is Closing.RUN_OVER:
            raise RunOver(f"run {run.id} is over")
        return closed is Closing.DONE


def end_of(tried: Tried, now: str) -> str:
    """Until when a step that begins to wait now may wait: its timeout, and its run's deadline."""
    seconds = tried.step.timeout_seconds or LONGEST_SECONDS
    end = rfc3339(parse_rfc3339(now) + timedelta(seconds=seconds))
    return min(end, tried.run.deadline or end)


def late(known: Step, now: str) -> bool:
    """Whether a call that finds its step waiting is that of a task that has timed out."""
    end, began = parse_rfc3339(known.waiting_for["ends_at"]), known.waiting_for["at"]
    early = min(_EARLY, (end - parse_rfc3339(began)) / 2)
    return parse_rfc3339(now) >= end - early
