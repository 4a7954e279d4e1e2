"""Ours, beside S2: retry an execution."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.api.executions import Triggered
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY, Routes
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = Routes(__name__, tag="executions")


class Retried(Triggered):
    source_execution_id: str


@routes.declare(
    "POST",
    "/api/v1/executions/{id}/retry",
    role=Role.OPERATOR,
    summary="Retry an execution: a new one that keeps the outputs of what succeeded",
    status=202,
    answer=Retried,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 404, 409, 422, 429),
)
def retry_execution(request: ApiRequest, id: str) -> Response:
    """Of one that failed, timed out or was cancelled. With an `Idempotency-Key` a repeated request
    is one new execution."""
    started = services().retrier.retry(
        request.caller.org,
        id,
        principal=request.caller.name,
        idempotency_key=request.idempotency_key,
    )
    run = started.run
    answer = Retried(
        execution_id=run.id, workflow=run.workflow, version=run.version, source_execution_id=id
    )
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json"}
    if started.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(body=answer.model_dump_json(), status_code=202, headers=headers)
