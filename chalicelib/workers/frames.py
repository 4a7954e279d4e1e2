"""S0's frames: a request `{type, id, payload}`, its events, and `done`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.runs.events import Event

Frame = Mapping[str, Any]


def event_frame(request: str, event: Event) -> Frame:
    """`{type: "event", id, event: {kind, …, seq}}`; `at` is when it happened."""
    body = {"kind": event.kind, **event.data, "at": event.at, "seq": event.seq}
    return {"type": "event", "id": request, "event": body}


def error_frame(request: str | None, code: str, message: str, **extra: Any) -> Frame:
    """`{type: "error", id, error: {code, message}}`."""
    return {"type": "error", "id": request, "error": {"code": code, "message": message, **extra}}


def done_frame(request: str) -> Frame:
    """Nothing more comes for this request."""
    return {"type": "done", "id": request}


def answer_frame(kind: str, request: str, payload: Mapping[str, Any]) -> Frame:
    """An answer that is no stream: it has the request's own type."""
    return {"type": kind, "id": request, "payload": payload}
