"""What a model may do in a turn: send messages, and use the tools of its presets.

Messages are collected; they go out when the turn is committed, along the edges that are there then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from chalicelib.brains.presets import PresetTool, tool_spec
from chalicelib.core.chat import ToolCall, ToolSpec
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.messages import (
    MOST_MESSAGES,
    MOST_TOTAL_BYTES,
    MessagesInvalid,
    checked,
    content_size,
    correlation_of,
)
from chalicelib.core.swarms.model import Mail, Outgoing

if TYPE_CHECKING:
    from chalicelib.actions.ai_tools import RecordedCall
    from chalicelib.actions.base import ActionContext

_SENT: Final = {"status": "sent"}


@dataclass(slots=True)
class ModelTools:
    """The tools of one turn on one piece of mail."""

    mail: Mail
    targets: Sequence[str]
    presets: Sequence[PresetTool]
    context: Callable[[], ActionContext]
    sent: list[Outgoing] = field(default_factory=list)

    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is told of."""
        return (*self._message_specs(), *(tool_spec(tool) for tool in self.presets))

    def run(self, call: ToolCall, before: Sequence[RecordedCall]) -> Any:
        """What a call gives. Raises StepFailed, which the model is told."""
        if call.name in ("send_message", "broadcast", "ask") and self.targets:
            return self._send(call)
        for tool in self.presets:
            if tool.name == call.name:
                return self._act(tool, call, before)
        raise StepFailed("unknown_tool", f"there is no tool {call.name[:64]!r}", retryable=False)

    def _message_specs(self) -> tuple[ToolSpec, ...]:
        if not self.targets:
            return ()
        content = {"type": "string", "description": "The message."}
        to = {"type": "string", "enum": list(self.targets)}
        named = {
            "type": "object",
            "properties": {"to": to, "content": content},
            "required": ["to", "content"],
        }
        everybody = {
            "type": "object",
            "properties": {"content": content},
            "required": ["content"],
        }
        return (
            ToolSpec("send_message", "Sends a message to one node of the swarm.", named),
            ToolSpec("broadcast", "Sends a message to every node that you can reach.", everybody),
            ToolSpec(
                "ask",
                "Sends a message that wants a reply. The reply comes as a message in a later turn.",
                named,
            ),
        )

    def _send(self, call: ToolCall) -> Any:
        given = call.input if isinstance(call.input, Mapping) else {}
        if "content" not in given:
            raise StepFailed("tool_input_invalid", "content is required", retryable=False)
        to = given.get("to")
        if call.name != "broadcast" and to not in self.targets:
            allowed = ", ".join(self.targets)
            raise StepFailed("invalid_route", f"you can send to: {allowed}"[:500], retryable=False)
        if len(self.sent) >= MOST_MESSAGES:
            message = f"one turn sends at most {MOST_MESSAGES} messages"
            raise StepFailed("too_many_messages", message, retryable=False)
        try:
            content = checked(given["content"], call.name)
        except MessagesInvalid as problem:
            raise StepFailed("too_large", str(problem), retryable=False) from None
        so_far = sum(content_size(sent.content) for sent in self.sent)
        if so_far + content_size(content) > MOST_TOTAL_BYTES:
            message = f"one turn sends at most {MOST_TOTAL_BYTES:,} bytes"
            raise StepFailed("too_large", message, retryable=False)
        if call.name == "broadcast":
            self.sent.append(Outgoing(None, content, "broadcast"))
        elif call.name == "ask":
            correlation = correlation_of(self.mail, len(self.sent))
            self.sent.append(Outgoing(to, content, "ask", correlation))
        else:
            self.sent.append(Outgoing(to, content))
        return _SENT

    def _act(self, tool: PresetTool, call: ToolCall, before: Sequence[RecordedCall]) -> Any:
        from chalicelib.actions.ai_tools import call_key
        from chalicelib.actions.registry import run

        if not isinstance(call.input, Mapping):
            raise StepFailed("tool_input_invalid", "the input is no object", retryable=False)
        context = self.context()
        key = call_key(call, before, context)
        return run(tool.action, call.input, replace(context, idempotency_key=key))
