"""S1's envelope: `{code, data, message, requestId}`, and for refusals `{code, details, message, requestId}`.

`code` repeats the HTTP status. What is wrong with an input is 400 here, whether it cannot be parsed or
parses and is wrong (only a reused `Idempotency-Key` stays 422, as in every dialect).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from chalice.app import Response
from pydantic import BaseModel

from chalicelib.api.problems import problem_headers
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Envelope, Routes, View
from chalicelib.core.errors import Invalid, RunyardError
from chalicelib.core.graphs.problems import InvalidGraph
from chalicelib.core.roles import Role

SUCCESS: Final = "success"
_MEMBERS: Final = ("code", "data", "message", "requestId")
_REFUSAL_MEMBERS: Final = ("code", "details", "message", "requestId")


def _wrap(data: Any, status: int, request_id: str) -> dict[str, Any]:
    return {"code": status, "data": data, "message": SUCCESS, "requestId": request_id}


def _describe(status: int, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """What OpenAPI says of an answer, given what it says of its `data`."""
    schema = {
        "type": "object",
        "required": list(_MEMBERS),
        "properties": {
            "code": {"const": status},
            "data": content["schema"],
            "message": {"const": SUCCESS},
            "requestId": {"type": "string", "description": "As in `X-Request-Id`."},
        },
    }
    example = _wrap(content["example"], status, "req_01M809R57ZVEE6NQ4SE8EDH1EC")
    return {"schema": schema, "example": example}


ENVELOPE: Final = Envelope(_wrap, _describe)


def status_of(error: RunyardError) -> int:
    """The status of a refusal in this dialect."""
    return 400 if isinstance(error, Invalid) else error.status


def render_error(error: RunyardError, path: str, correlation_id: str) -> Response:
    """S1's refusals. `details` has the kind of the error and whatever belongs to it: of wrong input
    every single problem, in `errors`."""
    status = status_of(error)
    details = {"type": f"/errors/{error.slug}", **error.extra}
    if isinstance(error, InvalidGraph):
        details["errors"] = [problem.as_dict() for problem in error.graph_problems]
    body = {
        "code": status,
        "details": details,
        "message": error.detail,
        "requestId": correlation_id,
    }
    headers: dict[str, str | list[str]] = {
        "Content-Type": "application/json",
        **problem_headers(error),
    }
    return Response(body=json.dumps(body), status_code=status, headers=headers)


def describe_error(status: int) -> Mapping[str, Any]:
    """What OpenAPI says of a refusal's content."""
    details = {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"type": "string", "description": "`/errors/<slug>`, which explains it."},
            "errors": {
                "type": "array",
                "description": "Every single problem.",
                "items": {"type": "object"},
            },
        },
    }
    schema = {
        "type": "object",
        "required": list(_REFUSAL_MEMBERS),
        "properties": {
            "code": {"const": status},
            "details": details,
            "message": {"type": "string", "description": "What is wrong with this request."},
            "requestId": {"type": "string", "description": "As in `X-Request-Id`."},
        },
    }
    return {"application/json": {"schema": schema}}


class V1Routes(Routes):
    """Routes that answer in the envelope and refuse in it."""

    def declare(
        self, method: str, path: str, *, role: Role | None, summary: str, **more: Any
    ) -> Callable[[View], View]:
        """As `Routes.declare`, with S1's way of answering."""
        more = {
            "envelope": ENVELOPE,
            "render_error": render_error,
            "describe_error": describe_error,
            **more,
        }
        return super().declare(method, path, role=role, summary=summary, **more)


def reply(request: ApiRequest, data: BaseModel, *, replayed: bool) -> Response:
    """An answer in its envelope that says whether an earlier request had done the work."""
    body = _wrap(data.model_dump(mode="json", by_alias=True), 200, request.correlation_id)
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json"}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(body=text, status_code=200, headers=headers)
