"""Tokens. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

from runyard import types as t
from runyard._pages import OffsetCursor, async_walk, walk
from runyard._request import AsyncSend, Request, Send, make, members


def list_tokens(*, limit: int | None = None, offset: int | None = None) -> Request[t.TokenPage]:
    """List API tokens by name."""
    return make(
        "GET",
        "/api/v1/auth/tokens",
        query={"limit": limit, "offset": offset},
    )


def create_token(
    *,
    name: str,
    role: Literal["viewer", "operator", "admin"] | None = None,
    expires_in: int | None = None,
    idempotency_key: str | None = None,
) -> Request[t.CreatedToken]:
    """Create an API token, which is shown once."""
    return make(
        "POST",
        "/api/v1/auth/tokens",
        body=members({"name": name}, {"role": role, "expires_in": expires_in}, needed=True),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def revoke_token(id: str) -> Request[t.RevokedToken]:
    """Revoke an API token."""
    return make(
        "DELETE",
        "/api/v1/auth/tokens/{id}",
        path={"id": id},
    )


class Tokens:
    """Signing in, and API tokens (S4)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, *, limit: int | None = None, offset: int | None = None) -> t.TokenPage:
        """List API tokens by name.

        `GET /api/v1/auth/tokens`; role viewer.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return self._send(list_tokens(limit=limit, offset=offset))

    def list_all(self, *, page_size: int | None = None) -> Iterator[t.TokenLine]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_tokens(limit=page_size, offset=place)

        return walk(self._send, OffsetCursor(), page)

    def create(
        self,
        *,
        name: str,
        role: Literal["viewer", "operator", "admin"] | None = None,
        expires_in: int | None = None,
        idempotency_key: str | None = None,
    ) -> t.CreatedToken:
        """Create an API token, which is shown once.

        `POST /api/v1/auth/tokens`; role viewer.

        `expires_in`: In seconds.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            create_token(
                name=name, role=role, expires_in=expires_in, idempotency_key=idempotency_key
            )
        )

    def revoke(self, id: str) -> t.RevokedToken:
        """Revoke an API token.

        `DELETE /api/v1/auth/tokens/{id}`; role viewer.

        `id`: The token's id.
        """
        return self._send(revoke_token(id))


class AsyncTokens:
    """Signing in, and API tokens (S4)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self, *, limit: int | None = None, offset: int | None = None) -> t.TokenPage:
        """List API tokens by name.

        `GET /api/v1/auth/tokens`; role viewer.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return await self._send(list_tokens(limit=limit, offset=offset))

    def list_all(self, *, page_size: int | None = None) -> AsyncIterator[t.TokenLine]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_tokens(limit=page_size, offset=place)

        return async_walk(self._send, OffsetCursor(), page)

    async def create(
        self,
        *,
        name: str,
        role: Literal["viewer", "operator", "admin"] | None = None,
        expires_in: int | None = None,
        idempotency_key: str | None = None,
    ) -> t.CreatedToken:
        """Create an API token, which is shown once.

        `POST /api/v1/auth/tokens`; role viewer.

        `expires_in`: In seconds.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            create_token(
                name=name, role=role, expires_in=expires_in, idempotency_key=idempotency_key
            )
        )

    async def revoke(self, id: str) -> t.RevokedToken:
        """Revoke an API token.

        `DELETE /api/v1/auth/tokens/{id}`; role viewer.

        `id`: The token's id.
        """
        return await self._send(revoke_token(id))
