"""`slack/send`: a message to Slack, by an incoming webhook or by `chat.postMessage` (S2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypedDict

from pydantic import Field

from chalicelib.actions.aws_fields import as_bytes
from chalicelib.actions.base import JSON, Action, ActionContext, ActionParams
from chalicelib.actions.fields import Url
from chalicelib.actions.json_text import json_or_none
from chalicelib.actions.signing import check_host
from chalicelib.core.errors import Problem
from chalicelib.core.steps import StepFailed

API_URL = "https://slack.com/api/chat.postMessage"
_MOST_BYTES = 100_000
_TIMEOUT_SECONDS = 20.0
_LATER = frozenset({"ratelimited", "rate_limited", "internal_error", "service_unavailable"})
_LATER_STATUSES = (408, 429)
_WANTED = 'a webhook URL or a bot token as text, {"webhook_url": …} or {"token": …}'


class SlackSendParams(ActionParams):
    """What is said where. At least one of `text` and `blocks`."""

    webhook_url: Url | None = Field(
        default=None,
        description="An incoming webhook. It is a secret: better kept in the credential.",
    )
    channel: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="A channel's id or name; needs a token.",
    )
    text: str | None = Field(
        default=None, min_length=1, max_length=40_000, description="The message."
    )
    blocks: list[dict[str, Any]] | None = Field(
        default=None, max_length=50, description="Blocks of Slack's Block Kit."
    )
    thread_ts: str | None = Field(
        default=None, min_length=1, max_length=64, description="The message that it answers."
    )


class SlackSendOutput(TypedDict):
    ok: bool
    channel: str | None
    """Null with a webhook, which does not say."""
    ts: str | None
    """The message's own id in its channel; null with a webhook."""


class SlackSend(Action[SlackSendParams]):
    name = "slack/send"
    Params = SlackSendParams
    Output = SlackSendOutput
    effectful = True
    signs_in = True

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        if {"text", "blocks"} & params.keys():
            return []
        return [Problem("", "at least one of text and blocks is required")]

    def run(self, params: SlackSendParams, context: ActionContext) -> SlackSendOutput:
        url, token = _way(params, context)
        members = {"text": params.text, "blocks": params.blocks, "thread_ts": params.thread_ts}
        message = {name: value for name, value in members.items() if value is not None}
        headers = {"content-type": "application/json; charset=utf-8"}
        if token is not None:
            if params.channel is None:
                problem = "channel: is required with a token"
                raise StepFailed("invalid_params", problem, retryable=False)
            message["channel"] = params.channel
            headers["authorization"] = f"Bearer {token}"
        answer = context.http.request(
            "POST",
            url,
            headers=headers,
            body=as_bytes(json.dumps(message), _MOST_BYTES, "message"),
            timeout_seconds=min(_TIMEOUT_SECONDS, context.remaining()),
            max_bytes=_MOST_BYTES,
            follow_redirects=0,
        )
        return _output(answer.status, answer.body, by_token=token is not None)


def _way(params: SlackSendParams, context: ActionContext) -> tuple[str, str | None]:
    """(URL, bot token or None for a webhook)."""
    credential = context.credential
    if credential is None:
        if params.webhook_url is None:
            message = "a credential or webhook_url is required"
            raise StepFailed("invalid_params", message, retryable=False)
        return params.webhook_url, None
    text = credential.text.strip() if credential.text else None
    is_url = text is not None and text.startswith(("https://", "http://"))
    webhook = text if is_url else credential.member("webhook_url")
    token = None if is_url else text or credential.member("token")
    if webhook is None and token is None:
        raise credential.unusable("slack/send", _WANTED)
    url = webhook or credential.member("api_url") or API_URL
    check_host(credential, url)
    return url, token


def _output(status: int, body: bytes, *, by_token: bool) -> SlackSendOutput:
    """A webhook answers 200 `ok`, the API 200 whatever happened, with `ok` in its JSON."""
    text = body.decode(errors="replace")
    parsed: JSON = json_or_none(text)
    found: Mapping[str, Any] = parsed if isinstance(parsed, dict) else {}
    if status < 300 and (not by_token or found.get("ok") is True):
        return {"ok": True, "channel": found.get("channel"), "ts": found.get("ts")}
    word = str(found.get("error") or text.strip() or status)[:100]
    later = status >= 500 or status in _LATER_STATUSES or word in _LATER
    raise StepFailed("slack_error", f"Slack answered {status}: {word}", retryable=later)
