"""Steps that are an agent's task: the task is sent, and the step ends as the turn on it does (S3).

    the step     fence ── mail, once for its id ── step waits ── look at the outcome
    the turn     run live, step not over? ── turn committed, its outcome along with it
    the stream                               step's outcome, if it waits ── token sent

The outcome is an item of the turn's own transaction, so nothing is lost between the two. Whoever comes
last, the step that waits or the turn that ends, sees the other; what the stream has lost the reconciler
finds (`look`), and mail that is gone with its agent or its swarm as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import BadRequest, NotFound
from chalicelib.core.runs.asking import end_of, late
from chalicelib.core.runs.call import Busy
from chalicelib.core.runs.children import Place
from chalicelib.core.runs.model import STEP_OVER, Run, Step, StepStatus
from chalicelib.core.runs.ports import Fence, StepStore, VersionStore
from chalicelib.core.runs.waiting import Still, Tokens, Tried, Wait, failed_try
from chalicelib.core.steps import RunOver, StepFailed
from chalicelib.core.swarms.heads import PURGED
from chalicelib.core.swarms.model import Mail, SwarmStatus, TaskOutcome
from chalicelib.core.swarms.ports import MailStore, SwarmStore
from chalicelib.core.swarms.task_refs import TaskRef, task_mail_id, task_of

LOST = "the task is gone, with its agent or its swarm"


class Sender(Protocol):
    def hand_in(
        self, org: str, name: str, agent: str, mail: Mail, *, principal: str, run_id: str
    ) -> int: ...


def wanted(steps: StepStore, org: str, mail: Mail) -> bool:
    """Whether the turn on this mail is wanted: not of a task whose run is over, nor of one whose step
    is over or waits for another by now. One BatchGetItem, and only for tasks of runs."""
    ref = task_of(mail)
    if ref is None:
        return True
    detail = steps.load(org, ref.run_id, ref.step, ())
    step = detail.step(ref.step) if detail is not None else None
    if detail is None or step is None or not detail.run.live or step.status in STEP_OVER:
        return False
    return task_mail_id(org, ref, step.failures) == mail.id


@dataclass(frozen=True, slots=True)
class AgentTasks:
    """Implements `waiting.Kind`; the stream's consumer calls `over`, the reconciler `look`."""

    swarms: Sender
    store: SwarmStore
    mail: MailStore
    steps: StepStore
    versions: VersionStore
    tokens: Tokens
    place: Place
    clock: Clock

    def begin(self, tried: Tried, params: Mapping[str, Any]) -> None:
        """Send the task, and wait. Raises StepFailed (`swarm_not_found`, `agent_not_found`,
        `swarm_stopped`, `inbox_full`), RunOver, Busy."""
        run, mine = tried.run, tried.mine
        swarm, agent = params["swarm"], params["agent"]
        ref = TaskRef(run.id, mine.name)
        now = rfc3339(self.clock())
        mail = Mail(
            0,
            task_mail_id(run.org, ref, mine.failures),
            "task",
            "direct",
            None,
            params["task"],
            now,
            ref.correlation,
        )
        number = self._send(run, swarm, agent, mail)
        record = replace(
            mine,
            status=StepStatus.WAITING,
            waiting_for={
                "task": mail.id,
                "swarm": swarm,
                "agent": agent,
                "number": number,
                "at": now,
                "ends_at": end_of(tried, now),
            },
        )
        answer = self.place(run, record, tried.wait(task=True), rfc3339(self.clock()))
        if answer is Fence.RUN_OVER:
            raise RunOver(f"run {run.id} is over")
        if answer is not Fence.OPEN:
            raise Busy(f"step {mine.name} in {run.id} is held elsewhere")
        if self._see(run, record):
            self.tokens.deliver(run.org, run.id, mine.name)

    def again(self, tried: Tried, *, expired: bool) -> Still | None:
        """Look at the outcome, give up waiting when the time is up, or wait on."""
        run, known = tried.run, tried.mine
        now = rfc3339(self.clock())
        if not self._see(run, known) and (expired or late(known, now)):
            final = expired or known.failures + 1 >= tried.step.retry.max_attempts
            if self._failed(run, known, "timeout", final=final) is Fence.OPEN:
                if final and tried.step.continue_on_error:
                    return None
                agent = known.waiting_for["agent"]
                raise StepFailed("timeout", f"the task of agent {agent} took too long")
        if not tried.call.token:
            return None
        if self.tokens.waits.renew(run, tried.wait(task=True), now) is Fence.RUN_OVER:
            raise RunOver(f"run {run.id} is over")
        self.tokens.deliver(run.org, run.id, known.name)
        return Still.WAITING

    def over(self, org: str, outcome: TaskOutcome) -> None:
        """A turn on a run's task was committed: end the step that waits for it, if its run is live,
        and send its token. Raises Unavailable: then it is done again."""
        detail = self.steps.load(org, outcome.run_id, outcome.step, ())
        step = detail.step(outcome.step) if detail is not None else None
        if detail is None or step is None or not detail.run.live:
            return
        if step.waiting_for.get("task") != outcome.mail_id:
            return
        if step.status is StepStatus.WAITING:
            self._write(detail.run, step, outcome)
        self.tokens.deliver(org, outcome.run_id, outcome.step)

    def look(self, org: str, run_id: str, wait: Wait) -> None:
        """End a step that waits for a turn that is over, or that nobody will take any more."""
        detail = self.steps.load(org, run_id, wait.step, ())
        step = detail.step(wait.step) if detail is not None else None
        if detail is None or step is None or not detail.run.live:
            return
        if step.status is not StepStatus.WAITING or self._see(detail.run, step):
            return
        # Read before the outcome is: a turn that was over by then has left one.
        if self._is_lost(org, step) and not self._see(detail.run, step):
            self._failed(detail.run, step, LOST, final=self._is_last(detail.run, step))

    def _send(self, run: Run, swarm: str, agent: str, mail: Mail) -> int:
        try:
            return self.swarms.hand_in(
                run.org, swarm, agent, mail, principal=run.principal, run_id=run.id
            )
        except NotFound as problem:
            head = self.store.get(run.org, swarm)
            if head is None or head.applied == PURGED:
                message = f"there is no swarm {swarm!r}"
                raise StepFailed("swarm_not_found", message, retryable=False) from problem
            # While the swarm is being changed, the agent may be about to begin.
            missing = f"swarm {swarm!r} has no agent {agent!r}"
            changing = head.applied < head.revision or head.status is SwarmStatus.STARTING
            raise StepFailed("agent_not_found", missing, retryable=changing) from problem
        except BadRequest as problem:
            raise StepFailed(problem.detail, f"{swarm}/{agent} takes no task now") from problem

    def _see(self, run: Run, step: Step) -> bool:
        """Whether the turn is over; then the step has its outcome."""
        found = step.waiting_for
        outcome = self.mail.outcome(run.org, found["swarm"], found["agent"], found["task"])
        if outcome is not None:
            self._write(run, step, outcome)
        return outcome is not None

    def _is_lost(self, org: str, step: Step) -> bool:
        """Whether no turn will be taken on the mail: it was handled, or is gone."""
        found = step.waiting_for
        swarm, agent, number = found["swarm"], found["agent"], found["number"]
        head = self.store.get(org, swarm)
        if head is None or head.applied == PURGED:
            return True
        if head.applied < head.revision or head.status is SwarmStatus.STARTING:
            return False
        life = self.mail.life(org, swarm, agent)
        if life is None or life.handled >= number:
            return True
        return not self.mail.has_mail(org, swarm, agent, found["task"], number)

    def _write(self, run: Run, step: Step, outcome: TaskOutcome) -> None:
        """The step's outcome: nothing happens when somebody else has written one."""
        if outcome.error is not None:
            self._failed(run, step, outcome.error, final=self._is_last(run, step))
            return
        found = step.waiting_for
        output = {
            "swarm": found["swarm"],
            "agent": found["agent"],
            "mail_id": outcome.mail_id,
            "output": outcome.output,
        }
        now = rfc3339(self.clock())
        done = replace(step, status=StepStatus.SUCCEEDED, output=output, finished_at=now)
        self.steps.finish(run, done, now)

    def _failed(self, run: Run, step: Step, error: str, *, final: bool) -> Fence:
        now = rfc3339(self.clock())
        return self.steps.finish(run, failed_try(step, error, now, final=final), now)

    def _is_last(self, run: Run, step: Step) -> bool:
        """Whether the step is not to be tried once more."""
        version = self.versions.version(run.org, run.workflow, run.version)
        tries = version.plan.step(step.name).retry.max_attempts if version is not None else 1
        return step.failures + 1 >= tries
