"""A stream of the Python client hands out every event once, whatever its sockets do."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
from websockets.sync.server import Server, ServerConnection, serve

import runyard
from runyard._following import TRIES, Following, Interrupted, socket_url
from tests.support.sdk import KINDS, Sdk

Script = Callable[[ServerConnection], None]


def event(seq: int, **more: Any) -> str:
    return json.dumps({"type": "event", "id": "stream", "event": {"kind": "x", "seq": seq, **more}})


DONE = json.dumps({"type": "done", "id": "stream"})


def error(code: str) -> str:
    return json.dumps({"type": "error", "id": "stream", "error": {"code": code, "message": code}})


class Sockets:
    """A server whose sockets follow a script each: what to send, and how to end."""

    def __init__(self) -> None:
        self.scripts: list[list[str]] = []
        self.attached: list[int] = []
        self.refusals: list[HTTPStatus] = []
        self.paths: list[str] = []
        self.pauses: list[float] = []
        self._server: Server | None = None

    def start(self) -> str:
        self._server = serve(self._serve, "127.0.0.1", 0, process_request=self._handshake)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()

    def _handshake(self, connection: ServerConnection, request: Any) -> Any:
        self.paths.append(request.path)
        if self.refusals:
            return connection.respond(self.refusals.pop(0), "no")
        return None

    def _serve(self, connection: ServerConnection) -> None:
        asked = json.loads(connection.recv())
        assert (asked["type"], asked["payload"]["runId"]) == ("run.attach", "run_1")
        self.attached.append(asked["payload"]["afterSeq"])
        frames = self.scripts.pop(0)
        for frame in frames:
            if frame == "break":
                connection.socket.close()
                return
            connection.send(frame)


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    found = Sockets()
    yield found
    found.stop()


@pytest.fixture(params=KINDS)
def sdk(
    request: pytest.FixtureRequest, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sdk]:
    found = KINDS[request.param](sockets.start(), "ada.se&cret")

    def pause(seconds: float) -> None:
        sockets.pauses.append(seconds)

    async def later(seconds: float) -> None:
        sockets.pauses.append(seconds)

    monkeypatch.setattr(found.client, "_sleep", later if request.param == "async" else pause)
    yield found
    found.close()


def streamed(sdk: Sdk, after: int = 0) -> list[int]:
    return [one["seq"] for one in sdk.each(sdk.client.stream("run_1", after=after))]


def test_the_token_and_the_number_are_sent(sdk: Sdk, sockets: Sockets) -> None:
    sockets.scripts = [[event(8), DONE]]
    assert streamed(sdk, after=7) == [8]
    assert sockets.attached == [7]
    assert sockets.paths == ["/ws?token=ada.se%26cret"]


def test_a_broken_socket_is_replaced_behind_the_last_event(sdk: Sdk, sockets: Sockets) -> None:
    sockets.scripts = [[event(1), event(2), "break"], [event(3)], ["break"], [event(4), DONE]]
    assert streamed(sdk) == [1, 2, 3, 4]
    assert sockets.attached == [0, 2, 3, 3]
    assert len(sockets.pauses) == 3


def test_what_comes_twice_is_handed_out_once(sdk: Sdk, sockets: Sockets) -> None:
    sockets.scripts = [[event(1), event(1), event(2), event(1), event(3), DONE]]
    assert streamed(sdk) == [1, 2, 3]


def test_a_hole_is_never_handed_out(sdk: Sdk, sockets: Sockets) -> None:
    sockets.scripts = [[event(1), event(3), DONE], [event(2), event(3), DONE]]
    assert streamed(sdk) == [1, 2, 3]
    assert sockets.attached == [0, 1]


def test_later_means_later_and_no_means_no(sdk: Sdk, sockets: Sockets) -> None:
    sockets.scripts = [[error("unavailable")], ["no json"], [event(1), error("not_found")]]
    with pytest.raises(runyard.NotFound) as told:
        streamed(sdk)
    assert (told.value.status, told.value.slug) == (404, "not-found")
    assert len(sockets.attached) == 3


def test_a_refused_handshake_is_the_token_unless_it_is_the_servers(
    sdk: Sdk, sockets: Sockets
) -> None:
    sockets.refusals = [HTTPStatus.BAD_GATEWAY, HTTPStatus.TOO_MANY_REQUESTS]
    sockets.scripts = [[event(1), DONE]]
    assert streamed(sdk) == [1]
    sockets.refusals = [HTTPStatus.FORBIDDEN]
    with pytest.raises(runyard.Unauthorized):
        streamed(sdk)
    sockets.refusals = [HTTPStatus.NOT_FOUND]
    with pytest.raises(runyard.NotFound):
        streamed(sdk)


def test_a_stream_is_given_up_after_many_sockets_that_brought_nothing(
    sdk: Sdk, sockets: Sockets
) -> None:
    sockets.scripts = [["break"], [event(1), "break"], *(["break"] for _ in range(TRIES))]
    stream = sdk.each(sdk.client.stream("run_1"))
    assert next(stream)["seq"] == 1
    with pytest.raises(runyard.StreamLost) as told:
        next(stream)
    assert (told.value.run_id, told.value.last_seq) == ("run_1", 1)
    # The first failure counts no more once an event has come.
    assert len(sockets.attached) == 1 + TRIES


def test_a_quiet_run_may_be_followed_for_days(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(step=600.0)
    monkeypatch.setattr("runyard._following.time.monotonic", lambda: next(clock))
    following = Following("run_1", 0)
    for _ in range(10 * TRIES):
        following.attach()
        assert following.lost("idle for ten minutes") <= 0.25
    with pytest.raises(runyard.StreamLost):
        for _ in range(TRIES):
            following.lost("a handshake that failed is not a socket that lived")


def test_frames_of_other_kinds_are_passed_over() -> None:
    following = Following("run_1", 0)
    assert following.take('{"type": "tomorrow"}').event is None
    assert following.take(event(1).encode()).event is not None
    with pytest.raises(Interrupted):
        following.take("[")
    with pytest.raises(ValueError, match="negative"):
        Following("run_1", -1)


def test_the_sockets_address_follows_from_the_other() -> None:
    assert socket_url("https://a.test/stage/", "t.s") == "wss://a.test/stage/ws?token=t.s"
    assert socket_url("http://localhost:8000", None) == "ws://localhost:8000/ws"
