"""S4: `/docs`, the API to read and to try in a browser. Page, script and style come from here only."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from chalice.app import Response

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IF_NONE_MATCH, PUBLIC, Routes
from chalicelib.core.errors import NotFound

routes = Routes(__name__, tag="documentation")

PAGE: Final = "index.html"
ASSETS: Final = {
    "describe.js": "text/javascript; charset=utf-8",
    "explorer.js": "text/javascript; charset=utf-8",
    "explorer.css": "text/css; charset=utf-8",
}
"""Files that the page loads, and their types. Nothing else in the folder can be asked for."""
SECURITY: Final[dict[str, str]] = {
    # No script but our files, no request but to here, no frame, and no markup from text: a
    # description that somebody smuggled markup into could still not reach the token.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_FOLDER: Final = Path(__file__).resolve().parent.parent / "explorer"


@routes.declare(
    "GET",
    "/docs",
    role=PUBLIC,
    summary="This API to read and to try, in a browser",
    produces="text/html; charset=utf-8",
    also=(304,),
    parameters=(IF_NONE_MATCH,),
    lenient=True,
)
def explorer(request: ApiRequest) -> Response:
    """A token that is pasted there stays in that tab of the browser."""
    return _file(request, PAGE, "text/html; charset=utf-8")


@routes.declare(
    "GET",
    "/docs/{asset}",
    role=PUBLIC,
    summary="A script or style of the page at `/docs`",
    produces="text/javascript",
    or_produces=("text/css",),
    also=(304,),
    parameters=(IF_NONE_MATCH,),
    errors=(404,),
    lenient=True,
)
def explorer_asset(request: ApiRequest, asset: str) -> Response:
    """With an `ETag`: to a request whose `If-None-Match` has it, 304 without a body."""
    if asset not in ASSETS:
        raise NotFound(f"the page has no file {asset[:64]!r}")
    return _file(request, asset, ASSETS[asset])


def _file(request: ApiRequest, name: str, content_type: str) -> Response:
    text, tag = _read(name)
    headers: dict[str, str | list[str]] = {"ETag": tag, "Cache-Control": "no-cache", **SECURITY}
    known = {
        one.strip().removeprefix("W/")
        for one in request.headers.get("if-none-match", "").split(",")
    }
    if known & {tag, "*"}:
        return Response(body="", status_code=304, headers=headers)
    return Response(body=text, status_code=200, headers={**headers, "Content-Type": content_type})


@cache
def _read(name: str) -> tuple[str, str]:
    """A file's text and its tag."""
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
