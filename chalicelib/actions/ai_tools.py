"""Tools of a model: it asks for actions, they run, and it is told what they gave.

Rounds are bounded, and so is what a model can be told. A tool that fails tells the model why, which
may do better; only the model's own failures fail the step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from chalicelib.actions.base import JSON, ActionContext
from chalicelib.actions.json_schema import value_problems
from chalicelib.core.chat import Completion, Conversation, ToolCall, ToolResult
from chalicelib.core.steps import StepFailed

if TYPE_CHECKING:
    from chalicelib.actions.ai_completion import Tool

MOST_CALLS = 50
"""Of one step, over all rounds."""
MOST_RESULT = 50_000
"""Characters of a tool's output that the model is shown."""
NOT_TOOLS = ("approval", "delay", "swarm/task", "workflow/run")
"""Actions that are more than one function call; and no model calls a model."""
TOOL_INPUT = "tool_input"
"""The input by which a tool's params name what the model gave."""


class RecordedCall(TypedDict):
    """What the output says of a call."""

    round: int
    name: str
    input: JSON
    status: Literal["succeeded", "failed"]
    output: NotRequired[JSON]
    error: NotRequired[str]


def tool_problem(action: str) -> str | None:
    """Why an action can be no tool; None when it can."""
    if action.startswith("ai/") or action in NOT_TOOLS:
        return f"the action `{action}` cannot be a tool"
    return None


def converse(
    conversation: Conversation, tools: Sequence[Tool], max_rounds: int, context: ActionContext
) -> tuple[list[Completion], list[RecordedCall]]:
    """The model's turns, the last of which calls no tool, and every call that it made.

    Raises StepFailed: the model's own, and `too_many_tool_calls` (final) when it still wants tools
    after `max_rounds`, or more than 50 in all.
    """
    by_name = {tool.name: tool for tool in tools}

    def run(call: ToolCall, before: Sequence[RecordedCall]) -> JSON:
        return _run(call, by_name.get(call.name), before, context)

    return rounds(conversation, run if tools else None, max_rounds, context.remaining)


def rounds(
    conversation: Conversation,
    run: Callable[[ToolCall, Sequence[RecordedCall]], JSON] | None,
    max_rounds: int,
    remaining: Callable[[], float],
) -> tuple[list[Completion], list[RecordedCall]]:
    """The same with any tools: `run` is handed a call and those before it, and gives what the tool
    gives or raises StepFailed; None where there are no tools."""
    turns: list[Completion] = []
    recorded: list[RecordedCall] = []
    while True:
        turns.append(conversation.turn(remaining()))
        calls = turns[-1].calls
        if not calls or run is None:
            return turns, recorded
        if len(turns) > max_rounds or len(recorded) + len(calls) > MOST_CALLS:
            message = f"the model still calls tools after {len(turns) - 1} rounds"
            raise StepFailed("too_many_tool_calls", message, retryable=False)
        results = []
        for call in calls:
            found = _called(call, len(turns), recorded, run)
            recorded.append(found)
            results.append(_result(call, found))
        conversation.tell(results)


def _called(
    call: ToolCall,
    turn: int,
    before: Sequence[RecordedCall],
    run: Callable[[ToolCall, Sequence[RecordedCall]], JSON],
) -> RecordedCall:
    """Runs one call."""
    found: RecordedCall = {
        "round": turn,
        "name": call.name[:64],
        "input": call.input,
        "status": "failed",
    }
    try:
        found["output"] = run(call, before)
        found["status"] = "succeeded"
    except StepFailed as failure:
        found["error"] = str(failure)[:1000]
    return found


def _run(
    call: ToolCall, tool: Tool | None, before: Sequence[RecordedCall], context: ActionContext
) -> JSON:
    from chalicelib.actions.registry import run

    if tool is None:
        raise StepFailed("unknown_tool", f"there is no tool {call.name[:64]!r}", retryable=False)
    if problem := tool_problem(tool.action):
        raise StepFailed("unknown_tool", problem, retryable=False)
    if wrong := value_problems(tool.input_schema, call.input):
        message = f"the tool's input: {'; '.join(wrong)}"
        raise StepFailed("tool_input_invalid", message, retryable=False)
    params: Any = tool.params
    if context.late is not None:
        params = context.late(tool.params, {TOOL_INPUT: call.input})
    # The step's credential is the model's own; and every call of a tool is a deed of its own.
    own = replace(context, credential=None, idempotency_key=call_key(call, before, context))
    return run(tool.action, params, own)


def call_key(call: ToolCall, before: Sequence[RecordedCall], context: ActionContext) -> str | None:
    """The idempotency key of a call: the same for the same call in another try of the step, another
    for each call within one."""
    if context.idempotency_key is None:
        return None
    same = sum(1 for one in before if (one["name"], one["input"]) == (call.name, call.input))
    said = json.dumps([call.name, call.input, same], sort_keys=True)
    return f"{context.idempotency_key}/{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _result(call: ToolCall, found: RecordedCall) -> ToolResult:
    if found["status"] == "failed":
        return ToolResult(call, found.get("error", "failed"), failed=True)
    text = json.dumps(found.get("output"), ensure_ascii=False)
    if len(text) > MOST_RESULT:
        text = f"{text[:MOST_RESULT]}… (cut off)"
    return ToolResult(call, text)
