"""Changes of a running swarm: each is one recorded event, after which its nodes are brought in line.

effective configuration → the event and what it makes of it → head and event, if the head is
still as it was read → nodes and lives (settle)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from chalicelib.core.errors import BadRequest, NotFound, Unavailable
from chalicelib.core.swarms import overlay, scaling
from chalicelib.core.swarms.edges import add_edges, remove_edges
from chalicelib.core.swarms.model import (
    MOST_EDGES,
    MOST_NODES,
    AgentSpec,
    Edge,
    ObjectSpec,
    OverlayEvent,
    Swarm,
    SwarmConfig,
    SwarmEvent,
)
from chalicelib.core.swarms.ports import Scaled
from chalicelib.core.swarms.settle import Settler

MOST_RACES: Final = 10
MOST_TOLD: Final = 50
"""Events of one mutation that are in its transaction; DynamoDB takes 100 items in all."""

Answer = TypeVar("Answer")
Told = tuple[str, str, str | None, Mapping[str, Any]]
"""Event type, message, node, metadata."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a mutation comes to: no event where nothing changes."""

    events: tuple[OverlayEvent, ...]
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Mutations(Settler):
    """Everywhere: NotFound for what is unknown, BadRequest for a stopped swarm and for what cannot
    be, Unavailable when others keep changing the swarm."""

    def add_agent(
        self, org: str, name: str, spec: AgentSpec, targets: Sequence[str], sources: Sequence[str]
    ) -> None:
        """Edges to and from nodes that are not there are left out."""
        self.check_agent(spec)

        def change(config: SwarmConfig) -> tuple[Change, None]:
            self._check_free(config, spec.name)
            event = overlay.add_agent(spec, targets, sources)
            return Change((event,), (("agent_added", f"{spec.name} added", spec.name, {}),)), None

        self._mutate(org, name, change)

    def remove_agent(self, org: str, name: str, agent: str) -> None:
        def change(config: SwarmConfig) -> tuple[Change, None]:
            if agent not in {each.name for each in config.agents}:
                raise NotFound("Agent not found")
            told: Told = ("agent_removed", f"{agent} removed", agent, {})
            return Change((overlay.remove_agent(agent),), (told,)), None

        self._mutate(org, name, change)

    def add_object(
        self, org: str, name: str, spec: ObjectSpec, targets: Sequence[str], sources: Sequence[str]
    ) -> None:
        """As `add_agent`."""
        self.check_object(spec)

        def change(config: SwarmConfig) -> tuple[Change, None]:
            self._check_free(config, spec.name)
            event = overlay.add_object(spec, targets, sources)
            more = {"handler": spec.handler}
            return Change(
                (event,), (("object_added", f"{spec.name} added", spec.name, more),)
            ), None

        self._mutate(org, name, change)

    def remove_object(self, org: str, name: str, node: str) -> None:
        def change(config: SwarmConfig) -> tuple[Change, None]:
            _object(config, node)
            told: Told = ("object_removed", f"{node} removed", node, {})
            return Change((overlay.remove_object(node),), (told,)), None

        self._mutate(org, name, change)

    def configure_object(
        self, org: str, name: str, node: str, changes: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Change members of an object's configuration; the names of those that were given. A member
        that is null goes."""
        keys = tuple(sorted(changes))

        def change(config: SwarmConfig) -> tuple[Change, tuple[str, ...]]:
            spec = _object(config, node)
            changed = overlay.changed_config(spec.config, changes)
            self.check_object(replace(spec, config=changed))
            if changed == dict(spec.config):
                return Change(()), keys
            told: Told = ("object_configured", f"{node} configured", node, {"keys": list(keys)})
            return Change((overlay.update_config(node, changes),), (told,)), keys

        return self._mutate(org, name, change)

    def scale(self, org: str, name: str, base: str, count: int) -> Scaled:
        """Give a group of agents `count` members."""

        def change(config: SwarmConfig) -> tuple[Change, Scaled]:
            scaled, result = scaling.scale(config, base, count)
            self.check(scaled)
            if scaled == config:
                return Change(()), result
            told: list[Told] = [
                (
                    "agent_scaled",
                    f"{base} scaled to {count}",
                    None,
                    {"base_name": base, "target_count": count},
                )
            ]
            told += [("agent_removed", f"{each} removed", each, {}) for each in result.removed]
            told += [("agent_added", f"{each} added", each, {}) for each in result.added]
            return Change((overlay.scale_agent_group(base, count),), tuple(told)), result

        return self._mutate(org, name, change)

    def patch_topology(
        self, org: str, name: str, add: Sequence[Edge], remove: Sequence[Edge]
    ) -> tuple[int, int]:
        """Remove edges, then add some; how many were really added and removed."""

        def change(config: SwarmConfig) -> tuple[Change, tuple[int, int]]:
            left, removed = remove_edges(config.topology, remove)
            whole, added = add_edges(left, add, overlay.names_of(config))
            kept = set(left)
            gone = [edge for edge in config.topology if edge not in kept]
            come = [edge for edge in whole if edge not in kept]
            if len(whole) > MOST_EDGES:
                raise BadRequest(f"a swarm has at most {MOST_EDGES:,} edges")
            events = [overlay.remove_topology_edges(gone)] if gone else []
            events += [overlay.add_topology_edges(come)] if come else []
            more = {"added": added, "removed": removed}
            message = f"{added} added, {removed} removed"
            told = (("topology_changed", message, None, more),) if events else ()
            return Change(tuple(events), told), (added, removed)

        return self._mutate(org, name, change)

    def overlay(self, org: str, name: str) -> list[OverlayEvent]:
        """The recorded events, oldest first."""
        self.found(org, name)
        return self.store.overlay(org, name)

    def clear_overlay(self, org: str, name: str) -> None:
        """Drop what was recorded: a swarm that is not stopped is its seed again."""
        for _ in range(MOST_RACES):
            head = self.found(org, name)
            # Marked first: who dies behind the clearing leaves a swarm that is brought in line.
            marked = replace(head, applied=-1, updated_at=self.now)
            if not self.store.save(marked, expected=head):
                continue
            if self.store.clear_overlay(marked):
                self.settle(marked)
                self.events.record(org, [self.event("overlay_cleared", name, "overlay cleared")])
                return
        raise Unavailable("the swarm is being changed by others")

    def snapshot(self, org: str, name: str) -> SwarmConfig:
        """The effective configuration."""
        return self.effective(self.found(org, name))

    def _check_free(self, config: SwarmConfig, name: str) -> None:
        names = overlay.names_of(config)
        if name in names:
            raise BadRequest("already_exists")
        if len(names) >= MOST_NODES:
            raise BadRequest(f"a swarm has at most {MOST_NODES:,} agents and objects")

    def _mutate(
        self, org: str, name: str, change: Callable[[SwarmConfig], tuple[Change, Answer]]
    ) -> Answer:
        """Record what `change` says, and bring the nodes in line. A change of two events is two
        mutations, one right after the other."""
        for _ in range(MOST_RACES):
            head = self.settled(self.living(org, name))
            config = self.effective(head)
            found, answer = change(config)
            told = [
                self.event(kind, name, message, agent=node, metadata=more)
                for kind, message, node, more in found.told
            ]
            if not self._record(head, config, found.events, told):
                continue
            if len(told) > MOST_TOLD:
                self.events.record(org, told[MOST_TOLD:])
            return answer
        raise Unavailable("the swarm is being changed by others")

    def _record(
        self,
        head: Swarm,
        config: SwarmConfig,
        events: Sequence[OverlayEvent],
        told: Sequence[SwarmEvent],
    ) -> bool:
        """False when somebody else was faster with the first event."""
        for number, event in enumerate(events):
            config = overlay.apply(config, event)
            changed = replace(
                head,
                revision=head.revision + 1,
                updated_at=self.now,
                agent_count=len(config.agents),
                object_count=len(config.objects),
                edge_count=len(config.topology),
            )
            last = number == len(events) - 1
            with_events = told[:MOST_TOLD] if last else ()
            if not self.store.mutate(changed, event, expected=head, events=with_events):
                if number == 0:
                    return False
                raise Unavailable("the swarm is being changed by others")
            head = changed
        if events:
            self.settle(head)
        return True


def _object(config: SwarmConfig, name: str) -> ObjectSpec:
    for each in config.objects:
        if each.name == name:
            return each
    raise NotFound("Object not found")
