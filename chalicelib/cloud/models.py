"""Language models through Bedrock's Converse API. The client is handed in; the step retries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from chalicelib.core.chat import Completion, Question, ToolCall, ToolResult
from chalicelib.core.steps import StepFailed

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_bedrock_runtime.type_defs import ConverseResponseTypeDef

_FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
"""Bedrock's words in those of OpenAI-compatible endpoints, so that a workflow can change sides."""

_FAILURES = {
    "ThrottlingException": ("model_throttled", True),
    "TooManyRequestsException": ("model_throttled", True),
    "ServiceQuotaExceededException": ("model_throttled", True),
    "ModelTimeoutException": ("timeout", True),
    "ModelNotReadyException": ("model_unavailable", True),
    "ModelErrorException": ("model_unavailable", True),
    "InternalServerException": ("model_unavailable", True),
    "ServiceUnavailableException": ("model_unavailable", True),
    "ResourceNotFoundException": ("model_not_found", False),
    "ValidationException": ("model_request_invalid", False),
    "AccessDeniedException": ("model_access_denied", False),
}
"""Error code of AWS → our code and whether another try can help."""
_PRIVATE = re.compile(r"arn:[\w-]*:\S*|\b\d{12}\b")


class BedrockConversation:
    """A conversation through Converse (implements `core.chat.Conversation`). Its client's own read
    timeout bounds a turn."""

    def __init__(self, client: BedrockRuntimeClient, question: Question) -> None:
        self._client = client
        self._model = question.model
        self._request = _request(question)
        said = [text for exchange in question.history for text in exchange]
        self._messages: list[Any] = [
            {"role": "assistant" if position % 2 else "user", "content": [{"text": text}]}
            for position, text in enumerate([*said, question.prompt])
        ]

    def turn(self, seconds: float) -> Completion:
        """The model's next words (a Bedrock model id, or the ARN of an inference profile). S2.

        Raises StepFailed: `model_throttled`, `model_unavailable`, `timeout` (worth another try),
        `model_not_found`, `model_request_invalid`, `model_access_denied` (final).
        """
        with bedrock_failures(self._model):
            answer = self._client.converse(**self._request, messages=self._messages)
        message = answer["output"].get("message")
        if message is not None:
            self._messages.append(message)
        return _completion(answer, self._model)

    def tell(self, results: Sequence[ToolResult]) -> None:
        content = [
            {
                "toolResult": {
                    "toolUseId": result.call.id,
                    "content": [{"text": result.text}],
                    "status": "error" if result.failed else "success",
                }
            }
            for result in results
        ]
        self._messages.append({"role": "user", "content": content})


def _request(question: Question) -> Any:
    """Everything of a request but the messages."""
    found: dict[str, Any] = {"modelId": question.model}
    if question.system_prompt:
        found["system"] = [{"text": question.system_prompt}]
    inference: dict[str, Any] = {}
    if question.max_tokens is not None:
        inference["maxTokens"] = question.max_tokens
    if question.temperature is not None:
        inference["temperature"] = question.temperature
    if inference:
        found["inferenceConfig"] = inference
    if question.tools:
        tools = [
            {
                "toolSpec": {
                    "name": tool.name,
                    "description": tool.description or tool.name,
                    "inputSchema": {"json": dict(tool.schema) or {"type": "object"}},
                }
            }
            for tool in question.tools
        ]
        found["toolConfig"] = {"tools": tools}
    return found


@contextmanager
def bedrock_failures(model: str) -> Iterator[None]:
    """The calls inside fail as StepFailed, with the codes of `BedrockConversation.turn`."""
    try:
        yield
    except ClientError as error:
        raise _failure(error, model) from error
    except ReadTimeoutError as error:
        raise StepFailed("timeout", f"{model} did not answer in time") from error
    except NoCredentialsError as error:
        raise StepFailed("model_access_denied", "no AWS credentials", retryable=False) from error
    except ParamValidationError as error:
        message = f"{model}: a parameter has no form that Bedrock takes"
        raise StepFailed("model_request_invalid", message, retryable=False) from error
    except BotoCoreError as error:
        raise StepFailed("model_unavailable", f"{model} cannot be reached") from error


def _completion(answer: ConverseResponseTypeDef, model: str) -> Completion:
    message = answer["output"].get("message")
    blocks = message["content"] if message else []
    reason = answer["stopReason"]
    calls = [block["toolUse"] for block in blocks if "toolUse" in block]
    return Completion(
        text="".join(block["text"] for block in blocks if "text" in block),
        finish_reason=_FINISH_REASONS.get(reason, reason),
        input_tokens=answer["usage"]["inputTokens"],
        output_tokens=answer["usage"]["outputTokens"],
        model=model,
        calls=tuple(ToolCall(c["toolUseId"], c["name"], plain(c["input"])) for c in calls),
    )


def plain(value: Any) -> Any:
    """A document of botocore's as JSON has it: its numbers may be Decimals."""
    if isinstance(value, Mapping):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    if isinstance(value, str | int | float) or value is None:
        return value
    return float(value)


def _failure(error: ClientError, model: str) -> StepFailed:
    word = error.response["Error"]["Code"]
    server_side = error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    code, retryable = _FAILURES.get(
        word, ("model_unavailable", True) if server_side else ("model_request_invalid", False)
    )
    if code == "model_access_denied":
        # AWS's own sentence names the role and the account: not the author's business.
        return StepFailed(code, f"this stage may not use the model {model}", retryable=False)
    said = _PRIVATE.sub("…", error.response["Error"].get("Message", ""))[:500]
    return StepFailed(code, f"{model}: {said}", retryable=retryable)
