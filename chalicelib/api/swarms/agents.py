"""S3, agents: their status, tasks for them, what they did, adding, removing and scaling them."""

from __future__ import annotations

from typing import Any, Final

from chalice.app import Response

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY, Parameter
from chalicelib.api.swarms.dialect import BODY_ERRORS, SwarmRoutes, flag, limited, read
from chalicelib.api.swarms.found import LIMIT, limit, limit_parameter, node_of
from chalicelib.api.swarms.keys import once
from chalicelib.api.swarms.models import SwarmAgent
from chalicelib.api.swarms.node_models import (
    AddedNode,
    AgentHistory,
    AgentLogs,
    AgentScale,
    NewSwarmAgent,
    RemovedNode,
    RestartedAgent,
    ScaledGroup,
    SentTask,
    SwarmAgentList,
    SwarmTask,
)
from chalicelib.core.errors import BadRequest
from chalicelib.core.roles import Role
from chalicelib.core.swarms.model import MOST_CONTENT_BYTES, MOST_LIMIT, NodeKind
from chalicelib.core.swarms.views import agent_view, agents_view, history_view, log_view
from chalicelib.services import services

routes = SwarmRoutes(__name__, tag="swarm agents")

_REPLAY: Final = Parameter(
    "replay",
    "`true`: mail that failed for good is tried once more, behind the mail that waits.",
)


@routes.declare(
    "GET",
    "/api/swarms/{name}/agents",
    role=Role.VIEWER,
    summary="List agents and their status",
    answer=SwarmAgentList,
    errors=(404,),
)
def list_swarm_agents(request: ApiRequest, name: str) -> dict[str, Any]:
    """By name."""
    return {"agents": agents_view(services().swarms.detail(request.caller.org, name))}


@routes.declare(
    "POST",
    "/api/swarms/{name}/agents",
    role=Role.OPERATOR,
    summary="Add a new agent to a running swarm",
    status=201,
    body=NewSwarmAgent,
    answer=AddedNode,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(*BODY_ERRORS, 409, 422),
)
def add_swarm_agent(request: ApiRequest, name: str) -> Response:
    """It is recorded in the overlay, so a restart brings it back."""
    from chalicelib.core.swarms.config import read_agent, read_names

    given, org = read(request, NewSwarmAgent), request.caller.org

    def add() -> dict[str, Any]:
        spec = read_agent(given.model_dump())
        targets = read_names(given.connections, "connections")
        sources = read_names(given.incoming, "incoming")
        services().swarms.add_agent(org, name, spec, targets, sources)
        return AddedNode(name=spec.name).model_dump()

    return once(request, given, add)


@routes.declare(
    "GET",
    "/api/swarms/{name}/agents/{agent}",
    role=Role.VIEWER,
    summary="Get a single agent's status",
    answer=SwarmAgent,
    errors=(404,),
)
def get_swarm_agent(request: ApiRequest, name: str, agent: str) -> dict[str, Any]:
    """Its state, and how much mail waits for it."""
    org = request.caller.org
    node = node_of(org, name, agent, NodeKind.AGENT)
    return agent_view(name, node, services().swarm_mail.life(org, name, agent))


@routes.declare(
    "DELETE",
    "/api/swarms/{name}/agents/{agent}",
    role=Role.OPERATOR,
    summary="Remove an agent from a running swarm",
    answer=RemovedNode,
    errors=(400, 404),
)
def remove_swarm_agent(request: ApiRequest, name: str, agent: str) -> RemovedNode:
    """Its edges go with it."""
    services().swarms.remove_agent(request.caller.org, name, agent)
    return RemovedNode(name=agent)


