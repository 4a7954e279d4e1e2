"""What happens in swarms, pushed to the sockets that watch them (S3).

The stream shows a swarm's items in order. Where a batch is delivered again, a watcher is sent only
what is behind the last record it was sent everything of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.cloud.post import Gone, Post
from chalicelib.core.swarms.phoenix import Frame, frame_value, topic_of
from chalicelib.core.swarms.ports import EventFilters
from chalicelib.core.swarms.taxonomy import matches
from chalicelib.core.swarms.views import event_view
from chalicelib.core.swarms.watching import Happening, Payload
from chalicelib.store.sockets import Sockets
from chalicelib.store.swarm_happenings import Told
from chalicelib.store.watchers import Watcher, Watchers


@dataclass(frozen=True, slots=True)
class SwarmPosts:
    watchers: Watchers
    sockets: Sockets
    post: Post

    def push(self, told: Sequence[Told]) -> int:
        """Push what a batch of the stream tells; how many frames. One Query for each swarm in it."""
        swarms: dict[tuple[str, str], list[Told]] = {}
        for one in told:
            swarms.setdefault((one.org, one.swarm), []).append(one)
        count = 0
        for (org, swarm), found in swarms.items():
            for watcher in self.watchers.of_swarm(org, swarm):
                try:
                    count += self._to(watcher, found)
                except Gone:
                    self.sockets.forget(watcher.connection)
        return count

    def _to(self, watcher: Watcher, told: Sequence[Told]) -> int:
        new = [one for one in told if one.sequence > watcher.sent]
        count = 0
        for one in new:
            for event, payload in frames_for(watcher, one.happening):
                frame = Frame(topic_of(watcher.swarm), event, payload, None, watcher.join_ref)
                self.post.frame(watcher.connection, frame_value(frame, watcher.version))
                count += 1
        if count:
            self.watchers.mark_sent(watcher, max(one.sequence for one in new))
        return count


def frames_for(watcher: Watcher, happening: Happening) -> Iterator[tuple[str, Payload]]:
    """(event, payload) of each frame that a watcher is sent of something."""
    if happening.open is not None:
        yield happening.open
    if happening.id in watcher.told:
        return
    if happening.log is not None and _wants_log(watcher, happening.agent):
        yield "log_entry", happening.log
    event = happening.event
    if event is not None and any(matches(EventFilters(**each), event) for each in watcher.events):
        yield "event", event_view(event)


def _wants_log(watcher: Watcher, agent: str | None) -> bool:
    return watcher.everyone or agent in watcher.logs
