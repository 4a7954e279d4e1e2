"""What the operations on swarms need from outside.

`store` and `cloud` implement `SwarmStore`, `MailStore`, `EventStore`, `SkillStore`, `Doorbell` and
`Timers`; `core.swarms.manage` and `core.swarms.turn` work on them.
"""

from __future__ import annotations

import builtins
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib.core.swarms.model import (
    LogLine,
    Mail,
    Node,
    NodeKind,
    NodeLife,
    Outbox,
    Outgoing,
    OverlayEvent,
    Swarm,
    SwarmEvent,
    SwarmStatus,
    TaskOutcome,
)


@dataclass(frozen=True, slots=True)
class EventFilters:
    """All that are there must hold. `since` is RFC 3339."""

    level: str | None = None
    category: str | None = None
    swarm: str | None = None
    agent: str | None = None
    event_type: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill file. `relative_path` ends in .md; `category` is its folder, or `default`."""

    name: str
    path: str
    relative_path: str
    category: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """`type` is `task`, `incoming` or `outgoing`; `peer` whom it is from or to."""

    type: str
    content: Any
    timestamp: str
    peer: str | tuple[str, ...] | None = None
    message_type: str | None = None


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What a turn on one piece of mail leads to."""

    memory: Mapping[str, Any]
    outgoing: tuple[Outgoing, ...] = ()
    logs: tuple[tuple[str, str], ...] = ()
    """(role, content)."""
    output: str | None = None
    """What an agent said; goes to its watchers."""
    hold: bool = False
    events: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()
    """(event type, message, metadata)."""


@dataclass(frozen=True, slots=True)
class TurnCommit:
    """All that one transaction writes: `handled` pieces of mail from the life's on."""

    life: NodeLife
    """As it was read: the write holds only if nobody has gone on from it."""
    after: NodeLife
    outgoing: tuple[Outgoing, ...] = ()
    logs: tuple[LogLine, ...] = ()
    outputs: tuple[str, ...] = ()
    """What the node said. It is in `logs` too, by role `assistant`, and stored there only."""
    events: tuple[SwarmEvent, ...] = ()
    dead: tuple[int, ...] = ()
    """Numbers of mail that was tried in vain: `MailStore.replay` puts it back."""
    outcomes: tuple[TaskOutcome, ...] = ()
    """Of tasks that are steps of runs; the stream tells of them."""
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    """Tells this commit from any other: made again after a lost answer, it is known to have held."""


class SwarmStore(Protocol):
    """Heads, overlays and nodes."""

    def get(self, org: str, name: str) -> Swarm | None: ...
    def list(self, org: str) -> list[Swarm]: ...
    def create(self, swarm: Swarm, *, over: Swarm | None) -> bool:
        """Store a head; `over` is the stopped one that it replaces. False: somebody came first."""

    def save(self, swarm: Swarm, *, expected: Swarm, events: Sequence[SwarmEvent] = ()) -> bool:
        """Write a head over just that one (status, incarnation, revision, applied), with events, in
        one transaction. False: it is another one by now."""

    def mutate(
        self, swarm: Swarm, event: OverlayEvent, *, expected: Swarm, events: Sequence[SwarmEvent]
    ) -> bool:
        """The same with one more overlay event, number `swarm.revision`."""

    def put_seed(self, org: str, path: str, text: str) -> None: ...
    def seed(self, org: str, path: str) -> str | None:
        """The text of a configuration file of the organisation; None: there is none."""

    def overlay(self, org: str, name: str) -> builtins.list[OverlayEvent]: ...
    def clear_overlay(self, swarm: Swarm) -> bool: ...
    def nodes(self, org: str, name: str) -> builtins.list[Node]: ...
    def node(self, org: str, name: str, node: str) -> Node | None: ...
    def write_nodes(self, swarm: Swarm, put: Iterable[Node], drop: Iterable[str]) -> None:
        """Make nodes as they are to be, in any order, 25 a call."""

    def purge(self, swarm: Swarm, *, seconds: float, events: bool = True) -> bool:
        """Delete everything of a swarm but its head, and its events too unless they are to stay;
        False when the time was not enough."""

    def remove(self, swarm: Swarm) -> None:
        """Delete the head."""


