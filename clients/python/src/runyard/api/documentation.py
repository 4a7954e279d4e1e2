"""Documentation. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from typing import Any

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make


def describe_api() -> Request[t.ApiDescriptor]:
    """What this API has, and where."""
    return make(
        "GET",
        "/",
        public=True,
    )


def asyncapi() -> Request[dict[str, Any]]:
    """The sockets as an AsyncAPI 3.0 document."""
    return make(
        "GET",
        "/asyncapi.json",
        public=True,
    )


def explorer(*, if_none_match: str | None = None) -> Request[str | None]:
    """This API to read and to try, in a browser."""
    return make(
        "GET",
        "/docs",
        headers={"If-None-Match": if_none_match},
        public=True,
    )


def explorer_asset(asset: str, *, if_none_match: str | None = None) -> Request[str | None]:
    """A script or style of the page at `/docs`."""
    return make(
        "GET",
        "/docs/{asset}",
        path={"asset": asset},
        headers={"If-None-Match": if_none_match},
        public=True,
    )


def explain_error(slug: str) -> Request[t.ErrorPage]:
    """What a kind of error means."""
    return make(
        "GET",
        "/errors/{slug}",
        path={"slug": slug},
        public=True,
    )


def openapi() -> Request[dict[str, Any]]:
    """This API as an OpenAPI 3.1 document."""
    return make(
        "GET",
        "/openapi.json",
        public=True,
    )


def workflow_schema(*, if_none_match: str | None = None) -> Request[dict[str, Any] | None]:
    """The definition format as a JSON Schema, for editors."""
    return make(
        "GET",
        "/schemas/workflow.json",
        headers={"If-None-Match": if_none_match},
        public=True,
    )


class Documentation:
    """The API about itself."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def describe_api(self) -> t.ApiDescriptor:
        """What this API has, and where.

        `GET /`; public.
        """
        return self._send(describe_api())

    def asyncapi(self) -> dict[str, Any]:
        """The sockets as an AsyncAPI 3.0 document.

        `GET /asyncapi.json`; public.
        """
        return self._send(asyncapi())

    def explorer(self, *, if_none_match: str | None = None) -> str | None:
        """This API to read and to try, in a browser.

        `GET /docs`; public.

        `if_none_match`: The `ETag` of what the client has.
        """
        return self._send(explorer(if_none_match=if_none_match))

    def explorer_asset(self, asset: str, *, if_none_match: str | None = None) -> str | None:
        """A script or style of the page at `/docs`.

        `GET /docs/{asset}`; public.

        `asset`: The file's name.

        `if_none_match`: The `ETag` of what the client has.
        """
        return self._send(explorer_asset(asset, if_none_match=if_none_match))

    def explain_error(self, slug: str) -> t.ErrorPage:
        """What a kind of error means.

        `GET /errors/{slug}`; public.

        `slug`: The last part of a problem's `type`.
        """
        return self._send(explain_error(slug))

    def openapi(self) -> dict[str, Any]:
        """This API as an OpenAPI 3.1 document.

        `GET /openapi.json`; public.
        """
        return self._send(openapi())

    def workflow_schema(self, *, if_none_match: str | None = None) -> dict[str, Any] | None:
        """The definition format as a JSON Schema, for editors.

        `GET /schemas/workflow.json`; public.

        `if_none_match`: The `ETag` of what the client has.
        """
        return self._send(workflow_schema(if_none_match=if_none_match))


class AsyncDocumentation:
    """The API about itself."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def describe_api(self) -> t.ApiDescriptor:
        """What this API has, and where.

        `GET /`; public.
        """
        return await self._send(describe_api())

    async def asyncapi(self) -> dict[str, Any]:
        """The sockets as an AsyncAPI 3.0 document.

        `GET /asyncapi.json`; public.
        """
        return await self._send(asyncapi())

    async def explorer(self, *, if_none_match: str | None = None) -> str | None:
        """This API to read and to try, in a browser.

        `GET /docs`; public.

        `if_none_match`: The `ETag` of what the client has.
        """
        return await self._send(explorer(if_none_match=if_none_match))

    async def explorer_asset(self, asset: str, *, if_none_match: str | None = None) -> str | None:
        """A script or style of the page at `/docs`.

        `GET /docs/{asset}`; public.

        `asset`: The file's name.

        `if_none_match`: The `ETag` of what the client has.
        """
        return await self._send(explorer_asset(asset, if_none_match=if_none_match))

    async def explain_error(self, slug: str) -> t.ErrorPage:
        """What a kind of error means.

        `GET /errors/{slug}`; public.

        `slug`: The last part of a problem's `type`.
        """
        return await self._send(explain_error(slug))

    async def openapi(self) -> dict[str, Any]:
        """This API as an OpenAPI 3.1 document.

        `GET /openapi.json`; public.
        """
        return await self._send(openapi())

    async def workflow_schema(self, *, if_none_match: str | None = None) -> dict[str, Any] | None:
        """The definition format as a JSON Schema, for editors.

        `GET /schemas/workflow.json`; public.

        `if_none_match`: The `ETag` of what the client has.
        """
        return await self._send(workflow_schema(if_none_match=if_none_match))
