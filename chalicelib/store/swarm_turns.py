"""A node's turns: begun by one write, committed by one transaction, each over the life as it was read.

    begin    nothing was handled meanwhile, no other try begun, not paused, held, stopped, ended
             → working, one try more
    commit   nothing was handled meanwhile, the same session, not paused, stopped, ended
             → the life that is after it, its memory, and all that it leads to

Both carry a random mark: a write that held, but whose answer was lost, is told from another's.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import TooLarge
from chalicelib.core.ids import new_id
from chalicelib.core.swarms.model import NodeLife, NodeState, Outgoing, TaskOutcome
from chalicelib.core.swarms.ports import TurnCommit
from chalicelib.store import swarm_keys
from chalicelib.store.run_items import dump
from chalicelib.store.swarm_due import due_put
from chalicelib.store.swarm_event_items import EventItems
from chalicelib.store.swarm_items import (
    MOST_PARTS,
    MOST_TRANSACTION_BYTES,
    checked,
    expiry,
    life_from,
    log_members,
    outcome_from,
    outcome_members,
    outgoing_members,
    size_of,
)
from chalicelib.store.swarm_lives import IF_ALIVE, life_members
from chalicelib.store.table import ConditionFailed, Put, Table, Update, Write

_IF_SAME: Final = (
    f"{IF_ALIVE} AND #incarnation = :was_incarnation AND #session_id = :was_session"
    " AND #handled = :was_handled AND attribute_not_exists(#paused) AND #state <> :stopped"
)
_IF_FREE: Final = f"{_IF_SAME} AND attribute_not_exists(#held)"
_IF_NO_TRY: Final = f"{_IF_FREE} AND attribute_not_exists(#attempts)"
_IF_NO_OTHER_TRY: Final = f"{_IF_FREE} AND #attempts = :was_attempts"
_IF_HELD: Final = f"{IF_ALIVE} AND attribute_exists(#held)"


class SwarmTurns:
    """The part of `core.swarms.ports.MailStore` that is about turns and what they send."""

    _table: Table
    _clock: Clock
    _events: EventItems
    _retention: timedelta

    def begin_turn(self, org: str, swarm: str, life: NodeLife) -> NodeLife | None:
        """One UpdateItem."""
        mark = secrets.token_hex(8)
        tries = {"was_attempts": life.attempts} if life.attempts else {}
        begin = Update(
            swarm_keys.life_key(org, swarm, life.name),
            "SET #state = :working, #begun_by = :mark, #attempts = :attempts",
            condition=_IF_NO_OTHER_TRY if tries else _IF_NO_TRY,
            values={
                **_as_read(life),
                **tries,
                "attempts": life.attempts + 1,
                "working": NodeState.WORKING.value,
                "mark": mark,
            },
        )
        try:
            item = self._table.write(begin)
        except ConditionFailed as failed:
            item = failed.old
            if item is None or item.get("begun_by") != mark:
                return None
        found = life_from(item or {}, {"received": life.received})
        return replace(found, memory=life.memory)

    def commit(self, org: str, swarm: str, commit: TurnCommit) -> bool:
        """One transaction. True also where this very commit was made before.

        Raises TooLarge where it has over 100 parts (the life; the memory if it changed; two if
        something is sent; each line, event, outcome and dead mail), or is over 3.5 MB, or one of its
        parts over 300,000 bytes.
        """
        life, after = commit.life, commit.after
        members = life_members(after, life)
        kept = {name: value for name, value in members.items() if value is not None}
        gone = [name for name, value in members.items() if value is None]
        update = Update(
            swarm_keys.life_key(org, swarm, life.name),
            "SET #committed_by = :mark, "
            + ", ".join(f"#{name} = :{name}" for name in kept)
            + (" REMOVE " + ", ".join(f"#{name}" for name in gone) if gone else ""),
            condition=_IF_SAME,
            values={**_as_read(life), **kept, "mark": commit.mark},
        )
        writes = [update, *self._parts(org, swarm, commit)]
        _refuse_too_much(writes)
        try:
            self._table.transact(writes)
        except ConditionFailed as failed:
            return (failed.old or {}).get("committed_by") == commit.mark
        return True

    def _parts(self, org: str, swarm: str, commit: TurnCommit) -> list[Write]:
        now = self._clock()
        node, at, out = commit.life.name, rfc3339(now), new_id("out", now)
        expires_at = expiry(at, self._retention)
        writes: list[Write] = []
        if commit.after.memory != commit.life.memory:
            key = swarm_keys.memory_key(org, swarm, node)
            memory = {**key, "memory": dump(commit.after.memory)}
            writes.append(Put(checked(memory, "A node's memory")))
        if commit.outgoing:
            key = swarm_keys.out_key(org, swarm, node, out)
            sent = self._out(key, node, commit.outgoing, at)
            writes += [sent, due_put(sent)]
        for index, line in enumerate(commit.logs):
            id = f"{out}.{index:03d}"
            key = swarm_keys.log_key(org, swarm, node, line.timestamp, id)
            item = {**key, **log_members(line, id, node), "expires_at": expires_at}
            writes.append(Put(checked(item, "A log line")))
        for number in commit.dead:
            dead = swarm_keys.dead_key(org, swarm, node, number)
            writes.append(Put({**dead, "number": number, "expires_at": expires_at}))
        for outcome in commit.outcomes:
            key = swarm_keys.done_key(org, swarm, node, outcome.mail_id)
            item = {**key, **outcome_members(outcome), "at": at, "expires_at": expires_at}
            writes.append(Put(checked(item, "What an agent said")))
        return [*writes, *self._events.puts(org, commit.events)]

    def outcome(self, org: str, swarm: str, node: str, mail_id: str) -> TaskOutcome | None:
        """One GetItem."""
        item = self._table.get(swarm_keys.done_key(org, swarm, node, mail_id))
        return outcome_from(item) if item is not None else None

    def post(self, org: str, swarm: str, sender: str, outgoing: Sequence[Outgoing]) -> None:
        """One transaction. Raises TooLarge for messages of over 300,000 bytes together."""
        now = self._clock()
        key = swarm_keys.out_key(org, swarm, sender, new_id("out", now))
        sent = self._out(key, sender, outgoing, rfc3339(now))
        self._table.transact([sent, due_put(sent)])

    def _out(self, key: dict[str, str], sender: str, outgoing: Sequence[Outgoing], at: str) -> Put:
        """All messages of a turn in one item, in order."""
        members = {"id": key["sk"].rpartition("#")[2], "sender": sender, "at": at}
        item = {**key, **members, **outgoing_members(outgoing)}
        return Put(
            checked({**item, "expires_at": expiry(at, self._retention)}, "What a turn sends")
        )

    def release(self, org: str, swarm: str, node: str) -> bool:
        """One UpdateItem: idle, and open to the next turn."""
        mark = secrets.token_hex(8)
        update = Update(
            swarm_keys.life_key(org, swarm, node),
            "SET #state = :idle, #released_by = :mark REMOVE #held",
            condition=_IF_HELD,
            values={"idle": NodeState.IDLE.value, "mark": mark},
        )
        try:
            self._table.write(update)
        except ConditionFailed as failed:
            return (failed.old or {}).get("released_by") == mark
        return True


def _as_read(life: NodeLife) -> dict[str, object]:
    return {
        "was_incarnation": life.incarnation,
        "was_session": life.session_id,
        "was_handled": life.handled,
        "stopped": NodeState.STOPPED.value,
    }


def _refuse_too_much(writes: Sequence[Write]) -> None:
    if len(writes) > MOST_PARTS:
        raise TooLarge(f"A turn has {len(writes)} parts; {MOST_PARTS} can be written at once")
    size = sum(size_of(write.item) for write in writes if isinstance(write, Put))
    if size > MOST_TRANSACTION_BYTES:
        raise TooLarge(f"A turn is over {MOST_TRANSACTION_BYTES:,} bytes")
