"""A node's turns: its mail is taken piece by piece, and each turn is committed once.

    life, node, mail ─▶ brain ─▶ commit (handled + n, memory, what is sent, lines, events)
                          │
                          └─ failed ─▶ tried again, three times in all ─▶ dead mail, and the next

A model, a server or a Lambda is asked only after the try was counted (`begin_turn`), so that one
which takes the process down with it is given up as well. Mocks and built-in objects ask nobody: of
their mail up to 25 pieces are one commit, and a try is counted only once something went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.ids import new_id
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms import asks
from chalicelib.core.swarms.model import (
    LogLine,
    Mail,
    Node,
    NodeKind,
    NodeLife,
    NodeState,
    SwarmEvent,
)
from chalicelib.core.swarms.ports import (
    Brain,
    Doorbell,
    MailStore,
    SwarmStore,
    Timers,
    TurnCommit,
    TurnContext,
)
from chalicelib.core.swarms.task_refs import outcome_of
from chalicelib.core.swarms.taxonomy import event
from chalicelib.core.swarms.turn_draft import Draft
from chalicelib.core.swarms.turn_limits import (
    MOST_OUTGOING,
    MOST_SENT_BYTES,
    check_limits,
    content_bytes,
    is_fast,
)

MOST_TRIES: Final = 3
MOST_AT_ONCE: Final = 25
"""Pieces of mail in one commit."""
ENOUGH_SECONDS: Final = 3.0
"""With less than this left, whoever has mail is called again."""
MOST_LOST: Final = 20
"""Commits that others may overtake before the bell is left to ring again."""

Wanted = Callable[[str, Mail], bool]
"""(organisation, mail): whether its turn is still wanted. Of a run's task it is while the run is live."""
Brains = Callable[[str, Node], Brain]
"""(organisation, node): what takes its turns. Raises StepFailed."""


class Contexts(Protocol):
    """What a turn of a model needs to know beside its node's life."""

    def skills(self, org: str, swarm: str, node: Node) -> tuple[tuple[str, str], ...]: ...
    def kinds(self, org: str, swarm: str) -> Mapping[str, NodeKind]: ...


class _Full(Exception):
    """This much does not go into one commit; the mail is the next one's first."""


@dataclass(frozen=True, slots=True)
class TurnTaker:
    """Pure on its ports: one call takes turns of one node until nothing waits or time is short."""

    store: SwarmStore
    mail: MailStore
    bell: Doorbell
    timers: Timers
    brains: Brains
    contexts: Contexts
    clock: Clock
    wanted: Wanted = lambda org, mail: True

    def take(
        self, org: str, swarm: str, name: str, *, again: bool, seconds: Callable[[], float]
    ) -> int:
        """Take a node's turns; how many pieces of mail were handled.

        `again`: the bell was heard before and came to nothing, so the try is counted first. `seconds`
        says how many are left. Raises Unavailable, and whatever a brain raises that is no StepFailed:
        then the bell is heard again.
        """
        handled = lost = 0
        while True:
            life = self.mail.life(org, swarm, name)
            if life is None or life.paused or life.held or life.state is NodeState.STOPPED:
                return handled
            node = self.store.node(org, swarm, name)
            if node is None:
                return handled
            fast = is_fast(node)
            waiting = self.mail.pending(org, swarm, life, MOST_AT_ONCE if fast else 1)
            if not waiting:
                return handled
            if lost > MOST_LOST or (handled and seconds() < ENOUGH_SECONDS):
                self._ring(org, swarm, life)
                return handled
            turns = _Turns(self, org, swarm, node, seconds)
            done = turns.some(life, waiting, counted=again or not fast or life.attempts > 0)
            handled += done
            lost = 0 if done else lost + 1
            again = False

    def _ring(self, org: str, swarm: str, life: NodeLife) -> None:
        stamp = int(self.clock().timestamp() * 1000)
        self.bell.ring(org, swarm, {life.name: f"{life.incarnation}-{life.handled}-{stamp}"})


