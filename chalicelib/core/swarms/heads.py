"""What all operations on swarms share: stores, heads, and what a head's configuration is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import BadRequest, NotFound
from chalicelib.core.ids import new_id
from chalicelib.core.swarms.backends import agent_problem
from chalicelib.core.swarms.model import (
    MOST_EDGES,
    MOST_NODES,
    AgentSpec,
    Node,
    NodeKind,
    ObjectSpec,
    Swarm,
    SwarmConfig,
    SwarmEvent,
    SwarmStatus,
)
from chalicelib.core.swarms.objects.registry import problem as object_problem
from chalicelib.core.swarms.overlay import effective
from chalicelib.core.swarms.ports import Doorbell, EventStore, MailStore, SwarmStore, Timers
from chalicelib.core.swarms.seeds import read_seed
from chalicelib.core.swarms.taxonomy import event

PURGED: Final = -2
"""`Swarm.applied` of a stopped swarm that is being deleted: nobody sees it any more."""


@dataclass(frozen=True, slots=True)
class Heads:
    """Finds swarms and says what they are to be."""

    store: SwarmStore
    mail: MailStore
    events: EventStore
    bell: Doorbell
    timers: Timers
    clock: Clock
    backends: Collection[str]
    """Those that the stage has switched on."""

    @property
    def now(self) -> str:
        return rfc3339(self.clock())

    def found(self, org: str, name: str) -> Swarm:
        """The head of a swarm that is not being deleted. Raises NotFound."""
        head = self.store.get(org, name)
        if head is None or head.applied == PURGED:
            raise NotFound("Swarm not found")
        return head

    def living(self, org: str, name: str) -> Swarm:
        """The head of a swarm that was not stopped. Raises NotFound, BadRequest."""
        head = self.found(org, name)
        if head.status is SwarmStatus.STOPPED:
            raise BadRequest("swarm_stopped")
        return head

    def seed(self, head: Swarm) -> SwarmConfig:
        """What the swarm was made from. Raises NotFound where the file is gone, Invalid."""
        return self.seed_at(head.org, head.config_path)

    def seed_at(self, org: str, path: str) -> SwarmConfig:
        """The configuration in a file of the organisation. Raises NotFound, Invalid."""
        text = self.store.seed(org, path)
        if text is None:
            raise NotFound("Config file not found")
        return read_seed(text, path)

    def effective(self, head: Swarm) -> SwarmConfig:
        """Seed and overlay. Raises as `seed`."""
        return effective(self.seed(head), self.store.overlay(head.org, head.name))

    def check(self, config: SwarmConfig) -> None:
        """Raises BadRequest for what no swarm of this stage can have."""
        for agent in config.agents:
            self.check_agent(agent)
        for each in config.objects:
            self.check_object(each)
        if len(config.agents) + len(config.objects) > MOST_NODES:
            raise BadRequest(f"a swarm has at most {MOST_NODES:,} agents and objects")
        if len(config.topology) > MOST_EDGES:
            raise BadRequest(f"a swarm has at most {MOST_EDGES:,} edges")

    def check_agent(self, spec: AgentSpec) -> None:
        """Raises BadRequest for a backend that is off, or that cannot run this agent."""
        problem = agent_problem(spec, self.backends)
        if problem is not None:
            raise BadRequest(problem)

    def check_object(self, spec: ObjectSpec) -> None:
        """Raises BadRequest for an unknown handler, and for a configuration that is none of its."""
        problem = object_problem(spec)
        if problem is not None:
            raise BadRequest(problem)

    def event(
        self,
        event_type: str,
        swarm: str,
        message: str,
        *,
        agent: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> SwarmEvent:
        """A new event of now."""
        now = self.clock()
        return event(
            event_type,
            swarm=swarm,
            agent=agent,
            message=message,
            id=new_id("evt", now),
            timestamp=rfc3339(now),
            metadata=metadata,
        )


def nodes_of(config: SwarmConfig) -> list[Node]:
    """The nodes that a configuration has, with the names they may send to in the topology's order."""
    targets: dict[str, dict[str, None]] = {}
    for source, to in config.topology:
        targets.setdefault(source, {})[to] = None
    agents = [(NodeKind.AGENT, agent.name, agent) for agent in config.agents]
    objects = [(NodeKind.OBJECT, each.name, each) for each in config.objects]
    return [
        Node(name, kind, spec, tuple(targets.get(name, ())))
        for kind, name, spec in agents + objects
    ]
