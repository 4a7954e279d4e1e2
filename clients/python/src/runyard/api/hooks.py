"""Hooks. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make


def hook(
    path: str,
    *,
    body: Any = None,
    content_type: str | None = None,
    headers: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Request[t.Triggered]:
    """Start the workflow behind a webhook."""
    return make(
        "POST",
        "/hooks/{path}",
        path={"path": path},
        body=body,
        media=content_type,
        headers=headers,
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def hook_of_two(
    path: str,
    second: str,
    *,
    body: Any = None,
    content_type: str | None = None,
    headers: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Request[t.Triggered]:
    """Start the workflow behind a webhook."""
    return make(
        "POST",
        "/hooks/{path}/{second}",
        path={"path": path, "second": second},
        body=body,
        media=content_type,
        headers=headers,
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def hook_of_three(
    path: str,
    second: str,
    third: str,
    *,
    body: Any = None,
    content_type: str | None = None,
    headers: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Request[t.Triggered]:
    """Start the workflow behind a webhook."""
    return make(
        "POST",
        "/hooks/{path}/{second}/{third}",
        path={"path": path, "second": second, "third": third},
        body=body,
        media=content_type,
        headers=headers,
        takes_key=True,
        idempotency_key=idempotency_key,
    )


class Hooks:
    """Webhooks that start workflows."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def send(
        self,
        path: str,
        *,
        body: Any = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.Triggered:
        """Start the workflow behind a webhook.

        `POST /hooks/{path}`; token or signature.

        `path`: The first part of the hook's path.

        `body`: Text and bytes as they are, all else as JSON.

        `headers`: More headers: a signature.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            hook(
                path,
                body=body,
                content_type=content_type,
                headers=headers,
                idempotency_key=idempotency_key,
            )
        )

    def send_to_two(
        self,
        path: str,
        second: str,
        *,
        body: Any = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.Triggered:
        """Start the workflow behind a webhook.

        `POST /hooks/{path}/{second}`; token or signature.

        `path`: The first part of the hook's path.

        `second`: The second part.

        `body`: Text and bytes as they are, all else as JSON.

        `headers`: More headers: a signature.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            hook_of_two(
                path,
                second,
                body=body,
                content_type=content_type,
                headers=headers,
                idempotency_key=idempotency_key,
            )
        )

    def send_to_three(
        self,
        path: str,
        second: str,
        third: str,
        *,
        body: Any = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.Triggered:
        """Start the workflow behind a webhook.

        `POST /hooks/{path}/{second}/{third}`; token or signature.

        `path`: The first part of the hook's path.

        `second`: The second part.

        `third`: The third part.

        `body`: Text and bytes as they are, all else as JSON.

        `headers`: More headers: a signature.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            hook_of_three(
                path,
                second,
                third,
                body=body,
                content_type=content_type,
                headers=headers,
                idempotency_key=idempotency_key,
            )
        )


class AsyncHooks:
    """Webhooks that start workflows."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def send(
        self,
        path: str,
        *,
        body: Any = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.Triggered:
        """Start the workflow behind a webhook.

        `POST /hooks/{path}`; token or signature.

        `path`: The first part of the hook's path.

        `body`: Text and bytes as they are, all else as JSON.

        `headers`: More headers: a signature.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            hook(
                path,
                body=body,
                content_type=content_type,
                headers=headers,
                idempotency_key=idempotency_key,
            )
        )

    async def send_to_two(
        self,
        path: str,
        second: str,
        *,
        body: Any = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.Triggered:
        """Start the workflow behind a webhook.

        `POST /hooks/{path}/{second}`; token or signature.

        `path`: The first part of the hook's path.

        `second`: The second part.

        `body`: Text and bytes as they are, all else as JSON.

        `headers`: More headers: a signature.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            hook_of_two(
                path,
                second,
                body=body,
                content_type=content_type,
                headers=headers,
                idempotency_key=idempotency_key,
            )
        )

    async def send_to_three(
        self,
        path: str,
        second: str,
        third: str,
        *,
        body: Any = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> t.Triggered:
        """Start the workflow behind a webhook.

        `POST /hooks/{path}/{second}/{third}`; token or signature.

        `path`: The first part of the hook's path.

        `second`: The second part.

        `third`: The third part.

        `body`: Text and bytes as they are, all else as JSON.

        `headers`: More headers: a signature.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            hook_of_three(
                path,
                second,
                third,
                body=body,
                content_type=content_type,
                headers=headers,
                idempotency_key=idempotency_key,
            )
        )
