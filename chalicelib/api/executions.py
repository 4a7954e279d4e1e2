"""S2: trigger, cancel, list and look at executions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from chalice.app import Response
from pydantic import ConfigDict, Field

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest, limit_of
from chalicelib.api.routing import IDEMPOTENCY_KEY, Parameter, Routes
from chalicelib.core.dialects import S2, S2_STEP
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import RUN_ID
from chalicelib.core.roles import Role
from chalicelib.core.runs.filters import run_filters
from chalicelib.core.runs.model import Run, RunDetail, Step, StepStatus, shown_status
from chalicelib.core.runs.result import result_of
from chalicelib.services import services

routes = Routes(__name__, tag="executions")

MOST_RUNS: Final = 1000
DEFAULT_RUNS: Final = 20
UNKNOWN: Final = "execution not found"


class RunRequest(ApiModel):
    """The optional body of a trigger."""

    model_config = ConfigDict(extra="forbid")
    inputs: dict[str, Any] = Field(default_factory=dict, description="Values of declared inputs.")


class Triggered(ApiModel):
    execution_id: str
    workflow: str
    version: int


class Cancelled(ApiModel):
    execution_id: str
    status: str = "cancelled"


class Execution(ApiModel):
    """One line of a list."""

    id: str
    workflow: str
    version: int
    status: str
    started_at: str
    completed_at: str | None


class ExecutionIterations(ApiModel):
    """How far a step with `for_each` is."""

    total: int
    succeeded: int
    failed: int


class ExecutionStep(ApiModel):
    name: str
    status: str
    started_at: str | None
    completed_at: str | None
    attempts: int
    error: str | None
    output: Any
    reused: bool = Field(description="It succeeded in the execution that this one retries.")
    iterations: ExecutionIterations | None = Field(description="Of a step with `for_each`.")
    execution_id: str | None = Field(description="The run that a `workflow/run` step started.")
    approval_id: str | None = Field(description="The approval that an `approval` step asked for.")


class ExecutionHook(ExecutionStep):
    """A step of one of the workflow's hooks that has begun."""

    hook: str


class ExecutionDetail(Execution):
    inputs: dict[str, Any]
    outputs: Any
    error: str | None
    trigger: dict[str, Any]
    source_execution_id: str | None = Field(description="The execution that this one retries.")
    steps: list[ExecutionStep]
    hooks: list[ExecutionHook] = Field(description="Steps of hooks that have begun (ours).")


class ExecutionList(ApiModel):
    executions: list[Execution]
    next_page_token: str | None = Field(
        default=None, description="Given only when there is more; send it as page_token."
    )


@routes.declare(
    "POST",
    "/api/v1/run/{workflow}",
    role=Role.OPERATOR,
    summary="Start an execution of a workflow's latest applied version",
    status=202,
    body=RunRequest,
    body_required=False,
    answer=Triggered,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 404, 413, 415, 422, 429),
)
def run_workflow(request: ApiRequest, workflow: str) -> Response:
    """Answers at once; the run goes on. With an `Idempotency-Key` a repeated request is one run."""
    body = request.read(RunRequest, required=False)
    started = services().starter.start(
        request.caller.org,
        workflow,
        inputs=body.inputs,
        trigger={"type": "api"},
        principal=request.caller.name,
        idempotency_key=request.idempotency_key,
    )
    run = started.run
    answer = Triggered(execution_id=run.id, workflow=run.workflow, version=run.version)
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json"}
    if started.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(body=answer.model_dump_json(), status_code=202, headers=headers)


@routes.declare(
    "POST",
    "/api/v1/cancel/{execution}",
    role=Role.OPERATOR,
    summary="Cancel a queued, running or waiting execution",
    answer=Cancelled,
    errors=(404,),
)
def cancel_execution(request: ApiRequest, execution: str) -> Cancelled:
    """After the answer no step of it starts."""
    services().canceller.cancel(request.caller.org, execution)
    return Cancelled(execution_id=execution)


