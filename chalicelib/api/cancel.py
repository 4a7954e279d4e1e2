"""S0: the cancel endpoints, with their own bodies. Beside them stands S2's, in `executions`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from chalice.app import Response
from pydantic import ConfigDict, Field

from chalicelib.api.models import ApiModel
from chalicelib.api.problems import problem_headers
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Routes
from chalicelib.core.errors import (
    BadRequest,
    NotFound,
    PermissionDenied,
    RunyardError,
    TokenRequired,
    Unauthorized,
    Unavailable,
)
from chalicelib.core.roles import Role
from chalicelib.core.runs.model import RUN_TYPES
from chalicelib.services import services

routes = Routes(__name__, tag="cancel")

WRONG_TYPE: Final = "executionType must be 'workflow-run' or 'method-run'"
ACCESS_DENIED: Final = "Access denied: cancel requires operator role"
NO_TOKEN: Final = "Unauthorized: token required"  # noqa: S105 - a message
WRONG_TOKEN: Final = "Unauthorized"  # noqa: S105 - a message


class CancelledExecution(ApiModel):
    status: Literal["cancelled"] = "cancelled"
    executionType: str  # noqa: N815 - S0's word
    executionId: str  # noqa: N815 - S0's word


class CancelAll(ApiModel):
    """The optional body: without it, or without the member, everything live is cancelled."""

    model_config = ConfigDict(extra="forbid")
    executionType: Any = Field(  # noqa: N815 - S0's word
        default=None,
        description="Only runs of this type.",
        json_schema_extra={"type": "string", "enum": list(RUN_TYPES)},
    )


class CancelledExecutions(ApiModel):
    status: Literal["cancelled"] = "cancelled"
    count: int = Field(description="Runs that this request cancelled.")


def render_error(error: RunyardError, path: str, correlation_id: str) -> Response:
    """S0's refusals: plain text without a good token, else `{status, message}`."""
    headers: dict[str, str | list[str]] = {**problem_headers(error)}
    if isinstance(error, Unauthorized):
        text = NO_TOKEN if isinstance(error, TokenRequired) else WRONG_TOKEN
        headers["Content-Type"] = "text/plain; charset=utf-8"
        return Response(body=text, status_code=error.status, headers=headers)
    body: dict[str, Any] = {"status": "error", "message": error.detail}
    if isinstance(error, NotFound):
        body["status"] = "not_found"
    if isinstance(error, PermissionDenied):
        body["message"] = ACCESS_DENIED
    if "count" in error.extra:
        body["count"] = error.extra["count"]
    headers["Content-Type"] = "application/json"
    return Response(body=json.dumps(body), status_code=error.status, headers=headers)


def describe_error(status: int) -> Mapping[str, Any]:
    """What OpenAPI says of a refusal's content."""
    if status == 401:
        return {"text/plain": {"schema": {"type": "string", "enum": [NO_TOKEN, WRONG_TOKEN]}}}
    words = ["not_found"] if status == 404 else ["error"]
    members = {"status": {"type": "string", "enum": words}, "message": {"type": "string"}}
    if status == 503:
        members["count"] = {"type": "integer"}
    schema = {"type": "object", "required": ["status", "message"], "properties": members}
    return {"application/json": {"schema": schema}}


@routes.declare(
    "POST",
    "/api/v1/cancel/{execution}/{id}",
    role=Role.OPERATOR,
    summary="Cancel a running execution by its type and id",
    answer=CancelledExecution,
    errors=(400, 404),
    render_error=render_error,
    describe_error=describe_error,
)
def cancel_one(request: ApiRequest, execution: str, id: str) -> CancelledExecution:
    """`execution` is the type, `workflow-run` or `method-run` (API Gateway allows one name per
    level of a path, and S2's cancel has taken it). After the answer no step of the run starts."""
    if execution not in RUN_TYPES:
        raise BadRequest(WRONG_TYPE)
    try:
        services().canceller.cancel(request.caller.org, id, run_type=execution)
    except NotFound as refusal:
        raise NotFound(f"No active {execution} with id {id}") from refusal
    return CancelledExecution(executionType=execution, executionId=id)


@routes.declare(
    "POST",
    "/api/v1/cancel",
    role=Role.OPERATOR,
    summary="Cancel all running executions, or those of one type",
    body=CancelAll,
    body_required=False,
    answer=CancelledExecutions,
    errors=(400, 415, 422, 503),
    render_error=render_error,
    describe_error=describe_error,
)
def cancel_all(request: ApiRequest) -> CancelledExecutions:
    """Counts what this request cancelled; none is fine. Where more runs are live than one request
    can cancel, or AWS throttles, the answer is 503 with the count so far: send it again."""
    body = request.read(CancelAll, required=False)
    wanted = None
    if "executionType" in body.model_fields_set:
        if body.executionType not in RUN_TYPES:
            raise BadRequest(WRONG_TYPE)
        wanted = body.executionType
    done = services().bulk_canceller.cancel(request.caller.org, wanted)
    if done.more:
        raise Unavailable(
            f"cancelled {done.count} runs, and more are live: send the request again",
            count=done.count,
        )
    return CancelledExecutions(count=done.count)
