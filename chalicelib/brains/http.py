"""`http`: an agent that is a server. It is POSTed `{agent, swarm, message, state, skills, targets}`
and answers `{state?, messages?, output?, logs?}`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from chalicelib.brains.answers import read_answer
from chalicelib.brains.base import World, agent_of, asked
from chalicelib.core.addresses import parse_url
from chalicelib.core.json_text import read_json
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.ports import TurnContext, TurnResult

MOST_ANSWER = 1_000_000
"""Bytes."""


@dataclass(frozen=True, slots=True)
class HttpBrain:
    world: World

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult:
        """Raises StepFailed: those of the HTTP client, `http_status`, `answer_invalid`. The header
        `idempotency-key` is the same for each try; the secret that `credential` names signs it."""
        from chalicelib.actions.signing import signed

        spec = agent_of(context)
        url = spec.backend.options.get("url")
        if not isinstance(url, str):
            raise StepFailed("invalid_config", "the backend http needs url", retryable=False)
        headers = {"content-type": "application/json", "idempotency-key": mail.id}
        name = spec.config.get("credential")
        secret = self.world.credential(context.org, name) if isinstance(name, str) else None
        if secret is not None:
            headers = signed(headers, secret, url, "the backend http")
        answer = self.world.http().request(
            "POST",
            url,
            headers=headers,
            body=json.dumps(asked(mail, context)).encode(),
            timeout_seconds=context.seconds,
            max_bytes=MOST_ANSWER,
            follow_redirects=0,
        )
        if not 200 <= answer.status < 300:
            raise _refused(answer.status, url)
        read = _read(answer.body)
        # A server may repeat what it was sent.
        return read_answer(read if secret is None else secret.hide(read), mail, context)


def _read(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return read_json(body.decode())
    except ValueError as problem:
        message = f"the agent's answer is no JSON: {problem}"[:300]
        raise StepFailed("answer_invalid", message, retryable=False) from None


def _refused(status: int, url: str) -> StepFailed:
    message = f"POST {parse_url(url).public} answered {status}"
    retryable = status >= 500 or status in (408, 425, 429)
    return StepFailed("http_status", message, retryable=retryable)
