"""Users. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

from runyard import types as t
from runyard._pages import OffsetCursor, async_walk, walk
from runyard._request import AsyncSend, Request, Send, make, members


def list_users(*, limit: int | None = None, offset: int | None = None) -> Request[t.UserPage]:
    """List users, the oldest first."""
    return make(
        "GET",
        "/api/v1/users",
        query={"limit": limit, "offset": offset},
    )


def create_user(
    *,
    email: str,
    password: str,
    role: Literal["viewer", "operator", "admin"],
    idempotency_key: str | None = None,
) -> Request[t.CreatedUser]:
    """Create a user."""
    return make(
        "POST",
        "/api/v1/users",
        body=members({"email": email, "password": password, "role": role}, {}, needed=True),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


def get_user(id: str) -> Request[t.UserLine]:
    """One user."""
    return make(
        "GET",
        "/api/v1/users/{id}",
        path={"id": id},
    )


def change_user(
    id: str,
    *,
    role: Literal["viewer", "operator", "admin"] | None = None,
    disabled: bool | None = None,
    password: str | None = None,
) -> Request[t.UserLine]:
    """Change a user's role or password, disable or enable a user."""
    return make(
        "PATCH",
        "/api/v1/users/{id}",
        path={"id": id},
        body=members({}, {"role": role, "disabled": disabled, "password": password}, needed=True),
    )


class Users:
    """Who may sign in, managed by admins (S4)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, *, limit: int | None = None, offset: int | None = None) -> t.UserPage:
        """List users, the oldest first.

        `GET /api/v1/users`; role admin.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return self._send(list_users(limit=limit, offset=offset))

    def list_all(self, *, page_size: int | None = None) -> Iterator[t.UserLine]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_users(limit=page_size, offset=place)

        return walk(self._send, OffsetCursor(), page)

    def create(
        self,
        *,
        email: str,
        password: str,
        role: Literal["viewer", "operator", "admin"],
        idempotency_key: str | None = None,
    ) -> t.CreatedUser:
        """Create a user.

        `POST /api/v1/users`; role admin.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            create_user(email=email, password=password, role=role, idempotency_key=idempotency_key)
        )

    def get(self, id: str) -> t.UserLine:
        """One user.

        `GET /api/v1/users/{id}`; role admin.

        `id`: The user's id.
        """
        return self._send(get_user(id))

    def change(
        self,
        id: str,
        *,
        role: Literal["viewer", "operator", "admin"] | None = None,
        disabled: bool | None = None,
        password: str | None = None,
    ) -> t.UserLine:
        """Change a user's role or password, disable or enable a user.

        `PATCH /api/v1/users/{id}`; role admin.

        `id`: The user's id.
        """
        return self._send(change_user(id, role=role, disabled=disabled, password=password))


class AsyncUsers:
    """Who may sign in, managed by admins (S4)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self, *, limit: int | None = None, offset: int | None = None) -> t.UserPage:
        """List users, the oldest first.

        `GET /api/v1/users`; role admin.

        `limit`: At most this many.

        `offset`: How many to leave out first.
        """
        return await self._send(list_users(limit=limit, offset=offset))

    def list_all(self, *, page_size: int | None = None) -> AsyncIterator[t.UserLine]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_users(limit=page_size, offset=place)

        return async_walk(self._send, OffsetCursor(), page)

    async def create(
        self,
        *,
        email: str,
        password: str,
        role: Literal["viewer", "operator", "admin"],
        idempotency_key: str | None = None,
    ) -> t.CreatedUser:
        """Create a user.

        `POST /api/v1/users`; role admin.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            create_user(email=email, password=password, role=role, idempotency_key=idempotency_key)
        )

    async def get(self, id: str) -> t.UserLine:
        """One user.

        `GET /api/v1/users/{id}`; role admin.

        `id`: The user's id.
        """
        return await self._send(get_user(id))

    async def change(
        self,
        id: str,
        *,
        role: Literal["viewer", "operator", "admin"] | None = None,
        disabled: bool | None = None,
        password: str | None = None,
    ) -> t.UserLine:
        """Change a user's role or password, disable or enable a user.

        `PATCH /api/v1/users/{id}`; role admin.

        `id`: The user's id.
        """
        return await self._send(change_user(id, role=role, disabled=disabled, password=password))
