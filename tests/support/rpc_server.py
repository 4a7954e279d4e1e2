"""A chain's endpoint on loopback: answers JSON-RPC as a node with unlocked accounts would."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

REFUSED: Final = "0x" + "f" * 40
"""An account that the endpoint does not hold."""


@dataclass
class RpcServer:
    """What it was asked, each a `{method, params}` of a request."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def sent(self) -> list[dict[str, Any]]:
        """The transactions that came."""
        found = [each for each in self.asked if each["method"] == "eth_sendTransaction"]
        return [each["params"][0] for each in found]

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append({"method": request["method"], "params": request["params"]})
        if request["method"] == "eth_getBalance":
            return {"result": "0xde0b6b3a7640000"}
        if request["method"] == "eth_sendTransaction":
            if request["params"][0]["from"] == REFUSED:
                return {"error": {"code": -32000, "message": "unknown account"}}
            return {"result": f"0x{len(self.asked):064x}"}
        return {"error": {"code": -32601, "message": "no such method"}}


@contextmanager
def rpc_server(port: int) -> Iterator[RpcServer]:
    """One that listens on a port that a stage's settings name."""
    state = RpcServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            request = json.loads(self.rfile.read(length))
            found = {"jsonrpc": "2.0", "id": request["id"], **state.answer(request)}
            sent = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
