"""What a swarm is: its configuration, and what is told of it while it lives (S3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

NAME: Final = re.compile(r"^[a-zA-Z][a-zA-Z0-9_-]{0,63}\Z")
"""Of swarms, agents and objects."""
MOST_CONTENT_BYTES: Final = 100_000
"""Of a task or a message, in UTF-8."""
MOST_INBOX: Final = 1_000
"""Mail that waits for an agent before tasks for it are refused."""
MOST_NODES: Final = 1_000
MOST_EDGES: Final = 100_000
MOST_LIMIT: Final = 1_000
"""Of a page of history, messages or events."""
INLINE_SEEDS: Final = "_inline/"
"""Configurations that were not given as files are under here, each in a folder with its swarm's
name: they go with the swarm. No name begins like that."""
ALWAYS_ROUTABLE: Final = frozenset({"metrics", "tick", "gateway"})
"""Names that anybody may send to and that may send to anybody, edges or not."""

Edge = tuple[str, str]
"""From, to."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What runs an agent's turns: `mock`, `local`, `bwrap`, `bedrock`, `http`, `lambda`, `docker` or
    `ssh`, with its own options (`image`, `host`, `opts`, `model`, `url`, `arn` …)."""

    type: str = "mock"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgentSpec:
    name: str
    backend: Backend = Backend()
    skills: tuple[str, ...] = ()
    model: str | None = None
    endpoint: str | None = None
    presets: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """A part of a swarm without a model: a deterministic handler, by name, or a Lambda."""

    name: str
    handler: str
    backend: Backend | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SwarmConfig:
    """A whole configuration: a seed, or what a seed and an overlay make."""

    name: str
    agents: tuple[AgentSpec, ...] = ()
    objects: tuple[ObjectSpec, ...] = ()
    topology: tuple[Edge, ...] = ()
    templates: Mapping[str, tuple[AgentSpec, tuple[str, ...], tuple[str, ...]]] = field(
        default_factory=dict
    )
    """Of agent groups that were scaled to 0: the agent, its targets, its sources. Not part of what
    is rendered; an overlay makes them."""


@dataclass(frozen=True, slots=True)
class OverlayEvent:
    """One recorded mutation of a running swarm. `op` is one of `overlay.OPS`."""

    op: str
    payload: Mapping[str, Any]


class SwarmStatus(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    ERROR = "error"


class NodeState(StrEnum):
    """Of an agent; an object has the same ones."""

    INITIALIZING = "initializing"
    IDLE = "idle"
    WORKING = "working"
    ERROR = "error"
    STOPPED = "stopped"


class NodeKind(StrEnum):
    AGENT = "agent"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Swarm:
    """A swarm as it is listed: its head."""

    org: str
    name: str
    status: SwarmStatus
    incarnation: int
    """How often it was started: what an earlier life left under way changes nothing in a later one."""
    revision: int
    """How many overlay events there are."""
    config_path: str
    """Where its seed is, as clients name it."""
    started_at: str
    updated_at: str
    agent_count: int = 0
    object_count: int = 0
    edge_count: int = 0
    applied: int = -1
    """The revision that its nodes show; less than `revision` while a mutation is under way."""


@dataclass(frozen=True, slots=True)
class Node:
    """An agent or an object with the names it may send to."""

    name: str
    kind: NodeKind
    spec: AgentSpec | ObjectSpec
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeLife:
    """What changes while a node lives. `received - handled` is how much mail waits."""

    name: str
    kind: NodeKind
    state: NodeState
    incarnation: int
    session_id: str
    started_at: str
    last_activity: str | None = None
    received: int = 0
    handled: int = 0
    message_count: int = 0
    """Mail handled in this session."""
    held: bool = False
    """A mock that keeps working until it is released."""
    paused: bool = False
    attempts: int = 0
    """Tries at the mail that is next."""
    error: str | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    """An agent's conversation as its backend keeps it; an object's state."""

    @property
    def inbox(self) -> int:
        return max(0, self.received - self.handled)


@dataclass(frozen=True, slots=True)
class Mail:
    """One piece of mail in a node's mailbox. Numbers count from 1 and have no gaps."""

    number: int
    id: str
    kind: str
    """`task`, or `message`."""
    type: str
    """`direct`, `broadcast`, `ask` or `reply`; a task is `direct`."""
    sender: str | None
    content: Any
    at: str
    correlation: str | None = None
    """Of an ask and its reply. Of a task that is a step of a run, the run and the step (`task_refs`)."""


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """What the turn on a task came to that is a step of a run of the same organisation."""

    run_id: str
    step: str
    mail_id: str
    output: str | None = None
    """What the agent said."""
    error: str | None = None
    """Why its mail is dead."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that a turn wants to send. `to` None: to all targets."""

    to: str | None
    content: Any
    type: str = "direct"
    correlation: str | None = None


@dataclass(frozen=True, slots=True)
class Outbox:
    """What one turn, or somebody in a node's name, sends: one item. Its id sorts by time."""

    id: str
    sender: str
    at: str
    messages: tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of an agent's conversation. `role` is `system`, `user`, `assistant` or `tool`."""

    session_id: str
    timestamp: str
    role: str
    content: str
    id: str = ""
    """Of one that is stored."""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SwarmEvent:
    """An event of the durable log (S3's Events). Level and category follow from the type."""

    id: str
    timestamp: str
    level: str
    category: str
    swarm: str
    agent: str | None
    event_type: str
    message: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
