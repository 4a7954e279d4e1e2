"""Swarms for component tests: the stores on a world, and shorthands for what is in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from chalicelib.core.clock import rfc3339
from chalicelib.core.ids import new_id
from chalicelib.core.swarms.model import (
    Mail,
    NodeKind,
    NodeLife,
    NodeState,
    Outgoing,
    Swarm,
    SwarmEvent,
    SwarmStatus,
)
from chalicelib.core.swarms.ports import TurnCommit
from chalicelib.store.skills import Skills
from chalicelib.store.swarm_events import SwarmEvents
from chalicelib.store.swarm_mail import SwarmMail
from chalicelib.store.swarms import Swarms
from tests.support.world import ORG, World

SWARM = "research"
TYPES = {
    ("info", "agent"): {"task_sent", "message_received"},
    ("info", "routing"): {"message_routed"},
    ("warning", "routing"): {"invalid_route"},
    ("error", "agent"): {"agent_error"},
}


def types_with(level: str | None, category: str | None) -> Collection[str] | None:
    """A taxonomy, small enough for a test to know."""
    if level is None and category is None:
        return None
    return {
        name
        for (one, other), names in TYPES.items()
        if level in (None, one) and category in (None, other)
        for name in names
    }


class SwarmWorld:
    """The stores of swarms as one process has them."""

    def __init__(self, world: World, *, shards: int = 1) -> None:
        self.world = world
        table, blobs = world.services.table, world.services.blobs
        more: dict[str, Any] = {"shards": shards, "retention_days": 30}
        self.swarms = Swarms(table, blobs, **more)
        self.mail = SwarmMail(table, clock=world.clock, **more)
        self.events = SwarmEvents(table, clock=world.clock, types_with=types_with, **more)
        self.skills = Skills(blobs)

    def now(self) -> str:
        return rfc3339(self.world.clock())

    def begin(self, *nodes: str, incarnation: int = 1, **more: Any) -> None:
        """Nodes that start."""
        self.mail.begin_lives(
            ORG, SWARM, [self.new_life(node, incarnation=incarnation, **more) for node in nodes]
        )

    def new_life(self, node: str, *, incarnation: int = 1, **more: Any) -> NodeLife:
        session = more.pop("session_id", f"{node}-{incarnation}")
        found = NodeLife(
            node, NodeKind.AGENT, NodeState.IDLE, incarnation, session, started_at=self.now()
        )
        return replace(found, **more)

    def life(self, node: str) -> NodeLife:
        found = self.mail.life(ORG, SWARM, node)
        assert found is not None
        return found

    def draft(self, content: Any = "hello", **more: Any) -> Mail:
        """Mail that has no number yet."""
        found = Mail(0, new_id("msg", self.world.clock()), "message", "direct", "a", content, "")
        return replace(found, at=self.now(), **more)

    def task(self, node: str, text: str = "work") -> Mail:
        """Put a task; the mail as it was put."""
        life = self.life(node)
        mail = self.draft(text, kind="task", sender=None, number=life.received + 1)
        assert self.mail.put_task(ORG, SWARM, life, mail, [])
        return mail

    def event(self, event_type: str = "task_sent", **more: Any) -> SwarmEvent:
        now = self.world.clock()
        found = SwarmEvent(
            new_id("evt", now), rfc3339(now), "info", "agent", SWARM, "a", event_type, "it happened"
        )
        return replace(found, **more)

    def turn(self, node: str, *outgoing: Outgoing, **more: Any) -> TurnCommit:
        """A turn on the next mail, begun and ready to be committed."""
        begun = self.mail.begin_turn(ORG, SWARM, self.life(node))
        assert begun is not None
        after = replace(
            begun,
            state=NodeState.IDLE,
            handled=begun.handled + 1,
            message_count=begun.message_count + 1,
            attempts=0,
            last_activity=self.now(),
            memory={"said": begun.message_count + 1},
        )
        return TurnCommit(begun, after, outgoing, **more)

    def contents(self, node: str) -> list[Any]:
        """What waits for a node, in order."""
        return [mail.content for mail in self.mail.pending(ORG, SWARM, self.life(node), 1_000)]


def head(name: str = SWARM, **more: Any) -> Swarm:
    at = "2026-03-18T09:00:00.000Z"
    found = Swarm(ORG, name, SwarmStatus.RUNNING, 1, 0, f"{name}.exs", at, at)
    return replace(found, **more)
