"""`ai/completion` speaks Converse as botocore's own model of it demands, and maps its failures."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.stub import Stubber

from chalicelib.actions import registry
from chalicelib.actions.base import ActionContext
from chalicelib.cloud.http import OutboundHttp
from chalicelib.cloud.models import BedrockConversation
from chalicelib.core.chat import Question
from chalicelib.core.steps import StepFailed

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


def answer(text: str = "hi", reason: str = "end_turn") -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": reason,
        "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
        "metrics": {"latencyMs": 1},
    }


def complete(client: Any, **params: Any) -> Any:
    context = ActionContext(http=OutboundHttp(), bedrock=lambda: client, remaining=lambda: 30.0)
    return registry.run("ai/completion", {"model": MODEL, "prompt": "Say hi", **params}, context)


def test_a_completion_has_exactly_the_documented_output(client: Any) -> None:
    with Stubber(client) as stubber:
        message = {"role": "user", "content": [{"text": "Say hi"}]}
        stubber.add_response("converse", answer(), {"modelId": MODEL, "messages": [message]})
        assert complete(client) == {
            "text": "hi",
            "json": None,
            "model": MODEL,
            "finish_reason": "stop",
            "usage": {"input_tokens": 3, "output_tokens": 2},
            "tool_calls": [],
        }


def test_every_parameter_reaches_the_model(client: Any) -> None:
    expected = {
        "modelId": MODEL,
        "messages": [{"role": "user", "content": [{"text": "Say hi"}]}],
        "system": [{"text": "Be brief"}],
        "inferenceConfig": {"maxTokens": 10, "temperature": 0.0},
    }
    with Stubber(client) as stubber:
        stubber.add_response("converse", answer(), expected)
        complete(client, system_prompt="Be brief", max_tokens=10, temperature=0)
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"a": [1]}', {"a": [1]}), (" 12 ", 12), ('Sure: {"a": 1}', None), ("", None), ("NaN", None)],
)
def test_json_is_there_when_the_whole_text_is_json(client: Any, text: str, value: Any) -> None:
    with Stubber(client) as stubber:
        stubber.add_response("converse", answer(text))
        assert complete(client)["json"] == value


@pytest.mark.parametrize(
    ("reason", "word"),
    [("max_tokens", "length"), ("stop_sequence", "stop"), ("content_filtered", "content_filter")],
)
def test_finish_reasons_have_one_vocabulary(client: Any, reason: str, word: str) -> None:
    with Stubber(client) as stubber:
        stubber.add_response("converse", answer(reason=reason))
        assert complete(client)["finish_reason"] == word


@pytest.mark.parametrize(
    ("word", "status", "code", "retryable"),
    [
        ("ThrottlingException", 429, "model_throttled", True),
        ("ModelTimeoutException", 408, "timeout", True),
        ("ModelNotReadyException", 429, "model_unavailable", True),
        ("InternalServerException", 500, "model_unavailable", True),
        ("SomethingNew", 503, "model_unavailable", True),
        ("SomethingElse", 400, "model_request_invalid", False),
        ("ValidationException", 400, "model_request_invalid", False),
        ("ResourceNotFoundException", 404, "model_not_found", False),
        ("AccessDeniedException", 403, "model_access_denied", False),
    ],
)
def test_errors_of_aws_become_failures_that_know_whether_to_try_again(
    client: Any, word: str, status: int, code: str, retryable: bool
) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("converse", word, "arn:aws:sts::123456789012:x", status)
        with pytest.raises(StepFailed) as caught:
            complete(client)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


def test_a_denial_does_not_repeat_awss_sentence_with_the_account_in_it(client: Any) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("converse", "AccessDeniedException", "arn:aws:sts::123456789012:x")
        with pytest.raises(StepFailed) as caught:
            complete(client)
    assert "123456789012" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (ReadTimeoutError(endpoint_url="https://x"), "timeout", True),
        (EndpointConnectionError(endpoint_url="https://x"), "model_unavailable", True),
        (NoCredentialsError(), "model_access_denied", False),
    ],
)
def test_a_call_that_does_not_arrive_is_a_failure_of_its_own(
    error: Exception, code: str, retryable: bool
) -> None:
    class Broken:
        def converse(self, **_: Any) -> Any:
            raise error

    with pytest.raises(StepFailed) as caught:
        BedrockConversation(Broken(), Question(MODEL, "x")).turn(1)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


@pytest.mark.parametrize(
    "params", [{"prompt": ""}, {"temperature": 1.5}, {"max_tokens": 0}, {"model": ""}]
)
def test_parameters_out_of_range_never_reach_the_model(client: Any, params: dict[str, Any]) -> None:
    with pytest.raises(StepFailed) as caught:
        complete(client, **params)
    assert caught.value.code == "invalid_params"
