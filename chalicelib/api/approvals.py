"""S2: approvals, which steps ask for and people give or refuse."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, Field

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest, limit_of
from chalicelib.api.routing import Parameter, Routes
from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import BadRequest, Invalid, Problem
from chalicelib.core.roles import Role
from chalicelib.core.runs.approval import MOST_COMMENT_CHARACTERS, Approval, ApprovalStatus
from chalicelib.services import services

routes = Routes(__name__, tag="approvals")

MOST: Final = 100
DEFAULT: Final = 20


class Decision(ApiModel):
    """The optional body of an answer."""

    model_config = ConfigDict(extra="forbid")
    comment: str | None = Field(
        default=None,
        description="Why; later steps can read it.",
        # Checked below: pydantic's own limit costs a cold start 20 ms of imports.
        json_schema_extra={"maxLength": MOST_COMMENT_CHARACTERS},
    )


class ApprovalItem(ApiModel):
    id: str
    run_id: str
    step: str
    gate: str | None = Field(description="The kind of gate; null for a plain approval.")
    message: str
    status: str
    requested_at: str
    expires_at: str = Field(description="From then on it cannot be answered.")
    decided_at: str | None
    decided_by: str | None = Field(description="The name of the token that answered.")
    comment: str | None


class ApprovalList(ApiModel):
    approvals: list[ApprovalItem]
    next_page_token: str | None = Field(
        default=None, description="Given only when there is more; send it as page_token."
    )


@routes.declare(
    "GET",
    "/api/v1/approvals",
    role=Role.VIEWER,
    summary="List approvals, newest first",
    answer=ApprovalList,
    errors=(400,),
    parameters=(
        Parameter(
            "status",
            "Only approvals with this status; without it all.",
            {"type": "string", "enum": [status.value for status in ApprovalStatus]},
        ),
        Parameter(
            "limit",
            "At most this many.",
            {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
        ),
        Parameter("page_token", "The next_page_token of the page before."),
    ),
)
def list_approvals(request: ApiRequest) -> dict[str, Any]:
    now = rfc3339(services().clock())
    page = services().approval_lists.page(
        request.caller.org,
        _status_of(request.query.get("status")),
        now=now,
        limit=limit_of(request.query, default=DEFAULT, most=MOST),
        token=request.query.get("page_token"),
    )
    answer: dict[str, Any] = {"approvals": [_item(one, now).model_dump() for one in page.approvals]}
    if page.next_token is not None:
        answer["next_page_token"] = page.next_token
    return answer


@routes.declare(
    "GET",
    "/api/v1/approvals/{id}",
    role=Role.VIEWER,
    summary="One approval",
    answer=ApprovalItem,
    errors=(404,),
)
def get_approval(request: ApiRequest, id: str) -> ApprovalItem:
    found = services().approvals.get(request.caller.org, id)
    return _item(found, rfc3339(services().clock()))


@routes.declare(
    "POST",
    "/api/v1/approvals/{id}/approve",
    role=Role.OPERATOR,
    summary="Approve: the step succeeds and its execution goes on",
    body=Decision,
    body_required=False,
    answer=ApprovalItem,
    errors=(400, 404, 409, 413, 415, 422),
)
def approve(request: ApiRequest, id: str) -> ApprovalItem:
    """Once: a second answer, one that comes too late and one to an execution that is over are 409."""
    return _decide(request, id, approve=True)


@routes.declare(
    "POST",
    "/api/v1/approvals/{id}/reject",
    role=Role.OPERATOR,
    summary="Reject: the step fails with `rejected`",
    body=Decision,
    body_required=False,
    answer=ApprovalItem,
    errors=(400, 404, 409, 413, 415, 422),
)
def reject(request: ApiRequest, id: str) -> ApprovalItem:
    """Once, as for an approval. The execution fails, unless the step has `continue_on_error`."""
    return _decide(request, id, approve=False)


def _decide(request: ApiRequest, id: str, *, approve: bool) -> ApprovalItem:
    decision = request.read(Decision, required=False)
    if decision.comment is not None and len(decision.comment) > MOST_COMMENT_CHARACTERS:
        message = f"must have at most {MOST_COMMENT_CHARACTERS} characters"
        raise Invalid("The body has 1 problem.", [Problem("comment", message)])
    found = services().approvals.decide(
        request.caller.org,
        id,
        approve=approve,
        by=request.caller.name,
        comment=decision.comment,
    )
    return _item(found, rfc3339(services().clock()))


def _status_of(text: str | None) -> ApprovalStatus | None:
    if text is None:
        return None
    try:
        return ApprovalStatus(text)
    except ValueError as problem:
        known = ", ".join(status.value for status in ApprovalStatus)
        raise BadRequest(f"status {text[:32]!r} is not one of {known}") from problem


def _item(found: Approval, now: str) -> ApprovalItem:
    return ApprovalItem(
        id=found.id,
        run_id=found.run_id,
        step=found.step,
        gate=None,
        message=found.message,
        status=found.shown_status(now).value,
        requested_at=found.requested_at,
        expires_at=found.ends_at,
        decided_at=found.decided_at,
        decided_by=found.decided_by,
        comment=found.comment,
    )
