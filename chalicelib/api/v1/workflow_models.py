"""Bodies of S1's workflows: what is given, and what is answered."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field
from pydantic.config import JsonDict

from chalicelib.api.models import whole
from chalicelib.api.v1.run_models import CamelBody, CamelModel
from chalicelib.core.graph_workflows.content import MOST_DESCRIPTION
from chalicelib.core.graph_workflows.model import STATES, GraphVersion, GraphWorkflow, VersionLine

DEFINITION_SCHEMA: Final[JsonDict] = {
    "anyOf": [
        {"type": "object", "required": ["nodes"], "properties": {"nodes": {"type": "object"}}},
        {"type": "string"},
    ]
}
"""A text of JSON is taken too: clients send it by mistake."""
_DEFINITION: Final = Field(
    description="`nodes`, of which `root` is the trigger, and `inputSchema`.",
    json_schema_extra=DEFINITION_SCHEMA,
)
_EXPECTED: Final = Field(default=None, description="Refuse unless this is the newest version.")
VersionNumber = Annotated[int, Field(ge=1, le=999_999), BeforeValidator(whole)]


class NewGraphWorkflow(CamelBody):
    """A workflow's first draft."""

    name: str
    description: str = Field(default="", max_length=MOST_DESCRIPTION)
    definition: Any = _DEFINITION


class ChangedGraphWorkflow(CamelBody):
    """What is absent or null stays."""

    name: str | None = None
    description: str | None = Field(default=None, max_length=MOST_DESCRIPTION)
    definition: Any = Field(default=None, json_schema_extra=DEFINITION_SCHEMA)
    expected_version: VersionNumber | None = _EXPECTED


class PublishRequest(CamelBody):
    expected_version: VersionNumber | None = _EXPECTED


class PauseRequest(CamelBody):
    reason: str | None = Field(default=None, min_length=1, max_length=500)


class GraphRollback(CamelBody):
    target_version: VersionNumber = Field(description="The version whose content comes back.")


class ValidateRequest(CamelBody):
    definition: Any = Field(description="Whatever it is, its problems are told.")
    name: str | None = None


class GraphProblemLine(CamelModel):
    """One thing that is wrong, by kind and place."""

    type: str
    node_id: str | None
    node_name: str | None
    field: str | None
    message: str
    code: str


class Validation(CamelModel):
    valid: bool
    errors: list[GraphProblemLine]


class GraphWorkflowLine(CamelModel):
    id: str
    organization_id: str
    name: str
    description: str
    status: str = Field(json_schema_extra={"enum": list(STATES)})
    version: int = Field(description="The newest version.")
    published_version: int | None
    paused_reason: str | None
    created_at: str
    created_by: str
    updated_at: str


class GraphWorkflowDetail(GraphWorkflowLine):
    definition: dict[str, Any] = Field(description="Of the newest version.")


class GraphWorkflowPage(CamelModel):
    items: list[GraphWorkflowLine]
    limit: int
    offset: int
    has_more: bool


class GraphVersionLine(CamelModel):
    workflow_id: str
    version: int
    name: str
    published: bool
    content_hash: str
    created_at: str
    created_by: str


class GraphVersionDetail(GraphVersionLine):
    description: str
    definition: dict[str, Any]


class GraphVersionPage(CamelModel):
    items: list[GraphVersionLine]
    limit: int
    offset: int
    has_more: bool


def members_of(head: GraphWorkflow) -> dict[str, Any]:
    """The members of a line."""
    return {
        "id": head.id,
        "organization_id": head.org,
        "name": head.name,
        "description": head.description,
        "status": head.state,
        "version": head.latest,
        "published_version": head.published or None,
        "paused_reason": head.paused,
        "created_at": head.created_at,
        "created_by": head.created_by,
        "updated_at": head.updated_at,
    }


def version_members(version: GraphVersion | VersionLine, head: GraphWorkflow) -> dict[str, Any]:
    """The members of a version's line."""
    return {
        "workflow_id": version.workflow,
        "version": version.number,
        "name": version.name,
        "published": version.number == head.published,
        "content_hash": version.content_hash,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }
