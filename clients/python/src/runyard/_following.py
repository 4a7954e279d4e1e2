"""One run's stream as a state machine: what to send, what a frame means, what a lost socket means.

Events of a run are numbered from 1 without gaps. A frame may come twice and a socket may break at any
moment; what is handed out is every number once and in order, because what was handed out is counted
here and a new socket attaches behind it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

from runyard._answer import places
from runyard._retries import backoff
from runyard.errors import Problem, StreamLost, Unauthorized, problem_class
from runyard.events import Event

_REQUEST_ID: Final = "stream"
_STATUS: Final = {
    "bad-request": 400,
    "unauthorized": 401,
    "permission-denied": 403,
    "not-found": 404,
    "conflict": 409,
    "validation-error": 422,
    "rate-limited": 429,
    "not-implemented": 501,
    "unavailable": 503,
}
"""REST's status of each code: one exception for one mistake, wherever it was made."""
_AGAIN: Final = frozenset({"unavailable", "rate-limited", "internal-error"})
_FIRST_DELAY: Final = 0.25
_LONGEST_DELAY: Final = 10.0
TRIES: Final = 12
"""Sockets in a row that brought nothing, after which a stream is given up: about a minute."""
_LIVED: Final = 30.0
"""Seconds after which a socket did its work even if nothing happened: API Gateway closes quiet ones."""


class Interrupted(Exception):
    """This socket is of no more use; attach anew."""


@dataclass(frozen=True)
class Step:
    """What a frame means: an event to hand out, the end, or neither."""

    event: Event | None = None
    done: bool = False


class Following:
    """What is known of a stream between its sockets."""

    def __init__(self, run_id: str, after: int) -> None:
        if after < 0:
            raise ValueError("after cannot be negative")
        self.run_id = run_id
        self.last_seq = after
        self._failures = 0
        self._opened: float | None = None

    def attach(self) -> str:
        """The frame that a new socket begins with, made when it has been opened."""
        self._opened = time.monotonic()
        payload = {"runId": self.run_id, "afterSeq": self.last_seq}
        return json.dumps({"type": "run.attach", "id": _REQUEST_ID, "payload": payload})

    def take(self, frame: str | bytes) -> Step:
        """Learn from a frame. Raises Interrupted where the socket has to be replaced, and Problem
        where the run cannot be followed."""
        try:
            found = json.loads(frame)
        except ValueError as error:
            raise Interrupted("a frame that is no JSON") from error
        kind = found.get("type") if isinstance(found, dict) else None
        if kind == "error":
            raise self._refusal(found.get("error") or {})
        if kind == "done":
            return Step(done=True)
        if kind != "event":
            return Step()
        return self._event(found["event"])

    def _event(self, event: dict[str, Any]) -> Step:
        seq = int(event["seq"])
        if seq <= self.last_seq:
            return Step()
        if seq > self.last_seq + 1:
            raise Interrupted(f"event {seq} came after {self.last_seq}")
        self.last_seq = seq
        self._failures = 0
        return Step(event=cast(Event, event))

    def lost(self, reason: BaseException | str) -> float:
        """Seconds until the next socket. Raises StreamLost after TRIES that brought no event."""
        if self._opened is not None and time.monotonic() - self._opened >= _LIVED:
            self._failures = 0
        self._opened = None
        self._failures += 1
        if self._failures >= TRIES:
            raise StreamLost(self.run_id, self.last_seq, str(reason) or type(reason).__name__)
        return backoff(self._failures, _FIRST_DELAY, _LONGEST_DELAY)

    def handshake_refused(self, status: int) -> None:
        """Raises Problem where another handshake would be refused like this one."""
        if status in (401, 403):
            # API Gateway chooses the status; either means the token.
            raise Unauthorized(status, "the socket was refused: the token is missing or wrong")
        if 400 <= status < 500 and status not in (408, 429):
            raise problem_class(status, "")(status, "the socket was refused")

    def _refusal(self, error: dict[str, Any]) -> Exception:
        slug = str(error.get("code", "")).replace("_", "-")
        message = str(error.get("message", "the stream was refused"))
        if slug in _AGAIN:
            return Interrupted(message)
        status = _STATUS.get(slug, 500)
        refused: Problem = problem_class(status, slug)(
            status,
            message,
            type=f"/errors/{slug}",
            errors=places(error.get("errors")),
            body=error,
        )
        return refused


def socket_url(base: str, token: str | None) -> str:
    """Where the socket is opened: `http://` and `https://` become `ws://` and `wss://`."""
    parts = urlsplit(base)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    query = urlencode({"token": token}) if token else ""
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + "/ws", query, ""))
