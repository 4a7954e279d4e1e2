"""S2: apply workflows and read them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chalice.app import Response
from pydantic import ConfigDict, Field

from chalicelib.api.models import ApiModel, WholeNumber
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Routes
from chalicelib.core.errors import NotFound
from chalicelib.core.roles import Role
from chalicelib.services import services

if TYPE_CHECKING:
    from chalicelib.core.apply import Applied
    from chalicelib.core.runs.ports import Version
    from chalicelib.store.workflows import Head, VersionLine

routes = Routes(__name__, tag="workflows")

DEFINITION_TYPES: Final = ("application/json", "application/yaml", "text/yaml")
DEFINITION: Final = {"$ref": "#/components/schemas/WorkflowDefinition"}
"""A workflow definition, whose schema `definition_schema` makes."""


class AppliedWorkflow(ApiModel):
    name: str
    version: int
    status: str
    content_hash: str


class WorkflowLine(ApiModel):
    name: str
    description: str
    version: int
    content_hash: str
    updated_at: str


class ArchivedWorkflow(WorkflowLine):
    archived: bool = True


class RollbackRequest(ApiModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    to_version: WholeNumber = Field(
        ge=1, le=999_999, description="The version whose content comes back."
    )


class WorkflowList(ApiModel):
    workflows: list[WorkflowLine]


class WorkflowVersion(ApiModel):
    name: str
    version: int
    content_hash: str
    created_at: str
    created_by: str


class VersionList(ApiModel):
    versions: list[WorkflowVersion]


class WorkflowDetail(WorkflowVersion):
    definition: dict[str, Any]


@routes.declare(
    "PUT",
    "/api/v1/workflows/{name}",
    role=Role.OPERATOR,
    summary="Apply a workflow: unchanged content makes no new version",
    answer=AppliedWorkflow,
    also=(201,),
    body=DEFINITION,
    body_types=DEFINITION_TYPES,
    errors=(400, 409, 413, 415, 422, 429, 501),
)
def apply_workflow(request: ApiRequest, name: str) -> Response:
    """201 for a new version, 200 for unchanged content."""
    request.content_type(DEFINITION_TYPES, "application/json")
    media = request.headers.get("content-type", "application/json")  # with its charset
    applied = services().applier.apply(
        request.caller.org, name, request.body(), media, principal=request.caller.name
    )
    return _applied(applied)


def _applied(applied: Applied) -> Response:
    answer = AppliedWorkflow(
        name=applied.name,
        version=applied.version,
        status=applied.status,
        content_hash=applied.content_hash,
    )
    return Response(
        body=answer.model_dump_json(),
        status_code=200 if applied.status == "unchanged" else 201,
        headers={"Content-Type": "application/json"},
    )


@routes.declare(
    "GET",
    "/api/v1/workflows",
    role=Role.VIEWER,
    summary="List workflows by name",
    answer=WorkflowList,
)
def list_workflows(request: ApiRequest) -> WorkflowList:
    heads = services().workflows.heads(request.caller.org)
    return WorkflowList(workflows=[_line(head) for head in heads if not head.archived])


@routes.declare(
    "GET",
    "/api/v1/workflows/{name}",
    role=Role.VIEWER,
    summary="A workflow's latest version",
    answer=WorkflowDetail,
    errors=(404,),
)
def get_workflow(request: ApiRequest, name: str) -> WorkflowDetail:
    return _detail(services().workflows.latest(request.caller.org, name), name)


@routes.declare(
    "DELETE",
    "/api/v1/workflows/{name}",
    role=Role.OPERATOR,
    summary="Archive a workflow: no new runs, until it is applied again",
    answer=ArchivedWorkflow,
    errors=(404,),
)
def archive_workflow(request: ApiRequest, name: str) -> ArchivedWorkflow:
    """Its versions stay readable, its running runs go on, its triggers are taken away."""
    head = services().archiver.archive(request.caller.org, name)
    return ArchivedWorkflow(**_line(head).model_dump())


@routes.declare(
    "POST",
    "/api/v1/workflows/{name}/rollback",
    role=Role.OPERATOR,
    summary="Make an earlier version's content the newest version",
    body=RollbackRequest,
    answer=AppliedWorkflow,
    also=(201,),
    errors=(400, 404, 409, 415, 422, 429),
)
def roll_back(request: ApiRequest, name: str) -> Response:
    """201 for a new version, 200 when the content is the current one."""
    body = request.read(RollbackRequest)
    caller = request.caller
    return _applied(
        services().applier.rollback(caller.org, name, body.to_version, principal=caller.name)
    )


@routes.declare(
    "GET",
    "/api/v1/workflows/{name}/versions",
    role=Role.VIEWER,
    summary="A workflow's versions, newest first",
    answer=VersionList,
    errors=(404,),
)
def list_versions(request: ApiRequest, name: str) -> VersionList:
    versions = services().workflows.versions(request.caller.org, name)
    if not versions:
        raise NotFound(f"workflow {name!r} not found")
    return VersionList(versions=[WorkflowVersion(**_members(version)) for version in versions])


@routes.declare(
    "GET",
    "/api/v1/workflows/{name}/versions/{n}",
    role=Role.VIEWER,
    summary="One version of a workflow",
    answer=WorkflowDetail,
    errors=(404,),
)
def get_version(request: ApiRequest, name: str, n: str) -> WorkflowDetail:
    found = None
    # Number 0 is the one that runs of agents' tasks go by: of no workflow.
    if n.isascii() and n.isdecimal() and len(n) <= 6 and int(n) > 0:
        found = services().workflows.version(request.caller.org, name, int(n))
    return _detail(found, f"{name} version {n}")


def _line(head: Head) -> WorkflowLine:
    return WorkflowLine(
        name=head.name,
        description=head.description,
        version=head.latest,
        content_hash=head.content_hash,
        updated_at=head.updated_at,
    )


def _members(version: Version | VersionLine) -> dict[str, Any]:
    return {
        "name": version.workflow,
        "version": version.number,
        "content_hash": version.content_hash,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def _detail(version: Version | None, what: str) -> WorkflowDetail:
    if version is None:
        raise NotFound(f"workflow {what!r} not found")
    return WorkflowDetail(**_members(version), definition=dict(version.source))
