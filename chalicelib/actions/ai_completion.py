"""`ai/completion`: one answer of a language model, which may call tools on the way (S2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypedDict

from pydantic import AfterValidator, Field

from chalicelib.actions.ai_tools import TOOL_INPUT, RecordedCall, converse, tool_problem
from chalicelib.actions.base import JSON, Action, ActionContext, ActionParams
from chalicelib.actions.json_schema import schema_problem, value_problems
from chalicelib.actions.json_text import json_or_none
from chalicelib.core.chat import Conversation, Question, ToolSpec
from chalicelib.core.errors import Problem
from chalicelib.core.steps import StepFailed

MOST_CHARACTERS = 1_000_000
_TOOL_PARAMS = re.compile(r"tools\[\d+\]\.params\b")
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n\s*```\s*\Z", re.DOTALL)


def _schema(value: dict[str, Any]) -> dict[str, Any]:
    problem = schema_problem(value)
    if problem is not None:
        raise ValueError(problem)
    return value


Schema = Annotated[dict[str, Any], AfterValidator(_schema)]


class Tool(ActionParams):
    """An action the model may call."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*\z", max_length=64)] = Field(
        description="What the model calls it."
    )
    description: str = Field(
        default="", max_length=4000, description="When to use it, for the model."
    )
    action: str = Field(description="The action behind it. Not `ai/…` and not `delay`.")
    input_schema: Schema = Field(default_factory=dict, description="JSON Schema of its input.")
    params: dict[str, Any] = Field(
        default_factory=dict, description="The action's parameters; may use `inputs.tool_input`."
    )


class CompletionParams(ActionParams):
    """What is asked of which model."""

    model: str = Field(
        min_length=1,
        max_length=2048,
        description="A Bedrock model id, or the ARN of an inference profile.",
    )
    prompt: str = Field(
        min_length=1, max_length=MOST_CHARACTERS, description="What the model is asked."
    )
    system_prompt: str | None = Field(
        default=None, max_length=MOST_CHARACTERS, description="How the model is to behave."
    )
    max_tokens: int | None = Field(
        default=None, ge=1, description="The longest answer, in tokens; the model's own by default."
    )
    temperature: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="0 is steady, 1 is varied; the model's own by default.",
    )
    output_schema: Schema | None = Field(
        default=None, description="JSON Schema the answer has to match."
    )
    tools: list[Tool] = Field(
        default_factory=list, max_length=20, description="Actions the model may call."
    )
    max_rounds: int = Field(
        default=5, ge=1, le=20, description="How often it may call tools, any number at a time."
    )


class Usage(TypedDict):
    input_tokens: int
    output_tokens: int


class CompletionOutput(TypedDict):
    text: str
    json: JSON
    """The answer parsed, where the whole of it is JSON; else null."""
    model: str
    finish_reason: str
    usage: Usage
    """Of all rounds together."""
    tool_calls: list[RecordedCall]


class AiCompletion(Action[CompletionParams]):
    name = "ai/completion"
    Params = CompletionParams
    Output = CompletionOutput
    effectful = False
    signs_in = True

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        found = []
        names: set[str] = set()
        for place, tool in _tools(params):
            problem = tool_problem(str(tool.get("action", "")))
            if problem is not None:
                found.append(Problem(f"{place}.action", problem))
            name = tool.get("name")
            if isinstance(name, str) and name in names:
                found.append(Problem(f"{place}.name", f"another tool is named {name!r}"))
            names.add(str(name))
        return found

    def nested(self, params: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        for place, tool in _tools(params):
            action, given = tool.get("action"), tool.get("params", {})
            if isinstance(action, str) and isinstance(given, Mapping) and not tool_problem(action):
                yield f"{place}.params", action, given

    def late_inputs(self, place: str) -> tuple[str, ...]:
        return (TOOL_INPUT,) if _TOOL_PARAMS.match(place) else ()

    def run(self, params: CompletionParams, context: ActionContext) -> CompletionOutput:
        conversation = _conversation(params, context)
        turns, calls = converse(conversation, params.tools, params.max_rounds, context)
        last = turns[-1]
        value = json_or_none(last.text)
        if params.output_schema is not None:
            value = _matching(params.output_schema, last.text, last.finish_reason)
        return {
            "text": last.text,
            "json": value,
            "model": last.model,
            "finish_reason": last.finish_reason,
            "usage": {
                "input_tokens": sum(turn.input_tokens for turn in turns),
                "output_tokens": sum(turn.output_tokens for turn in turns),
            },
            "tool_calls": calls,
        }


def _tools(params: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    listed = params.get("tools")
    for position, tool in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(tool, Mapping):
            yield f"tools[{position}]", tool


def _conversation(params: CompletionParams, context: ActionContext) -> Conversation:
    """With Bedrock, or with the endpoint that the credential names."""
    question = Question(
        model=params.model,
        prompt=params.prompt,
        system_prompt=_system(params),
        max_tokens=params.max_tokens,
        temperature=params.temperature,
        tools=tuple(ToolSpec(t.name, t.description, t.input_schema) for t in params.tools),
        schema=params.output_schema,
    )
    if context.credential is None:
        from chalicelib.cloud.models import BedrockConversation

        return BedrockConversation(context.bedrock(), question)
    from chalicelib.actions.ai_endpoint import endpoint
    from chalicelib.cloud.openai import OpenAiConversation

    found = endpoint(context.credential, AiCompletion.name)
    return OpenAiConversation(context.http, found, question)


def _system(params: CompletionParams) -> str | None:
    """Converse knows no schema of answers, so the model is told; no server is harmed by it."""
    if params.output_schema is None:
        return params.system_prompt
    told = (
        "Answer with one JSON value and nothing else: no explanation, no code fence. "
        f"It has to match this JSON Schema: {json.dumps(params.output_schema)}"
    )
    return f"{params.system_prompt}\n\n{told}" if params.system_prompt else told


def _matching(schema: Mapping[str, Any], text: str, reason: str) -> JSON:
    """The answer as JSON that matches. Raises StepFailed `output_mismatch`: another try may help."""
    fenced = _FENCED.match(text)
    body = fenced.group(1) if fenced else text
    value = json_or_none(body)
    if value is None and body.strip() != "null":
        cut = ": it was cut off at max_tokens" if reason == "length" else ""
        raise StepFailed("output_mismatch", f"the answer is no JSON{cut}")
    if wrong := value_problems(schema, value):
        raise StepFailed("output_mismatch", "; ".join(wrong))
    return value
