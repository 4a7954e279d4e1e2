"""The reconciler's look at swarms: what others have left half-done is finished, and bells that were
lost are rung again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.errors import NotFound, RunyardError
from chalicelib.core.ids import new_id
from chalicelib.core.swarms.heads import PURGED
from chalicelib.core.swarms.lifecycle import Lifecycle
from chalicelib.core.swarms.model import NodeLife, NodeState, Swarm, SwarmStatus
from chalicelib.core.swarms.router import Router

GRACE: Final = timedelta(seconds=30)
"""Younger than this, what is half-done is somebody's work."""
QUIET: Final = timedelta(seconds=60)
"""So long nothing was done with mail that waits: its bell was lost."""

MOST_OUTBOXES: Final = 100
"""Of one swarm in one pass."""


@dataclass(frozen=True, slots=True)
class Watch:
    lifecycle: Lifecycle
    router: Router

    def sweep(self, orgs: Iterable[str], *, may_go_on: Callable[[], bool]) -> dict[str, int]:
        """One pass over every organisation's swarms while there is time; how many of each repair.

        One that cannot be repaired now does not keep the others from being looked at: its error is
        raised at the end of the pass.
        """
        done: dict[str, int] = {}
        errors: list[RunyardError] = []
        for org in orgs:
            for head in self.lifecycle.store.list(org):
                if not may_go_on():
                    break
                try:
                    for repair in self.look(head):
                        done[repair] = done.get(repair, 0) + 1
                except NotFound:
                    continue  # its seed is gone, or it is: nothing that a pass can do
                except RunyardError as problem:
                    errors.append(problem)
        if errors:
            raise ExceptionGroup("some swarms could not be looked after", errors)
        return done

    def look(self, head: Swarm) -> list[str]:
        """Repair one swarm; what was done."""
        now = self.lifecycle.clock()
        if head.applied == PURGED:
            self.lifecycle.purge(head)
            return ["purge"]
        done = []
        if head.applied < head.revision and now - parse_rfc3339(head.updated_at) > GRACE:
            head = self.lifecycle.settle(head)
            done.append("settle")
        if head.status is SwarmStatus.STOPPED:
            return done
        # An id of 30 seconds ago: those of one kind sort by time.
        before = new_id("out", now - GRACE)
        due = self.lifecycle.mail.due(head.org, head.name, before=before)
        if due:
            outboxes = self.lifecycle.mail.outboxes(head.org, head.name, due[:MOST_OUTBOXES])
            self.router.deliver(head.org, head.name, outboxes)
            done.append("deliver")
        if head.status is SwarmStatus.RUNNING:
            silent = [life.name for life in self._lives(head) if self._is_silent(life)]
            self.lifecycle.ring(head, silent)
            done += ["ring"] if silent else []
        return done

    def _lives(self, head: Swarm) -> list[NodeLife]:
        """The lives, which are brought in line with the head where they are not."""
        lives = self.lifecycle.mail.lives(head.org, head.name)
        if any(life.paused or life.state is NodeState.STOPPED for life in lives):
            self.lifecycle.settle(head)
        return lives

    def _is_silent(self, life: NodeLife) -> bool:
        """Whether mail waits that nobody has looked at for a while."""
        if not life.inbox or life.held:
            return False
        last = parse_rfc3339(life.last_activity or life.started_at)
        return self.lifecycle.clock() - last > QUIET
