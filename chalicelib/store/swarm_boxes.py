"""Mailboxes: mail under numbers without gaps, whoever writes at the same time.

    BOX#<node>            received: the last number that was given
    !MAIL#<node>#<number> the mail
    GOT#<node>#<id>       this message was delivered to this node, under that number

Whoever appends sets the counter over the one that was read, with the mail in the same transaction;
who was slower takes the numbers behind. A message is delivered once for its id, whatever comes
twice: its `GOT` item must be new. Its event would be the cheaper guard, but events can be cleared,
and a broadcast has one event for all its recipients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.errors import Unavailable
from chalicelib.core.swarms.model import MOST_INBOX, Mail, NodeLife, SwarmEvent
from chalicelib.store import swarm_keys
from chalicelib.store.swarm_event_items import EventItems
from chalicelib.store.swarm_items import (
    MOST_PARTS,
    MOST_TRANSACTION_BYTES,
    checked,
    expiry,
    mail_from,
    mail_members,
    size_of,
)
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

_IF_NEW: Final = "attribute_not_exists(#pk)"
_IF_THERE: Final = "attribute_exists(#pk)"
_IF_STILL: Final = "#received = :received AND attribute_not_exists(#closed)"
_IN_BOX: Final = "#pk = :pk AND #sk BETWEEN :first AND :last"
_IN_SWARM: Final = "#pk = :pk AND begins_with(#sk, :prefix)"
_REPLAYED_AT_ONCE: Final = 33
_KEPT_GUARD: Final = timedelta(days=2)
"""The stream keeps a record for one."""

_Append = tuple[Callable[[int], Sequence[Write]], int]
"""Of one piece of mail: its writes once it has a number, and their bytes."""


class SwarmBoxes:
    """The part of `core.swarms.ports.MailStore` that is about mailboxes."""

    _table: Table
    _events: EventItems
    _retention: timedelta

    def put_task(
        self, org: str, swarm: str, life: NodeLife, mail: Mail, events: Sequence[SwarmEvent]
    ) -> bool:
        """One transaction. True also where this very mail is there under its number already."""
        if life.inbox >= MOST_INBOX:
            return False
        mail = replace(mail, number=life.received + 1)
        writes: list[Write] = [
            self._count(org, swarm, life.name, life.received, 1),
            self._mail(org, swarm, life.name, mail),
            *self._events.puts(org, events),
        ]
        try:
            self._table.transact(writes)
        except ConditionFailed:
            there = self._table.get(swarm_keys.mail_key(org, swarm, life.name, mail.number))
            return there is not None and there["id"] == mail.id
        return True

    def deliver(
        self, org: str, swarm: str, node: str, mails: Sequence[tuple[Mail, SwarmEvent | None]]
    ) -> list[Mail] | None:
        """One GetItem, and one transaction for each 33 messages (49 of those without events) or
        3.5 MB; more where others write to the mailbox too."""
        by_id = {mail.id: (mail, event) for mail, event in mails}
        waiting = [
            (mail, self._delivery(org, swarm, node, mail, event)) for mail, event in by_id.values()
        ]
        received = self._received(org, swarm, node)
        received, done = self._append_all(org, swarm, node, received, waiting)
        return None if received is None else done

    def _received(self, org: str, swarm: str, node: str) -> int | None:
        """The last number of a mailbox; None where there is none, or it is closed."""
        return _received_in(self._table.get(swarm_keys.box_key(org, swarm, node)))

    def _append_all(
        self,
        org: str,
        swarm: str,
        node: str,
        received: int | None,
        waiting: Sequence[tuple[Mail, _Append]],
    ) -> tuple[int | None, list[Mail]]:
        """`_append`, as many at a time as one transaction takes."""
        done: list[Mail] = []
        while waiting and received is not None:
            some = _as_many_as_fit([append for _, append in waiting])
            taken, waiting = waiting[:some], waiting[some:]
            received, new = self._append(org, swarm, node, received, taken)
            done += new
        return received, done

    def _delivery(
        self, org: str, swarm: str, node: str, mail: Mail, event: SwarmEvent | None
    ) -> _Append:
        got = {
            **swarm_keys.got_key(org, swarm, node, mail.id),
            "expires_at": expiry(mail.at, _KEPT_GUARD),
        }
        events = self._events.puts(org, [event] if event else [])

        def writes(number: int) -> list[Write]:
            guard = Put({**got, "number": number}, condition=_IF_NEW)
            return [guard, self._mail(org, swarm, node, replace(mail, number=number)), *events]

        return writes, sum(size_of(one.item) for one in events) + size_of(mail_members(mail))

    def _append(
        self,
        org: str,
        swarm: str,
        node: str,
        received: int,
        taken: Sequence[tuple[Mail, _Append]],
    ) -> tuple[int | None, list[Mail]]:
        """Append those that are new, in one transaction; what the mailbox has received then (None:
        there is none any more), and which they were. The first write of each is what makes sure."""
        for _ in range(MOST_CONFLICTS):
            if not taken:
                return received, []
            writes: list[Write] = [self._count(org, swarm, node, received, len(taken))]
            firsts: list[int] = []
            for index, (_, (parts, _)) in enumerate(taken, 1):
                firsts.append(len(writes))
                writes += parts(received + index)
            try:
                self._table.transact(writes)
            except ConditionFailed as failed:
                if 0 in failed.failed:
                    now = _received_in(failed.failed[0])
                    if now is None:
                        return None, []
                    received = now
                taken = [
                    one for at, one in zip(firsts, taken, strict=True) if at not in failed.failed
                ]
                continue
            numbered = [replace(mail, number=received + n) for n, (mail, _) in enumerate(taken, 1)]
            return received + len(taken), numbered
        raise Unavailable("a mailbox is written to all the time")

    def _count(self, org: str, swarm: str, node: str, received: int, more: int) -> Update:
        return Update(
            swarm_keys.box_key(org, swarm, node),
            "SET #received = :then",
            condition=_IF_STILL,
            values={"received": received, "then": received + more},
        )

    def _mail(self, org: str, swarm: str, node: str, mail: Mail) -> Put:
        item = {
            **swarm_keys.mail_key(org, swarm, node, mail.number),
            "node": node,
            **mail_members(mail),
            "expires_at": expiry(mail.at, self._retention),
        }
        return Put(checked(item, "A message"))

    def number_of(self, org: str, swarm: str, node: str, mail_id: str) -> int | None:
        """One GetItem; what was delivered two days ago is forgotten."""
        got = self._table.get(swarm_keys.got_key(org, swarm, node, mail_id))
        return None if got is None else int(got["number"])

    def has_mail(self, org: str, swarm: str, node: str, mail_id: str, number: int) -> bool:
        """One GetItem."""
        mail = self._table.get(swarm_keys.mail_key(org, swarm, node, number))
        return mail is not None and mail["id"] == mail_id

    def pending(self, org: str, swarm: str, life: NodeLife, most: int) -> list[Mail]:
        """One Query of at most a MB."""
        if life.received <= life.handled or most < 1:
            return []
        page = self._table.query(
            _IN_BOX,
            {
                "pk": swarm_keys.swarm_pk(org, swarm),
                "first": swarm_keys.mail_key(org, swarm, life.name, life.handled + 1)["sk"],
                "last": swarm_keys.mail_key(org, swarm, life.name, life.received)["sk"],
            },
            limit=most,
        )
        return [mail_from(item) for item in page.items]

    def mark_dead(self, org: str, swarm: str, node: str, number: int) -> None:
        """One GetItem, one PutItem. Mail that is not there any more cannot be put back either."""
        mail = self._table.get(swarm_keys.mail_key(org, swarm, node, number))
        if mail is not None:
            key = swarm_keys.dead_key(org, swarm, node, number)
            until = {"expires_at": mail["expires_at"]}
            self._table.write(Put({**key, "number": number, **until}))

    def replay(self, org: str, swarm: str, node: str) -> int:
        """One Query, one GetItem, and for each 33 a BatchGetItem and a transaction."""
        prefix = swarm_keys.dead_prefix(node)
        values = {"pk": swarm_keys.swarm_pk(org, swarm), "prefix": prefix}
        numbers = [item["number"] for item in self._table.query_all(_IN_SWARM, values)]
        received = self._received(org, swarm, node) if numbers else None
        replayed = 0
        for first in range(0, len(numbers), _REPLAYED_AT_ONCE):
            dead = self._dead(org, swarm, node, numbers[first : first + _REPLAYED_AT_ONCE])
            received, done = self._append_all(org, swarm, node, received, dead)
            replayed += len(done)
        return replayed

    def _dead(
        self, org: str, swarm: str, node: str, numbers: Sequence[int]
    ) -> list[tuple[Mail, _Append]]:
        """What puts each back: its mark must be there, and goes."""
        wanted = [swarm_keys.mail_key(org, swarm, node, number) for number in numbers]
        items = sorted(self._table.get_many(wanted), key=lambda item: item["number"])

        def back(item: dict[str, Any]) -> tuple[Mail, _Append]:
            mail = mail_from(item)
            mark = Delete(swarm_keys.dead_key(org, swarm, node, mail.number), condition=_IF_THERE)

            def writes(number: int) -> list[Write]:
                return [mark, self._mail(org, swarm, node, replace(mail, number=number))]

            return mail, (writes, size_of(item))

        return [back(item) for item in items]


def _received_in(box: Item | None) -> int | None:
    return None if box is None or "closed" in box else int(box["received"])


def _as_many_as_fit(waiting: Sequence[_Append]) -> int:
    """How many of them one transaction takes beside the counter: one at least."""
    parts, size = 1, 0
    for index, (writes, bytes_) in enumerate(waiting):
        parts += len(writes(1))
        size += bytes_
        if index and (parts > MOST_PARTS or size > MOST_TRANSACTION_BYTES):
            return index
    return len(waiting)
