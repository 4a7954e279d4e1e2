"""The command line in this process, in front of an API that answers by a script."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from runyard import Client
from runyard.cli.app import perform
from runyard.cli.shell import Shell

URL = "https://runyard.test"


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


@dataclass
class Terminal:
    """Somebody at a terminal; `answers` are the API's, by method and path, and stay."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    answers: dict[str, httpx.Response | Exception] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    """What a stream brings; an exception is raised there."""
    environment: dict[str, str] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)
    streamed: list[tuple[str, int]] = field(default_factory=list)
    now: float = 1_000_000.0

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def answer(self, request: str, status: int, body: Any, **headers: str) -> None:
        """`GET /path` is answered so from now on."""
        self.answers[request] = httpx.Response(status, json=body, headers=headers)

    def paths(self) -> list[str]:
        """What the API was asked."""
        return [f"{one.method} {one.url.path}" for one in self.asked]

    def type(self, *words: str, stdin: bytes | None = None) -> Done:
        """Type a command; what became of it. Without `stdin` nothing can be read."""
        text = io.TextIOWrapper(io.BytesIO(stdin or b""))
        self.monkeypatch.setattr(sys, "stdin", text)
        environment = {"RUNYARD_HOME": str(self.home), **self.environment}
        shell = Shell(environment, self.folder, self._client, lambda: self.now)
        self.capture.readouterr()
        code = perform(words, shell)
        found = self.capture.readouterr()
        return Done(code, found.out, found.err)

    def _client(self, base_url: str, token: str | None, **more: Any) -> Client:
        http = httpx.Client(transport=httpx.MockTransport(self._served))
        client = Client(base_url, token, http=http, **more)
        self.monkeypatch.setattr(client, "_sleep", lambda seconds: None)
        self.monkeypatch.setattr(client, "stream", self._stream)
        return client

    def _served(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        key = f"{request.method} {request.url.path}"
        found = self.answers.get(key, httpx.Response(404, json=problem(404, "not-found", key)))
        if isinstance(found, Exception):
            raise found
        return httpx.Response(found.status_code, content=found.content, headers=found.headers)

    def _stream(self, run_id: str, *, after: int = 0) -> Iterator[Any]:
        self.streamed.append((run_id, after))
        for event in self.events:
            if isinstance(event, BaseException):
                raise event
            yield event


def problem(status: int, slug: str, detail: str, **more: Any) -> Mapping[str, Any]:
    """A problem document."""
    return {
        "type": f"/errors/{slug}",
        "title": slug,
        "status": status,
        "detail": detail,
        "error": detail,
        "instance": "/",
        "correlation_id": "req_1",
        **more,
    }
