"""`lambda/invoke`: a user's own code (S2)."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field

from chalicelib.actions.aws_fields import Function, as_bytes, as_text, function_name
from chalicelib.actions.base import JSON, Action, ActionContext, ActionParams
from chalicelib.actions.json_text import json_or_none
from chalicelib.cloud.aws import calling
from chalicelib.core.steps import StepFailed

MOST_BYTES = {"wait": 6_000_000, "event": 1_000_000}
"""Lambda's limits of a payload, by how it is invoked."""
_MOST_ANSWER = 6_000_000
_MOST_MESSAGE = 500


class LambdaInvokeParams(ActionParams):
    """Which function gets what."""

    function: Function = Field(description="The function's name, or its ARN without a qualifier.")
    payload: JSON = Field(default_factory=dict, description="What it is called with: any JSON.")
    qualifier: Annotated[str, Field(pattern=r"^[A-Za-z0-9_$-]+\z", max_length=128)] | None = Field(
        default=None, description="A version or an alias of it."
    )
    mode: Literal["wait", "event"] = Field(
        default="wait", description="`wait` for its answer, or leave it as an `event`."
    )


class LambdaInvokeOutput(TypedDict):
    status: int
    """200, or 202 for an event."""
    payload: JSON
    """What the function returned; null for an event."""
    version: str | None


class LambdaInvoke(Action[LambdaInvokeParams]):
    name = "lambda/invoke"
    Params = LambdaInvokeParams
    Output = LambdaInvokeOutput
    effectful = True

    def run(self, params: LambdaInvokeParams, context: ActionContext) -> LambdaInvokeOutput:
        named = params.function
        short = function_name(named)
        arn = context.allowed(
            "lambda", named if named.startswith("arn:") else f"function:{named}", named
        )
        text = json.dumps(params.payload) if isinstance(params.payload, str) else None
        body = as_bytes(text or as_text(params.payload), MOST_BYTES[params.mode], "payload")
        more = {} if params.qualifier is None else {"Qualifier": params.qualifier}
        with calling(short):
            answer = context.aws("lambda").invoke(
                FunctionName=arn,
                InvocationType="RequestResponse" if params.mode == "wait" else "Event",
                Payload=body,
                **more,
            )
            given = answer["Payload"].read(_MOST_ANSWER + 1)
        if len(given) > _MOST_ANSWER:
            message = f"{short}: its answer is over {_MOST_ANSWER:,} bytes"
            raise StepFailed("too_large", message, retryable=False)
        payload = json_or_none(given.decode(errors="replace")) if given else None
        if "FunctionError" in answer:
            raise _function_error(short, payload)
        return {
            "status": answer["StatusCode"],
            "payload": payload,
            "version": answer.get("ExecutedVersion"),
        }


def _function_error(function: str, payload: Any) -> StepFailed:
    """What the function raised: its type and message, not its stack."""
    found = payload if isinstance(payload, dict) else {}
    kind = str(found.get("errorType") or "Error")[:100]
    message = str(found.get("errorMessage") or "it failed")[:_MOST_MESSAGE]
    return StepFailed("function_error", f"{function}: {kind}: {message}")
