"""S1, compute units: the cost table, `totalCu`, balances, 402 with an automatic pause."""

from __future__ import annotations

from typing import Any

from chalicelib.core.roles import Role
from tests.support.answers import v1_data, v1_refusal
from tests.support.definitions import shape, workflow
from tests.support.stack import Api, RunningStack


def units(api: Api, org: str) -> dict[str, Any]:
    found: dict[str, Any] = v1_data(api.get(f"/v1/organizations/{org}/cu"))
    return found


def test_s1_costs__are_published_for_every_node_type(viewer: Api) -> None:
    found = v1_data(viewer.get("/v1/cu/costs"))
    assert set(found) == {"costs", "default"}
    assert found["costs"]["manual"] == 0
    assert found["costs"]["ai"] > found["costs"]["http-request"] > found["costs"]["log"] > 0


def test_s1_usage__by_month_and_workflow_and_equal_to_what_the_runs_say(
    stack: RunningStack,
) -> None:
    org = "org_s1_usage"
    api = stack.api_as(Role.OPERATOR, org=org, name="s1-usage")
    empty = units(api, org)
    assert set(empty) == {"organizationId", "month", "allowance", "used", "balance", "usage"}
    assert (empty["used"], empty["balance"], empty["usage"]) == (0, None, [])
    api.apply(workflow("s1-costs", shape("a"), shape("b"), shape("c", condition="false")))
    ids = [api.run("s1-costs") for _ in range(2)]
    for run_id in ids:
        api.ended(run_id)
    api.once(lambda: units(api, org)["used"] == 4, ids[0])
    totals = [v1_data(api.get(f"/v1/runs/{run_id}"))["totalCu"] for run_id in ids]
    assert totals == [2, 2]
    (month,) = units(api, org)["usage"]
    assert (month["month"], month["cu"]) == (empty["month"], 4)
    assert month["workflows"] == [{"workflowId": "s1-costs", "cu": 4}]


def test_s1_usage__is_ones_own_organisations(viewer: Api) -> None:
    for other in ("org_s1_usage", "org_none", "x"):
        v1_refusal(viewer.get(f"/v1/organizations/{other}/cu"), 404, "not-found")


def test_s1_allowance__is_set_by_admins_of_the_first_organisation(
    stack: RunningStack, stranger: Api
) -> None:
    org = "org_s1_allowed"
    api = stack.api_as(Role.ADMIN, org=org, name="s1-allowed")
    path = f"/v1/organizations/{org}/cu"
    given = v1_data(stack.api.call("PUT", path, json={"monthlyCu": 7}))
    assert (given["allowance"], given["balance"]) == (7, 7)
    assert units(api, org)["balance"] == 7
    refusal = v1_refusal(
        api.call("PUT", path, json={"monthlyCu": 9}), 403, "permission-denied", "rule_source"
    )
    assert refusal["details"]["rule_source"] == "organization"
    nowhere = stack.api.call("PUT", "/v1/organizations/org_none/cu", json={"monthlyCu": 9})
    v1_refusal(nowhere, 404, "not-found")
    wrong = stack.api.call("PUT", path, json={"monthlyCu": -1})
    v1_refusal(wrong, 400, "validation-error", "errors")
    assert v1_data(stack.api.call("PUT", path, json={"monthlyCu": None}))["balance"] is None
