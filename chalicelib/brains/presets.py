"""Presets: sets of tools that an agent's model may use, each tool an action of steps (S2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.chat import ToolSpec


@dataclass(frozen=True, slots=True)
class PresetTool:
    name: str
    action: str
    description: str


PRESETS: Final[Mapping[str, tuple[PresetTool, ...]]] = {
    "http": (
        PresetTool("http_request", "http/request", "Sends one HTTP request to a public URL."),
    ),
    "s3": (
        PresetTool("s3_get", "s3/get", "Reads an object of a bucket."),
        PresetTool("s3_list", "s3/list", "Lists the objects of a bucket."),
        PresetTool("s3_put", "s3/put", "Writes an object into a bucket."),
    ),
    "lambda": (PresetTool("lambda_invoke", "lambda/invoke", "Invokes a Lambda function."),),
    "messaging": (
        PresetTool("sqs_send", "sqs/send", "Sends a message to an SQS queue."),
        PresetTool("sns_publish", "sns/publish", "Publishes to an SNS topic."),
        PresetTool("events_put", "events/put", "Puts an event on an EventBridge bus."),
    ),
    "text": (PresetTool("text_chunk", "text/chunk", "Splits a long text into chunks."),),
}


def known(presets: Iterable[str]) -> tuple[PresetTool, ...]:
    """The tools of the presets that there are, each once."""
    found = {tool.name: tool for name in presets for tool in PRESETS.get(name, ())}
    return tuple(found.values())


def unknown(presets: Iterable[str]) -> tuple[str, ...]:
    """The presets that there are not: the agent works without them, and its log says so."""
    return tuple(name for name in presets if name not in PRESETS)


def tool_spec(tool: PresetTool) -> ToolSpec:
    """A tool as the model is told of it: the action's own parameters."""
    from chalicelib.actions.registry import get

    schema: dict[str, Any] = get(tool.action).Params.model_json_schema()
    return ToolSpec(tool.name, tool.description, schema)
