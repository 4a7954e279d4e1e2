"""Approvals. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

from runyard import types as t
from runyard._pages import TokenCursor, async_walk, walk
from runyard._request import AsyncSend, Request, Send, make, members


def list_approvals(
    *,
    status: Literal["pending", "approved", "rejected", "expired"] | None = None,
    limit: int | None = None,
    page_token: str | None = None,
) -> Request[t.ApprovalList]:
    """List approvals, newest first."""
    return make(
        "GET",
        "/api/v1/approvals",
        query={"status": status, "limit": limit, "page_token": page_token},
    )


def get_approval(id: str) -> Request[t.ApprovalItem]:
    """One approval."""
    return make(
        "GET",
        "/api/v1/approvals/{id}",
        path={"id": id},
    )


def approve(id: str, *, comment: str | None = None) -> Request[t.ApprovalItem]:
    """Approve: the step succeeds and its execution goes on."""
    return make(
        "POST",
        "/api/v1/approvals/{id}/approve",
        path={"id": id},
        body=members({}, {"comment": comment}, needed=False),
    )


def reject(id: str, *, comment: str | None = None) -> Request[t.ApprovalItem]:
    """Reject: the step fails with `rejected`."""
    return make(
        "POST",
        "/api/v1/approvals/{id}/reject",
        path={"id": id},
        body=members({}, {"comment": comment}, needed=False),
    )


class Approvals:
    """Steps that wait for a person."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(
        self,
        *,
        status: Literal["pending", "approved", "rejected", "expired"] | None = None,
        limit: int | None = None,
        page_token: str | None = None,
    ) -> t.ApprovalList:
        """List approvals, newest first.

        `GET /api/v1/approvals`; role viewer.

        `status`: Only approvals with this status; without it all.

        `limit`: At most this many.

        `page_token`: The next_page_token of the page before.
        """
        return self._send(list_approvals(status=status, limit=limit, page_token=page_token))

    def list_all(
        self,
        *,
        status: Literal["pending", "approved", "rejected", "expired"] | None = None,
        page_size: int | None = None,
    ) -> Iterator[t.ApprovalItem]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_approvals(status=status, limit=page_size, page_token=place)

        return walk(self._send, TokenCursor("next_page_token", "approvals"), page)

    def get(self, id: str) -> t.ApprovalItem:
        """One approval.

        `GET /api/v1/approvals/{id}`; role viewer.

        `id`: The approval's id.
        """
        return self._send(get_approval(id))

    def approve(self, id: str, *, comment: str | None = None) -> t.ApprovalItem:
        """Approve: the step succeeds and its execution goes on.

        `POST /api/v1/approvals/{id}/approve`; role operator.

        `id`: The approval's id.

        `comment`: Why; later steps can read it.
        """
        return self._send(approve(id, comment=comment))

    def reject(self, id: str, *, comment: str | None = None) -> t.ApprovalItem:
        """Reject: the step fails with `rejected`.

        `POST /api/v1/approvals/{id}/reject`; role operator.

        `id`: The approval's id.

        `comment`: Why; later steps can read it.
        """
        return self._send(reject(id, comment=comment))


class AsyncApprovals:
    """Steps that wait for a person."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(
        self,
        *,
        status: Literal["pending", "approved", "rejected", "expired"] | None = None,
        limit: int | None = None,
        page_token: str | None = None,
    ) -> t.ApprovalList:
        """List approvals, newest first.

        `GET /api/v1/approvals`; role viewer.

        `status`: Only approvals with this status; without it all.

        `limit`: At most this many.

        `page_token`: The next_page_token of the page before.
        """
        return await self._send(list_approvals(status=status, limit=limit, page_token=page_token))

    def list_all(
        self,
        *,
        status: Literal["pending", "approved", "rejected", "expired"] | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[t.ApprovalItem]:
        """Every item of `list`, its pages fetched as they are needed."""

        def page(place: Any) -> Request[Any]:
            return list_approvals(status=status, limit=page_size, page_token=place)

        return async_walk(self._send, TokenCursor("next_page_token", "approvals"), page)

    async def get(self, id: str) -> t.ApprovalItem:
        """One approval.

        `GET /api/v1/approvals/{id}`; role viewer.

        `id`: The approval's id.
        """
        return await self._send(get_approval(id))

    async def approve(self, id: str, *, comment: str | None = None) -> t.ApprovalItem:
        """Approve: the step succeeds and its execution goes on.

        `POST /api/v1/approvals/{id}/approve`; role operator.

        `id`: The approval's id.

        `comment`: Why; later steps can read it.
        """
        return await self._send(approve(id, comment=comment))

    async def reject(self, id: str, *, comment: str | None = None) -> t.ApprovalItem:
        """Reject: the step fails with `rejected`.

        `POST /api/v1/approvals/{id}/reject`; role operator.

        `id`: The approval's id.

        `comment`: Why; later steps can read it.
        """
        return await self._send(reject(id, comment=comment))