class MailStore(Protocol):
    """Nodes' lives, mailboxes, logs, outboxes."""

    def life(self, org: str, swarm: str, node: str) -> NodeLife | None: ...
    def lives(self, org: str, swarm: str) -> list[NodeLife]: ...
    def begin_lives(
        self, org: str, swarm: str, lives: Iterable[NodeLife], *, only_over: bool = False
    ) -> None:
        """Put lives of nodes that start or start again; mail that waits stays. With `only_over`
        a node that lives in that incarnation, and is not stopped, goes on as it is."""

    def end_life(self, org: str, swarm: str, node: str) -> None: ...
    def set_paused(self, org: str, swarm: str, nodes: Iterable[str], paused: bool) -> int: ...
    def set_state(self, org: str, swarm: str, nodes: Iterable[str], state: str) -> None: ...
    def put_task(
        self, org: str, swarm: str, life: NodeLife, mail: Mail, events: Sequence[SwarmEvent]
    ) -> bool:
        """Append a task to a mailbox. False: the inbox is full, or somebody was faster: look again."""

    def post(self, org: str, swarm: str, sender: str, outgoing: Sequence[Outgoing]) -> None:
        """Put messages into the outbox on somebody's behalf (a route): the router delivers them."""

    def due(self, org: str, swarm: str, *, before: str) -> list[tuple[str, str]]:
        """(sender, id) of outbox items of ids up to that one that nobody has called `delivered`,
        oldest first. What a swarm that was purged had sent is due no more."""

    def outboxes(self, org: str, swarm: str, due: Sequence[tuple[str, str]]) -> list[Outbox]:
        """These items, oldest first; those that have expired are left out."""

    def delivered(self, org: str, swarm: str, outboxes: Iterable[Outbox]) -> None:
        """All messages of these are where they belong."""

    def deliver(
        self, org: str, swarm: str, node: str, mails: Sequence[tuple[Mail, SwarmEvent | None]]
    ) -> list[Mail] | None:
        """Append messages to one mailbox, each with an event if it has one, in this order, and
        each once for its id and node; those that were appended now, numbered. None: there is no
        such node (any more)."""

    def number_of(self, org: str, swarm: str, node: str, mail_id: str) -> int | None:
        """The number under which `deliver` put this mail into the mailbox; None where it did not, or
        days ago."""

    def has_mail(self, org: str, swarm: str, node: str, mail_id: str, number: int) -> bool:
        """Whether this mail is in the mailbox under this number, handled or not."""

    def outcome(self, org: str, swarm: str, node: str, mail_id: str) -> TaskOutcome | None:
        """What the turn on a run's task came to, read consistently; None as long as none is over."""

    def pending(self, org: str, swarm: str, life: NodeLife, most: int) -> list[Mail]:
        """The next mail that waits, oldest first. Numbers may be missing: mail that waited longer
        than the retention is gone."""

    def mark_dead(self, org: str, swarm: str, node: str, number: int) -> None:
        """Remember mail that was tried in vain. (`TurnCommit.dead` does it with the commit.)"""

    def replay(self, org: str, swarm: str, node: str) -> int:
        """Put dead mail back behind the other, under new numbers, each once; how much it was."""

    def begin_turn(self, org: str, swarm: str, life: NodeLife) -> NodeLife | None:
        """Working, one try more; None when somebody has gone on from `life`, or it is paused or over."""

    def commit(self, org: str, swarm: str, commit: TurnCommit) -> bool: ...
    def release(self, org: str, swarm: str, node: str) -> bool:
        """End the hold of a mock; False when it held nothing."""

    def history(self, org: str, swarm: str, node: str, limit: int) -> list[HistoryLine]: ...
    def logs(self, org: str, swarm: str, node: str, limit: int) -> list[LogLine]:
        """Oldest first, the newest `limit` of them."""


class EventStore(Protocol):
    def record(self, org: str, events: Sequence[SwarmEvent]) -> None:
        """Store events that belong to no other write. The same event twice is one."""

    def find(self, org: str, filters: EventFilters, limit: int) -> list[SwarmEvent]:
        """Newest first; the same cost however many events there are."""

    def clear(self, org: str, swarm: str | None, *, seconds: float) -> bool:
        """Delete events; of all swarms: nobody sees them any more, whatever the answer. False when
        the time was not enough: call again."""


class SkillStore(Protocol):
    def list(self, org: str, under: str) -> list[Skill]: ...
    def read(self, org: str, name: str) -> tuple[Skill, str] | None: ...
    def of_agent(self, org: str, swarm: str, agent: str) -> dict[str, str]:
        """Skills that were written for one agent alone, by name."""

    def write(self, org: str, swarm: str, agent: str, skill: str, content: str) -> None: ...


class Doorbell(Protocol):
    """Wakes nodes that have mail: one message of SQS FIFO in the group `org#swarm#node`."""

    def ring(self, org: str, swarm: str, nodes: Mapping[str, str]) -> None:
        """Node → what tells this ring from others (a repeated one within 5 minutes is none)."""


class Timers(Protocol):
    """EventBridge Scheduler."""

    def put(self, org: str, swarm: str, node: str, config: Mapping[str, Any]) -> None: ...
    def remove(self, org: str, swarm: str, node: str) -> None: ...
    def ask_until(self, org: str, swarm: str, node: str, correlation: str, at: str) -> None: ...


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What a backend or a handler may use in a turn."""

    org: str
    swarm: str
    node: Node
    life: NodeLife
    skills: tuple[tuple[str, str], ...]
    """(name, text) with the agent's names filled in."""
    now: str
    seconds: float
    """How long it may take."""
    kinds: Mapping[str, NodeKind] = field(default_factory=dict)


class Brain(Protocol):
    """One backend of agents, or one handler of objects: a turn on one piece of mail.

    Raises `core.steps.StepFailed` where it could not; the mail is tried again, three times in all.
    """

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult: ...


@dataclass(frozen=True, slots=True)
class SwarmDetail:
    swarm: Swarm
    nodes: tuple[Node, ...]
    lives: Mapping[str, NodeLife]


@dataclass(frozen=True, slots=True)
class Scaled:
    added: tuple[str, ...]
    removed: tuple[str, ...]
    failed: tuple[tuple[str, str], ...] = ()
    """(name, reason)."""


__all__ = [
    "Brain",
    "Doorbell",
    "EventFilters",
    "EventStore",
    "HistoryLine",
    "MailStore",
    "Scaled",
    "Skill",
    "SkillStore",
    "SwarmDetail",
    "SwarmStatus",
    "SwarmStore",
    "Timers",
    "TurnCommit",
    "TurnContext",
    "TurnResult",
]
