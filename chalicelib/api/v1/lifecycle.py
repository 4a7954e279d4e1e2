"""S1: what becomes of a graph workflow: publish, pause, resume, roll back."""

from __future__ import annotations

from typing import Final

from chalicelib.api.requests import ApiRequest
from chalicelib.api.v1.envelope import V1Routes
from chalicelib.api.v1.workflow_models import (
    GraphRollback,
    GraphWorkflowDetail,
    PauseRequest,
    PublishRequest,
)
from chalicelib.api.v1.workflows import WRITING, detail_of
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = V1Routes(__name__, tag="graph workflows")

BY_REQUEST: Final = "paused by request"


@routes.declare(
    "POST",
    "/v1/workflows/{id}/publish",
    role=Role.OPERATOR,
    summary="Publish the newest version: its trigger starts runs",
    body=PublishRequest,
    body_required=False,
    answer=GraphWorkflowDetail,
    errors=(*WRITING, 429),
)
def publish_graph_workflow(request: ApiRequest, id: str) -> GraphWorkflowDetail:
    """It gets a state machine of its own; 400 for a graph that is too large for one, and 429 when AWS
    takes no more machines for now. 409 where `expectedVersion` is not the newest. Publishing what is
    published changes nothing."""
    given = request.read(PublishRequest, required=False)
    editor = services().v1.editor
    return detail_of(editor.publish(request.caller.org, id, expected=given.expected_version))


@routes.declare(
    "POST",
    "/v1/workflows/{id}/pause",
    role=Role.OPERATOR,
    summary="Pause a workflow: no new runs until it is resumed",
    body=PauseRequest,
    body_required=False,
    answer=GraphWorkflowDetail,
    errors=WRITING,
)
def pause_graph_workflow(request: ApiRequest, id: str) -> GraphWorkflowDetail:
    """Its runs go on. A workflow that is paused already keeps its reason."""
    reason = request.read(PauseRequest, required=False).reason or BY_REQUEST
    return detail_of(services().v1.editor.pause(request.caller.org, id, reason=reason))


@routes.declare(
    "POST",
    "/v1/workflows/{id}/resume",
    role=Role.OPERATOR,
    summary="End a workflow's pause",
    answer=GraphWorkflowDetail,
    errors=(400, 404, 409),
)
def resume_graph_workflow(request: ApiRequest, id: str) -> GraphWorkflowDetail:
    """One that is not paused stays as it is."""
    return detail_of(services().v1.editor.resume(request.caller.org, id))


@routes.declare(
    "POST",
    "/v1/workflows/{id}/rollback",
    role=Role.OPERATOR,
    summary="Make an earlier version's content the newest version, a draft",
    body=GraphRollback,
    answer=GraphWorkflowDetail,
    errors=WRITING,
)
def roll_back_graph_workflow(request: ApiRequest, id: str) -> GraphWorkflowDetail:
    """To the current content nothing happens."""
    target = request.read(GraphRollback).target_version
    caller = request.caller
    return detail_of(services().v1.editor.rollback(caller.org, id, target, principal=caller.name))
