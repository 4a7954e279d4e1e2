"""The map of the house: every Lambda entry point, a few lines each, and where it leads."""

from __future__ import annotations

from typing import Any

from chalice.app import (
    Chalice,
    CloudWatchEvent,
    DynamoDBEvent,
    Rate,
    Response,
    SQSEvent,
    WebsocketEvent,
)

from chalicelib.api import (
    approvals,
    auth,
    auth_oidc,
    auth_tokens,
    cancel,
    deletions,
    documentation,
    execution_logs,
    executions,
    explorer,
    health,
    hooks,
    methods,
    organizations,
    plans,
    retries,
    schemas,
    secrets,
    triggers,
    users,
    workflows,
)
from chalicelib.api.middleware import middleware
from chalicelib.api.swarms import agents as swarm_agents
from chalicelib.api.swarms import configs as swarm_configs
from chalicelib.api.swarms import descriptor, swarms
from chalicelib.api.swarms import events as swarm_events
from chalicelib.api.swarms import objects as swarm_objects
from chalicelib.api.swarms import overlay as swarm_overlay
from chalicelib.api.swarms import skills as swarm_skills
from chalicelib.api.swarms import topology as swarm_topology
from chalicelib.api.v1 import actions as v1_actions
from chalicelib.api.v1 import lifecycle as v1_lifecycle
from chalicelib.api.v1 import runs as v1_runs
from chalicelib.api.v1 import starts as v1_starts
from chalicelib.api.v1 import units as v1_units
from chalicelib.api.v1 import workflows as v1_workflows
from chalicelib.services import services
from chalicelib.telemetry import logger

app = Chalice(app_name="runyard")
app.experimental_feature_flags.update(["BLUEPRINTS", "WEBSOCKETS"])

# REST: every route is declared in chalicelib/api, with its role. One Lambda serves them all.
for routes in (
    documentation.routes,
    explorer.routes,
    schemas.routes,
    health.routes,
    workflows.routes,
    triggers.routes,
    plans.routes,
    executions.routes,
    retries.routes,
    deletions.routes,
    execution_logs.routes,
    approvals.routes,
    cancel.routes,
    methods.routes,
    hooks.routes,
    secrets.routes,
    auth.routes,
    auth_oidc.routes,
    auth_tokens.routes,
    users.routes,
    organizations.routes,
    v1_workflows.routes,
    v1_lifecycle.routes,
    v1_starts.routes,
    v1_runs.routes,
    v1_actions.routes,
    v1_units.routes,
    descriptor.routes,
    swarms.routes,
    swarm_agents.routes,
    swarm_topology.routes,
    swarm_objects.routes,
    swarm_overlay.routes,
    swarm_events.routes,
    swarm_skills.routes,
    swarm_configs.routes,
):
    app.register_blueprint(routes)

_through_middleware = middleware(
    authenticate=lambda: services().identity.bearers.principal,
    count=lambda *answer: _answered(*answer),
    limit=lambda: services().rate_counts.count,
)


def _answered(org: str, method: str, route: str, status: int) -> None:
    """What is written down of every answer, seldom and late: counts, the last use of tokens."""
    services().http_counter.count(org, method, route, status)
    services().tokens.record_use()


@app.middleware("http")
def http(event: Any, get_response: Any) -> Response:
    """Request id, authentication, role, errors, headers: chalicelib/api/middleware.py."""
    return _through_middleware(event, get_response)


# Sockets: one WebSocket API for all dialects; the front door says which path was asked for.
@app.on_ws_connect()
def socket_connect(event: WebsocketEvent) -> dict[str, Any]:
    """The handshake: chalicelib/workers/socket_events.py."""
    from chalicelib.workers.socket_events import connect

    query = event.to_dict().get("queryStringParameters") or {}
    return connect(services(), event.connection_id, query)


@app.on_ws_message()
def socket_message(event: WebsocketEvent) -> None:
    """A frame from a client: chalicelib/workers/socket_requests.py."""
    from chalicelib.workers.socket_events import message

    message(services(), event.connection_id, event.body or "")


@app.on_ws_disconnect()
def socket_disconnect(event: WebsocketEvent) -> None:
    """The end of a socket."""
    from chalicelib.workers.socket_events import disconnect

    disconnect(services(), event.connection_id)


# Runs: what Step Functions invokes.
@app.lambda_function()
def run_step(event: Any, context: Any) -> Any:
    """One try of one step: chalicelib/core/runs/step.py."""
    from chalicelib.workers.step import run_step

    logger.append_keys(run_id=event["run"]["run_id"], step=event.get("step"))
    return run_step(
        services(), event, remaining=lambda: context.get_remaining_time_in_millis() / 1000
    )


@app.lambda_function()
def finish_run(event: Any, context: Any) -> Any:
    """The last state of every machine: chalicelib/core/runs/conclude.py."""
    from chalicelib.workers.finish import finish_run

    return finish_run(services(), event)


# The rest of a run's life: its events, its unexpected ends, and repairs.
@app.on_dynamodb_record(stream_arn="arn:aws:dynamodb:us-east-1:0:table/set-by-infra/stream/0")
def fan_out(event: DynamoDBEvent) -> None:
    """The table's stream: numbers events and posts them: chalicelib/workers/fan_out.py."""
    handled = services().fan_out.handle(event.to_dict()["Records"])
    logger.info("fanned out", extra={"events": handled})


# Swarms: mail is delivered, bells are rung and heard.
@app.on_dynamodb_record(stream_arn="arn:aws:dynamodb:us-east-1:0:table/set-by-infra/stream/1")
def route_mail(event: DynamoDBEvent) -> dict[str, Any]:
    """The table's stream of swarms: outboxes to mailboxes: chalicelib/workers/route_mail.py."""
    from chalicelib.workers.route_mail import route_mail

    return route_mail(services(), event.to_dict()["Records"])


@app.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:0:set-by-infra.fifo", batch_size=10)
def take_turn(event: SQSEvent) -> dict[str, Any]:
    """Bells of agents and objects that have mail: chalicelib/workers/mailbox.py."""
    from chalicelib.workers.mailbox import take_turns

    context: Any = event.context
    return take_turns(
        services(),
        event.to_dict()["Records"],
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
    )


@app.on_cw_event(
    {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"]},
    }
)
def execution_ended(event: CloudWatchEvent) -> None:
    """An execution ended without its last state: chalicelib/workers/finish.py."""
    from chalicelib.workers.finish import execution_ended

    execution_ended(services(), event.detail)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def reconcile(event: CloudWatchEvent) -> None:
    """Every minute: compare DynamoDB with Step Functions: chalicelib/core/runs/reconcile.py."""
    from chalicelib.workers.finish import reconcile

    reconcile(services())


# What starts runs by itself: schedules of EventBridge Scheduler, rules of EventBridge.
@app.lambda_function()
def fire_trigger(event: Any, context: Any) -> Any:
    """A cron or an event trigger fires: chalicelib/core/triggers/fire.py."""
    from chalicelib.workers.trigger import fire

    return fire(services(), event)


@app.lambda_function()
def check_signature(event: Any, context: Any) -> Any:
    """Whether a hook's request is signed with its secret: chalicelib/workers/signature.py."""
    from chalicelib.workers.signature import check_signature

    return check_signature(services(), event)
