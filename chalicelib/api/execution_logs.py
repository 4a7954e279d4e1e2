"""S2: an execution's log lines."""

from __future__ import annotations

import re
from typing import Final

from pydantic import Field

from chalicelib.api.executions import UNKNOWN
from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest, limit_of
from chalicelib.api.routing import Parameter, Routes
from chalicelib.core.errors import BadRequest, NotFound
from chalicelib.core.ids import RUN_ID
from chalicelib.core.roles import Role
from chalicelib.core.runs.lines import log_line
from chalicelib.services import services

routes = Routes(__name__, tag="executions")

MOST_LINES: Final = 1000
DEFAULT_LINES: Final = 100


class ExecutionLogLine(ApiModel):
    timestamp: str
    level: str = Field(description="`info`, `warning` or `error`.")
    step: str | None
    message: str


class ExecutionLogs(ApiModel):
    logs: list[ExecutionLogLine]
    next: int | None = Field(
        description="Send it as `after` for the lines behind these; null where there are none yet."
    )


@routes.declare(
    "GET",
    "/api/v1/executions/{id}/logs",
    role=Role.VIEWER,
    summary="What happened in an execution, line by line",
    answer=ExecutionLogs,
    errors=(400, 404),
    parameters=(
        Parameter(
            "after",
            "Only lines behind this number: the `next` of the answer before.",
            {"type": "integer", "minimum": 0, "maximum": 99_999_999, "default": 0},
        ),
        Parameter(
            "limit",
            "At most this many.",
            {"type": "integer", "minimum": 1, "maximum": MOST_LINES, "default": DEFAULT_LINES},
        ),
    ),
)
def get_logs(request: ApiRequest, id: str) -> ExecutionLogs:
    """Oldest first, from the execution's events."""
    limit = limit_of(request.query, default=DEFAULT_LINES, most=MOST_LINES)
    after = _after(request.query.get("after", "0"))
    org = request.caller.org
    if not RUN_ID.match(id) or services().runs.get(org, id) is None:
        raise NotFound(UNKNOWN)
    found = [log_line(event) for event in services().log.read(org, id, after=after, limit=limit)]
    return ExecutionLogs(
        logs=[
            ExecutionLogLine(
                timestamp=line.timestamp, level=line.level, step=line.step, message=line.message
            )
            for line in found
        ],
        next=found[-1].seq if found else None,
    )


def _after(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,8}", text):
        raise BadRequest(f"after {text[:32]!r} is not a whole number from 0 to 99999999")
    return min(int(text), 99_999_998)
