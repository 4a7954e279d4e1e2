"""S3, the socket: a batch of the stream that comes again sends nothing twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.cloud.post import Gone
from chalicelib.core.swarms.model import SwarmEvent
from chalicelib.core.swarms.phoenix import V2
from chalicelib.core.swarms.watching import of_event
from chalicelib.store.swarm_happenings import Told
from chalicelib.store.watchers import Watcher
from chalicelib.workers.swarm_posts import SwarmPosts

AT = "2026-11-30T03:00:00.000Z"


class Kept:
    """Watchers, open sockets and what they were sent, in one."""

    def __init__(self, *connections: str) -> None:
        self.watchers = [Watcher("org_a", "demo", one, V2, "1", 0) for one in connections]
        self.sent: list[tuple[str, Any]] = []
        self.gone: set[str] = set()
        self.forgotten: list[str] = []

    def of_swarm(self, org: str, swarm: str) -> list[Watcher]:
        return [one for one in self.watchers if (one.org, one.swarm) == (org, swarm)]

    def mark_sent(self, watcher: Watcher, sequence: int) -> None:
        self.watchers = [
            replace(one, sent=sequence) if one.connection == watcher.connection else one
            for one in self.watchers
        ]

    def frame(self, connection: str, frame: Any) -> None:
        if connection in self.gone:
            raise Gone(connection)
        self.sent.append((connection, frame[4]["number"]))

    def forget(self, connection: str) -> None:
        self.forgotten.append(connection)


def posts(kept: Kept) -> SwarmPosts:
    return SwarmPosts(kept, kept, kept)  # type: ignore[arg-type]


def told(number: int, swarm: str = "demo") -> Told:
    event = SwarmEvent(
        f"e{number}", AT, "info", "swarm", swarm, None, "topology_changed", "", {"number": number}
    )
    return Told("org_a", swarm, 10**30 + number, of_event(event))


def test_a_batch_that_comes_again_is_sent_from_where_it_had_come_to() -> None:
    kept = Kept("c1")
    posts(kept).push([told(1), told(2)])
    posts(kept).push([told(1), told(2), told(3)])
    assert kept.sent == [("c1", 1), ("c1", 2), ("c1", 3)]


def test_a_swarms_watchers_are_told_of_no_other_swarm() -> None:
    kept = Kept("c1")
    posts(kept).push([told(1, "other")])
    assert kept.sent == []


def test_a_socket_that_is_gone_is_forgotten_and_keeps_nothing_from_others() -> None:
    kept = Kept("c1", "c2")
    kept.gone.add("c1")
    posts(kept).push([told(1)])
    assert kept.sent == [("c2", 1)]
    assert kept.forgotten == ["c1"]