@routes.declare(
    "POST",
    "/api/swarms/{name}/agents/{agent}/task",
    role=Role.OPERATOR,
    summary="Send a task to an agent",
    body=SwarmTask,
    answer=SentTask,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(*BODY_ERRORS, 409, 422),
)
def send_swarm_task(request: ApiRequest, name: str, agent: str) -> Response:
    """It waits its turn in the agent's inbox; a full one is 400 `inbox_full`. With `run` it is a run,
    which succeeds when the agent's turn on it does."""
    given, caller = read(request, SwarmTask, missing="Missing 'task' parameter"), request.caller
    task = limited("task", given.task, MOST_CONTENT_BYTES)

    def send() -> dict[str, Any]:
        if given.run:
            started = services().task_starter.start(
                caller.org,
                name,
                agent,
                task,
                trigger={"type": "api"},
                principal=caller.name,
                idempotency_key=request.idempotency_key,
            )
            return {"status": "sent", "agent": agent, "run_id": started.run.id}
        services().swarms.task(caller.org, name, agent, task, principal=caller.name)
        return {"status": "sent", "agent": agent}

    return once(request, given, send, status=200, echoed={"task": task})


@routes.declare(
    "POST",
    "/api/swarms/{name}/agents/{agent}/restart",
    role=Role.OPERATOR,
    summary="Restart an agent",
    answer=RestartedAgent,
    parameters=(_REPLAY,),
    errors=(400, 404),
)
def restart_swarm_agent(request: ApiRequest, name: str, agent: str) -> RestartedAgent:
    """A new session without a memory of the old one; mail that waits is kept."""
    services().swarms.restart_agent(request.caller.org, name, agent, replay=flag(request, "replay"))
    return RestartedAgent(agent=agent)


@routes.declare(
    "GET",
    "/api/swarms/{name}/agents/{agent}/history",
    role=Role.VIEWER,
    summary="Get the agent's message history, newest first",
    answer=AgentHistory,
    parameters=(LIMIT,),
    errors=(400, 404),
)
def get_agent_history(request: ApiRequest, name: str, agent: str) -> dict[str, Any]:
    """Tasks, and messages that came and went."""
    org, most = request.caller.org, limit(request)
    node_of(org, name, agent, NodeKind.AGENT)
    found = services().swarm_mail.history(org, name, agent, most)
    return {"history": [history_view(line) for line in found]}


@routes.declare(
    "GET",
    "/api/swarms/{name}/agents/{agent}/logs",
    role=Role.VIEWER,
    summary="Get the agent's conversation logs, oldest first",
    answer=AgentLogs,
    parameters=(limit_parameter(MOST_LIMIT),),
    errors=(400, 404),
)
def get_agent_logs(request: ApiRequest, name: str, agent: str) -> dict[str, Any]:
    """The newest lines of all its sessions; as many as may be asked for at once unless told."""
    org, most = request.caller.org, limit(request, MOST_LIMIT)
    node_of(org, name, agent, NodeKind.AGENT)
    found = services().swarm_mail.logs(org, name, agent, most)
    return {"logs": [log_view(line) for line in found]}


@routes.declare(
    "POST",
    "/api/swarms/{name}/agents/{agent}/scale",
    role=Role.OPERATOR,
    summary="Scale an agent group to a target count",
    body=AgentScale,
    answer=ScaledGroup,
    errors=BODY_ERRORS,
)
def scale_swarm_agents(request: ApiRequest, name: str, agent: str) -> dict[str, Any]:
    """The group is what is called `agent`, or `agent_` and a number. Edges are copied, extras go
    first, and a group of none keeps its template."""
    wrong = "Missing or invalid 'count'"
    try:
        count = read(request, AgentScale, missing=wrong).count
    except BadRequest as error:
        # Whatever is wrong with it, S3 says the same.
        raise BadRequest(wrong) if "errors" in error.extra else error from error
    done = services().swarms.scale(request.caller.org, name, agent, count)
    failed = [{"name": one, "reason": reason} for one, reason in done.failed]
    result = {"added": list(done.added), "removed": list(done.removed), "failed": failed}
    return {"status": "ok", "result": result}
