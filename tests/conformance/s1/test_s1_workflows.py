"""S1, workflows: draft, publish, versions, pause, resume, rollback, archive, validate; locking."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import instant, v1_data, v1_refusal
from tests.support.graphs import clocked, graph, hooked, log
from tests.support.stack import Api, RunningStack

MEMBERS = {
    "id",
    "organizationId",
    "name",
    "description",
    "status",
    "version",
    "publishedVersion",
    "pausedReason",
    "createdAt",
    "createdBy",
    "updatedAt",
}
ORG = "org_s1_workflows"


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org=ORG, name="s1-workflows")


def create(
    api: Api, definition: Any = None, name: str = "alerts", **headers: str
) -> dict[str, Any]:
    given = {"name": name, "definition": definition or graph(say=log())}
    found: dict[str, Any] = v1_data(api.post("/v1/workflows", json=given, headers=headers))
    return found


def act(api: Api, workflow: dict[str, Any], act: str, **body: Any) -> dict[str, Any]:
    found: dict[str, Any] = v1_data(api.post(f"/v1/workflows/{workflow['id']}/{act}", json=body))
    return found


def test_s1_workflows__a_new_one_is_a_draft(ours: Api) -> None:
    made = create(ours)
    assert set(made) == MEMBERS | {"definition"}
    assert made["id"].startswith("wf_")
    assert (made["organizationId"], made["status"], made["version"]) == (ORG, "draft", 1)
    assert (made["publishedVersion"], made["pausedReason"]) == (None, None)
    assert made["definition"]["nodes"] == graph(say=log())["nodes"]
    assert instant(made["createdAt"]) <= instant(made["updatedAt"])
    assert v1_data(ours.get(f"/v1/workflows/{made['id']}")) == made


def test_s1_workflows__a_definition_given_as_a_json_text_is_taken(ours: Api) -> None:
    made = create(ours, json.dumps(graph(say=log())))
    assert made["definition"]["nodes"]["say"]["type"] == "log"


def test_s1_workflows__the_same_key_makes_one_workflow(ours: Api) -> None:
    given = {"name": "keyed", "definition": graph(say=log())}
    headers = {"Idempotency-Key": "s1-workflows-1"}
    first = ours.post("/v1/workflows", json=given, headers=headers)
    again = ours.post("/v1/workflows", json=given, headers=headers)
    assert v1_data(again) == v1_data(first)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = ours.post("/v1/workflows", json={**given, "name": "another"}, headers=headers)
    v1_refusal(other, 422, "idempotency-mismatch", "workflow_id")


def test_s1_workflows__a_put_with_identical_content_is_no_new_version(ours: Api) -> None:
    made = create(ours)
    path = f"/v1/workflows/{made['id']}"
    same = {"name": "alerts", "definition": graph(say=log())}
    assert v1_data(ours.call("PUT", path, json=same)) == made
    changed = v1_data(ours.call("PUT", path, json={"definition": graph(say=log("two"))}))
    assert (changed["version"], changed["name"], changed["status"]) == (2, "alerts", "draft")
    assert v1_data(ours.get(path)) == changed


def test_s1_workflows__who_changes_an_older_version_is_refused(ours: Api) -> None:
    made = create(ours)
    path = f"/v1/workflows/{made['id']}"
    change = {"definition": graph(say=log("two")), "expectedVersion": 1}
    assert v1_data(ours.call("PUT", path, json=change))["version"] == 2
    change["definition"] = graph(say=log("three"))
    refusal = v1_refusal(ours.call("PUT", path, json=change), 409, "conflict", "current_version")
    assert refusal["details"]["current_version"] == 2
    wrong = ours.post(f"{path}/publish", json={"expectedVersion": 1})
    v1_refusal(wrong, 409, "conflict", "current_version")
    assert act(ours, made, "publish", expectedVersion=2)["publishedVersion"] == 2


def test_s1_workflows__publish_pause_resume_archive(ours: Api) -> None:
    made = create(ours)
    published = act(ours, made, "publish")
    assert (published["status"], published["publishedVersion"]) == ("published", 1)
    paused = act(ours, made, "pause", reason="holidays")
    assert (paused["status"], paused["pausedReason"]) == ("paused", "holidays")
    assert act(ours, made, "resume")["status"] == "published"
    path = f"/v1/workflows/{made['id']}"
    archived = v1_data(ours.call("DELETE", path))
    assert (archived["id"], archived["status"]) == (made["id"], "archived")
    assert v1_data(ours.get(path)) == archived
    v1_refusal(ours.post(f"{path}/publish"), 409, "conflict", "state")
    v1_refusal(ours.call("PUT", path, json={"name": "x"}), 409, "conflict", "state")


def test_s1_workflows__rollback_and_versions(ours: Api) -> None:
    made = create(ours)
    path = f"/v1/workflows/{made['id']}"
    ours.call("PUT", path, json={"definition": graph(say=log("two"))})
    act(ours, made, "publish")
    back = act(ours, made, "rollback", targetVersion=1)
    assert (back["version"], back["definition"]) == (3, made["definition"])
    v1_refusal(ours.post(f"{path}/rollback", json={"targetVersion": 9}), 404, "not-found")
    page = v1_data(ours.get(f"{path}/versions"))
    assert set(page) == {"items", "limit", "offset", "hasMore"}
    assert [(line["version"], line["published"]) for line in page["items"]] == [
        (3, False),
        (2, True),
        (1, False),
    ]
    assert v1_data(ours.get(f"{path}/versions", params={"limit": 1, "offset": 1}))["hasMore"]
    second = v1_data(ours.get(f"{path}/versions/2"))
    assert second["definition"]["nodes"]["say"]["payload"] == {"message": "two"}
    assert (second["workflowId"], second["createdBy"]) == (made["id"], "s1-workflows")
    for none in ("9", "0", "x"):
        v1_refusal(ours.get(f"{path}/versions/{none}"), 404, "not-found")


def test_s1_workflows__the_list_is_newest_first_without_archived_ones(stack: RunningStack) -> None:
    api = stack.api_as(Role.OPERATOR, org="org_s1_lists", name="s1-lists")
    made = [create(api, name=f"w{number}") for number in range(3)]
    api.call("DELETE", f"/v1/workflows/{made[1]['id']}")
    page = v1_data(api.get("/v1/workflows"))
    assert [item["name"] for item in page["items"]] == ["w2", "w0"]
    assert all(set(item) == MEMBERS for item in page["items"])
    one = v1_data(api.get("/v1/workflows", params={"limit": 1}))
    assert (one["hasMore"], [item["name"] for item in one["items"]]) == (True, ["w2"])
    archived = v1_data(api.get("/v1/workflows", params={"status": "archived"}))
    assert [item["name"] for item in archived["items"]] == ["w1"]
    v1_refusal(api.get("/v1/workflows", params={"status": "gone"}), 400, "bad-request")


def test_s1_validate__tells_every_problem_by_kind_and_place(ours: Api, viewer: Api) -> None:
    good = v1_data(viewer.post("/v1/workflows/validate", json={"definition": graph(say=log())}))
    assert good == {"valid": True, "errors": []}
    wrong = graph(
        say={**log("{{nowhere.result.message}}"), "children": ["gone"]},
        alone=log(),
        odd={"type": "no-such-type"},
        later=log(),
    )
    given = {"definition": wrong, "name": ""}
    found = v1_data(ours.post("/v1/workflows/validate", json=given))
    assert found["valid"] is False
    members = {"type", "nodeId", "nodeName", "field", "message", "code"}
    assert all(set(error) == members for error in found["errors"])
    assert {error["type"] for error in found["errors"]} >= {
        "name",
        "nodes",
        "connectivity",
        "variable",
    }
    assert {"say", "odd"} <= {error["nodeId"] for error in found["errors"]}


@pytest.mark.parametrize(
    "definition",
    [
        graph(say={**log(), "children": ["gone"]}),
        graph(a={**log(), "children": ["b"]}, b={**log(), "children": ["a"]}),
        {"nodes": {}},
        {"nodes": []},
        [],
        "{",
        "just text",
        None,
        clocked("every now and then"),
        hooked("no/more/than/three"),
    ],
)
def test_s1_bad_input__a_wrong_definition_is_400_with_all_problems_and_nothing_is_stored(
    stack: RunningStack, definition: Any
) -> None:
    api = stack.api_as(Role.OPERATOR, org="org_s1_wrong", name="s1-wrong")
    answer = api.post("/v1/workflows", json={"name": "w", "definition": definition})
    refusal = v1_refusal(answer, 400, "validation-error", "errors")
    assert all(error["message"] and error["code"] for error in refusal["details"]["errors"])
    told = v1_data(api.post("/v1/workflows/validate", json={"definition": definition, "name": "w"}))
    assert told["errors"] == refusal["details"]["errors"]
    assert v1_data(api.get("/v1/workflows"))["items"] == []


def test_s1_bad_input__members_of_wrong_types_and_unknown_ones_are_400_and_all_named(
    ours: Api,
) -> None:
    answer = ours.post("/v1/workflows", json={"name": 3, "description": [], "no": 1})
    refusal = v1_refusal(answer, 400, "validation-error", "errors")
    named = {error["location"] for error in refusal["details"]["errors"]}
    assert named == {"name", "description", "definition", "no"}


def test_s1_triggers__a_published_cronjob_has_a_schedule_and_a_paused_one_none(
    stack: RunningStack, ours: Api
) -> None:
    made = create(ours, clocked("FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9", timezone="Europe/Berlin"))
    scheduler = stack.local.session.client("scheduler")

    def told() -> list[tuple[str, str]]:
        found = []
        for line in scheduler.list_schedules(GroupName="runyard-local")["Schedules"]:
            whole = scheduler.get_schedule(GroupName="runyard-local", Name=line["Name"])
            if whole.get("Description") == f"{ORG} {made['id']}":
                rhythm = whole["ScheduleExpression"], whole["ScheduleExpressionTimezone"]
                found.append(rhythm)
        return found

    assert told() == []
    act(ours, made, "publish")
    assert told() == [("cron(0 9 ? * MON,FRI *)", "Europe/Berlin")]
    act(ours, made, "pause")
    assert told() == []
    act(ours, made, "resume")
    assert len(told()) == 1
    ours.call("DELETE", f"/v1/workflows/{made['id']}")
    assert told() == []


def test_s1_workflows__a_large_definition_comes_back_as_it_was(ours: Api) -> None:
    large = graph(say=log("x" * 200_000))
    made = create(ours, large)
    assert v1_data(ours.get(f"/v1/workflows/{made['id']}"))["definition"]["nodes"] == large["nodes"]
