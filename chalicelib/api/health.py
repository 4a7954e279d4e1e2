"""S2: liveness, readiness and Prometheus metrics."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Response

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import PUBLIC, Routes
from chalicelib.core.errors import Unavailable
from chalicelib.core.roles import Role
from chalicelib.services import services
from chalicelib.settings import settings
from chalicelib.store.keys import PLATFORM

routes = Routes(__name__, tag="health")


class Alive(ApiModel):
    status: str = "ok"
    version: str


class Ready(ApiModel):
    status: str
    checks: dict[str, str]


@routes.declare(
    "GET",
    "/healthz",
    role=PUBLIC,
    summary="The process is running",
    answer=Alive,
    lenient=True,
)
def healthz(request: ApiRequest) -> Alive:
    return Alive(version=settings().version)


@routes.declare(
    "GET",
    "/readyz",
    role=PUBLIC,
    summary="The table, Step Functions and the bucket can be reached",
    answer=Ready,
    errors=(503,),
    describe_error=lambda _: {
        "application/json": {"schema": {"$ref": "#/components/schemas/Ready"}}
    },
    lenient=True,
)
def readyz(request: ApiRequest) -> Response:
    """503 with the failing check named. The reason is in the logs: this route is public."""
    checks: dict[str, str] = {}
    for name, reach in services().readiness.items():
        try:
            reach()
            checks[name] = "ok"
        except (ClientError, BotoCoreError, Unavailable) as problem:
            services().log_problem(f"not ready: {name}", problem)
            checks[name] = "unreachable"
    ready = all(state == "ok" for state in checks.values())
    body: dict[str, Any] = {"status": "ok" if ready else "unavailable", "checks": checks}
    return Response(
        body=json.dumps(body),
        status_code=200 if ready else 503,
        headers={"Content-Type": "application/json"},
    )


@routes.declare(
    "GET",
    "/metrics",
    role=PUBLIC if settings().metrics_public else Role.VIEWER,
    summary="Prometheus metrics",
    produces="text/plain; version=0.0.4; charset=utf-8",
    lenient=True,
)
def metrics(request: ApiRequest) -> Response:
    """The caller's organisation's numbers; where the stage makes this public, everybody's."""
    from chalicelib.api.prometheus import exposition

    services().http_counter.flush()
    everybody = [*services().orgs(), PLATFORM]
    orgs = [request.principal.org] if request.principal else everybody
    text, content_type = exposition(services().metrics, services().lists, orgs)
    return Response(body=text, status_code=200, headers={"Content-Type": content_type})
