"""`timer`: sends its content to its targets whenever its time has come.

Config: exactly one of `interval_seconds` (whole minutes), `cron` (Unix, five fields, UTC) and `at`
(RFC 3339); `content` is what it sends, by default "tick". A schedule outside sends it a message from
`tick`. `{"op": "stop"}` makes it let ticks pass, `{"op": "start"}` heed them again, `status` tells.
State and answer: `{running, fired, last_fired}`.
"""

from __future__ import annotations

from typing import Any, Final

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.swarms.model import Mail, Outgoing
from chalicelib.core.swarms.objects.base import (
    MOST_ENTRY_BYTES,
    MOST_NUMBER,
    Config,
    Handled,
    Plain,
    State,
    command,
    reply,
    size,
    unknown,
    whole,
)

OPS: Final = ("start", "stop", "status")
WHEN: Final = ("interval_seconds", "cron", "at")
CLOCK: Final = "tick"
"""Who sends what makes it fire."""
LONGEST_INTERVAL: Final = 366 * 86_400


class Timer(Plain):
    def initial(self, config: Config) -> State:
        return {"running": True, "fired": 0, "last_fired": None}

    def problem(self, config: Config) -> str | None:
        given = [name for name in WHEN if config.get(name) is not None]
        if len(given) != 1:
            return f"exactly one of {', '.join(WHEN)} is required"
        if size(config.get("content")) > MOST_ENTRY_BYTES:
            return f"content has at most {MOST_ENTRY_BYTES:,} bytes"
        return _when_problem(given[0], config[given[0]])

    def handle(self, state: State, mail: Mail, config: Config, now: str) -> Handled:
        last = state.get("last_fired")
        before: dict[str, Any] = {
            "running": state.get("running") is not False,
            "fired": whole(state.get("fired"), 0, MOST_NUMBER - 1, 0),
            "last_fired": last if isinstance(last, str) and len(last) <= 64 else None,
        }
        if mail.sender == CLOCK:
            if not before["running"]:
                return Handled(before)
            after = {**before, "fired": before["fired"] + 1, "last_fired": now}
            return Handled(after, _sent(config))
        asked = command(mail.content)
        if asked is None or asked["op"] not in OPS:
            return unknown(before, mail, OPS)
        after = before
        if asked["op"] != "status":
            after = {**before, "running": asked["op"] == "start"}
        return Handled(after, reply(mail, after))


def _sent(config: Config) -> tuple[Outgoing, ...]:
    content = config.get("content", "tick")
    return (Outgoing(None, content, "broadcast"),) if size(content) <= MOST_ENTRY_BYTES else ()


def _when_problem(name: str, value: Any) -> str | None:
    if name == "interval_seconds":
        if whole(value, 60, LONGEST_INTERVAL, 0) and value % 60 == 0:
            return None
        return "interval_seconds must be whole minutes, from 60 to 366 days"
    if not isinstance(value, str):
        return f"{name} must be a text"
    try:
        if name == "at":
            parse_rfc3339(value)
        else:
            # Its library is loaded only where a timer has a cron.
            from chalicelib.core.triggers.cron import expressions

            expressions(value)
    except ValueError as problem:
        return f"{name}: {problem}"[:300]
    return None
