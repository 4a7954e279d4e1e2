"""From outboxes to mailboxes: each message goes where the edges lead at this moment, once.

    outbox items, in order ─▶ routing (whom it reaches, or why nobody) ─▶ one delivery for each mailbox

What a message leads to has ids made of the outbox item and the message's place in it, so an item that
comes twice changes nothing the second time. An item is due until all its messages are where they
belong; what the stream has lost the reconciler finds there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.core.swarms.heads import PURGED
from chalicelib.core.swarms.model import Mail, Node, Outbox, SwarmEvent
from chalicelib.core.swarms.ports import EventStore, MailStore, SwarmStore
from chalicelib.core.swarms.routing import Delivery, delivered_event, mail_for, route, routed_event


@dataclass(slots=True)
class _Plan:
    """What a batch of outboxes leads to."""

    mails: dict[str, list[tuple[Mail, SwarmEvent | None]]] = field(default_factory=dict)
    """Recipient → mail in order, each with the event that is stored along with it."""
    events: list[SwarmEvent] = field(default_factory=list)
    """Of messages that reach nobody, and of those that are in an inbox."""


@dataclass(frozen=True, slots=True)
class Router:
    store: SwarmStore
    mail: MailStore
    events: EventStore

    def deliver(self, org: str, swarm: str, outboxes: Sequence[Outbox]) -> None:
        """Deliver all messages of these items of one swarm. Those of a swarm that is gone are dropped.

        Raises Unavailable: then some were delivered, and all can be tried again.
        """
        head = self.store.get(org, swarm) if outboxes else None
        if head is None or head.applied == PURGED:
            return
        outboxes = self._due(org, swarm, outboxes)
        if not outboxes:
            return
        nodes = {node.name: node for node in self.store.nodes(org, swarm)}
        plan = _Plan()
        for outbox in outboxes:
            self._plan(plan, swarm, outbox, nodes)
        for name, mails in plan.mails.items():
            if self.mail.deliver(org, swarm, name, mails) is None:
                # It was removed a moment ago. What happened to the messages is still told.
                plan.events += [told for _, told in mails if told is not None]
            else:
                plan.events += [delivered_event(mail, name, swarm=swarm) for mail, _ in mails]
        if plan.events:
            self.events.record(org, plan.events)
        self.mail.delivered(org, swarm, outboxes)

    def _due(self, org: str, swarm: str, outboxes: Sequence[Outbox]) -> list[Outbox]:
        """Those that are still due, and before them what their senders sent earlier and the stream
        has lost. Others were delivered, or belong to a swarm of that name that was purged."""
        first: dict[str, str] = {}
        for outbox in outboxes:
            first.setdefault(outbox.sender, outbox.id)
        due = self.mail.due(org, swarm, before=max(one.id for one in outboxes))
        own = set(due)
        missed = [(sender, id) for sender, id in due if id < first.get(sender, "")]
        found = self.mail.outboxes(org, swarm, missed) if missed else []
        return [*found, *(one for one in outboxes if (one.sender, one.id) in own)]

    def _plan(self, plan: _Plan, swarm: str, outbox: Outbox, nodes: dict[str, Node]) -> None:
        sender = nodes.get(outbox.sender)
        targets = sender.targets if sender is not None else ()
        for position, message in enumerate(outbox.messages):
            found = route(outbox.sender, targets, nodes.keys(), message)
            told = routed_event(
                found, swarm=swarm, item=outbox.id, position=position, timestamp=outbox.at
            )
            to = found.to if isinstance(found, Delivery) else ()
            if not isinstance(found, Delivery) or not to:
                plan.events.append(told)
                continue
            for place, name in enumerate(to):
                mail = mail_for(
                    found, name, item=outbox.id, position=position, number=0, at=outbox.at
                )
                event = told if place == 0 else None
                plan.mails.setdefault(name, []).append((mail, event))
