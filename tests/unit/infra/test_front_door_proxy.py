"""The local front door against a stand-in for the emulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
from yarl import URL

from infra.front_door import proxy, relay


class Emulator:
    """Remembers what it got; answers as told."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.closed_with: list[int | None] = []
        self.answer = web.Response
        self.refuse_with: int | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = b"" if "Sec-WebSocket-Key" in request.headers else await request.read()
        self.requests.append(
            {"raw": request.raw_path, "headers": dict(request.headers), "body": body}
        )
        if "Sec-WebSocket-Key" not in request.headers:
            return self.answer()
        if self.refuse_with is not None:
            return web.Response(status=self.refuse_with)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.data == "close 4004":
                await socket.close(code=4004, message=b"enough")
            elif message.type is WSMsgType.TEXT:
                await socket.send_str(f"echo {message.data}")
        self.closed_with.append(socket.close_code)
        return socket


@asynccontextmanager
async def doors(emulator: Emulator) -> AsyncIterator[tuple[TestServer, TestServer]]:
    app = web.Application(client_max_size=2 * proxy.BODY_LIMIT)
    app.router.add_route("*", "/{anything:.*}", emulator.handle)
    async with TestServer(app) as back:
        upstream = proxy.Upstream(f"http://127.0.0.1:{back.port}", "rest1", "sock1", "api")
        async with TestServer(await proxy.application(upstream)) as front:
            yield front, back


Body = Callable[[aiohttp.ClientSession, str, Emulator], Awaitable[None]]


def run(body: Body, emulator: Emulator | None = None) -> None:
    async def whole() -> None:
        found = emulator or Emulator()
        async with doors(found) as (front, _), aiohttp.ClientSession() as client:
            await body(client, f"http://127.0.0.1:{front.port}", found)

    asyncio.run(whole())


def test_a_path_keeps_its_percent_encoding_and_its_query() -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        raw = "/a%2Fb/c%20d/%C3%A9/../x?q=%26&q=2&empty="
        async with client.get(URL(url + raw, encoded=True)):
            pass
        assert emulator.requests[0]["raw"] == "/restapis/rest1/api/_user_request_" + raw

    run(body)


