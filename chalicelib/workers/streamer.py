"""Attaching a socket to a run: first what it missed, then live, with no seam between (invariant 6)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.cloud.post import Gone, Post
from chalicelib.core.errors import NotFound
from chalicelib.store.log import EventLog
from chalicelib.store.sockets import Connection, Sockets, Subscription
from chalicelib.workers.frames import done_frame, event_frame


@dataclass(frozen=True, slots=True)
class Streamer:
    log: EventLog
    sockets: Sockets
    post: Post

    def attach(self, connection: Connection, request: str, run_id: str, *, after: int) -> None:
        """Send the events of a run behind number `after`, then go live; `done` if it is over.

        The run has to be the connection's organisation's: the caller has looked. Raises NotFound
        when it was deleted since.
        """
        subscription = Subscription(
            org=connection.principal.org,
            run_id=run_id,
            connection=connection.id,
            request=request,
            after=after,
            expires_at=connection.expires_at,
        )
        self.sockets.subscribe(subscription)
        try:
            while True:
                missed = self.log.read(subscription.org, run_id, after=after)
                for event in missed:
                    self.post.frame(connection.id, event_frame(request, event))
                    after = event.seq
                if missed and missed[-1].terminal:
                    self._end(subscription)
                    return
                if not missed and not self.log.has_run(subscription.org, run_id):
                    # It was deleted while we subscribed: nothing would ever come.
                    self.sockets.unsubscribe(subscription)
                    raise NotFound(f"run {run_id!r} not found")
                if self._over(subscription, after) or self.sockets.go_live(subscription, after):
                    return
        except Gone:
            self.sockets.forget(connection.id)

    def _over(self, subscription: Subscription, after: int) -> bool:
        """A client that had seen the terminal event, or names a number behind it, has nothing more
        to come."""
        if after == 0:
            return False
        last = self.log.last(subscription.org, subscription.run_id)
        if last is None or not last.terminal or last.seq > after:
            return False
        self._end(subscription)
        return True

    def _end(self, subscription: Subscription) -> None:
        self.post.frame(subscription.connection, done_frame(subscription.request))
        self.sockets.unsubscribe(subscription)
