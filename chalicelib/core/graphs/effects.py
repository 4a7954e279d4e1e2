"""Nodes that become an action of S2: their payload as its parameters, its output as their result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Payload = Mapping[str, Any]
DEFAULT_MODEL: Final = "amazon.nova-lite-v1:0"
"""What an `ai` node without a `model` asks."""
_ALL_STATUSES: Final = list(range(400, 600))


def params_of(node_type: str, payload: Payload) -> dict[str, Any]:
    """The parameters of the action behind a node."""
    return _PARAMS[node_type](payload)


def result_from(node_type: str, output: Any) -> Any:
    """The result of a node from its action's output."""
    shape = _RESULTS.get(node_type)
    return output if shape is None else shape(output)


def _http_request(payload: Payload) -> dict[str, Any]:
    return {
        "method": payload.get("method", "GET"),
        "url": payload["url"],
        "headers": payload.get("headers", {}),
        "allow_status": _ALL_STATUSES,
        **_body(payload),
    }


def _send_webhook(payload: Payload) -> dict[str, Any]:
    sent = _body(payload) or {"json": {}}
    return {
        "method": "POST",
        "url": payload["url"],
        "headers": payload.get("headers", {}),
        **sent,
    }


def _body(payload: Payload) -> dict[str, Any]:
    """A text is sent as it is, anything else as JSON."""
    body = payload.get("body")
    if body is None:
        return {}
    return {"body": body} if isinstance(body, str) else {"json": body}


def _trigger_workflow(payload: Payload) -> dict[str, Any]:
    return {"workflow": payload["workflowId"], "inputs": payload.get("payload", {})}


def _ai(payload: Payload) -> dict[str, Any]:
    names = {
        "systemPrompt": "system_prompt",
        "maxTokens": "max_tokens",
        "temperature": "temperature",
        "outputSchema": "output_schema",
    }
    found = {name: payload[member] for member, name in names.items() if member in payload}
    model = payload.get("model", DEFAULT_MODEL)
    return {"model": model, "prompt": payload["prompt"], **found}


def _http_result(output: Mapping[str, Any]) -> dict[str, Any]:
    body = output["body"] if output.get("json") is None else output["json"]
    return {"status": output["status"], "headers": output["headers"], "body": body}


def _ai_result(output: Mapping[str, Any]) -> dict[str, Any]:
    members = {"text": "text", "json": "json", "model": "model", "finish_reason": "finishReason"}
    found = {shown: output.get(name) for name, shown in members.items()}
    return {**found, "usage": output.get("usage")}


_PARAMS: Final[Mapping[str, Callable[[Payload], dict[str, Any]]]] = {
    "delay": lambda payload: {"duration": payload["delayMs"] / 1_000},
    "http-request": _http_request,
    "send-webhook": _send_webhook,
    "trigger-workflow": _trigger_workflow,
    "ai": _ai,
}
_RESULTS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "http-request": _http_result,
    "send-webhook": lambda output: {"status": output["status"], "delivered": True},
    "ai": _ai_result,
}
