"""Schedules fire: timers get their tick, and askers are told that nobody answered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from chalicelib.core.clock import Clock, parse_rfc3339, rfc3339
from chalicelib.core.ids import new_id
from chalicelib.core.swarms import asks
from chalicelib.core.swarms.model import Mail, SwarmStatus
from chalicelib.core.swarms.ports import MailStore, SwarmStore, Timers
from chalicelib.core.swarms.settle import timer_of
from chalicelib.core.swarms.taxonomy import event

TICK: Final = "tick"
"""Who a timer's mail is from."""


@dataclass(frozen=True, slots=True)
class Waker:
    store: SwarmStore
    mail: MailStore
    timers: Timers
    clock: Clock

    def timer(self, org: str, swarm: str, node: str, scheduled: str) -> bool:
        """A timer's time has come. `scheduled` is when it was due, where that is known: the same
        occurrence is one tick.

        False where nobody wants it any more; then its schedule goes. A paused swarm is not woken.
        """
        head = self.store.get(org, swarm)
        found = self.store.node(org, swarm, node) if head is not None else None
        over = head is None or head.status is SwarmStatus.STOPPED
        if over or found is None or timer_of(found) is None:
            self.timers.remove(org, swarm, node)
            return False
        if head is None or head.status is SwarmStatus.PAUSED:
            return False
        now = self.clock()
        try:
            due = rfc3339(parse_rfc3339(scheduled))
            id = f"mail_{hashlib.sha256(f'{node}/{due}'.encode()).hexdigest()[:26]}"
        except ValueError:
            id = new_id("mail", now)
        mail = Mail(0, id, "message", "direct", TICK, TICK, rfc3339(now))
        told = event(
            "timer_fired",
            swarm=swarm,
            agent=node,
            message=f"{node} fired",
            id=f"evt_{id.removeprefix('mail_')}",
            timestamp=rfc3339(now),
        )
        return self.mail.deliver(org, swarm, node, [(mail, told)]) is not None

    def ask(self, org: str, swarm: str, node: str, correlation: str) -> bool:
        """The time for an answer is over. False where it was answered, or the asker is gone."""
        life = self.mail.life(org, swarm, node)
        now = rfc3339(self.clock())
        found = asks.expire(life.memory, correlation, now) if life is not None else None
        if found is None:
            return False
        told = event(
            "ask_timed_out",
            swarm=swarm,
            agent=node,
            message=f"{node}: no answer from {found.to}",
            id=f"evt_{correlation}",
            timestamp=now,
            metadata={"to": found.to, "correlation": correlation},
        )
        mail = asks.timeout_mail(found, number=0, at=now)
        return self.mail.deliver(org, swarm, node, [(mail, told)]) is not None
