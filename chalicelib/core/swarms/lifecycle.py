"""Swarms start, pause, stop and go."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.core.errors import BadRequest, NotFound, Unavailable
from chalicelib.core.swarms.heads import PURGED
from chalicelib.core.swarms.model import (
    INLINE_SEEDS,
    NodeKind,
    Swarm,
    SwarmConfig,
    SwarmStatus,
)
from chalicelib.core.swarms.overlay import effective
from chalicelib.core.swarms.ports import SwarmDetail
from chalicelib.core.swarms.seeds import write_seed
from chalicelib.core.swarms.settle import Settler, timer_of

_OVER: Final = (SwarmStatus.STOPPED, SwarmStatus.ERROR)
_DELETING_SECONDS: Final = 15.0
"""How long a request deletes; the reconciler goes on."""
_MOST_RACES: Final = 10


@dataclass(frozen=True, slots=True)
class Lifecycle(Settler):
    """Operations on swarms as wholes."""

    def swarms(self, org: str) -> list[Swarm]:
        """Every swarm of the organisation, stopped ones included."""
        return [head for head in self.store.list(org) if head.applied != PURGED]

    def detail(self, org: str, name: str) -> SwarmDetail:
        """A swarm with its nodes and lives. Raises NotFound."""
        head = self.found(org, name)
        lives = {life.name: life for life in self.mail.lives(org, name)}
        return SwarmDetail(head, tuple(self.store.nodes(org, name)), lives)

    def create(self, org: str, config: SwarmConfig, *, path: str | None) -> Swarm:
        """Start a swarm, or a stopped one of that name anew; the overlay of that is replayed.

        `path` of a file that is there; without it the seed is stored, and its path made.
        Raises BadRequest: `already_exists`, and what `check` finds.
        """
        self.check(config)
        known = self.store.get(org, config.name)
        if known is not None and known.applied == PURGED:
            self._delete(known)
            known = None
        if known is not None and known.status not in _OVER:
            raise BadRequest("already_exists")
        if path is None:
            text = write_seed(config)
            # By content: who loses the race for a name changes nothing of the winner's seed.
            digest = hashlib.sha256(text.encode()).hexdigest()[:16]
            path = f"{INLINE_SEEDS}{config.name}/{digest}.json"
            self.store.put_seed(org, path, text)
        return self._start(org, config, path, known)

    def stop(self, org: str, name: str, *, purge: bool) -> Swarm:
        """Stop a swarm, and delete it with `purge`. Its head as it was.

        Raises NotFound; a stopped one is unknown too, unless it is to be purged.
        """
        for _ in range(_MOST_RACES):
            head = self.found(org, name)
            if head.status is SwarmStatus.STOPPED:
                if not purge:
                    raise NotFound("Swarm not found")
                self.purge(head)
                return head
            stopped = self._changed(head, SwarmStatus.STOPPED)
            told = self.event("swarm_stopped", name, "stopped")
            if self.store.save(stopped, expected=head, events=[told]):
                stopped = self.settle(stopped)
                if purge:
                    self.purge(stopped)
                return stopped
        raise Unavailable("the swarm is being changed by others")

    def purge(self, head: Swarm) -> bool:
        """Delete a stopped swarm, overlay, mail and events included. From the first write on nobody
        sees it. False: the reconciler has to go on."""
        if head.applied != PURGED:
            marked = replace(head, applied=PURGED, updated_at=self.now)
            if not self.store.save(marked, expected=head):
                now = self.store.get(head.org, head.name)
                if now is None:
                    return True
                if now.applied != PURGED:
                    raise Unavailable("the swarm is being changed by others")
            head = marked
        return self._erase(head) and self._remove(head)

    def pause(self, org: str, name: str) -> int:
        """No agent begins a turn until `resume`; their mail is kept. How many agents there are.

        Raises NotFound, BadRequest.
        """
        return self._turn(org, name, SwarmStatus.PAUSED, "swarm_paused")

    def resume(self, org: str, name: str) -> int:
        """Go on, with the mail that waits first. How many agents. Raises as `pause`."""
        return self._turn(org, name, SwarmStatus.RUNNING, "swarm_resumed")

    def restart(self, org: str, name: str, *, delete: bool) -> Swarm:
        """Stop what runs, delete its data if asked for, and start from the seed's file.

        Raises NotFound for an unknown swarm or a file that is gone, Invalid for what is in it.
        """
        head = self.found(org, name)
        config = self.seed(head)
        self.check(config)
        if head.status is not SwarmStatus.STOPPED:
            head = self.stop(org, name, purge=False)
        head = self.settled(head)
        if delete:
            seed = self.store.seed(org, head.config_path)
            if not self._erase(head):
                raise Unavailable("the swarm's data are still being deleted", retry_after=5)
            if seed is not None:
                self.store.put_seed(org, head.config_path, seed)
        return self._start(org, config, head.config_path, head)

    def clean(self, org: str, *, everything: bool) -> int:
        """Delete all swarms that are stopped, and with `everything` all events. How many swarms."""
        over = [head for head in self.swarms(org) if head.status in _OVER]
        for head in over:
            self.purge(head)
        if everything and not self.events.clear(org, None, seconds=_DELETING_SECONDS):
            raise Unavailable("the events are still being deleted", retry_after=5)
        return len(over)

    def _start(self, org: str, config: SwarmConfig, path: str, known: Swarm | None) -> Swarm:
        overlay = self.store.overlay(org, config.name) if known is not None else []
        whole = effective(config, overlay)
        now = self.clock()
        head = Swarm(
            org=org,
            name=config.name,
            status=SwarmStatus.STARTING,
            # The first one's is the time, so that a swarm that was purged shares none with the next
            # of its name.
            incarnation=known.incarnation + 1 if known else int(now.timestamp()),
            revision=known.revision if known else 0,
            config_path=path,
            started_at=self.now,
            updated_at=self.now,
            agent_count=len(whole.agents),
            object_count=len(whole.objects),
            edge_count=len(whole.topology),
        )
        if not self.store.create(head, over=known):
            raise BadRequest("already_exists")
        return self.settle(head)

    def _turn(self, org: str, name: str, status: SwarmStatus, event_type: str) -> int:
        for _ in range(_MOST_RACES):
            head = self.settled(self.living(org, name))
            if head.status is not status:
                changed = self._changed(head, status)
                told = self.event(event_type, name, status.value)
                if not self.store.save(changed, expected=head, events=[told]):
                    continue
                self.settle(changed)
            lives = self.mail.lives(org, name)
            return sum(1 for life in lives if life.kind is NodeKind.AGENT)
        raise Unavailable("the swarm is being changed by others")

    def _changed(self, head: Swarm, status: SwarmStatus) -> Swarm:
        """The head with a status that its lives do not show yet."""
        return replace(head, status=status, applied=-1, updated_at=self.now)

    def _delete(self, head: Swarm) -> None:
        """Finish a deletion that is under way. Raises Unavailable when it takes too long."""
        if not (self._erase(head) and self._remove(head)):
            raise Unavailable("the swarm is still being deleted", retry_after=5)

    def _erase(self, head: Swarm) -> bool:
        for node in self.store.nodes(head.org, head.name):
            if timer_of(node) is not None:
                self.timers.remove(head.org, head.name, node.name)
        return self.store.purge(head, seconds=_DELETING_SECONDS)

    def _remove(self, head: Swarm) -> bool:
        self.store.remove(head)
        return True
