"""What a conversation with a language model is, whoever serves the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model is told of it. `schema` is the JSON Schema of its input."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model wants a tool. `id` is how the result is matched; `input` is what the model says,
    whatever type that is."""

    id: str
    name: str
    input: Any


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave, as text for the model. `failed`: the text says why it gave nothing."""

    call: ToolCall
    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of which model, and what it may use."""

    model: str
    prompt: str
    system_prompt: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    tools: tuple[ToolSpec, ...] = ()
    history: tuple[tuple[str, str], ...] = ()
    """What was said before: (from the user, from the model), neither of them blank."""
    schema: Mapping[str, Any] | None = None
    """JSON Schema of the answer, for those who serve models that know about it."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer. `finish_reason` is stop, length, tool_calls, content_filter, or the
    server's own word where it has a new one."""

    text: str
    finish_reason: str
    input_tokens: int
    output_tokens: int
    model: str
    calls: tuple[ToolCall, ...] = field(default=())


class Conversation(Protocol):
    """One conversation, which remembers what was said."""

    def turn(self, seconds: float) -> Completion:
        """The model's next words, within so many seconds. Raises StepFailed."""

    def tell(self, results: Sequence[ToolResult]) -> None:
        """What the tools gave that the model called in its last turn, all of them."""
