"""The API about itself: the OpenAPI document, and what each error means."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from functools import cache

from chalice.app import Response

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import PUBLIC, Routes, declared
from chalicelib.core.errors import NotFound, RunyardError
from chalicelib.settings import settings

routes = Routes(__name__, tag="documentation")


class ErrorPage(ApiModel):
    """What a problem's `type` leads to."""

    type: str
    title: str
    status: int
    description: str


@routes.declare(
    "GET",
    "/openapi.json",
    role=PUBLIC,
    summary="This API as an OpenAPI 3.1 document",
    lenient=True,
)
def openapi(request: ApiRequest) -> Response:
    return Response(
        body=openapi_text(), status_code=200, headers={"Content-Type": "application/json"}
    )


@cache
def openapi_text() -> str:
    """The document, built once per process."""
    from chalicelib.api.openapi import document

    return json.dumps(document(declared(), version=settings().version), separators=(",", ":"))


@routes.declare(
    "GET",
    "/asyncapi.json",
    role=PUBLIC,
    summary="The sockets as an AsyncAPI 3.0 document",
    lenient=True,
)
def asyncapi(request: ApiRequest) -> Response:
    return Response(
        body=asyncapi_text(), status_code=200, headers={"Content-Type": "application/json"}
    )


@cache
def asyncapi_text() -> str:
    """The document, built once per process."""
    from chalicelib.asyncapi import document

    codes = [kind.slug for kind in error_kinds()]
    return json.dumps(document(codes, version=settings().version), separators=(",", ":"))


@routes.declare(
    "GET",
    "/errors/{slug}",
    role=PUBLIC,
    summary="What a kind of error means",
    answer=ErrorPage,
    errors=(404,),
    lenient=True,
)
def explain_error(request: ApiRequest, slug: str) -> ErrorPage:
    for kind in error_kinds():
        if kind.slug == slug:
            text = inspect.getdoc(kind) or kind.title
            return ErrorPage(
                type=f"/errors/{slug}", title=kind.title, status=kind.status, description=text
            )
    raise NotFound(f"there is no kind of error called {slug[:64]!r}")


def error_kinds() -> Iterator[type[RunyardError]]:
    """Every kind of error there is, the general one first."""
    waiting: list[type[RunyardError]] = [RunyardError]
    while waiting:
        kind = waiting.pop(0)
        yield kind
        waiting += sorted(kind.__subclasses__(), key=lambda found: found.__name__)
