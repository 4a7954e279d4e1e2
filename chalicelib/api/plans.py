"""S2: what applying a definition would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Parameter, Routes
from chalicelib.api.workflows import DEFINITION, DEFINITION_TYPES
from chalicelib.core.errors import BadRequest
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = Routes(__name__, tag="workflows")


class PlannedChange(ApiModel):
    path: str = Field(description="Where: `steps.fetch.params.url`. Steps go by their names.")
    op: Literal["added", "removed", "changed"]
    before: Any
    after: Any


class PlannedWorkflow(ApiModel):
    """What an apply would do. `asl` and `mermaid` are there only when asked for."""

    name: str
    action: Literal["create", "update", "unchanged"]
    current_version: int | None
    next_version: int
    content_hash: str
    changes: list[PlannedChange]
    diff: str = Field(description="The changes for people, as a unified diff of YAML.")
    states: int
    transitions: int = Field(description="Of a run without retries: what Step Functions bills.")
    estimated_events: int
    bytes: int = Field(description="Of the state machine's definition.")
    asl: dict[str, Any] | None = None
    mermaid: str | None = None


@routes.declare(
    "POST",
    "/api/v1/workflows/{name}/plan",
    role=Role.VIEWER,
    summary="What applying a definition would change; nothing is stored",
    body=DEFINITION,
    body_types=DEFINITION_TYPES,
    answer=PlannedWorkflow,
    errors=(400, 413, 415, 422, 501),
    parameters=(
        Parameter(
            "show",
            "Also answer the state machine (asl), or a picture of the graph (mermaid).",
            {"type": "string", "enum": ["asl", "mermaid"]},
        ),
    ),
)
def plan_workflow(request: ApiRequest, name: str) -> dict[str, Any]:
    show = request.query.get("show")
    if show not in (None, "asl", "mermaid"):
        raise BadRequest(f"show {show[:64]!r} is neither asl nor mermaid")
    media = request.content_type(DEFINITION_TYPES, "application/json")
    found = services().previewer.preview(request.caller.org, name, request.body(), media)
    compiled = found.compiled
    answer = PlannedWorkflow(
        name=name,
        action=found.action,
        current_version=found.current_version,
        next_version=found.next_version,
        content_hash=found.definition.content_hash,
        changes=[PlannedChange(**asdict(change)) for change in found.changes],
        diff=found.diff,
        states=state_count(compiled.definition),
        transitions=compiled.states,
        estimated_events=compiled.estimated_events,
        bytes=len(compiled.text.encode()),
    )
    more: dict[str, Any] = {}
    if show == "asl":
        more["asl"] = compiled.definition
    elif show == "mermaid":
        from chalicelib.core.compiler.mermaid import mermaid

        more["mermaid"] = mermaid(found.definition.plan)
    return answer.model_dump(exclude={"asl", "mermaid"}) | more


def state_count(machine: Mapping[str, Any]) -> int:
    """All states of a definition, on every level."""
    count, waiting = 0, [machine]
    while waiting:
        for state in waiting.pop()["States"].values():
            count += 1
            waiting += state.get("Branches", [])
            waiting += [state[inner] for inner in ("Iterator", "ItemProcessor") if inner in state]
    return count
