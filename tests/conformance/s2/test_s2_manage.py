"""S2, managing workflows: plan, rollback, archive."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.support.answers import has_common_headers, places, problem
from tests.support.definitions import Definition, delay, fetch, shape, workflow
from tests.support.stack import Api, CountingServer, step_of


def version(name: str, number: int, **more: Any) -> Definition:
    return workflow(name, shape("a", {"n": number}), **more)


def planned(api: Api, definition: Definition, **query: str) -> dict[str, Any]:
    path = f"/api/v1/workflows/{definition['name']}/plan"
    answer = api.post(path, json=definition, params=query)
    assert answer.status_code == 200, answer.text
    has_common_headers(answer)
    found: dict[str, Any] = answer.json()
    return found


def names(api: Api) -> list[str]:
    return [line["name"] for line in api.get("/api/v1/workflows").json()["workflows"]]


def test_s2_plan__says_what_an_apply_would_do_and_does_not_do_it(api: Api, viewer: Api) -> None:
    first, second = version("manage-plan", 1), version("manage-plan", 2)
    found = planned(viewer, first)
    assert (found["action"], found["current_version"], found["next_version"]) == ("create", None, 1)
    assert api.get("/api/v1/workflows/manage-plan").status_code == 404
    applied = api.apply(first)
    assert applied["content_hash"] == found["content_hash"]
    assert planned(viewer, first)["action"] == "unchanged"
    found = planned(viewer, second)
    assert set(found) == {
        *("name", "action", "current_version", "next_version", "content_hash", "changes", "diff"),
        *("states", "transitions", "estimated_events", "bytes"),
    }
    assert (found["action"], found["current_version"], found["next_version"]) == ("update", 1, 2)
    assert found["changes"] == [
        {"path": "steps.a.params.n", "op": "changed", "before": 1, "after": 2}
    ]
    assert "-    n: 1" in found["diff"] and "+    n: 2" in found["diff"]
    assert (found["states"], found["transitions"]) == (2, 2)
    assert api.get("/api/v1/workflows/manage-plan").json()["version"] == 1


def test_s2_plan__shows_the_state_machine_or_a_picture_when_asked(viewer: Api) -> None:
    definition = workflow("manage-show", shape("a"), shape("b"))
    machine = planned(viewer, definition, show="asl")["asl"]
    assert set(machine["States"]) == {"a", "b", "Finish"}
    picture = planned(viewer, definition, show="mermaid")["mermaid"]
    assert picture.startswith("flowchart ") and "s0 --> s1" in picture
    answer = viewer.post("/api/v1/workflows/manage-show/plan?show=gif", json=definition)
    problem(answer, 400, "bad-request")


def test_s2_plan__takes_yaml_and_refuses_what_an_apply_refuses(viewer: Api) -> None:
    path = "/api/v1/workflows/manage-yaml/plan"
    text = yaml.safe_dump(version("manage-yaml", 1))
    taken = viewer.post(path, data=text, headers={"Content-Type": "application/yaml"})
    assert taken.json()["action"] == "create"
    wrong = workflow("manage-yaml", {"name": "a", "action": "transfrom"})
    assert "steps[0].action" in places(
        problem(viewer.post(path, json=wrong), 422, "validation-error", "errors")
    )
    problem(viewer.post(path, json=version("other", 1)), 422, "validation-error", "errors")
    plain = viewer.post(path, data="x", headers={"Content-Type": "text/plain"})
    problem(plain, 415, "unsupported-media-type")


def test_s2_rollback__makes_a_new_version_with_the_old_content(api: Api) -> None:
    for number in (1, 2):
        api.apply(version("manage-back", number))
    path = "/api/v1/workflows/manage-back/rollback"
    answer = api.post(path, json={"to_version": 1})
    assert answer.status_code == 201
    old = api.get("/api/v1/workflows/manage-back/versions/1").json()
    assert answer.json() == {
        "name": "manage-back",
        "version": 3,
        "status": "updated",
        "content_hash": old["content_hash"],
    }
    assert api.get("/api/v1/workflows/manage-back").json()["definition"] == old["definition"]
    detail = api.ended(api.run("manage-back"))
    assert (detail["version"], step_of(detail, "a")["output"]) == (3, {"n": 1})
    again = api.post(path, json={"to_version": 3})
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")


def test_s2_rollback__refuses_unknown_versions_and_bad_bodies(api: Api, viewer: Api) -> None:
    api.apply(version("manage-back-bad", 1))
    path = "/api/v1/workflows/manage-back-bad/rollback"
    problem(api.post(path, json={"to_version": 2}), 404, "not-found")
    problem(api.post("/api/v1/workflows/no/rollback", json={"to_version": 1}), 404, "not-found")
    for body in ({}, {"to_version": "1"}, {"to_version": 0}, {"to_version": 1, "x": 1}):
        problem(api.post(path, json=body), 422, "validation-error", "errors")
    problem(viewer.post(path, json={"to_version": 1}), 403, "permission-denied", "rule_source")


def test_s2_archive__ends_new_runs_and_not_the_running_one(api: Api) -> None:
    api.apply(workflow("manage-archive", delay("wait", "2s"), shape("after")))
    run_id = api.run("manage-archive")
    answer = api.call("DELETE", "/api/v1/workflows/manage-archive")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["name"], found["version"], found["archived"]) == ("manage-archive", 1, True)
    problem(api.post("/api/v1/run/manage-archive"), 404, "not-found")
    problem(api.get("/api/v1/workflows/manage-archive"), 404, "not-found")
    assert "manage-archive" not in names(api)
    assert api.get("/api/v1/workflows/manage-archive/versions/1").status_code == 200
    assert len(api.get("/api/v1/workflows/manage-archive/versions").json()["versions"]) == 1
    problem(api.call("DELETE", "/api/v1/workflows/manage-archive"), 404, "not-found")
    assert api.ended(run_id)["status"] == "completed"
    applied = api.apply(workflow("manage-archive", delay("wait", "2s"), shape("after")))
    assert (applied["version"], applied["status"]) == (2, "updated")
    assert "manage-archive" in names(api)


def test_s2_archive__needs_an_operator_and_a_workflow_of_ones_own(
    api: Api, viewer: Api, stranger: Api
) -> None:
    api.apply(version("manage-mine", 1))
    path = "/api/v1/workflows/manage-mine"
    problem(viewer.call("DELETE", path), 403, "permission-denied", "rule_source")
    problem(stranger.call("DELETE", path), 404, "not-found")
    problem(stranger.post(f"{path}/rollback", json={"to_version": 1}), 404, "not-found")
    assert api.get(path).status_code == 200


@pytest.mark.parametrize("parallel", [False, True], ids=["chain", "parallel"])
def test_s2_continue_on_error__the_run_goes_on_and_can_read_the_error(
    api: Api, server: CountingServer, parallel: bool
) -> None:
    name = f"manage-go-on-{'wide' if parallel else 'chain'}"
    needs = {"depends_on": []} if parallel else {}
    joined = {"depends_on": ["bad", "slow"]} if parallel else {}
    steps = [
        fetch("bad", f"{server.url}/status/500", continue_on_error=True, **needs),
        fetch("slow", f"{server.url}/hold", timeout="1s", continue_on_error=True, **needs),
        shape(
            "after",
            {"bad": "{{ steps.bad.error }}", "slow": "{{ steps.slow.error }}"},
            condition="steps.slow.error == 'timeout'",
            **joined,
        ),
        shape("no", condition="steps.slow.error == null", **joined),
    ]
    api.apply(workflow(name, *steps))
    detail = api.ended(api.run(name))
    assert (detail["status"], detail["error"]) == ("completed", None)
    statuses = [step["status"] for step in detail["steps"]]
    assert statuses == ["failed", "failed", "completed", "skipped"]
    assert step_of(detail, "slow")["error"] == "timeout"
    assert step_of(detail, "after")["output"] == {
        "bad": step_of(detail, "bad")["error"],
        "slow": "timeout",
    }
