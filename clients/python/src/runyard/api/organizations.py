"""Organizations. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make, members


def create_organization(
    *, name: str, admin_email: str, admin_password: str, idempotency_key: str | None = None
) -> Request[t.CreatedOrganization]:
    """Create an organisation and its admin."""
    return make(
        "POST",
        "/api/v1/organizations",
        body=members(
            {"name": name, "admin_email": admin_email, "admin_password": admin_password},
            {},
            needed=True,
        ),
        takes_key=True,
        idempotency_key=idempotency_key,
    )


class Organizations:
    """New organisations, made by admins of the first one (S4)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def create(
        self,
        *,
        name: str,
        admin_email: str,
        admin_password: str,
        idempotency_key: str | None = None,
    ) -> t.CreatedOrganization:
        """Create an organisation and its admin.

        `POST /api/v1/organizations`; role admin.

        `idempotency_key`: Made where none is given.
        """
        return self._send(
            create_organization(
                name=name,
                admin_email=admin_email,
                admin_password=admin_password,
                idempotency_key=idempotency_key,
            )
        )


class AsyncOrganizations:
    """New organisations, made by admins of the first one (S4)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def create(
        self,
        *,
        name: str,
        admin_email: str,
        admin_password: str,
        idempotency_key: str | None = None,
    ) -> t.CreatedOrganization:
        """Create an organisation and its admin.

        `POST /api/v1/organizations`; role admin.

        `idempotency_key`: Made where none is given.
        """
        return await self._send(
            create_organization(
                name=name,
                admin_email=admin_email,
                admin_password=admin_password,
                idempotency_key=idempotency_key,
            )
        )
