"""A mesh of mocks: each sends numbered messages round-robin over its targets; what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.store import swarm_keys
from chalicelib.store.swarm_items import mail_from
from chalicelib.store.table import Table
from tests.support.faults import LOCAL_ORG

START = "start"


def targets_of(agent: int, agents: int, targets: int) -> list[str]:
    """The next ones in a circle."""
    return [f"n{(agent + step) % agents}" for step in range(1, targets + 1)]


def mesh(agents: int, targets: int, each: int) -> dict[str, Any]:
    """A configuration: on `start` every agent sends `each` messages in one turn; on anything else it
    does nothing. A message is `sender>to:number`, numbered for the pair from 1."""
    made = []
    for agent in range(agents):
        to = targets_of(agent, agents, targets)
        sends = [
            {"to": to[n % targets], "content": f"n{agent}>{to[n % targets]}:{n // targets + 1}"}
            for n in range(each)
        ]
        script = [{"when": START, "send": sends}]
        made.append({"name": f"n{agent}", "backend": "mock", "config": {"script": script}})
    edges = [[f"n{n}", to] for n in range(agents) for to in targets_of(n, agents, targets)]
    return {"agents": made, "topology": edges}


def mailbox(table: Table, swarm: str, node: str) -> list[str]:
    """All messages that a node got, by their numbers, which have no gaps; tasks are left out."""
    values = {"pk": swarm_keys.swarm_pk(LOCAL_ORG, swarm), "prefix": swarm_keys.mail_prefix(node)}
    items = table.query_all("#pk = :pk AND begins_with(#sk, :prefix)", values)
    mails = [mail_from(item) for item in items]
    assert [mail.number for mail in mails] == list(range(1, len(mails) + 1)), node
    return [str(mail.content) for mail in mails if mail.kind == "message"]


def assert_all_arrived_once_and_in_order(boxes: Mapping[str, Iterable[str]], each: int) -> None:
    """Of every pair: 1, 2, 3 … in this order; and of every sender as many as it sent."""
    sent: Counter[str] = Counter()
    for node, contents in boxes.items():
        numbers: dict[str, list[int]] = {}
        for content in contents:
            pair, _, number = content.partition(":")
            sender, _, to = pair.partition(">")
            assert to == node, content
            numbers.setdefault(sender, []).append(int(number))
            sent[sender] += 1
        for sender, found in numbers.items():
            assert found == list(range(1, len(found) + 1)), (sender, node, found)
    assert set(sent.values()) == {each}, sent
    assert len(sent) == len(boxes)
