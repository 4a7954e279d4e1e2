"""Nodes' lives: begun, ended, paused. Three items each, so that each write is of the size of its change.

    LIFE    state, incarnation, session, handled …   small; every turn writes it, lists read it
    BOX     received, closed                         what is delivered writes it, and no turn
    MEMORY  what the backend keeps                   may be large; a turn writes it where it changed

A life that ended keeps its two small items: numbers of mail go on behind those that were used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from chalicelib.core.errors import Unavailable
from chalicelib.core.swarms.model import NodeLife, NodeState
from chalicelib.store import swarm_keys
from chalicelib.store.run_items import dump
from chalicelib.store.swarm_items import checked, life_from
from chalicelib.store.table import (
    MOST_CONFLICTS,
    ConditionFailed,
    Delete,
    Put,
    Table,
    Update,
    Write,
)
from chalicelib.store.wire import Item

IF_ALIVE: Final = "attribute_exists(#pk) AND attribute_not_exists(#ended)"
_IF_LATER: Final = (
    "attribute_not_exists(#incarnation) OR #incarnation < :incarnation"
    " OR (#incarnation = :incarnation AND #session_id <> :session_id)"
)
_IF_OVER: Final = (
    "attribute_not_exists(#incarnation) OR #incarnation < :incarnation"
    " OR (#incarnation = :incarnation AND #session_id <> :session_id"
    " AND (attribute_exists(#ended) OR #state = :stopped OR #kind <> :kind))"
)
_IF_STILL: Final = "#received = :received"
_BEGUN: Final = (
    "name",
    "kind",
    "state",
    "incarnation",
    "session_id",
    "started_at",
    "last_activity",
)
_FORGOTTEN: Final = ("held", "attempts", "error", "ended", "committed_by", "begun_by")
_NODES_AT_ONCE: Final = 25
"""Of one transaction: more of them conflict with the turns of a busy swarm too often."""
_IN_SWARM: Final = "#pk = :pk AND begins_with(#sk, :prefix)"


class SwarmLives:
    """The part of `core.swarms.ports.MailStore` that is about lives."""

    _table: Table

    def life(self, org: str, swarm: str, node: str) -> NodeLife | None:
        """One BatchGetItem of three."""
        makers = (swarm_keys.life_key, swarm_keys.box_key, swarm_keys.memory_key)
        wanted = [maker(org, swarm, node) for maker in makers]
        found = {item["sk"]: item for item in self._table.get_many(wanted)}
        life, box, memory = (found.get(key["sk"]) for key in wanted)
        return life_from(life, box, memory) if life and "ended" not in life else None

    def lives(self, org: str, swarm: str) -> list[NodeLife]:
        """All that have not ended, by name, without their memories: two Queries (pages of a MB)."""
        pk = swarm_keys.swarm_pk(org, swarm)

        def found(prefix: str) -> dict[str, Item]:
            items = self._table.query_all(_IN_SWARM, {"pk": pk, "prefix": prefix})
            return {item["sk"].removeprefix(prefix): item for item in items}

        # The lives first: what was handled is never more than what is read of the mailbox later.
        lives, boxes = found(swarm_keys.LIFE_PREFIX), found(swarm_keys.BOX_PREFIX)
        return [
            life_from(life, boxes.get(name)) for name, life in lives.items() if "ended" not in life
        ]

    def begin_lives(
        self, org: str, swarm: str, lives: Iterable[NodeLife], *, only_over: bool = False
    ) -> None:
        """Transactions of up to 25 nodes. What was handled, and the mail behind it, stays.

        A life is begun once: the same incarnation and session again, or an older one, changes
        nothing. Nor does, with `only_over`, one of an incarnation in which the node lives.
        """
        todo = {life.name: life for life in lives}

        def begin(node: str) -> list[Write]:
            return self._begin(org, swarm, todo[node], only_over)

        self._for_each(todo, begin)

    def _begin(self, org: str, swarm: str, life: NodeLife, only_over: bool) -> list[Write]:
        members = {name: getattr(life, name) for name in _BEGUN}
        members |= {"kind": life.kind.value, "state": life.state.value}
        members |= {"message_count": life.message_count, "paused": 1 if life.paused else None}
        gone = [*_FORGOTTEN, *(name for name, value in members.items() if value is None)]
        members = {name: value for name, value in members.items() if value is not None}
        values = {**members, "none": 0}
        if only_over:
            values["stopped"] = NodeState.STOPPED.value
        key = swarm_keys.memory_key(org, swarm, life.name)
        memory: Write = Delete(key)
        if life.memory:
            memory = Put(checked({**key, "memory": dump(life.memory)}, "A node's memory"))
        return [
            Update(
                swarm_keys.life_key(org, swarm, life.name),
                "SET #handled = if_not_exists(#handled, :none), "
                + ", ".join(f"#{name} = :{name}" for name in members)
                + " REMOVE "
                + ", ".join(f"#{name}" for name in gone),
                condition=_IF_OVER if only_over else _IF_LATER,
                values=values,
            ),
            Update(
                swarm_keys.box_key(org, swarm, life.name),
                "SET #received = if_not_exists(#received, :none) REMOVE #closed",
                values={"none": 0},
            ),
            memory,
        ]

    def end_life(self, org: str, swarm: str, node: str) -> None:
        """One GetItem, one transaction, and a Query for the dead mail: what waits is gone with the
        life, and nothing more can be put into its mailbox. A life that is over already is fine."""
        box_key = swarm_keys.box_key(org, swarm, node)
        box = self._table.get(box_key)
        for _ in range(MOST_CONFLICTS):
            if box is None:
                return
            received = box["received"]
            end = Update(
                swarm_keys.life_key(org, swarm, node),
                "SET #ended = :yes, #state = :stopped, #handled = :received REMOVE #held",
                condition="attribute_exists(#pk)",
                values={"yes": 1, "stopped": NodeState.STOPPED.value, "received": received},
            )
            close = Update(
                box_key, "SET #closed = :yes", _IF_STILL, {"yes": 1, "received": received}
            )
            forget = Delete(swarm_keys.memory_key(org, swarm, node))
            try:
                self._table.transact([end, close, forget])
            except ConditionFailed as failed:
                if 0 in failed.failed:
                    return
                box = failed.failed[1]
                continue
            self._forget_dead(org, swarm, node)
            return
        raise Unavailable("a mailbox is written to all the time")

    def _forget_dead(self, org: str, swarm: str, node: str) -> None:
        prefix = swarm_keys.dead_prefix(node)
        values = {"pk": swarm_keys.swarm_pk(org, swarm), "prefix": prefix}
        dead = self._table.query_all(_IN_SWARM, values, only=("pk", "sk"))
        self._table.write_many([Delete(item) for item in dead])

    def set_paused(self, org: str, swarm: str, nodes: Iterable[str], paused: bool) -> int:
        """Transactions of up to 25; how many of the nodes are alive, and so are paused, or not, now."""

        def write(node: str) -> list[Write]:
            key = swarm_keys.life_key(org, swarm, node)
            if paused:
                return [Update(key, "SET #paused = :yes", IF_ALIVE, {"yes": 1})]
            return [Update(key, "REMOVE #paused", IF_ALIVE)]

        return self._for_each(nodes, write)

    def set_state(self, org: str, swarm: str, nodes: Iterable[str], state: str) -> None:
        """Transactions of up to 25. A node that is stopped holds nothing and tries nothing."""
        more = " REMOVE #held, #attempts" if state == NodeState.STOPPED else ""

        def write(node: str) -> list[Write]:
            key = swarm_keys.life_key(org, swarm, node)
            return [Update(key, "SET #state = :state" + more, IF_ALIVE, {"state": str(state)})]

        self._for_each(nodes, write)

    def _for_each(self, nodes: Iterable[str], writes: Callable[[str], Sequence[Write]]) -> int:
        """Some nodes' writes in each transaction; one whose condition does not hold is left out. How
        many were not."""
        todo = sorted(set(nodes))
        held = 0
        while todo:
            some, todo = todo[:_NODES_AT_ONCE], todo[_NODES_AT_ONCE:]
            while some:
                parts: list[tuple[str, Write]] = [(n, write) for n in some for write in writes(n)]
                try:
                    self._table.transact([write for _, write in parts])
                except ConditionFailed as failed:
                    refused = {parts[index][0] for index in failed.failed}
                    some = [node for node in some if node not in refused]
                    continue
                held += len(some)
                break
        return held


def life_members(after: NodeLife, life: NodeLife) -> dict[str, Any]:
    """What a turn changes of a life's own item."""
    return {
        "state": after.state.value,
        "handled": after.handled,
        "message_count": after.message_count,
        "last_activity": after.last_activity or life.last_activity,
        "attempts": after.attempts or None,
        "held": 1 if after.held else None,
        "error": after.error,
    }
