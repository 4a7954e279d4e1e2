"""S1: graph workflows: make, read, change, archive them, and look at their versions."""

from __future__ import annotations

from typing import Final

from chalice.app import Response

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY, Parameter
from chalicelib.api.v1.envelope import V1Routes, reply
from chalicelib.api.v1.pages import PARAMETERS, cut, page_of
from chalicelib.api.v1.workflow_models import (
    ChangedGraphWorkflow,
    GraphProblemLine,
    GraphVersionDetail,
    GraphVersionLine,
    GraphVersionPage,
    GraphWorkflowDetail,
    GraphWorkflowLine,
    GraphWorkflowPage,
    NewGraphWorkflow,
    ValidateRequest,
    Validation,
    members_of,
    version_members,
)
from chalicelib.core.errors import BadRequest, NotFound
from chalicelib.core.graph_workflows.model import STATES, WORKFLOW_ID, GraphVersion, GraphWorkflow
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = V1Routes(__name__, tag="graph workflows")

UNKNOWN: Final = "workflow not found"
WRITING: Final = (400, 404, 409, 413, 415)
"""What any change of a workflow may be refused with."""


def head_of(org: str, workflow: str) -> GraphWorkflow:
    """A workflow's head, archived or not. Raises NotFound."""
    head = services().v1.workflows.get(org, workflow) if WORKFLOW_ID.match(workflow) else None
    if head is None:
        raise NotFound(UNKNOWN)
    return head


def version_of(head: GraphWorkflow, number: int) -> GraphVersion:
    """One of its versions. Raises NotFound."""
    version = services().v1.workflows.version(head.org, head.id, number)
    if version is None:
        raise NotFound(f"{UNKNOWN}: it has no version {number}")
    return version


def detail_of(head: GraphWorkflow) -> GraphWorkflowDetail:
    """A workflow with the definition of its newest version."""
    definition = version_of(head, head.latest).definition
    return GraphWorkflowDetail(**members_of(head), definition=dict(definition))


@routes.declare(
    "POST",
    "/v1/workflows",
    role=Role.OPERATOR,
    summary="Create a workflow with a first draft",
    body=NewGraphWorkflow,
    answer=GraphWorkflowDetail,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 413, 415, 422),
)
def create_graph_workflow(request: ApiRequest) -> Response:
    """A definition with problems is refused with all of them, and nothing is stored."""
    from chalicelib.core.graph_workflows.content import checked

    given, caller = request.read(NewGraphWorkflow), request.caller
    content = checked(given.name, given.description, given.definition)
    head, replayed = services().v1.editor.create(
        caller.org, content, principal=caller.name, key=request.idempotency_key
    )
    return reply(request, detail_of(head), replayed=replayed)


@routes.declare(
    "POST",
    "/v1/workflows/validate",
    role=Role.VIEWER,
    summary="What is wrong with a definition; nothing is stored",
    body=ValidateRequest,
    answer=Validation,
    errors=(400, 413, 415),
)
def validate_graph_workflow(request: ApiRequest) -> Validation:
    """Each problem by its kind, with node and field."""
    from chalicelib.core.graph_workflows.content import all_problems

    given = request.read(ValidateRequest)
    found = all_problems(given.definition, given.name)
    errors = [GraphProblemLine.model_validate(problem.as_dict()) for problem in found]
    return Validation(valid=not errors, errors=errors)


@routes.declare(
    "GET",
    "/v1/workflows",
    role=Role.VIEWER,
    summary="List workflows, newest first",
    answer=GraphWorkflowPage,
    errors=(400,),
    parameters=(
        Parameter("status", "Only workflows like that.", {"type": "string", "enum": list(STATES)}),
        *PARAMETERS,
    ),
)
def list_graph_workflows(request: ApiRequest) -> GraphWorkflowPage:
    """Archived ones only where they are asked for."""
    limit, offset = page_of(request.query)
    state = request.query.get("status")
    if state is not None and state not in STATES:
        raise BadRequest(f"status {state[:32]!r} is unknown; it is one of {', '.join(STATES)}")
    heads = (
        head
        for head in services().v1.workflows.newest(request.caller.org)
        if (head.state == state if state is not None else not head.archived)
    )
    found, more = cut(heads, limit, offset)
    lines = [GraphWorkflowLine(**members_of(head)) for head in found]
    return GraphWorkflowPage(items=lines, limit=limit, offset=offset, has_more=more)


@routes.declare(
    "GET",
    "/v1/workflows/{id}",
    role=Role.VIEWER,
    summary="One workflow with its newest definition",
    answer=GraphWorkflowDetail,
    errors=(404,),
)
def get_graph_workflow(request: ApiRequest, id: str) -> GraphWorkflowDetail:
    """Archived ones too."""
    return detail_of(head_of(request.caller.org, id))


@routes.declare(
    "PUT",
    "/v1/workflows/{id}",
    role=Role.OPERATOR,
    summary="Change a workflow: identical content makes no new version",
    body=ChangedGraphWorkflow,
    answer=GraphWorkflowDetail,
    errors=WRITING,
)
def change_graph_workflow(request: ApiRequest, id: str) -> GraphWorkflowDetail:
    """The new version is a draft. With `expectedVersion`, 409 where another one is the newest."""
    from chalicelib.core.graph_workflows.content import checked

    given, caller = request.read(ChangedGraphWorkflow), request.caller
    head = head_of(caller.org, id)
    now = version_of(head, head.latest)
    content = checked(
        now.name if given.name is None else given.name,
        now.description if given.description is None else given.description,
        now.definition if given.definition is None else given.definition,
    )
    # What is absent stays what it was in the version that was read.
    partial = None in (given.name, given.description, given.definition)
    expected = given.expected_version or (head.latest if partial else None)
    changed = services().v1.editor.update(
        caller.org, id, content, expected=expected, principal=caller.name
    )
    return detail_of(changed)


@routes.declare(
    "DELETE",
    "/v1/workflows/{id}",
    role=Role.OPERATOR,
    summary="Archive a workflow: no new runs; it stays readable",
    answer=GraphWorkflowDetail,
    errors=(404, 409),
)
def archive_graph_workflow(request: ApiRequest, id: str) -> GraphWorkflowDetail:
    """Its runs go on, its trigger is taken away."""
    return detail_of(services().v1.editor.archive(request.caller.org, id))


@routes.declare(
    "GET",
    "/v1/workflows/{id}/versions",
    role=Role.VIEWER,
    summary="A workflow's versions, newest first",
    answer=GraphVersionPage,
    errors=(400, 404),
    parameters=PARAMETERS,
)
def list_graph_versions(request: ApiRequest, id: str) -> GraphVersionPage:
    """Without their definitions."""
    limit, offset = page_of(request.query)
    head = head_of(request.caller.org, id)
    listed = services().v1.workflows.versions(head.org, head.id)
    found, more = cut(listed, limit, offset)
    lines = [GraphVersionLine(**version_members(line, head)) for line in found]
    return GraphVersionPage(items=lines, limit=limit, offset=offset, has_more=more)


@routes.declare(
    "GET",
    "/v1/workflows/{id}/versions/{n}",
    role=Role.VIEWER,
    summary="One version of a workflow",
    answer=GraphVersionDetail,
    errors=(404,),
)
def get_graph_version(request: ApiRequest, id: str, n: str) -> GraphVersionDetail:
    head = head_of(request.caller.org, id)
    number = int(n) if n.isascii() and n.isdecimal() and len(n) <= 6 else 0
    version = version_of(head, number)
    return GraphVersionDetail(
        **version_members(version, head),
        description=version.description,
        definition=dict(version.definition),
    )
