"""Real servers on 127.0.0.1 that misbehave exactly as a test asks. Not a test itself."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from chalicelib.core.addresses import parse_networks

LOOPBACK = parse_networks("127.0.0.0/8")
"""What the local stage allows."""


@dataclass
class Request:
    """One request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def method(self) -> str:
        return self.line.split(" ", 1)[0]

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]


@dataclass
class Server:
    """`answers` are bytes to send for a path, or a function that writes to the socket itself."""

    port: int
    answers: dict[str, bytes | Callable[[socket.socket, Server], None]]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A well-formed answer."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(status: int, location: str) -> bytes:
    return reply(f"{status} Elsewhere", b"", f"Location: {location}")


@contextlib.contextmanager
def serving(
    answers: dict[str, bytes | Callable[[socket.socket, Server], None]],
    tls: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    """A server on a free port for the time of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1], answers)

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            threading.Thread(target=_serve_one, args=(server, sock, tls), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        # shutdown wakes the accept; a close alone would leave it waiting for ever.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def _serve_one(server: Server, sock: socket.socket, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), sock:
        connection = tls.wrap_socket(sock, server_side=True) if tls else sock
        with connection:
            request = _read(connection)
            if request is None:
                return
            server.requests.append(request)
            answer = server.answers.get(request.path, reply("404 Not Found"))
            if callable(answer):
                answer(connection, server)
            else:
                connection.sendall(answer)


def _read(sock: socket.socket) -> Request | None:
    with sock.makefile("rb") as stream:
        line = stream.readline().decode("latin-1").strip()
        if not line:
            return None
        headers: dict[str, str] = {}
        while header := stream.readline().decode("latin-1").strip():
            name, _, value = header.partition(":")
            headers[name.strip().lower()] = value.strip()
        return Request(line, headers, stream.read(int(headers.get("content-length", "0"))))


def drip(beginning: bytes, piece: bytes) -> Callable[[socket.socket, Server], None]:
    """Sends `beginning`, then `piece` again and again, 50 times a second, until hung up on."""

    def answer(sock: socket.socket, server: Server) -> None:
        sock.sendall(beginning)
        while not server.stopping.wait(0.02):
            sock.sendall(piece)

    return answer


def flood(beginning: bytes, piece: bytes) -> Callable[[socket.socket, Server], None]:
    """Sends `beginning`, then `piece` as fast as it is taken, until hung up on."""

    def answer(sock: socket.socket, server: Server) -> None:
        sock.sendall(beginning)
        while not server.stopping.is_set():
            sock.sendall(piece)

    return answer
