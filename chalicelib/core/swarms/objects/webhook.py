"""`webhook`: posts each message to an address.

Config `url` (http or https) and `headers` (texts). Posted is `{from, type, content, at, id}`; the
header `idempotency-key` is the same for each try. A status from 400 on fails the try. State
`{sent, last_status, last_at}`; the answer is `{status}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.addresses import parse_url
from chalicelib.core.http_headers import header_name_problem, header_value_problem
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.objects.base import (
    MOST_NUMBER,
    UNWRITABLE,
    Config,
    Handled,
    Post,
    State,
    refuse,
    reply,
    size,
    whole,
)

MOST_HEADERS: Final = 50


class Webhook:
    def initial(self, config: Config) -> State:
        return {"sent": 0, "last_status": None, "last_at": None}

    def problem(self, config: Config) -> str | None:
        url, headers = config.get("url"), config.get("headers", {})
        if not isinstance(url, str):
            return "url must be a text"
        try:
            parse_url(url)
        except ValueError as problem:
            return f"url: {problem}"[:300]
        if not isinstance(headers, Mapping) or len(headers) > MOST_HEADERS:
            return f"headers must be an object of at most {MOST_HEADERS} texts"
        for name, value in headers.items():
            if not isinstance(value, str):
                return "headers must be texts"
            problem_found = header_name_problem(name) or header_value_problem(value)
            if problem_found is not None:
                return f"headers: {problem_found}"[:300]
        return None

    def handle(self, state: State, mail: Mail, config: Config, now: str) -> Handled:
        problem = self.problem(config)
        if problem is not None:
            return refuse(_read(state), mail, "invalid_config", problem)
        if size(mail.content) >= UNWRITABLE:
            return refuse(_read(state), mail, "invalid_content", "it cannot be sent as JSON")
        body = {
            "id": mail.id,
            "from": mail.sender,
            "type": mail.type,
            "content": mail.content,
            "at": mail.at,
        }
        headers = config.get("headers", {})
        return Handled(_read(state), effect=Post(config["url"], body, mail.id, dict(headers)))

    def answered(self, state: State, mail: Mail, config: Config, answer: Any, now: str) -> Handled:
        status = whole(answer, 100, 999, 0)
        before = _read(state)
        after = {"sent": before["sent"] + 1, "last_status": status, "last_at": now}
        return Handled(after, reply(mail, {"status": status}))


def _read(state: State) -> dict[str, Any]:
    last = state.get("last_at")
    return {
        "sent": whole(state.get("sent"), 0, MOST_NUMBER - 1, 0),
        "last_status": whole(state.get("last_status"), 100, 999, 0) or None,
        "last_at": last if isinstance(last, str) and len(last) <= 64 else None,
    }