@dataclass(frozen=True, slots=True)
class _Turns:
    """The turns of one node."""

    taker: TurnTaker
    org: str
    swarm: str
    node: Node
    seconds: Callable[[], float]

    @property
    def now(self) -> str:
        return rfc3339(self.taker.clock())

    def some(self, life: NodeLife, waiting: Sequence[Mail], *, counted: bool) -> int:
        """Turns on the first of what waits, as one commit; how many pieces of mail it handled."""
        if counted:
            if life.attempts >= MOST_TRIES:
                # It was begun that often and never came to an end: it takes the process down.
                broken = StepFailed("crashed", f"the turn broke off {MOST_TRIES} times")
                return self._give_up(life, waiting[0], broken)
            begun = self.taker.mail.begin_turn(self.org, self.swarm, life)
            if begun is None:
                return 0
            life, waiting = begun, waiting[:1]
        draft = Draft(life)
        brain = self.taker.brains(self.org, self.node) if waiting else None
        for mail in waiting:
            late = draft.count > 0 and self.seconds() < ENOUGH_SECONDS
            if brain is None or draft.full or late:
                break
            try:
                self._turn(brain, draft, mail)
            except StepFailed as failure:
                if draft.count == 0:
                    return self._failed(life, mail, failure, counted=counted)
                # What went well comes first. This one is the next turn's, with a try less.
                draft.life = replace(draft.life, attempts=1)
                break
            except _Full:
                break
        return self._commit(life, draft)

    def _turn(self, brain: Brain, draft: Draft, mail: Mail) -> None:
        """One turn, added to the draft. Raises StepFailed, and _Full where it has no room; the draft is
        as it was then."""
        if not self.taker.wanted(self.org, mail):
            self._skip(draft, mail)
            return
        context = self._context(draft.life)
        result = brain.turn(mail, context)
        check_limits(result)
        now = self.now
        sent = sum(content_bytes(one.content) for one in (*draft.outgoing, *result.outgoing))
        if draft.count and (
            sent > MOST_SENT_BYTES or len(draft.outgoing) + len(result.outgoing) > MOST_OUTGOING
        ):
            raise _Full
        life = draft.life
        draft.life = replace(
            life,
            state=NodeState.WORKING if result.hold else NodeState.IDLE,
            handled=mail.number,
            message_count=life.message_count + 1,
            attempts=0,
            error=None,
            last_activity=now,
            held=result.hold,
            memory=result.memory,
        )
        draft.count += 1
        draft.hold = result.hold
        draft.outgoing += result.outgoing
        draft.logs += [LogLine(life.session_id, now, role, text) for role, text in result.logs]
        draft.outputs += [result.output] if result.output is not None else []
        if mail.kind == "message":
            more = {"from": mail.sender, "type": mail.type, "mail_id": mail.id}
            draft.events.append(self._event("message_received", f"from {mail.sender}", more))
        draft.events += [self._event(*told) for told in result.events]
        draft.outcomes += outcome_of(mail, output=result.output)

    def _skip(self, draft: Draft, mail: Mail) -> None:
        """Mail that nobody wants handled any more is handled, and that is all."""
        life = draft.life
        draft.life = replace(
            life,
            state=NodeState.ERROR if life.error is not None else NodeState.IDLE,
            handled=mail.number,
            attempts=0,
            last_activity=self.now,
        )
        draft.count += 1
        more = {"mail_id": mail.id, "correlation": mail.correlation}
        draft.events.append(self._event("task_skipped", "its run is over", more))

    def _context(self, life: NodeLife) -> TurnContext:
        fast = is_fast(self.node)
        contexts = self.taker.contexts
        return TurnContext(
            org=self.org,
            swarm=self.swarm,
            node=self.node,
            life=life,
            skills=() if fast else contexts.skills(self.org, self.swarm, self.node),
            now=self.now,
            seconds=max(1.0, self.seconds() - ENOUGH_SECONDS),
            kinds={} if fast else contexts.kinds(self.org, self.swarm),
        )

    def _commit(self, life: NodeLife, draft: Draft) -> int:
        for ask in asks.fresh(life.memory, draft.life.memory):
            # Before the commit: a timer of an ask that came to nothing finds nothing and goes.
            self.taker.timers.ask_until(self.org, self.swarm, life.name, ask.correlation, ask.until)
        commit = TurnCommit(
            life=life,
            after=draft.life,
            outgoing=tuple(draft.outgoing),
            logs=tuple(draft.logs),
            outputs=tuple(draft.outputs),
            events=tuple(draft.events),
            outcomes=tuple(draft.outcomes),
        )
        return draft.count if self.taker.mail.commit(self.org, self.swarm, commit) else 0

    def _failed(self, life: NodeLife, mail: Mail, failure: StepFailed, *, counted: bool) -> int:
        """A turn said no: it is tried again, unless that cannot help or was done often enough."""
        if not failure.retryable:
            return self._give_up(life, mail, failure)
        if not counted:
            # So far nothing was written: this was the first try.
            self.taker.mail.begin_turn(self.org, self.swarm, life)
            return 0
        return self._give_up(life, mail, failure) if life.attempts >= MOST_TRIES else 0

    def _give_up(self, life: NodeLife, mail: Mail, failure: StepFailed) -> int:
        """The mail is dead, the node in error until its next turn succeeds, and an event tells."""
        agent = self.node.kind is NodeKind.AGENT
        told = self._event(
            "agent_error" if agent else "handler_crashed",
            f"{self.node.name}: {failure.message}"[:1_000],
            {"code": failure.code, "mail_id": mail.id, "from": mail.sender},
        )
        after = replace(
            life,
            state=NodeState.ERROR,
            handled=mail.number,
            attempts=0,
            error=str(failure)[:1_000],
            last_activity=self.now,
        )
        commit = TurnCommit(
            life=life,
            after=after,
            events=(told,),
            dead=(mail.number,),
            outcomes=outcome_of(mail, error=f"{self.node.name}: {failure}"),
        )
        return 1 if self.taker.mail.commit(self.org, self.swarm, commit) else 0

    def _event(self, event_type: str, message: str, metadata: Mapping[str, Any]) -> SwarmEvent:
        now = self.taker.clock()
        return event(
            event_type,
            swarm=self.swarm,
            agent=self.node.name,
            message=message,
            id=new_id("evt", now),
            timestamp=rfc3339(now),
            metadata=metadata,
        )
