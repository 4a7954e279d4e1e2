"""Ours, beside S2: delete an execution."""

from __future__ import annotations

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Routes
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = Routes(__name__, tag="executions")


class DeletedExecution(ApiModel):
    execution_id: str
    status: str = "deleted"


@routes.declare(
    "DELETE",
    "/api/v1/executions/{id}",
    role=Role.ADMIN,
    summary="Delete an execution that is over, with everything that belongs to it",
    answer=DeletedExecution,
    errors=(404, 409),
)
def delete_execution(request: ApiRequest, id: str) -> DeletedExecution:
    """A live one is refused: cancel it first. Afterwards its id answers 404."""
    services().deleter.delete(request.caller.org, id)
    return DeletedExecution(execution_id=id)
