"""`ai/embed`: texts as vectors (S2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from pydantic import BeforeValidator, Field

from chalicelib.actions.base import Action, ActionContext, ActionParams
from chalicelib.core.credentials import Credential
from chalicelib.core.steps import StepFailed

MOST_TEXTS = 96
"""Cohere's limit of one call, which all share."""
_MOST_BYTES = 10_000_000


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1, max_length=50_000)]


class EmbedParams(ActionParams):
    """What is embedded by which model."""

    model: str = Field(
        min_length=1, max_length=2048, description="A Bedrock model id: Titan's or Cohere's."
    )
    input: Annotated[list[Text], BeforeValidator(_as_list)] = Field(
        min_length=1, max_length=MOST_TEXTS, description="A text, or a list of up to 96."
    )
    dimensions: int | None = Field(
        default=None, ge=1, le=8192, description="How long the vectors are; the model's own else."
    )


class EmbedUsage(TypedDict):
    input_tokens: int
    output_tokens: int


class EmbedOutput(TypedDict):
    embeddings: list[list[float]]
    """One vector a text, in their order."""
    dimensions: int
    model: str
    usage: EmbedUsage


class AiEmbed(Action[EmbedParams]):
    name = "ai/embed"
    Params = EmbedParams
    Output = EmbedOutput
    effectful = False
    signs_in = True

    def run(self, params: EmbedParams, context: ActionContext) -> EmbedOutput:
        if context.credential is not None:
            vectors, tokens = _by_endpoint(params, context, context.credential)
        elif "cohere." in params.model:
            vectors, tokens = _by_cohere(params, context)
        else:
            vectors, tokens = _by_titan(params, context)
        if len(vectors) != len(params.input) or not _are_vectors(vectors):
            message = f"{params.model}: the answer has not one vector for each text"
            raise StepFailed("model_request_invalid", message, retryable=False)
        return {
            "embeddings": vectors,
            "dimensions": len(vectors[0]),
            "model": params.model,
            "usage": {"input_tokens": tokens, "output_tokens": 0},
        }


def _are_vectors(found: Any) -> bool:
    return all(
        isinstance(vector, list) and vector and all(isinstance(n, int | float) for n in vector)
        for vector in found
    )


def _by_titan(params: EmbedParams, context: ActionContext) -> tuple[list[Any], int]:
    """Titan takes one text a call."""
    more = {} if params.dimensions is None else {"dimensions": params.dimensions}
    vectors: list[Any] = []
    tokens = 0
    for text in params.input:
        if context.remaining() < 1:
            raise StepFailed("timeout", f"{params.model}: {len(vectors)} texts took all the time")
        answer = _invoke(params.model, {"inputText": text, **more}, context)
        vectors.append(answer.get("embedding"))
        tokens += int(answer.get("inputTextTokenCount") or 0)
    return vectors, tokens


def _by_cohere(params: EmbedParams, context: ActionContext) -> tuple[list[Any], int]:
    body: dict[str, Any] = {"texts": params.input, "input_type": "search_document"}
    if params.dimensions is not None:
        body["output_dimension"] = params.dimensions
    found = _invoke(params.model, body, context).get("embeddings")
    # A list, or by type of number where several could be asked for.
    vectors = found.get("float") if isinstance(found, Mapping) else found
    return (vectors if isinstance(vectors, list) else []), 0


def _invoke(model: str, body: Mapping[str, Any], context: ActionContext) -> Mapping[str, Any]:
    from chalicelib.cloud.models import bedrock_failures

    with bedrock_failures(model):
        answer = context.bedrock().invoke_model(
            modelId=model,
            body=json.dumps(body),
            contentType="application/json",
            accept="application/json",
        )
        read = answer["body"].read(_MOST_BYTES)
    try:
        found = json.loads(read)
    except ValueError as error:
        raise StepFailed("model_unavailable", f"{model}: the answer is no JSON") from error
    return found if isinstance(found, Mapping) else {}


def _by_endpoint(
    params: EmbedParams, context: ActionContext, credential: Credential
) -> tuple[list[Any], int]:
    from chalicelib.actions.ai_endpoint import endpoint

    body: dict[str, Any] = {"model": params.model, "input": params.input}
    if params.dimensions is not None:
        body["dimensions"] = params.dimensions
    answer = endpoint(credential, AiEmbed.name).call(
        context.http, "embeddings", body, params.model, context.remaining()
    )
    try:
        listed = sorted(answer["data"], key=lambda one: one["index"])
        return [one["embedding"] for one in listed], int(answer["usage"]["prompt_tokens"])
    except (KeyError, TypeError, ValueError) as error:
        message = f"{params.model}: the answer is not that of /embeddings"
        raise StepFailed("model_unavailable", message) from error
