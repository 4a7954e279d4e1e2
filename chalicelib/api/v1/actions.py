"""S1: the catalogue of node types, from their declarations."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from chalicelib.api.requests import ApiRequest
from chalicelib.api.v1.envelope import V1Routes
from chalicelib.api.v1.pages import PARAMETERS, cut, page_of
from chalicelib.api.v1.run_models import CamelModel
from chalicelib.core.roles import Role

routes = V1Routes(__name__, tag="graph workflows")


class ActionLine(CamelModel):
    """One type of node: what it does, what its payload has, what it costs."""

    type: str
    role: str = Field(json_schema_extra={"enum": ["trigger", "control", "data", "effect"]})
    description: str
    effectful: bool = Field(description="In a simulation it answers with a stub.")
    branches: list[str] = Field(description="What its children may carry as `branch`.")
    payload: list[dict[str, Any]]
    cost: str
    cu: int


class ActionPage(CamelModel):
    items: list[ActionLine]
    limit: int
    offset: int
    has_more: bool


@routes.declare(
    "GET",
    "/v1/actions",
    role=Role.VIEWER,
    summary="What a node can be",
    answer=ActionPage,
    errors=(400,),
    parameters=PARAMETERS,
)
def list_actions(request: ApiRequest) -> ActionPage:
    """In the order of the documentation."""
    from chalicelib.core.graphs.types import NODE_TYPES
    from chalicelib.core.units import cost_of

    limit, offset = page_of(request.query)
    found, more = cut(NODE_TYPES.values(), limit, offset)
    lines = [
        ActionLine.model_validate({**node.as_dict(), "cu": cost_of(node.name)}) for node in found
    ]
    return ActionPage(items=lines, limit=limit, offset=offset, has_more=more)
