"""The format of definitions for editors: `/schemas/workflow.json`."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

from chalice.app import Response

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IF_NONE_MATCH, PUBLIC, Routes

routes = Routes(__name__, tag="documentation")

MEDIA_TYPE: Final = "application/schema+json"
FRESH_SECONDS: Final = 3600


@routes.declare(
    "GET",
    "/schemas/workflow.json",
    role=PUBLIC,
    summary="The definition format as a JSON Schema, for editors",
    produces=MEDIA_TYPE,
    also=(304,),
    parameters=(IF_NONE_MATCH,),
    lenient=True,
)
def workflow_schema(request: ApiRequest) -> Response:
    """With an `ETag`: to a request whose `If-None-Match` has it, 304 without a body."""
    tag = _tag()
    headers: dict[str, str | list[str]] = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={FRESH_SECONDS}",
    }
    known = {one.strip().removeprefix("W/") for one in _known(request).split(",")}
    if known & {tag, "*"}:
        return Response(body="", status_code=304, headers=headers)
    from chalicelib.definition_schema import schema_text

    headers["Content-Type"] = MEDIA_TYPE
    return Response(body=schema_text(), status_code=200, headers=headers)


def _known(request: ApiRequest) -> str:
    return request.headers.get("if-none-match", "")


@cache
def _tag() -> str:
    from chalicelib.definition_schema import schema_text

    return f'"{hashlib.sha256(schema_text().encode()).hexdigest()[:32]}"'
