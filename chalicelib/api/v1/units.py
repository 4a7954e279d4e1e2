"""S1: compute units: what nodes cost, what an organisation has spent, and what it may spend."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from chalicelib.api.models import whole
from chalicelib.api.organizations import of_the_first_organisation
from chalicelib.api.requests import ApiRequest
from chalicelib.api.v1.envelope import V1Routes
from chalicelib.api.v1.run_models import CamelBody, CamelModel
from chalicelib.core.errors import NotFound
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = V1Routes(__name__, tag="compute units")

MONTHS: Final = 12
"""How many months of usage are shown, this one included."""


class CostTable(CamelModel):
    costs: dict[str, int] = Field(description="Node type, or action of a step, → units.")
    default: int = Field(description="Of an action that is not in the table.")


class WorkflowUsage(CamelModel):
    workflow_id: str | None = Field(description="Null: runs that belong to no workflow.")
    cu: int


class MonthUsage(CamelModel):
    month: str
    cu: int
    workflows: list[WorkflowUsage]


class UnitsDetail(CamelModel):
    organization_id: str
    month: str
    allowance: int | None = Field(description="Units a month; null: any number.")
    used: int = Field(description="In this month.")
    balance: int | None = Field(description="What is left of this month's allowance.")
    usage: list[MonthUsage] = Field(description="Newest first; months without runs are left out.")


class Allowance(CamelBody):
    """What an organisation may spend."""

    monthly_cu: Annotated[int, Field(ge=0, le=1_000_000_000_000), BeforeValidator(whole)] | None = (
        Field(description="Units a month; null: any number.")
    )


@routes.declare(
    "GET",
    "/v1/cu/costs",
    role=Role.VIEWER,
    summary="What each kind of node costs, in compute units",
    answer=CostTable,
)
def list_costs(request: ApiRequest) -> CostTable:
    """A node costs once, if it began."""
    from chalicelib.core.units import DEFAULT, UNITS, costs

    return CostTable(costs=costs(), default=UNITS[DEFAULT])


@routes.declare(
    "GET",
    "/v1/organizations/{orgId}/cu",
    role=Role.VIEWER,
    summary="An organisation's compute units: balance, usage by month and workflow",
    answer=UnitsDetail,
    errors=(404,),
)
def get_units(request: ApiRequest, orgId: str) -> UnitsDetail:  # noqa: N803 - S1's word
    """One's own organisation's. A run counts when its log is closed, moments after its end."""
    if orgId != request.caller.org:
        raise NotFound("organization not found")
    return _detail(orgId)


@routes.declare(
    "PUT",
    "/v1/organizations/{orgId}/cu",
    role=Role.ADMIN,
    summary="Set how many compute units an organisation may spend a month",
    body=Allowance,
    answer=UnitsDetail,
    errors=(400, 404, 413, 415),
)
def set_allowance(request: ApiRequest, orgId: str) -> UnitsDetail:  # noqa: N803 - S1's word
    """For admins of the organisation that was bootstrapped first, and for all organisations."""
    found = services()
    of_the_first_organisation(request)
    given = request.read(Allowance)
    if orgId not in found.orgs():
        raise NotFound("organization not found")
    found.v1.units.allow(orgId, given.monthly_cu)
    return _detail(orgId)


def _detail(org: str) -> UnitsDetail:
    from chalicelib.core.graph_workflows.balance import Balance
    from chalicelib.store.units import NO_WORKFLOW

    v1 = services().v1
    month = v1.purse.month()
    usage = v1.units.usage(org, _earlier(month, MONTHS - 1), month)
    stands = Balance(month, v1.units.allowance(org), sum(usage.get(month, {}).values()))
    return UnitsDetail(
        organization_id=org,
        month=month,
        allowance=stands.allowance,
        used=stands.used,
        balance=stands.left,
        usage=[
            MonthUsage(
                month=one,
                cu=sum(by_workflow.values()),
                workflows=[
                    WorkflowUsage(
                        workflow_id=None if workflow == NO_WORKFLOW else workflow, cu=units
                    )
                    for workflow, units in sorted(by_workflow.items())
                ],
            )
            for one, by_workflow in sorted(usage.items(), reverse=True)
        ],
    )


def _earlier(month: str, by: int) -> str:
    """The month that was so many months before."""
    at = datetime.strptime(month, "%Y-%m")
    months = at.year * 12 + at.month - 1 - by
    return f"{months // 12:04d}-{months % 12 + 1:02d}"
