"""Refusals as RFC 9457 problem documents (S4), with the `error` member S2 and S3 clients know.

A dialect whose errors look otherwise (S0's cancel endpoints, S1) gives its routes a renderer of its
own; the errors themselves and where they are caught stay the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalice.app import Response

from chalicelib.core.errors import RateLimited, RunyardError, Unauthorized, Unavailable

PROBLEM_JSON = "application/problem+json"

Renderer = Callable[[RunyardError, str, str], Response]
"""(error, path, correlation id) → response."""


def problem_document(error: RunyardError, path: str, correlation_id: str) -> dict[str, Any]:
    """The members of the problem; `error` equals `detail`."""
    return {
        "type": f"/errors/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": path,
        "correlation_id": correlation_id,
        "error": error.detail,
        **error.extra,
    }


def problem_headers(error: RunyardError) -> dict[str, str]:
    """`Retry-After` and `WWW-Authenticate` where they belong."""
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited | Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="runyard"'
    return headers


def render_problem(error: RunyardError, path: str, correlation_id: str) -> Response:
    """The default renderer."""
    return Response(
        body=json.dumps(problem_document(error, path, correlation_id)),
        status_code=error.status,
        headers={"Content-Type": PROBLEM_JSON, **problem_headers(error)},
    )
