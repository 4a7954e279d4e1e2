"""A run's events as log lines: the same facts, as sentences for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from chalicelib.core.runs.events import Event

Level = Literal["info", "warning", "error"]

_LEVELS: Final[dict[str, Level]] = {
    "step_failed": "error",
    "error": "error",
    "cancelled": "warning",
    "suspended": "warning",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. `step` is None for what is about the run as a whole."""

    seq: int
    timestamp: str
    level: Level
    step: str | None
    message: str


def log_line(event: Event) -> LogLine:
    """The line of one event. An event of an unknown kind is told by its kind."""
    step = event.data.get("step")
    return LogLine(
        seq=event.seq,
        timestamp=event.at,
        level=_LEVELS.get(event.kind, "info"),
        step=step if isinstance(step, str) else None,
        message=_message(event.kind, event.data),
    )


def _message(kind: str, data: Any) -> str:
    match kind:
        case "started":
            text = f"execution of {data.get('workflow')} version {data.get('version')} started"
            source = data.get("sourceRunId")
            return f"{text}, as a retry of {source}" if source else text
        case "step_started":
            attempt = data.get("attempt", 1)
            again = f", attempt {attempt}" if attempt > 1 else ""
            return f"{data.get('step')} started ({data.get('action')}){again}"
        case "step_completed":
            return f"{data.get('step')} completed"
        case "step_skipped":
            return f"{data.get('step')} skipped"
        case "step_failed":
            return f"{data.get('step')} failed: {data.get('error', 'failed')}"
        case "approval_requested":
            return f"{data.get('step')} asks for approval: {data.get('message')}"
        case "suspended":
            return "execution waits for an approval"
        case "completed":
            return "execution completed"
        case "cancelled":
            return "execution cancelled"
        case "error":
            status = str(data.get("status", "failed")).replace("_", " ")
            reason = data.get("message")
            return f"execution {status}: {reason}" if reason else f"execution {status}"
    return kind.replace("_", " ")
