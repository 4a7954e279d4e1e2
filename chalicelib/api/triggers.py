"""S2: what starts a workflow by itself, and when next."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Routes
from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import NotFound
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = Routes(__name__, tag="workflows")


class TriggerLine(ApiModel):
    """One trigger; members of the other types are null."""

    type: str
    active: bool = Field(description="Its schedule, rule or path is there.")
    schedule: str | None = None
    timezone: str | None = None
    next_at: str | None = Field(None, description="When the schedule is due next.")
    pattern: dict[str, Any] | None = None
    path: str | None = None
    secret: str | None = Field(None, description="The name of the secret.")


class TriggerList(ApiModel):
    triggers: list[TriggerLine]


@routes.declare(
    "GET",
    "/api/v1/workflows/{name}/triggers",
    role=Role.VIEWER,
    summary="The triggers of a workflow's latest version",
    answer=TriggerList,
    errors=(404,),
)
def list_triggers(request: ApiRequest, name: str) -> TriggerList:
    """In the definition's order, whether each is active, and when a cron is due next."""
    from chalicelib.core.triggers.cron import next_occurrence
    from chalicelib.core.triggers.model import triggers_of

    found, org = services(), request.caller.org
    version = found.workflows.latest(org, name)
    if version is None:
        raise NotFound(f"workflow {name!r} not found")
    lines = found.triggers.register.all(org, name)
    active = {line.trigger for line in lines if not line.leaving}
    listed = []
    for trigger in triggers_of(org, name, version.source):
        line = TriggerLine(type=trigger.kind, active=trigger.id in active, **trigger.content)
        if line.schedule is not None:
            due = next_occurrence(line.schedule, line.timezone or "UTC", found.clock())
            line.next_at = rfc3339(due) if due else None
        listed.append(line)
    return TriggerList(triggers=listed)