def test_the_way_here_is_noted_and_hop_by_hop_headers_stay_behind() -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        sent = {
            "Authorization": "Bearer x",
            "X-Forwarded-For": "203.0.113.9",
            "X-Forwarded-Host": "spoofed",
            "Host": "runs.example.com",
            "Connection": "keep-alive, X-Private",
            "X-Private": "1",
        }
        async with client.post(url + "/x", data=b"body", headers=sent):
            pass
        got = emulator.requests[0]
        assert got["body"] == b"body"
        assert got["headers"]["Authorization"] == "Bearer x"
        assert got["headers"]["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"
        assert got["headers"]["X-Forwarded-Host"] == "runs.example.com"
        assert got["headers"]["X-Forwarded-Proto"] == "http"
        assert "X-Private" not in got["headers"]

    run(body)


def test_an_answer_comes_back_as_it_is_with_repeated_headers() -> None:
    def answer() -> web.Response:
        found = web.Response(status=418, body=b"tea", headers={"X-One": "1"})
        found.headers.add("Set-Cookie", "a=1")
        found.headers.add("Set-Cookie", "b=2")
        return found

    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        async with client.get(url + "/x") as got:
            assert (got.status, await got.read(), got.headers["X-One"]) == (418, b"tea", "1")
            assert got.headers.getall("Set-Cookie") == ["a=1", "b=2"]

    emulator = Emulator()
    emulator.answer = answer  # type: ignore[assignment]
    run(body, emulator)


@pytest.mark.parametrize(
    ("status", "error_type", "expected"),
    [
        (403, "MissingAuthenticationTokenException", 404),
        (429, "TooManyRequestsException", 429),
        (502, None, 500),
        (504, None, 504),
    ],
)
def test_the_emulators_own_refusals_become_problems(
    status: int, error_type: str | None, expected: int
) -> None:
    def answer() -> web.Response:
        headers = {"x-amzn-ErrorType": error_type} if error_type else {}
        return web.json_response({"message": "no"}, status=status, headers=headers)

    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        async with client.get(url + "/nope") as got:
            assert (got.status, got.headers["Content-Type"]) == (
                expected,
                "application/problem+json",
            )
            problem = await got.json(content_type=None)
            assert problem["status"] == expected
            assert problem["correlation_id"] == got.headers["X-Request-Id"]
            assert got.headers["Access-Control-Allow-Origin"] == "*"

    emulator = Emulator()
    emulator.answer = answer  # type: ignore[assignment]
    run(body, emulator)


def test_the_applications_own_500_is_left_alone() -> None:
    def answer() -> web.Response:
        return web.json_response({"type": "/errors/internal-error", "status": 500}, status=500)

    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        async with client.get(url + "/x") as got:
            assert (await got.json())["type"] == "/errors/internal-error"

    emulator = Emulator()
    emulator.answer = answer  # type: ignore[assignment]
    run(body, emulator)


def test_a_body_over_ten_megabytes_is_refused_with_or_without_its_length() -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(11):
                yield bytes(1024 * 1024)

        async with client.post(url + "/x", data=bytes(proxy.BODY_LIMIT + 1)) as got:
            assert got.status == 413
        async with client.post(url + "/x", data=pieces()) as got:
            assert (await got.json(content_type=None))["type"] == "/errors/too-large"
        async with client.post(url + "/x", data=bytes(proxy.BODY_LIMIT)) as got:
            assert got.status == 200
        assert len(emulator.requests) == 1

    run(body)


def test_a_preflight_is_answered_on_every_path() -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        for path in ("/any/where", "/ws", "/@connections/abc"):
            async with client.options(url + path) as got:
                assert got.status == 204
                assert "Authorization" in got.headers["Access-Control-Allow-Headers"]
                assert "X-Request-Id" in got.headers and "X-RateLimit-Limit" in got.headers
        assert emulator.requests == []

    run(body)


def test_the_management_of_sockets_is_out_of_reach() -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        async with client.post(url + "/@connections/abc", data=b"x") as got:
            assert got.status == 404
        assert emulator.requests == []

    run(body)


def test_without_an_emulator_it_answers_502_as_a_problem() -> None:
    async def whole() -> None:
        async with doors(Emulator()) as (front, back), aiohttp.ClientSession() as client:
            await back.close()
            url = f"http://127.0.0.1:{front.port}"
            async with client.get(url + "/x") as got:
                assert got.status == 502
                assert (await got.json(content_type=None))["type"] == "/errors/unavailable"
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(url + "/ws")
            assert refused.value.status == 502

    asyncio.run(whole())


def test_frames_go_both_ways_and_the_endpoint_learns_the_path() -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        async with client.ws_connect(url + "/swarm/websocket?vsn=2.0.0&path=/evil") as socket:
            await socket.send_str("hello")
            assert (await socket.receive()).data == "echo hello"
        assert emulator.requests[0]["raw"] == (
            "/_aws/execute-api/sock1/api?vsn=2.0.0&path=%2Fswarm%2Fwebsocket"
        )

    run(body)


def test_close_codes_are_carried_to_the_other_side() -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        socket = await client.ws_connect(url + "/ws")
        await socket.close(code=4001, message=b"bye")
        socket = await client.ws_connect(url + "/ws")
        await socket.send_str("close 4004")
        last = await socket.receive()
        assert (last.type, last.data, last.extra) == (WSMsgType.CLOSE, 4004, "enough")
        # A close frame without a code is a normal end.
        socket = await client.ws_connect(url + "/ws")
        await socket.close()
        for _ in range(100):
            if len(emulator.closed_with) == 3:
                break
            await asyncio.sleep(0.01)
        assert emulator.closed_with == [4001, 4004, 1000]

    run(body)


def test_a_message_over_128_kilobytes_closes_the_socket_with_1009() -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        socket = await client.ws_connect(url + "/ws")
        await socket.send_str("x" * relay.MESSAGE_LIMIT * 2)
        last = await socket.receive()
        assert (last.type, last.data) == (WSMsgType.CLOSE, 1009)

    run(body)


@pytest.mark.parametrize(("status", "expected"), [(401, 401), (403, 403), (429, 429), (500, 502)])
def test_a_refused_handshake_reaches_the_client_with_its_status(status: int, expected: int) -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(url + "/ws?token=bad")
        assert refused.value.status == expected

    emulator = Emulator()
    emulator.refuse_with = status
    run(body, emulator)


def test_an_upgrade_at_an_unknown_path_is_refused() -> None:
    async def body(client: aiohttp.ClientSession, url: str, emulator: Emulator) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(url + "/nope")
        assert refused.value.status == 404
        assert emulator.requests == []

    run(body)
