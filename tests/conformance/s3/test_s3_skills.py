"""S3, skills: markdown files of an organisation, and those of one agent."""

from __future__ import annotations

import pytest

from tests.support.answers import problem
from tests.support.stack import Api, RunningStack
from tests.support.swarm_api import SwarmApi, mock

BOOK = {
    "writing.md": "You are {{agent_name}} of {{swarm_name}}, at home in {{workspace}}.",
    "research/sources.md": "Name your sources – always.",
}


@pytest.fixture(scope="module")
def book(stack: RunningStack, ours: Api) -> dict[str, str]:
    """The organisation's skills, in the bucket."""
    bucket, store = stack.outputs["BucketName"], stack.local.session.client("s3")
    for path, text in BOOK.items():
        key = f"skills/org_s3-skills/{path}"
        store.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return BOOK


@pytest.fixture
def pair(ours: Api, book: dict[str, str]) -> SwarmApi:
    """Two agents that write."""
    return SwarmApi.create(
        ours, agents=[mock("a", skills=["writing"]), mock("b", skills=["skills/writing.md"])]
    )


def test_s3_skills__the_list_is_recursive_and_tells_the_category(
    ours: Api, book: dict[str, str]
) -> None:
    found = ours.expect(200, "GET", "/api/skills")
    assert set(found) == {"skills", "base_path", "count"}
    assert found["count"] == len(found["skills"])
    lines = {skill["relative_path"]: skill for skill in found["skills"]}
    assert set(lines) >= set(BOOK)
    for path, skill in lines.items():
        assert set(skill) == {"name", "path", "relative_path", "category"}
        assert skill["path"].endswith(path)
    assert (lines["writing.md"]["name"], lines["writing.md"]["category"]) == ("writing", "default")
    assert lines["research/sources.md"]["category"] == "research"


def test_s3_skills__path_searches_another_root(ours: Api, book: dict[str, str]) -> None:
    found = ours.expect(200, "GET", "/api/skills", params={"path": "research"})
    (line,) = found["skills"]
    assert (line["relative_path"], line["category"]) == ("sources.md", "default")
    assert ours.expect(200, "GET", "/api/skills?path=nowhere")["count"] == 0
    answer = ours.get("/api/skills?path=../../other")
    problem(answer, 400, "bad-request")


@pytest.mark.parametrize("name", ["sources", "sources.md"])
def test_s3_skills__content_by_name_wherever_it_is(
    ours: Api, book: dict[str, str], name: str
) -> None:
    found = ours.expect(200, "GET", f"/api/skills/{name}")
    text = BOOK["research/sources.md"]
    assert set(found) == {"name", "path", "content", "size"}
    assert (found["name"], found["content"]) == ("sources", text)
    assert found["size"] == len(text.encode()) == len(text) + 2


@pytest.mark.parametrize("name", ["nothing", "..", "%2e%2e%2fsecret", "a%5cb"])
def test_s3_skills__an_unknown_one_is_404(ours: Api, name: str) -> None:
    answer = ours.get(f"/api/skills/{name}")
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_s3_skills__an_unknown_one_is_told_in_the_words_of_the_page(ours: Api) -> None:
    answer = ours.get("/api/skills/nothing")
    assert problem(answer, 404, "not-found")["error"] == "Skill not found"


def test_s3_skills__an_agent_has_its_names_filled_in(pair: SwarmApi) -> None:
    for agent in ("a", "b"):
        found = pair.get(f"/agents/{agent}/skills")
        assert set(found) == {"skills"}
        (skill,) = found["skills"]
        assert set(skill) == {"name", "content", "path"}
        assert skill["content"].startswith(f"You are {agent} of {pair.name}, at home in ")
        assert "{{" not in skill["content"]


def test_s3_skills__one_agents_skill_is_updated_for_it_alone(ours: Api, pair: SwarmApi) -> None:
    content = {"content": "Write less, {{agent_name}}."}
    answer = pair.expect(200, "PUT", "/agents/a/skills/writing", json=content)
    assert answer == {"status": "updated", "skill": "writing"}
    (skill,) = pair.get("/agents/a/skills")["skills"]
    assert skill["content"] == "Write less, a."
    (other,) = pair.get("/agents/b/skills")["skills"]
    assert other["content"].startswith("You are b")
    assert ours.expect(200, "GET", "/api/skills/writing")["content"] == BOOK["writing.md"]


@pytest.mark.parametrize("name", ["%2e%2e", "..%2fx", "a%2fb", "a%5cb", "%2e", "a%00b"])
def test_s3_skills__a_name_that_leads_elsewhere_is_400(pair: SwarmApi, name: str) -> None:
    answer = pair.call("PUT", f"/agents/a/skills/{name}", json={"content": "x"})
    assert answer.status_code in (400, 404), answer.text
    assert len(pair.get("/agents/a/skills")["skills"]) == 1


def test_s3_skills__a_backslash_is_an_invalid_skill_name(pair: SwarmApi) -> None:
    answer = pair.call("PUT", "/agents/a/skills/a%5Cb", json={"content": "x"})
    assert problem(answer, 400, "bad-request")["error"] == "Invalid skill name"


def test_s3_skills__a_missing_content_is_400(pair: SwarmApi) -> None:
    for body in ({}, {"content": None}):
        found = pair.refused(400, "PUT", "/agents/a/skills/writing", json=body)
        assert found["error"] == "Missing 'content' parameter"


@pytest.mark.parametrize(("size", "status"), [(100_001, 400), (6_000_001, 413), (10_500_000, 413)])
def test_s3_skills__one_that_is_too_large_is_refused(
    pair: SwarmApi, size: int, status: int
) -> None:
    answer = pair.call("PUT", "/agents/a/skills/writing", json={"content": "x" * size})
    assert answer.status_code == status
    (skill,) = pair.get("/agents/a/skills")["skills"]
    assert skill["content"].startswith("You are a")
