"""Makes a swarm's nodes and lives what its head says. Whoever finds that they are not, comes here.

    head saved (applied < revision) → nodes written → lives begun and ended → head saved (applied)

Each of the steps may be done twice, so whoever died in between is followed by the next one from the
beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.core.errors import BadRequest, Unavailable
from chalicelib.core.ids import new_id
from chalicelib.core.swarms.heads import PURGED, Heads, nodes_of
from chalicelib.core.swarms.model import (
    Node,
    NodeLife,
    NodeState,
    ObjectSpec,
    Swarm,
    SwarmStatus,
)
from chalicelib.core.swarms.objects.registry import initial

TIMER: Final = "timer"
"""The handler of objects that a schedule wakes."""
MOST_ROUNDS: Final = 10
"""Changes of a head that may overtake one call."""


@dataclass(frozen=True, slots=True)
class Settler(Heads):
    """The one place that writes nodes and lives."""

    def settle(self, head: Swarm) -> Swarm:
        """Do what is left to do for a head; the head as it is then.

        Raises NotFound where the seed is gone, Unavailable when others keep changing the swarm.
        """
        for _ in range(MOST_ROUNDS):
            ring = self._end(head) if head.status is SwarmStatus.STOPPED else self._begin(head)
            starting = head.status is SwarmStatus.STARTING
            settled = replace(
                head,
                applied=head.revision,
                status=SwarmStatus.RUNNING if starting else head.status,
            )
            told = [self.event("swarm_started", head.name, "started")] if starting else []
            if self.store.save(settled, expected=head, events=told):
                self.ring(settled, ring)
                return settled
            newer = self.store.get(head.org, head.name)
            if newer is None or newer.applied == PURGED:
                return settled
            head = newer
        raise Unavailable("the swarm is being changed by others")

    def settled(self, head: Swarm) -> Swarm:
        """The head once its nodes show it: what a death has left undone is done first."""
        return head if head.applied >= head.revision else self.settle(head)

    def ring(self, head: Swarm, nodes: Iterable[str]) -> None:
        """Wake nodes for mail that they have had for a while."""
        stamp = f"{head.incarnation}-{int(self.clock().timestamp() * 1000)}"
        found = dict.fromkeys(nodes, stamp)
        if found:
            self.bell.ring(head.org, head.name, found)

    def fresh_life(self, head: Swarm, node: Node) -> NodeLife:
        """A life that begins now."""
        return NodeLife(
            name=node.name,
            kind=node.kind,
            state=NodeState.IDLE,
            incarnation=head.incarnation,
            session_id=new_id("session", self.clock()),
            started_at=self.now,
            paused=head.status is SwarmStatus.PAUSED,
            memory=initial(node.spec) if isinstance(node.spec, ObjectSpec) else {},
        )

    def _begin(self, head: Swarm) -> list[str]:
        """Nodes and lives of a swarm that is not stopped; whom to wake."""
        wanted = {node.name: node for node in nodes_of(self.effective(head))}
        have = {node.name: node for node in self.store.nodes(head.org, head.name)}
        changed = [node for name, node in wanted.items() if have.get(name) != node]
        gone = [name for name in have if name not in wanted]
        if changed or gone:
            self.store.write_nodes(head, changed, gone)
        lives = {life.name: life for life in self.mail.lives(head.org, head.name)}
        for name in lives:
            if name not in wanted:
                self.mail.end_life(head.org, head.name, name)
        fresh = [node for node in wanted.values() if _is_over(lives.get(node.name), node, head)]
        if fresh:
            # Somebody else may have begun them since, and they may have done something.
            lives_of = [self.fresh_life(head, node) for node in fresh]
            self.mail.begin_lives(head.org, head.name, lives_of, only_over=True)
        self._set_timers(head, have, wanted, {node.name for node in fresh})
        begun = {node.name for node in fresh}
        paused = head.status is SwarmStatus.PAUSED
        differ = [
            name
            for name in wanted
            if name not in begun and (life := lives.get(name)) and life.paused is not paused
        ]
        if differ:
            self.mail.set_paused(head.org, head.name, differ, paused)
        if paused:
            return []
        return [name for name in (*begun, *differ) if (life := lives.get(name)) and life.inbox]

    def _end(self, head: Swarm) -> list[str]:
        """No turn of a stopped swarm begins, and nothing wakes its timers."""
        lives = self.mail.lives(head.org, head.name)
        going = [life.name for life in lives if life.state is not NodeState.STOPPED]
        if going:
            self.mail.set_state(head.org, head.name, going, NodeState.STOPPED.value)
        for node in self.store.nodes(head.org, head.name):
            if timer_of(node) is not None:
                self.timers.remove(head.org, head.name, node.name)
        return []

    def _set_timers(
        self,
        head: Swarm,
        have: Mapping[str, Node],
        wanted: Mapping[str, Node],
        fresh: Iterable[str],
    ) -> None:
        begun = set(fresh)
        for name, node in have.items():
            if timer_of(node) is not None and (
                name not in wanted or timer_of(wanted[name]) is None
            ):
                self.timers.remove(head.org, head.name, name)
        for name, node in wanted.items():
            spec = timer_of(node)
            if spec is None or (name not in begun and have.get(name) == node):
                continue
            try:
                self.timers.put(head.org, head.name, name, spec.config)
            except BadRequest as refusal:
                # A timer that cannot be set keeps nobody else from starting.
                told = self.event("backend_error", head.name, refusal.detail, agent=name)
                self.events.record(head.org, [told])


def timer_of(node: Node) -> ObjectSpec | None:
    """The spec of an object that a schedule wakes."""
    spec = node.spec
    return spec if isinstance(spec, ObjectSpec) and spec.handler == TIMER else None


def _is_over(life: NodeLife | None, node: Node, head: Swarm) -> bool:
    """Whether the node has no life in this incarnation of its swarm yet."""
    return (
        life is None
        or life.incarnation != head.incarnation
        or life.kind is not node.kind
        or life.state is NodeState.STOPPED
    )
