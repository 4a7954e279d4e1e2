"""Two WebSockets joined: frames and close codes go both ways."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import WSMsgType, web

MESSAGE_LIMIT: Final = 128 * 1024
"""Bytes: API Gateway's limit of one message from a client; a longer one closes with 1009."""

_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse
_ABNORMAL: Final = 1006
"""Ended without a close frame; it may not be sent in one (RFC 6455, 7.4.1)."""


@dataclass(frozen=True, slots=True)
class _Ending:
    """How one side ended: what the other side is to be told."""

    code: int
    reason: bytes


async def both_ways(
    client: web.WebSocketResponse, upstream: aiohttp.ClientWebSocketResponse
) -> None:
    """Carries frames until either side closes, and closes the other with the same code."""
    from_client = asyncio.create_task(_pump(client, upstream, aiohttp.WSCloseCode.GOING_AWAY))
    from_upstream = asyncio.create_task(_pump(upstream, client, aiohttp.WSCloseCode.INTERNAL_ERROR))
    pumps = (from_client, from_upstream)
    try:
        ended, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # The other pump must not read the answer to the close frame: closing does.
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
    # An ending is answered with its own code, as RFC 6455 (5.5.1) asks; the other side is told it.
    ending = ended.pop().result()
    await client.close(code=ending.code, message=ending.reason)
    await upstream.close(code=ending.code, message=ending.reason)


async def _pump(source: _Socket, sink: _Socket, lost: int) -> _Ending:
    """Frames from `source` to `sink` until `source` ends. `lost` is the code for one that vanished
    without saying good-bye."""
    while True:
        message = await source.receive()
        if message.type in (WSMsgType.PING, WSMsgType.PONG):
            continue
        try:
            if message.type is WSMsgType.TEXT:
                await sink.send_str(message.data)
                continue
            if message.type is WSMsgType.BINARY:
                await sink.send_bytes(message.data)
                continue
        except ConnectionError:
            # The sink went first; its own pump knows why.
            return _Ending(lost, b"")
        break
    if message.type is WSMsgType.CLOSE:
        # A close frame without a code reads 0 here, and 1005 may not be sent on.
        return _Ending(message.data or aiohttp.WSCloseCode.OK, (message.extra or "").encode())
    code = source.close_code if message.type is WSMsgType.ERROR else None
    if code is not None and code != _ABNORMAL:
        return _Ending(code, b"")  # e.g. 1009, a message that is too long
    return _Ending(lost, b"")
