"""A fake of an OpenAI-compatible endpoint: says what a test tells it to, remembers what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ModelServer:
    """`/v1/chat/completions` gives the answers that were queued, `/v1/embeddings` vectors
    `[length, 0.5]`, `/echo` its own request (headers and body), and what is below
    `/refuse/` refuses its caller by the key."""

    url: str = ""
    key: str = "sk-very-secret-0123456789"
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """The bearer tokens that were sent."""
    answers: list[dict[str, Any]] = field(default_factory=list)

    def says(self, text: str) -> None:
        self._add({"role": "assistant", "content": text}, "stop")

    def calls(self, tool: str, arguments: Any) -> None:
        function = {"name": tool, "arguments": json.dumps(arguments)}
        call = {"id": f"call_{len(self.answers)}", "type": "function", "function": function}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        self._add(message, "tool_calls")

    def _add(self, message: dict[str, Any], reason: str) -> None:
        self.answers.append(
            {
                "model": "small-1",
                "choices": [{"index": 0, "message": message, "finish_reason": reason}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5},
            }
        )

    def answer(self, path: str, body: dict[str, Any]) -> Any:
        if path == "/v1/chat/completions":
            return self.answers.pop(0)
        texts = body.get("input", [])
        data = [{"index": n, "embedding": [len(text), 0.5]} for n, text in enumerate(texts)]
        return {"data": data[::-1], "usage": {"prompt_tokens": len(texts)}}


@contextmanager
def model_server() -> Iterator[ModelServer]:
    state = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.keys.append(str(self.headers.get("Authorization")).removeprefix("Bearer "))
            body = json.loads(raw or b"{}")
            state.bodies.append(body)
            status = 200
            if self.path.startswith("/refuse/"):
                status = 400
                found: Any = {"error": {"message": f"who is {state.keys[-1]}?"}}
            elif self.path == "/echo":
                found = {"headers": dict(self.headers), "body": body}
            else:
                found = state.answer(self.path, body)
            sent = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
