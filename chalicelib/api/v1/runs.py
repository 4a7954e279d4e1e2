"""S1: runs under `/v1/runs`: list, look at, count and cancel them, whatever started them."""

from __future__ import annotations

from typing import Final

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Parameter
from chalicelib.api.v1.envelope import V1Routes
from chalicelib.api.v1.pages import PARAMETERS, page_of
from chalicelib.api.v1.run_models import (
    STATUSES,
    GraphRun,
    GraphRunLine,
    GraphRunPage,
    StatusCounts,
)
from chalicelib.api.v1.run_view import UNKNOWN, detail_of, shown, summary_of
from chalicelib.core.dialects import S1
from chalicelib.core.errors import BadRequest, Conflict, NotFound
from chalicelib.core.roles import Role
from chalicelib.core.runs.filters import run_filters
from chalicelib.services import services

routes = V1Routes(__name__, tag="runs")

MOST_NODE_IDS: Final = 8_000
"""Characters of `nodeIds`."""
STATUS_FILTER: Final = Parameter(
    "status", "Only runs with this status.", {"type": "string", "enum": list(STATUSES)}
)
WORKFLOW_FILTER: Final = Parameter("workflowId", "Only runs of this workflow.")


@routes.declare(
    "GET",
    "/v1/runs",
    role=Role.VIEWER,
    summary="List runs, newest first",
    answer=GraphRunPage,
    errors=(400,),
    parameters=(WORKFLOW_FILTER, STATUS_FILTER, *PARAMETERS),
)
def list_runs(request: ApiRequest) -> GraphRunPage:
    """Each without `executionState` and `workflowDefinition`."""
    return runs_page(request, request.query.get("workflowId"))


def runs_page(request: ApiRequest, workflow: str | None) -> GraphRunPage:
    """The page of runs that a request asks for. Raises BadRequest and Invalid."""
    limit, offset = page_of(request.query)
    filters = run_filters(S1, status=request.query.get("status"), workflow=workflow, since=None)
    found, org = services(), request.caller.org
    runs, more = found.v1.run_pages.page(org, filters, limit=limit, offset=offset)
    lines = [summary_of(found, detail) for detail in runs]
    return GraphRunPage(items=lines, limit=limit, offset=offset, has_more=more)


@routes.declare(
    "GET",
    "/v1/runs/status-counts",
    role=Role.VIEWER,
    summary="How many runs have each status",
    answer=StatusCounts,
    errors=(400,),
    parameters=(WORKFLOW_FILTER,),
)
def count_runs(request: ApiRequest) -> StatusCounts:
    """Deleted ones do not count; runs that were kept as long as the stage keeps them still do."""
    counted = services().v1.run_counts.by_status(
        request.caller.org, request.query.get("workflowId")
    )
    found = {word: counted[word] for word in STATUSES}
    return StatusCounts(**found, total=sum(found.values()))


@routes.declare(
    "GET",
    "/v1/runs/{id}",
    role=Role.VIEWER,
    summary="One run with the state of its nodes",
    answer=GraphRun,
    errors=(400, 404),
    parameters=(
        Parameter(
            "summary",
            "Leave out `executionState` and `workflowDefinition`.",
            {"type": "string", "enum": ["true", "false"]},
        ),
        Parameter("nodeIds", "Only the state of these nodes: ids with commas between them."),
    ),
)
def get_run(request: ApiRequest, id: str) -> GraphRunLine:
    """Nodes that have not begun are there too."""
    brief = request.query.get("summary", "false")
    if brief not in ("true", "false"):
        raise BadRequest(f"summary {brief[:32]!r} is neither true nor false")
    asked = request.query.get("nodeIds")
    if asked is not None and len(asked) > MOST_NODE_IDS:
        raise BadRequest(f"nodeIds has more than {MOST_NODE_IDS:,} characters")
    found = services()
    detail = detail_of(found, request.caller.org, id)
    if brief == "true":
        return summary_of(found, detail)
    nodes = frozenset(asked.split(",")) if asked is not None else None
    return shown(found, detail, request.caller.role, nodes=nodes)


@routes.declare(
    "POST",
    "/v1/runs/{id}/cancel",
    role=Role.OPERATOR,
    summary="Cancel a running or waiting run",
    answer=GraphRun,
    errors=(404, 409),
)
def cancel_run(request: ApiRequest, id: str) -> GraphRun:
    """Answers the whole run. After the answer none of its nodes starts."""
    found, org = services(), request.caller.org
    try:
        found.canceller.cancel(org, id)
    except NotFound as refusal:
        if "run_status" not in refusal.extra:
            raise NotFound(UNKNOWN) from refusal
        raise Conflict(
            f"the run is over: {refusal.extra['run_status']}",
            run_status=refusal.extra["run_status"],
        ) from refusal
    return shown(found, detail_of(found, org, id), request.caller.role)