@routes.declare(
    "GET",
    "/api/v1/executions",
    role=Role.VIEWER,
    summary="List executions, newest first",
    answer=ExecutionList,
    errors=(400,),
    parameters=(
        Parameter("workflow", "Only executions of this workflow."),
        Parameter(
            "status",
            "Only executions with this status.",
            {"type": "string", "enum": list(dict.fromkeys(S2.values()))},
        ),
        Parameter("since", "Only executions started since: a duration (90m, 24h, 7d) or a time."),
        Parameter(
            "limit",
            "At most this many.",
            {"type": "integer", "minimum": 1, "maximum": MOST_RUNS, "default": DEFAULT_RUNS},
        ),
        Parameter("page_token", "The next_page_token of the page before."),
    ),
)
def list_executions(request: ApiRequest) -> dict[str, Any]:
    filters = run_filters(
        S2,
        status=request.query.get("status"),
        workflow=request.query.get("workflow"),
        since=request.query.get("since"),
    )
    limit = limit_of(request.query, default=DEFAULT_RUNS, most=MOST_RUNS)
    token = request.query.get("page_token")
    page = services().lists.page(request.caller.org, filters, limit=limit, token=token)
    answer: dict[str, Any] = {"executions": [_line(run).model_dump() for run in page.runs]}
    if page.next_token is not None:
        answer["next_page_token"] = page.next_token
    return answer


@routes.declare(
    "GET",
    "/api/v1/executions/{id}",
    role=Role.VIEWER,
    summary="One execution with its steps",
    answer=ExecutionDetail,
    errors=(404,),
)
def get_execution(request: ApiRequest, id: str) -> ExecutionDetail:
    """One Query, and one more for each loop that is running; steps that have not started are filled
    in from the version."""
    org = request.caller.org
    detail = services().runs.detail(org, id) if RUN_ID.match(id) else None
    if detail is None:
        raise NotFound(UNKNOWN)
    version = services().workflows.version(org, detail.run.workflow, detail.run.version)
    names = [step.name for step in version.plan.inside()] if version else []
    return ExecutionDetail(
        **_line(detail.run).model_dump(),
        inputs=dict(detail.given),
        outputs=result_of(version.plan if version else None, detail),
        error=None if detail.run.live else detail.run.error,
        trigger=dict(detail.trigger),
        source_execution_id=detail.run.source,
        steps=[_step(detail, detail.step(name), name) for name in names],
        hooks=[_hook(hook, step) for hook, step in detail.hooks],
    )


def _line(run: Run) -> Execution:
    return Execution(
        id=run.id,
        workflow=run.workflow,
        version=run.version,
        status=S2[run.status],
        started_at=run.started_at,
        completed_at=run.finished_at,
    )


def _step(detail: RunDetail, step: Step | None, name: str) -> ExecutionStep:
    status = shown_status(detail.run, step)
    finished = step.finished_at if step else None
    if step is not None and finished is None and status is StepStatus.CANCELLED:
        finished = detail.run.finished_at
    return ExecutionStep(
        name=name,
        status=S2_STEP[status],
        started_at=step.started_at if step and status is not StepStatus.SKIPPED else None,
        completed_at=finished,
        attempts=step.attempt if step and status is not StepStatus.SKIPPED else 0,
        error=step.error if step else None,
        output=step.output if step else None,
        reused=step is not None and step.reused,
        iterations=_iterations(detail.run, step) if step and step.iterations else None,
        execution_id=step.waiting_for.get("execution_id") if step else None,
        approval_id=step.waiting_for.get("approval") if step else None,
    )


def _hook(hook: str, step: Step) -> ExecutionHook:
    return ExecutionHook(
        hook=hook,
        name=step.name,
        status=S2_STEP[step.status],
        started_at=step.started_at,
        completed_at=step.finished_at,
        attempts=step.attempt,
        error=step.error,
        output=step.output,
        reused=False,
        iterations=None,
        execution_id=None,
        approval_id=None,
    )


def _iterations(run: Run, step: Step) -> ExecutionIterations | None:
    """Counted where the loop is running or was cut off; otherwise it was counted at its end."""
    found = step.iterations
    if found is not None and step.status is StepStatus.RUNNING:
        from chalicelib.core.runs.loops import tally

        found = tally(services().loops.records(run.org, run.id, step.name), found.total)
    return ExecutionIterations(**asdict(found)) if found is not None else None
