"""The front door on one machine: HTTP and WebSockets at one port, led to the emulator's two APIs.

Does what CloudFront and API Gateway do in front of the Lambdas and the emulator does not: one host
name, the routing of `routes.py`, the size limits, and error bodies in Runyard's shape.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import uuid
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from infra import gateway_responses as gateway
from infra.front_door import relay, routes
from infra.front_door.headers import backward, onward, without

BODY_LIMIT: Final = 10 * 1024 * 1024
"""Bytes: API Gateway's limit."""
HEADER_LIMIT: Final = 10_240
"""Bytes: API Gateway's limit of the request line and all headers together."""
_PARSED_HEADER: Final = 64 * 1024
"""Bytes: so much of one header is read, so that its refusal has our shape; over that, aiohttp's."""
UPSTREAM_SECONDS: Final = 60
"""API Gateway itself gives up after 29; this is for an emulator that hangs."""
_ERROR_TYPES: Final = {
    "MissingAuthenticationTokenException": "MISSING_AUTHENTICATION_TOKEN",
    "ForbiddenException": "MISSING_AUTHENTICATION_TOKEN",
    "UnauthorizedException": "UNAUTHORIZED",
    "AccessDeniedException": "ACCESS_DENIED",
    "TooManyRequestsException": "THROTTLED",
    "BadRequestException": "BAD_REQUEST_BODY",
    "InternalServerErrorException": "DEFAULT_5XX",
}
"""The emulator's name for a refusal of its own → API Gateway's. It has no gateway responses in the
API's body, so what AWS would answer is put in here."""

log = logging.getLogger("front-door")


@dataclass(frozen=True, slots=True)
class Upstream:
    """The emulator's address and the two APIs behind it."""

    emulator: str
    rest_api: str
    socket_api: str
    stage: str

    def rest(self, raw_path: str) -> URL:
        """Where a REST request goes; the path with its escapes untouched."""
        base = f"{self.emulator}/restapis/{self.rest_api}/{self.stage}/_user_request_"
        return URL(base + raw_path, encoded=True)

    def socket(self, query: str) -> URL:
        """Where a handshake goes."""
        base = self.emulator.replace("http", "ws", 1)
        return URL(f"{base}/_aws/execute-api/{self.socket_api}/{self.stage}?{query}", encoded=True)


class FrontDoor:
    """The request handler. `client` is the session that it asks the emulator with."""

    def __init__(
        self, upstream: Upstream, client: aiohttp.ClientSession, *, cors_origin: str = "*"
    ) -> None:
        self._upstream = upstream
        self._client = client
        self._cors = gateway.cors_headers(cors_origin)
        self._preflight = gateway.preflight_headers(cors_origin)
        self._sockets: set[web.WebSocketResponse] = set()

    async def close(self, _: web.Application) -> None:
        """Says good-bye to open sockets."""
        for socket in set(self._sockets):
            await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Every request."""
        # The request line as it came: aiohttp's own path is decoded.
        path, _, query = request.raw_path.partition("?")
        if not path.startswith("/"):
            return self.refuse(request, gateway.BAD_REQUEST)
        if _head_bytes(request) > HEADER_LIMIT:
            return self.refuse(request, gateway.TOO_LARGE)
        upgrade = routes.UPGRADE_HEADER in request.headers
        if request.method == "OPTIONS" and not upgrade:
            # Of every path, sockets' included: a refusal that a browser cannot read helps nobody.
            headers = {**self._preflight, **gateway.LIMIT_HEADERS, "X-Request-Id": _new_id()}
            return web.Response(status=204, headers=headers)
        found = routes.route(path, query, upgrade=upgrade)
        if found.refusal is not None:
            return self.refuse(request, found.refusal)
        try:
            if found.target == "socket":
                return await self._socket(request, found.query)
            return await self._rest(request)
        except aiohttp.ClientConnectionError as error:
            log.warning("the emulator cannot be reached: %s", error)
            return self.refuse(request, gateway.UNREACHABLE)
        except TimeoutError:
            return self.refuse(request, gateway.TIMEOUT)

    def refuse(
        self, request: web.Request, refusal: gateway.Refusal, correlation_id: str | None = None
    ) -> web.Response:
        """An answer of the front door's own."""
        request_id = correlation_id or _new_id()
        path = request.raw_path.partition("?")[0]
        return web.Response(
            status=refusal.status,
            body=json.dumps(refusal.body(request_id, path)).encode(),
            headers={
                **self._cors,
                **gateway.LIMIT_HEADERS,
                "Content-Type": gateway.PROBLEM_JSON,
                "X-Request-Id": request_id,
            },
        )

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        if (request.content_length or 0) > BODY_LIMIT:
            return self.refuse(request, gateway.TOO_LARGE)
        body = await _read(request)
        if body is None:
            return self.refuse(request, gateway.TOO_LARGE)
        async with self._client.request(
            request.method,
            self._upstream.rest(request.raw_path),
            headers=onward(request),
            data=body or None,
            allow_redirects=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        ) as answer:
            own = _ERROR_TYPES.get(answer.headers.get("x-amzn-ErrorType", ""))
            if own is not None:
                return self.refuse(
                    request, gateway.RESPONSES[own], answer.headers.get("x-amzn-requestid")
                )
            if answer.status >= 500 and "message" in (await _json_members(answer)):
                # A Lambda that crashed, timed out or answered nonsense.
                timeout = answer.status == gateway.TIMEOUT.status
                return self.refuse(request, gateway.TIMEOUT if timeout else gateway.INTERNAL)
            headers = backward(answer.headers)
            return web.Response(status=answer.status, headers=headers, body=await answer.read())

    async def _socket(self, request: web.Request, query: str) -> web.StreamResponse:
        protocols = [
            word.strip()
            for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",")
            if word.strip()
        ]
        try:
            upstream = await self._client.ws_connect(
                self._upstream.socket(query),
                protocols=protocols,
                headers=without(onward(request), set(), prefix="sec-websocket-"),
                autoclose=False,
                max_msg_size=0,
            )
        except aiohttp.WSServerHandshakeError as error:
            return self.refuse(request, _refused_handshake(error.status))
        client = web.WebSocketResponse(
            protocols=[upstream.protocol] if upstream.protocol else [],
            autoclose=False,
            max_msg_size=relay.MESSAGE_LIMIT,
        )
        await client.prepare(request)
        self._sockets.add(client)
        try:
            await relay.both_ways(client, upstream)
        finally:
            self._sockets.discard(client)
        return client


