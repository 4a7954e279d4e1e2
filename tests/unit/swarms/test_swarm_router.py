"""The router on fakes: grouped by recipient, in order, each message with its event once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.core.swarms.heads import PURGED
from chalicelib.core.swarms.model import (
    AgentSpec,
    Mail,
    Node,
    NodeKind,
    Outbox,
    Outgoing,
    Swarm,
    SwarmEvent,
    SwarmStatus,
)
from chalicelib.core.swarms.router import Router

AT = "2026-03-18T09:00:00.000Z"
HEAD = Swarm("org", "swarm", SwarmStatus.RUNNING, 1, 0, "s.json", AT, AT, applied=0)


def node(name: str, *targets: str) -> Node:
    return Node(name, NodeKind.AGENT, AgentSpec(name), targets)


def out(id: str, sender: str, *messages: Outgoing) -> Outbox:
    return Outbox(id, sender, AT, messages)


@dataclass
class Boxes:
    """Nodes, mailboxes, events and what is due."""

    all: list[Node]
    missed: list[Outbox] = field(default_factory=list)
    """What is due; without it, what is handed over."""
    head: Swarm | None = HEAD
    gone: set[str] = field(default_factory=set)
    calls: list[tuple[str, list[tuple[Any, str | None]]]] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def nodes(self, org: str, swarm: str) -> list[Node]:
        return self.all

    def get(self, org: str, swarm: str) -> Swarm | None:
        return self.head

    def due(self, org: str, swarm: str, *, before: str) -> list[tuple[str, str]]:
        return [(one.sender, one.id) for one in self.missed if one.id <= before]

    def outboxes(self, org: str, swarm: str, due: Sequence[tuple[str, str]]) -> list[Outbox]:
        return [one for one in self.missed if (one.sender, one.id) in due]

    def deliver(
        self, org: str, swarm: str, node: str, mails: Sequence[tuple[Mail, SwarmEvent | None]]
    ) -> list[Mail] | None:
        found = [(mail.content, told.event_type if told else None) for mail, told in mails]
        self.calls.append((node, found))
        return None if node in self.gone else [mail for mail, _ in mails]

    def record(self, org: str, events: Sequence[SwarmEvent]) -> None:
        self.recorded += [event.event_type for event in events]

    def delivered(self, org: str, swarm: str, outboxes: Sequence[Outbox]) -> None:
        self.done += [one.id for one in outboxes]


def deliver(boxes: Any, *outboxes: Outbox) -> None:
    boxes.missed = boxes.missed or list(outboxes)
    Router(boxes, boxes, boxes).deliver("org", "swarm", outboxes)


def test_one_call_for_each_recipient_with_its_mail_in_order() -> None:
    boxes = Boxes([node("a", "b", "c"), node("b", "c"), node("c")])
    deliver(
        boxes,
        out("1", "a", Outgoing("b", "a1"), Outgoing("c", "a2"), Outgoing("b", "a3")),
        out("2", "b", Outgoing("c", "b1")),
    )
    assert boxes.calls == [
        ("b", [("a1", "message_routed"), ("a3", "message_routed")]),
        ("c", [("a2", "message_routed"), ("b1", "message_routed")]),
    ]
    assert boxes.done == ["1", "2"]


def test_a_broadcast_has_one_event_and_reaches_each_target() -> None:
    boxes = Boxes([node("a", "b", "c"), node("b"), node("c")])
    deliver(boxes, out("1", "a", Outgoing(None, "all")))
    assert boxes.calls == [("b", [("all", "message_broadcast")]), ("c", [("all", None)])]


def test_what_reaches_nobody_is_an_event_and_no_mail() -> None:
    boxes = Boxes([node("a"), node("b")])
    deliver(boxes, out("1", "a", Outgoing("b", "x"), Outgoing("z", "x"), Outgoing(None, "x")))
    assert boxes.calls == []
    assert boxes.recorded == ["invalid_route", "target_not_found", "message_broadcast"]
    assert boxes.done == ["1"]


def test_what_was_lost_of_the_same_senders_goes_first() -> None:
    boxes = Boxes(
        [node("a", "b"), node("b"), node("c", "b")],
        missed=[
            out("1", "a", Outgoing("b", "lost")),
            out("2", "c", Outgoing("b", "another's")),
            out("3", "a", Outgoing("b", "now")),
        ],
    )
    deliver(boxes, out("3", "a", Outgoing("b", "now")))
    assert [content for content, _ in boxes.calls[0][1]] == ["lost", "now"]
    assert boxes.done == ["1", "3"]


def test_a_recipient_that_has_just_gone_leaves_the_event() -> None:
    boxes = Boxes([node("a", "b"), node("b")], gone={"b"})
    deliver(boxes, out("1", "a", Outgoing("b", "x")))
    assert boxes.recorded == ["message_routed"]
    assert boxes.done == ["1"]


def test_what_was_delivered_before_or_sent_by_a_purged_swarm_is_passed_over() -> None:
    boxes = Boxes([node("a", "b"), node("b")], missed=[out("9", "z", Outgoing("b", "x"))])
    deliver(boxes, out("1", "a", Outgoing("b", "x")))
    assert (boxes.calls, boxes.recorded, boxes.done) == ([], [], [])


@pytest.mark.parametrize("head", [None, replace(HEAD, applied=PURGED)], ids=["gone", "going"])
def test_mail_of_a_swarm_that_is_gone_is_dropped(head: Swarm | None) -> None:
    boxes = Boxes([], head=head)
    deliver(boxes, out("1", "a", Outgoing("b", "x")))
    assert (boxes.calls, boxes.recorded, boxes.done) == ([], [], [])
