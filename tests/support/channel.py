"""A small client of Phoenix channels, and the real one of npm, for tests of S3's socket."""

from __future__ import annotations

import fcntl
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from infra.node import environment, npm, program
from infra.paths import BUILD
from tests.support.stack import PATIENCE_SECONDS, RunningStack

FOLDER = Path(__file__).parent / "phoenix"
CLIENT = FOLDER / "node_modules" / "phoenix" / "priv" / "static" / "phoenix.mjs"


class Channel:
    """One socket on `/swarm/websocket`. Replies are found by their reference, what was pushed
    meanwhile is kept for `pushed`."""

    def __init__(self, connection: ClientConnection, *, v2: bool) -> None:
        self._connection = connection
        self._v2 = v2
        self._next = 0
        self._kept: list[dict[str, Any]] = []

    def send(self, topic: str, event: str, payload: Any, join_ref: str | None = None) -> str:
        """Send a frame; its reference."""
        self._next += 1
        ref = str(self._next)
        frame: Any = [join_ref or ref, ref, topic, event, payload]
        if not self._v2:
            frame = {"topic": topic, "event": event, "payload": payload, "ref": ref}
        self.send_text(json.dumps(frame))
        return ref

    def send_text(self, text: str) -> None:
        self._connection.send(text)

    def ask(self, topic: str, event: str, payload: Any = None, *, join: str | None = None) -> Any:
        """Send a frame; the payload of its reply."""
        ref = self.send(topic, event, payload or {}, join)
        while True:
            frame = self._receive()
            if frame["event"] == "phx_reply" and frame["ref"] == ref:
                return frame["payload"]
            self._kept.append(frame)

    def join(self, swarm: str) -> str:
        """Join a swarm's topic; the reference of the join."""
        ref = str(self._next + 1)
        found = self.ask(f"swarm:{swarm}", "phx_join")
        assert found == {"status": "ok", "response": {"swarm": swarm}}
        return ref

    def pushed(self, event: str) -> dict[str, Any]:
        """The next frame of that event; others before it are kept."""
        for number, frame in enumerate(self._kept):
            if frame["event"] == event:
                return self._kept.pop(number)
        while True:
            frame = self._receive()
            if frame["event"] == event:
                return frame
            self._kept.append(frame)

    def all_until(self, event: str) -> list[dict[str, Any]]:
        """Everything that was pushed up to the first frame of that event, which is the last."""
        found, self._kept = self._kept, []
        while not found or found[-1]["event"] != event:
            found.append(self._receive())
        return found

    def _receive(self) -> dict[str, Any]:
        value = json.loads(self._connection.recv(timeout=PATIENCE_SECONDS))
        if self._v2:
            names = ("join_ref", "ref", "topic", "event", "payload")
            return dict(zip(names, value, strict=True))
        assert isinstance(value, dict)
        return value


@contextmanager
def channel(stack: RunningStack, *, v2: bool = True, token: str | None = None) -> Iterator[Channel]:
    """An open socket through the front door."""
    url = f"{stack.local.ws_url}/swarm/websocket?token={token or stack.credentials.token}"
    with connect(url + ("&vsn=2.0.0" if v2 else ""), open_timeout=PATIENCE_SECONDS) as connection:
        yield Channel(connection, v2=v2)


def phoenix() -> Path:
    """The npm package `phoenix`, installed as pinned."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "phoenix.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not CLIENT.exists():
            done = npm("ci", folder=FOLDER)
            assert done.returncode == 0, done.stdout + done.stderr
    return CLIENT


@contextmanager
def running_program(text: str, folder: Path, *arguments: str) -> Iterator[Callable[[], Any]]:
    """Run a program that has `Socket` of the real client and `tell`. Each call waits for the next
    thing that it tells; at the end it must end well."""
    path = folder / "program.mjs"
    head = f"""
    import {{ Socket }} from "{phoenix().as_posix()}";
    const [url, token, name] = process.argv.slice(2);
    const tell = (...found) => console.log(JSON.stringify(found));
    """
    path.write_text(head + text)
    command = [str(program()), str(path), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment()) as found:
        assert found.stdout is not None and found.stderr is not None
        timer = threading.Timer(2 * PATIENCE_SECONDS, found.kill)
        timer.start()
        lines, errors = found.stdout, found.stderr

        def told() -> Any:
            line = lines.readline()
            assert line, errors.read()
            return json.loads(line)

        try:
            yield told
            assert lines.read() == ""
            assert found.wait() == 0, errors.read()
        finally:
            timer.cancel()
            found.kill()
