"""Swarms at work in one process: the table's stream and the queue of bells flow when a test says so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import boto3

from chalicelib.core.swarms.config import read_config
from chalicelib.core.swarms.model import Node, NodeLife, Swarm
from chalicelib.core.swarms.ports import EventFilters
from chalicelib.workers.mailbox import take_turns
from chalicelib.workers.route_mail import route_mail
from tests.support.world import ORG, REGION, World

SWARM = "team"
_NUMBERS = count(1)


class Loop:
    """A world whose mail travels. `flow` delivers everything that waits, until nothing does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.queue = boto3.client("sqs", region_name=REGION)
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "120"}
        url = self.queue.create_queue(QueueName="bells.fifo", Attributes=attributes)["QueueUrl"]
        world._changed["swarm_queue_url"] = url
        self.url = url
        self.fresh()
        world.calls.changes = []
        self.lost: list[dict[str, Any]] = []

    @property
    def services(self) -> Any:
        return self.world.services

    @property
    def swarms(self) -> Any:
        return self.world.services.swarms

    def fresh(self) -> None:
        """A new process."""
        self.world.services = self.world.fresh()

    def create(self, config: Mapping[str, Any], *, name: str = SWARM) -> Swarm:
        found: Swarm = self.swarms.create(ORG, read_config({"name": name, **config}), path=None)
        return found

    def task(self, agent: str, text: str = "go", *, name: str = SWARM) -> None:
        self.swarms.task(ORG, name, agent, text, principal="test")

    def records(self) -> list[dict[str, Any]]:
        """What the stream has for the router since the last look."""
        found, self.world.calls.changes = self.world.calls.changes or [], []
        mine = [one for one in found if one["dynamodb"]["Keys"]["sk"]["S"].startswith("!")]
        for one in mine:
            one["dynamodb"].setdefault("SequenceNumber", str(next(_NUMBERS)))
        return mine

    def route(self, records: Sequence[dict[str, Any]] | None = None) -> list[str]:
        """One batch for the router; the sequence numbers that it wants again."""
        batch = self.records() if records is None else list(records)
        answer = route_mail(self.services, batch)
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    def bells(self) -> list[dict[str, Any]]:
        """Up to ten bells as Lambda gets them."""
        found = self.queue.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages", [])
        return [
            {
                "messageId": one["MessageId"],
                "receiptHandle": one["ReceiptHandle"],
                "body": one["Body"],
                "attributes": one["Attributes"],
            }
            for one in found
        ]

    def hear(self, bells: Iterable[dict[str, Any]] | None = None, seconds: float = 60) -> int:
        """Turns for the bells that ring; how many bells there were. Those that failed ring again."""
        batch = self.bells() if bells is None else list(bells)
        if not batch:
            return 0
        answer = take_turns(self.services, batch, lambda: seconds)
        again = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for bell in batch:
            handle = {"QueueUrl": self.url, "ReceiptHandle": bell["receiptHandle"]}
            if bell["messageId"] in again:
                self.queue.change_message_visibility(**handle, VisibilityTimeout=0)
            else:
                self.queue.delete_message(**handle)
        return len(batch)

    def flow(self, rounds: int = 60) -> None:
        """Everything flows until nothing is left."""
        for _ in range(rounds):
            records = self.records()
            if records:
                assert self.route(records) == []
            if not self.hear() and not records:
                return
        raise AssertionError("it does not come to rest")

    def sweep(self, **forward: float) -> dict[str, int]:
        """A minute's look of the reconciler, after some time."""
        self.world.clock.forward(**forward)
        found: dict[str, int] = self.services.swarm_watch.sweep([ORG], may_go_on=lambda: True)
        return found

    def life(self, node: str, *, name: str = SWARM) -> NodeLife:
        found = self.services.swarm_mail.life(ORG, name, node)
        assert found is not None, node
        life: NodeLife = found
        return life

    def nodes(self, *, name: str = SWARM) -> dict[str, Node]:
        return {node.name: node for node in self.services.swarm_store.nodes(ORG, name)}

    def head(self, *, name: str = SWARM) -> Swarm:
        found: Swarm | None = self.services.swarm_store.get(ORG, name)
        assert found is not None
        return found

    def events(self, *types: str, name: str = SWARM) -> list[str]:
        """Types of the events, oldest first; of these types only."""
        found = self.services.swarm_events.find(ORG, EventFilters(swarm=name), 1_000)
        kinds = [one.event_type for one in reversed(found)]
        return [one for one in kinds if not types or one in types]

    def contents(self, node: str, *, name: str = SWARM) -> list[Any]:
        """All mail that a node ever got, in the order of its numbers, which have no gaps."""
        mails = []
        for item in self.world.items():
            if item["pk"] == f"{ORG}#SWARM#{name}" and item["sk"].startswith(f"!MAIL#{node}#"):
                mails.append((item["number"], item["text"] if "text" in item else item["content"]))
        mails.sort()
        assert [number for number, _ in mails] == list(range(1, len(mails) + 1))
        return [content for _, content in mails]


def mock(name: str, *script: Mapping[str, Any], **config: Any) -> dict[str, Any]:
    """A mock agent that plays a script."""
    return {"name": name, "backend": "mock", "config": {"script": list(script), **config}}


def sends(to: str, *contents: Any, when: str = "*") -> dict[str, Any]:
    """A line of a script: messages to one node."""
    return {"when": when, "send": [{"to": to, "content": content} for content in contents]}


def text(value: Any) -> str:
    return json.dumps(value)
