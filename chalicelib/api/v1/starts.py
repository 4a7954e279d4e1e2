"""S1: what makes runs and wakes them: of a workflow, of a definition, again, and a node that waits."""

from __future__ import annotations

from typing import Final

from chalice.app import Response

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY, Parameter
from chalicelib.api.v1.envelope import V1Routes, reply
from chalicelib.api.v1.pages import PARAMETERS, page_of
from chalicelib.api.v1.run_models import GraphRunPage
from chalicelib.api.v1.run_view import detail_of, shown
from chalicelib.api.v1.runs import STATUS_FILTER, runs_page
from chalicelib.api.v1.start_models import (
    Resumed,
    ResumeRequest,
    RunDefinition,
    RunWorkflow,
    StartedRun,
    SyncRun,
)
from chalicelib.api.v1.workflows import head_of
from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.errors import BadRequest
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = V1Routes(__name__, tag="runs")

STARTING: Final = (400, 402, 404, 409, 413, 415, 422, 429)
"""What any start may be refused with."""
LONGEST_SECRET: Final = 200


@routes.declare(
    "POST",
    "/v1/workflows/{id}/run",
    role=Role.OPERATOR,
    summary="Start a run of a workflow",
    body=RunWorkflow,
    body_required=False,
    answer=StartedRun,
    parameters=(IDEMPOTENCY_KEY,),
    errors=STARTING,
)
def run_graph_workflow(request: ApiRequest, id: str) -> Response:
    """Of its newest version, draft or published, or of the `version` that is asked for. 409 for a
    workflow that is paused or archived, and for a `runId` that was used with another body."""
    given, caller = request.read(RunWorkflow, required=False), request.caller
    started = services().v1.starter.run(
        caller.org,
        id,
        given.request(request.idempotency_key),
        trigger={"type": "api"},
        principal=caller.name,
    )
    return reply(request, StartedRun(run_id=started.run.id), replayed=started.replayed)


@routes.declare(
    "POST",
    "/v1/runs",
    role=Role.OPERATOR,
    summary="Start a run of a definition that belongs to no workflow",
    body=RunDefinition,
    answer=StartedRun,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 402, 409, 413, 415, 422, 429),
)
def run_definition(request: ApiRequest) -> Response:
    """It runs on a machine that all such definitions share."""
    from chalicelib.core.graphs.definition import parse_graph

    given, caller = request.read(RunDefinition), request.caller
    graph = parse_graph(given.definition)
    started = services().v1.starter.run_definition(
        caller.org, graph, given.request(request.idempotency_key), principal=caller.name
    )
    return reply(request, StartedRun(run_id=started.run.id), replayed=started.replayed)


@routes.declare(
    "POST",
    "/v1/runs/sync",
    role=Role.OPERATOR,
    summary="Run a definition and wait for its end",
    body=RunDefinition,
    answer=SyncRun,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 402, 409, 413, 415, 422, 429),
)
def run_and_wait(request: ApiRequest) -> Response:
    """Of at most 20 nodes, none of which waits or loops. One that failed is answered with 200 and the
    status `failure`. What takes longer than a request can wait, 25 seconds, is answered as it is then,
    and is over after 60. The same key again is 409 until it is."""
    from chalicelib.core.graphs.definition import parse_graph

    given, caller = request.read(RunDefinition), request.caller
    graph, found = parse_graph(given.definition), services()
    started = found.v1.starter.run_and_wait(
        caller.org, graph, given.request(request.idempotency_key), principal=caller.name
    )
    seen = shown(found, detail_of(found, caller.org, started.run.id), caller.role)
    until = parse_rfc3339(seen.finished_at) if seen.finished_at else found.clock()
    lasted = until - parse_rfc3339(seen.started_at)
    answer = SyncRun(
        run_id=seen.id,
        status=seen.status,
        execution_state=seen.execution_state,
        duration_ms=round(1000 * lasted.total_seconds()),
    )
    return reply(request, answer, replayed=started.replayed)


@routes.declare(
    "GET",
    "/v1/workflows/{id}/runs",
    role=Role.VIEWER,
    summary="A workflow's runs, newest first",
    answer=GraphRunPage,
    errors=(400, 404),
    parameters=(STATUS_FILTER, *PARAMETERS),
)
def list_runs_of_workflow(request: ApiRequest, id: str) -> GraphRunPage:
    """An archived one's too."""
    page_of(request.query)  # a wrong page is told of first
    return runs_page(request, head_of(request.caller.org, id).id)


@routes.declare(
    "POST",
    "/v1/runs/{id}/retry",
    role=Role.OPERATOR,
    summary="Retry a run that failed or was cancelled: a new one that keeps what succeeded",
    answer=StartedRun,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 402, 404, 409, 422, 429),
)
def retry_run(request: ApiRequest, id: str) -> Response:
    """Its `sourceRunId` is this run. 409 for one that is live or succeeded, and where its workflow is
    paused or archived."""
    caller = request.caller
    started = services().v1.retrier.retry(
        caller.org, id, principal=caller.name, key=request.idempotency_key
    )
    return reply(request, StartedRun(run_id=started.run.id), replayed=started.replayed)


@routes.declare(
    "POST",
    "/v1/runs/{id}/nodes/{nodeId}/resume",
    role=Role.OPERATOR,
    summary="Resume a node that waits",
    body=ResumeRequest,
    body_required=False,
    answer=Resumed,
    parameters=(Parameter("secret", "What the node's state has in `resume`."),),
    errors=(400, 401, 404, 413, 415),
)
def resume_node(request: ApiRequest, id: str, nodeId: str) -> Resumed:  # noqa: N803 - S1's word
    """`skipped` where it waits no more. A wrong secret is 401."""
    given = request.read(ResumeRequest, required=False)
    secret = request.query.get("secret", "")
    if len(secret) > LONGEST_SECRET:
        raise BadRequest(f"secret has more than {LONGEST_SECRET} characters")
    done = services().resumer.resume(request.caller.org, id, nodeId, secret, given.payload)
    return Resumed(action=done.action, reason=done.reason)
