"""The client that blocks."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from runyard import _following, _waiting
from runyard._answer import Answer, read
from runyard._following import Following, Interrupted
from runyard._request import Request, base_of
from runyard._retries import Retries
from runyard.api import Groups
from runyard.api import runs as _runs
from runyard.errors import ConnectionFailed, NotFound
from runyard.events import Event
from runyard.types import Cancelled, ExecutionDetail, Triggered

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class Client(Groups):
    """Runyard's API. Safe to share between threads; close it, or use it in a `with`.

    Every operation is a method of a group: `client.workflows.apply(…)`, `client.runs.list()`. What one
    does most is here: `start`, `wait`, `stream`, `cancel`.

    `token` is an API token or that of a login; without one only public operations work. `timeout` is
    in seconds, for one try of one request. `http` replaces the connection, for proxies and tests.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        timeout: float = 60.0,
        retries: Retries | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        import httpx

        super().__init__(self.send)
        self._base_url = base_of(base_url)
        self._token = token
        self._retries = retries or Retries()
        self._http = http or httpx.Client(timeout=timeout)
        self._timeout = timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def start(
        self, workflow: str, inputs: dict[str, Any] | None = None, *, key: str | None = None
    ) -> Triggered:
        """Start a run of a workflow; it goes on without you. The same `key` (an `Idempotency-Key`)
        within 24 hours answers the first run again."""
        return self.runs.start(workflow, inputs=inputs, idempotency_key=key)

    def wait(self, run_id: str, timeout: float | None = None) -> ExecutionDetail:
        """The run, once it is over, however it ended: look at `status`. `timeout` is in seconds.
        Raises WaitTimeout (the run goes on) and NotFound."""
        patience = _waiting.Patience(run_id, timeout)
        while (found := self.runs.get(run_id))["status"] not in _waiting.ENDED:
            self._sleep(patience.pause(found["status"]))
        return found

    def cancel(self, run_id: str) -> Cancelled:
        """Cancel a run: when this returns, no further step of it starts. A run that is cancelled
        already stays so. Raises NotFound for no such run and for one that ended otherwise."""
        try:
            return self.send(replace(_runs.cancel_execution(run_id), repeatable=True))
        except NotFound:
            if self.runs.get(run_id)["status"] != "cancelled":
                raise
            return {"execution_id": run_id, "status": "cancelled"}

    def stream(self, run_id: str, *, after: int = 0) -> Generator[Event]:
        """The run's events behind number `after`, as they happen, each once and in order, up to the
        run's last. A socket that breaks is replaced, behind the last event that was handed out.

        Raises NotFound, Unauthorized, and StreamLost when no socket can be had for about a minute.
        """
        following = Following(run_id, after)
        while True:
            try:
                with closing(self._events(following)) as events:
                    yield from events
                return
            except Interrupted as reason:
                pause = following.lost(reason)
            self._sleep(pause)

    def _events(self, following: Following) -> Generator[Event]:
        """What one socket brings. Raises Interrupted where it ends before the run."""
        from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        url = _following.socket_url(self._base_url, self._token)
        try:
            with connect(url, open_timeout=self._timeout, close_timeout=1) as socket:
                socket.send(following.attach())
                for frame in socket:
                    step = following.take(frame)
                    if step.done:
                        return
                    if step.event is not None:
                        yield step.event
        except InvalidStatus as refused:
            following.handshake_refused(refused.response.status_code)
            raise Interrupted(str(refused)) from refused
        except (InvalidHandshake, WebSocketException, OSError) as broken:
            raise Interrupted(str(broken)) from broken
        raise Interrupted("the socket was closed")

    def send(self, request: Request[T]) -> T:
        """Send a request, again where that is right; the content of its answer. Raises Problem for a
        refusal and ConnectionFailed where no answer came."""
        import httpx

        attempts = self._retries.begin(request)
        while True:
            try:
                answer = self._exchange(request)
            except httpx.TransportError as error:
                unsent = isinstance(
                    error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout
                )
                pause = attempts.after_failure(was_sent=not unsent)
                if pause is None:
                    raise ConnectionFailed(f"{request.method} {request.path}: {error}") from error
            else:
                pause = attempts.after_answer(answer)
                if pause is None:
                    return read(request, answer)
            self._sleep(pause)

    def _exchange(self, request: Request[Any]) -> Answer:
        found = self._http.request(
            request.method,
            self._base_url + request.path,
            params=request.query,
            headers=request.all_headers(self._token),
            content=request.content,
            follow_redirects=False,
        )
        return Answer(found.status_code, dict(found.headers), found.content)

    _sleep = staticmethod(time.sleep)
