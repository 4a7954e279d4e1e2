"""S2, applied workflows (contract): `PUT /api/v1/workflows/{name}` and reading them back."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.support.answers import has_common_headers, instant, places, problem
from tests.support.definitions import fetch, shape, workflow
from tests.support.stack import Api, RunningStack

PAGE = """\
name: apply-page
description: Fetch a page and shape it.
inputs:
  url: {type: string}
steps:
  - name: fetch
    action: http/request
    params:
      url: "{{ inputs.url }}"
    retry: {max_attempts: 3, backoff: exponential}
    timeout: 30s
  - name: shape
    action: transform
    if: steps.fetch.output.status == 200
    params: {text: "{{ steps.fetch.output.body }}"}
"""


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


def test_s2_apply__a_new_version_is_201_created_then_updated_and_equal_content_200_unchanged(
    api: Api,
) -> None:
    found = []
    for number in (1, 1, 2, 2, 1):
        answer = api.put("apply-versions", workflow("apply-versions", shape("a", {"n": number})))
        has_common_headers(answer)
        body = answer.json()
        assert set(body) == {"name", "version", "status", "content_hash"}
        assert (body["name"], len(body["content_hash"])) == ("apply-versions", 64)
        found.append((answer.status_code, body["version"], body["status"]))
    assert found == [
        (201, 1, "created"),
        (200, 1, "unchanged"),
        (201, 2, "updated"),
        (200, 2, "unchanged"),
        (201, 3, "updated"),
    ]


def test_s2_apply__equal_yaml_and_json_are_one_version(api: Api) -> None:
    first = api.put("apply-page", PAGE, "application/yaml").json()
    content = yaml.safe_load(PAGE)
    backwards = json.dumps(dict(reversed(content.items())), indent=3)
    for body, media in (
        (PAGE, "text/yaml"),
        ("# a comment\n" + PAGE, "application/yaml; charset=utf-8"),
        (json.dumps(content), "application/json"),
        (backwards, "Application/JSON; charset=UTF-8"),
        (backwards, "application/yaml"),  # JSON is YAML
    ):
        answer = api.put("apply-page", body, media)
        assert (answer.status_code, answer.json()["status"]) == (200, "unchanged"), answer.text
        assert answer.json()["content_hash"] == first["content_hash"]


def test_s2_apply__reads_the_workflow_back(api: Api) -> None:
    applied = api.apply(PAGE)
    answer = api.get("/api/v1/workflows/apply-page")
    found = answer.json()
    assert set(found) == {
        "name",
        "version",
        "content_hash",
        "created_at",
        "created_by",
        "definition",
    }
    assert found["definition"] == yaml.safe_load(PAGE)
    assert found["content_hash"] == applied["content_hash"]
    assert (found["name"], found["version"], found["created_by"]) == ("apply-page", 1, "admin")
    instant(found["created_at"])
    has_common_headers(answer)


def test_s2_apply__lists_workflows_by_name(api: Api) -> None:
    for name in ("apply-list-b", "apply-list-a"):
        api.apply(workflow(name, shape("a"), description=f"it is {name}"))
    answer = api.get("/api/v1/workflows")
    assert set(answer.json()) == {"workflows"}
    listed = answer.json()["workflows"]
    names = [line["name"] for line in listed]
    assert names == sorted(names) and len(names) == len(set(names))
    (line,) = [line for line in listed if line["name"] == "apply-list-a"]
    assert set(line) == {"name", "description", "version", "content_hash", "updated_at"}
    assert (line["description"], line["version"]) == ("it is apply-list-a", 1)
    instant(line["updated_at"])


def test_s2_apply__lists_versions_newest_first_and_keeps_each(api: Api) -> None:
    for number in (1, 2, 3):
        api.apply(workflow("apply-history", shape("a", {"n": number})))
    answer = api.get("/api/v1/workflows/apply-history/versions").json()
    assert set(answer) == {"versions"}
    assert [version["version"] for version in answer["versions"]] == [3, 2, 1]
    for version in answer["versions"]:
        number = version["version"]
        found = api.get(f"/api/v1/workflows/apply-history/versions/{number}").json()
        assert found["definition"]["steps"][0]["params"] == {"n": number}
        assert {member: found[member] for member in version} == version


@pytest.mark.parametrize(
    "path",
    [
        "apply-unknown",
        "apply-unknown/versions",
        "apply-unknown/versions/1",
        "apply-page/versions/99",
        "apply-page/versions/0",
        "apply-page/versions/-1",
        "apply-page/versions/1.0",
        "apply-page/versions/x",
        "apply-page/versions/%D9%A1",
        "apply-page/versions/" + "1" * 30,
        "x" * 3000,
        "x" * 3000 + "/versions",
        "x" * 3000 + "/versions/1",
    ],
)
def test_s2_apply__what_is_not_there_is_404(api: Api, path: str) -> None:
    api.apply(PAGE)
    problem(api.get(f"/api/v1/workflows/{path}"), 404, "not-found")


def test_s2_apply__another_name_than_the_path_is_422(api: Api) -> None:
    answer = api.put("apply-this", workflow("apply-that", shape("a")))
    assert list(places(problem(answer, 422, "validation-error", "errors"))) == ["name"]
    for name in ("apply-this", "apply-that"):
        problem(api.get(f"/api/v1/workflows/{name}"), 404, "not-found")


@pytest.mark.parametrize(
    "media",
    [
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "application/json; charset=utf-16",
        "",
    ],
)
def test_s2_apply__another_content_type_is_415(api: Api, media: str) -> None:
    answer = api.put("apply-media", workflow("apply-media", shape("a")), media)
    problem(answer, 415, "unsupported-media-type")
    problem(api.get("/api/v1/workflows/apply-media"), 404, "not-found")


def test_s2_apply__two_organisations_have_the_same_name_apart(api: Api, stranger: Api) -> None:
    mine = workflow("apply-shared", shape("a", {"n": 1}))
    assert api.put("apply-shared", mine).json()["status"] == "created"
    problem(stranger.get("/api/v1/workflows/apply-shared"), 404, "not-found")
    assert stranger.put("apply-shared", mine).json()["status"] == "created"
    stranger.apply(workflow("apply-shared", fetch("b", "https://example.org/")))
    assert api.get("/api/v1/workflows/apply-shared").json()["version"] == 1
    assert stranger.get("/api/v1/workflows/apply-shared").json()["version"] == 2
    run_id = stranger.run("apply-shared")
    problem(api.get(f"/api/v1/executions/{run_id}"), 404, "not-found")
    stranger.post(f"/api/v1/cancel/{run_id}")
