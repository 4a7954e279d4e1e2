"""ComputeUnits. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make, members


def list_costs() -> Request[t.ListCostsAnswer]:
    """What each kind of node costs, in compute units."""
    return make(
        "GET",
        "/v1/cu/costs",
    )


def get_units(org_id: str) -> Request[t.GetUnitsAnswer]:
    """An organisation's compute units: balance, usage by month and workflow."""
    return make(
        "GET",
        "/v1/organizations/{orgId}/cu",
        path={"orgId": org_id},
    )


def set_allowance(org_id: str, *, monthly_cu: int | None) -> Request[t.SetAllowanceAnswer]:
    """Set how many compute units an organisation may spend a month."""
    return make(
        "PUT",
        "/v1/organizations/{orgId}/cu",
        path={"orgId": org_id},
        body=members({"monthlyCu": monthly_cu}, {}, needed=True),
    )


class ComputeUnits:
    """What runs cost, and what may be spent (S1)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list_costs(self) -> t.ListCostsAnswer:
        """What each kind of node costs, in compute units.

        `GET /v1/cu/costs`; role viewer.
        """
        return self._send(list_costs())

    def get(self, org_id: str) -> t.GetUnitsAnswer:
        """An organisation's compute units: balance, usage by month and workflow.

        `GET /v1/organizations/{orgId}/cu`; role viewer.

        `org_id`: The organisation's id.
        """
        return self._send(get_units(org_id))

    def set_allowance(self, org_id: str, *, monthly_cu: int | None) -> t.SetAllowanceAnswer:
        """Set how many compute units an organisation may spend a month.

        `PUT /v1/organizations/{orgId}/cu`; role admin.

        `org_id`: The organisation's id.

        `monthly_cu`: Units a month; null: any number.
        """
        return self._send(set_allowance(org_id, monthly_cu=monthly_cu))


class AsyncComputeUnits:
    """What runs cost, and what may be spent (S1)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list_costs(self) -> t.ListCostsAnswer:
        """What each kind of node costs, in compute units.

        `GET /v1/cu/costs`; role viewer.
        """
        return await self._send(list_costs())

    async def get(self, org_id: str) -> t.GetUnitsAnswer:
        """An organisation's compute units: balance, usage by month and workflow.

        `GET /v1/organizations/{orgId}/cu`; role viewer.

        `org_id`: The organisation's id.
        """
        return await self._send(get_units(org_id))

    async def set_allowance(self, org_id: str, *, monthly_cu: int | None) -> t.SetAllowanceAnswer:
        """Set how many compute units an organisation may spend a month.

        `PUT /v1/organizations/{orgId}/cu`; role admin.

        `org_id`: The organisation's id.

        `monthly_cu`: Units a month; null: any number.
        """
        return await self._send(set_allowance(org_id, monthly_cu=monthly_cu))
