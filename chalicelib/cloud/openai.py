"""Language models behind an OpenAI-compatible endpoint, through the guarded HTTP client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.core.chat import Completion, Question, ToolCall, ToolResult
from chalicelib.core.steps import StepFailed

if TYPE_CHECKING:
    from chalicelib.cloud.http import OutboundHttp

_STATUSES = {
    400: ("model_request_invalid", False),
    401: ("model_access_denied", False),
    403: ("model_access_denied", False),
    404: ("model_not_found", False),
    408: ("timeout", True),
    422: ("model_request_invalid", False),
    429: ("model_throttled", True),
}
"""Status of the endpoint → our code and whether another try can help."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where models are served, e.g. `https://api.openai.com/v1`, and what proves who asks."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def call(
        self, http: OutboundHttp, path: str, body: Mapping[str, Any], model: str, seconds: float
    ) -> Any:
        """POSTs JSON and gives the JSON that is answered.

        Raises StepFailed: those of the HTTP client, `model_throttled`, `model_unavailable`,
        `timeout` (worth another try), `model_not_found`, `model_request_invalid`,
        `model_access_denied` (final).
        """
        answer = http.request(
            "POST",
            f"{self.url.rstrip('/')}/{path}",
            headers={**self.headers, "content-type": "application/json"},
            body=json.dumps(body).encode(),
            timeout_seconds=seconds,
            follow_redirects=0,
        )
        if answer.status != 200:
            raise _failure(answer.status, answer.body, model)
        try:
            return json.loads(answer.body)
        except ValueError as error:
            raise StepFailed("model_unavailable", f"{model}: the answer is no JSON") from error


class OpenAiConversation:
    """A conversation through `/chat/completions` (implements `core.chat.Conversation`)."""

    def __init__(self, http: OutboundHttp, endpoint: Endpoint, question: Question) -> None:
        self._http = http
        self._endpoint = endpoint
        self._question = question
        self._messages: list[Any] = []
        if question.system_prompt:
            self._messages.append({"role": "system", "content": question.system_prompt})
        for user, assistant in question.history:
            self._messages.append({"role": "user", "content": user})
            self._messages.append({"role": "assistant", "content": assistant})
        self._messages.append({"role": "user", "content": question.prompt})

    def turn(self, seconds: float) -> Completion:
        body = {**_request(self._question), "messages": self._messages}
        model = self._question.model
        answer = self._endpoint.call(self._http, "chat/completions", body, model, seconds)
        try:
            choice = answer["choices"][0]
            message = choice["message"]
            found = _completion(answer, choice, model)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            message = f"{model}: the answer is not that of /chat/completions"
            raise StepFailed("model_unavailable", message) from error
        self._messages.append(
            {name: message[name] for name in ("role", "content", "tool_calls") if name in message}
        )
        return found

    def tell(self, results: Sequence[ToolResult]) -> None:
        self._messages += [
            {"role": "tool", "tool_call_id": result.call.id, "content": result.text}
            for result in results
        ]


def _request(question: Question) -> dict[str, Any]:
    found: dict[str, Any] = {"model": question.model}
    if question.max_tokens is not None:
        found["max_tokens"] = question.max_tokens
    if question.temperature is not None:
        found["temperature"] = question.temperature
    if question.tools:
        found["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.schema) or {"type": "object"},
                },
            }
            for tool in question.tools
        ]
    if question.schema is not None:
        schema = {"name": "answer", "schema": question.schema}
        found["response_format"] = {"type": "json_schema", "json_schema": schema}
    return found


def _completion(answer: Mapping[str, Any], choice: Mapping[str, Any], model: str) -> Completion:
    message, usage = choice["message"], answer.get("usage") or {}
    return Completion(
        text=str(message.get("content") or ""),
        finish_reason=str(choice.get("finish_reason") or "stop"),
        input_tokens=int(usage.get("prompt_tokens", 0)),
        output_tokens=int(usage.get("completion_tokens", 0)),
        model=str(answer.get("model") or model),
        calls=tuple(
            ToolCall(str(call["id"]), str(call["function"]["name"]), _arguments(call))
            for call in message.get("tool_calls") or []
        ),
    )


def _arguments(call: Mapping[str, Any]) -> Any:
    """A tool's input: JSON as text. What is none stays text, and the tool's schema refuses it."""
    text = call["function"].get("arguments") or "{}"
    try:
        return json.loads(text)
    except ValueError:
        return text


def _failure(status: int, body: bytes, model: str) -> StepFailed:
    code, retryable = _STATUSES.get(
        status, ("model_unavailable", True) if status >= 500 else ("model_request_invalid", False)
    )
    message = f"{model}: the endpoint answered {status}"
    if not retryable and status in (400, 422) and (said := _said(body)):
        message += f": {said}"
    return StepFailed(code, message, retryable=retryable)


def _said(body: bytes) -> str:
    try:
        found = json.loads(body)["error"]
        return str(found["message"] if isinstance(found, dict) else found)[:300]
    except (ValueError, KeyError, TypeError):
        return ""
