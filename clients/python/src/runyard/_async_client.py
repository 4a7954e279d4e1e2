"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from runyard import _following, _waiting
from runyard._answer import Answer, read
from runyard._following import Following, Interrupted
from runyard._request import Request, base_of
from runyard._retries import Retries
from runyard.api import AsyncGroups
from runyard.api import runs as _runs
from runyard.errors import ConnectionFailed, NotFound
from runyard.events import Event
from runyard.types import Cancelled, ExecutionDetail, Triggered

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class AsyncClient(AsyncGroups):
    """Runyard's API. For one event loop; close it, or use it in an `async with`.

    Every operation is a method of a group: `await client.runs.get(…)`. What one
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
        http: httpx.AsyncClient | None = None,
    ) -> None:
        import httpx

        super().__init__(self.send)
        self._base_url = base_of(base_url)
        self._token = token
        self._retries = retries or Retries()
        self._http = http or httpx.AsyncClient(timeout=timeout)
        self._timeout = timeout

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def start(
        self, workflow: str, inputs: dict[str, Any] | None = None, *, key: str | None = None
    ) -> Triggered:
        """Start a run of a workflow; it goes on without you. The same `key` (an `Idempotency-Key`)
        within 24 hours answers the first run again."""
        return await self.runs.start(workflow, inputs=inputs, idempotency_key=key)

    async def wait(self, run_id: str, timeout: float | None = None) -> ExecutionDetail:
        """The run, once it is over, however it ended: look at `status`. `timeout` is in seconds.
        Raises WaitTimeout (the run goes on) and NotFound."""
        patience = _waiting.Patience(run_id, timeout)
        while (found := await self.runs.get(run_id))["status"] not in _waiting.ENDED:
            await self._sleep(patience.pause(found["status"]))
        return found

    async def cancel(self, run_id: str) -> Cancelled:
        """Cancel a run: when this returns, no further step of it starts. A run that is cancelled
        already stays so. Raises NotFound for no such run and for one that ended otherwise."""
        try:
            return await self.send(replace(_runs.cancel_execution(run_id), repeatable=True))
        except NotFound:
            if (await self.runs.get(run_id))["status"] != "cancelled":
                raise
            return {"execution_id": run_id, "status": "cancelled"}

    async def stream(self, run_id: str, *, after: int = 0) -> AsyncGenerator[Event]:
        """The run's events behind number `after`, as they happen, each once and in order, up to the
        run's last. A socket that breaks is replaced, behind the last event that was handed out.

        Raises NotFound, Unauthorized, and StreamLost when no socket can be had for about a minute.
        """
        following = Following(run_id, after)
        while True:
            try:
                async with aclosing(self._events(following)) as events:
                    async for event in events:
                        yield event
                return
            except Interrupted as reason:
                pause = following.lost(reason)
            await self._sleep(pause)

    async def _events(self, following: Following) -> AsyncGenerator[Event]:
        """What one socket brings. Raises Interrupted where it ends before the run."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

        url = _following.socket_url(self._base_url, self._token)
        try:
            async with connect(url, open_timeout=self._timeout, close_timeout=1) as socket:
                await socket.send(following.attach())
                async for frame in socket:
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

    async def send(self, request: Request[T]) -> T:
        """Send a request, again where that is right; the content of its answer. Raises Problem for a
        refusal and ConnectionFailed where no answer came."""
        import httpx

        attempts = self._retries.begin(request)
        while True:
            try:
                answer = await self._exchange(request)
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
            await self._sleep(pause)

    async def _exchange(self, request: Request[Any]) -> Answer:
        found = await self._http.request(
            request.method,
            self._base_url + request.path,
            params=request.query,
            headers=request.all_headers(self._token),
            content=request.content,
            follow_redirects=False,
        )
        return Answer(found.status_code, dict(found.headers), found.content)

    _sleep = staticmethod(asyncio.sleep)
