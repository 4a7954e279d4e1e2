"""The table's stream and the sockets, in one process: changes become records, posts become lists."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from chalicelib.cloud.post import Gone, Post
from chalicelib.core.roles import Principal, Role
from chalicelib.store.sockets import Connection
from chalicelib.workers.fan_out import FanOut
from chalicelib.workers.streamer import Streamer
from tests.support.world import ORG, World

PRINCIPAL = Principal("test", ORG, Role.ADMIN)


class Mailbox(Post):
    """Sockets as lists of frames. A closed one answers Gone."""

    def __init__(self) -> None:
        self.frames: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.closed: set[str] = set()

    def frame(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        if connection_id in self.closed:
            raise Gone(connection_id)
        self.frames[connection_id].append(json.loads(json.dumps(frame)))

    def close(self, connection_id: str) -> None:
        self.closed.add(connection_id)

    def seqs(self, connection_id: str) -> list[int]:
        """The numbers of the events that a socket got, in the order in which it got them."""
        return [f["event"]["seq"] for f in self.frames[connection_id] if f["type"] == "event"]

    def done(self, connection_id: str) -> int:
        return len([frame for frame in self.frames[connection_id] if frame["type"] == "done"])


class Stream:
    """What DynamoDB Streams would deliver: the changes of a run's items since the last look."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mailbox = Mailbox()
        self.ended: list[str] = []
        world.calls.changes = []
        services = world.services
        self.fan_out = FanOut(
            runs=services.runs,
            log=services.log,
            sockets=services.sockets,
            post=self.mailbox,
            follow=lambda detail: world.services.aftermath.follow(detail),
            ended=lambda detail: self.ended.append(detail.run.id),
            units=services.v1.units_of,
        )
        self.streamer = Streamer(services.log, services.sockets, self.mailbox)

    def records(self) -> list[dict[str, Any]]:
        """The records since the last call, oldest first, as the mapping's filter lets them through:
        a run's own items only."""
        found, self.world.calls.changes = self.world.calls.changes or [], []
        return [record for record in found if record["dynamodb"]["Keys"]["sk"]["S"].startswith("#")]

    def flow(self) -> None:
        """Deliver everything that is waiting."""
        self.fan_out.handle(self.records())

    def connect(self, connection_id: str, *, org: str = ORG) -> Connection:
        principal = Principal("test", org, Role.ADMIN)
        connection = Connection(connection_id, "/ws", principal, 2_000_000_000)
        self.world.services.sockets.open(connection)
        return connection
