"""Secrets. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make, members


def list_secrets() -> Request[t.SecretList]:
    """List the names of secrets."""
    return make(
        "GET",
        "/api/v1/secrets",
    )


def delete_secret(name: str) -> Request[t.DeletedSecret]:
    """Forget a secret."""
    return make(
        "DELETE",
        "/api/v1/secrets/{name}",
        path={"name": name},
    )


def put_secret(name: str, *, value: str | Mapping[str, Any]) -> Request[t.Secret]:
    """Store a secret, or put another value in its place."""
    return make(
        "PUT",
        "/api/v1/secrets/{name}",
        path={"name": name},
        body=members({"value": value}, {}, needed=True),
    )


class Secrets:
    """Credentials for steps: written, never read back."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self) -> t.SecretList:
        """List the names of secrets.

        `GET /api/v1/secrets`; role admin.
        """
        return self._send(list_secrets())

    def delete(self, name: str) -> t.DeletedSecret:
        """Forget a secret.

        `DELETE /api/v1/secrets/{name}`; role admin.

        `name`: The secret's name.
        """
        return self._send(delete_secret(name))

    def put(self, name: str, *, value: str | Mapping[str, Any]) -> t.Secret:
        """Store a secret, or put another value in its place.

        `PUT /api/v1/secrets/{name}`; role admin.

        `name`: The secret's name.

        `value`: Text, or an object; at most 65,536 bytes as UTF-8.
        """
        return self._send(put_secret(name, value=value))


class AsyncSecrets:
    """Credentials for steps: written, never read back."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self) -> t.SecretList:
        """List the names of secrets.

        `GET /api/v1/secrets`; role admin.
        """
        return await self._send(list_secrets())

    async def delete(self, name: str) -> t.DeletedSecret:
        """Forget a secret.

        `DELETE /api/v1/secrets/{name}`; role admin.

        `name`: The secret's name.
        """
        return await self._send(delete_secret(name))

    async def put(self, name: str, *, value: str | Mapping[str, Any]) -> t.Secret:
        """Store a secret, or put another value in its place.

        `PUT /api/v1/secrets/{name}`; role admin.

        `name`: The secret's name.

        `value`: Text, or an object; at most 65,536 bytes as UTF-8.
        """
        return await self._send(put_secret(name, value=value))