def _refused_handshake(status: int) -> gateway.Refusal:
    known = {401: gateway.UNAUTHORIZED, 403: gateway.FORBIDDEN, 429: gateway.RATE_LIMITED}
    return known.get(status, gateway.UNREACHABLE if status >= 500 else gateway.BAD_REQUEST)


def _new_id() -> str:
    return str(uuid.uuid4())


def _head_bytes(request: web.Request) -> int:
    headers = sum(len(name) + len(value) + 4 for name, value in request.raw_headers)
    return len(request.method) + len(request.raw_path) + 12 + headers


async def _read(request: web.Request) -> bytes | None:
    """The body; None when it is over the limit. API Gateway buffers whole bodies as well."""
    found = bytearray()
    async for piece in request.content.iter_chunked(64 * 1024):
        found += piece
        if len(found) > BODY_LIMIT:
            return None
    return bytes(found)


async def _json_members(answer: aiohttp.ClientResponse) -> set[str]:
    """The members of an answer that is a JSON object; empty for anything else."""
    if answer.content_type != "application/json":
        return set()
    try:
        found = json.loads(await answer.read())
    except ValueError:
        return set()
    return set(found) if isinstance(found, dict) and len(found) == 1 else set()


@web.middleware
async def _logged(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line a request, without the query string: tokens travel there."""
    clock = asyncio.get_running_loop().time
    start = clock()
    answer = await handler(request)
    path = request.raw_path.partition("?")[0]
    log.info("%s %s %s %.0f ms", request.method, path, answer.status, (clock() - start) * 1000)
    return answer


async def application(upstream: Upstream) -> web.Application:
    """The aiohttp application, with a client session that lives as long as it does."""
    client = aiohttp.ClientSession(
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=UPSTREAM_SECONDS),
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
    )

    async def close_client(_: web.Application) -> None:
        await client.close()

    door = FrontDoor(upstream, client)
    app = web.Application(
        client_max_size=BODY_LIMIT,
        middlewares=[_logged],
        handler_args={"max_field_size": _PARSED_HEADER, "max_line_size": _PARSED_HEADER},
    )
    app.router.add_route("*", "/{anything:(?s:.*)}", door.handle)  # line breaks (%0A) included
    app.on_shutdown.append(door.close)
    app.on_cleanup.append(close_client)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m infra.front_door.proxy", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--emulator", required=True)
    parser.add_argument("--rest-api", required=True)
    parser.add_argument("--socket-api", required=True)
    parser.add_argument("--stage", required=True)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    upstream = Upstream(chosen.emulator, chosen.rest_api, chosen.socket_api, chosen.stage)
    web.run_app(
        application(upstream),
        host="127.0.0.1",
        port=chosen.port,
        print=None,
        access_log=None,
        shutdown_timeout=2,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
