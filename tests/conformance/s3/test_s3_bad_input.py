"""S3, bad input: 400 or 404 in the words of the page, and nothing has changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.stack import Api
from tests.support.swarm_api import SwarmApi, mock

NAMES = ["", "9", "-a", "_a", "a.b", "a/b", "a b", "ä", "a\n", "a\x00", "..", "x" * 65]


@pytest.fixture(scope="module")
def pair(ours: Api) -> SwarmApi:
    return SwarmApi.create(ours, "pair", agents=[mock("a"), mock("b")], topology=[["a", "b"]])


@pytest.fixture(autouse=True)
def nothing_changed(pair: SwarmApi) -> Any:
    yield
    found = pair.get()
    assert found["status"] == "running"
    assert [agent["name"] for agent in found["agents"]] == ["a", "b"]
    assert {agent["message_count"] + agent["inbox_size"] for agent in found["agents"]} == {0}
    assert found["objects"] == []
    assert pair.edges() == {("a", "b")}
    assert pair.get("/overlay")["events"] == []
    listed = pair.api.get("/api/swarms").json()["swarms"]
    assert [line["name"] for line in listed] == ["pair"]


@pytest.mark.parametrize("content", [7, 1.5, True, [], {}, ["x"], {"a": "b"}])
def test_s3_bad_input__content_that_is_no_text_is_400(pair: SwarmApi, content: Any) -> None:
    said = {"from": "a", "to": "b", "content": content}
    assert "content" in pair.refused(400, "POST", "/message", "errors", json=said)["error"]
    task = {"task": content}
    assert "task" in pair.refused(400, "POST", "/agents/a/task", "errors", json=task)["error"]


@pytest.mark.parametrize("who", [7, [], {}, True])
def test_s3_bad_input__names_that_are_no_text_are_400(pair: SwarmApi, who: Any) -> None:
    for said in ({"from": who, "to": "b"}, {"from": "a", "to": who}):
        pair.refused(400, "POST", "/message", "errors", json={**said, "content": "x"})
    answer = pair.call("POST", "/agents", json={"name": who})
    assert answer.status_code == 400


def test_s3_bad_input__a_content_over_the_limit_is_400(pair: SwarmApi) -> None:
    for text in ("x" * 100_001, "ä" * 50_001):
        found = pair.refused(400, "POST", "/agents/a/task", json={"task": text})
        assert "100,000 bytes" in found["error"]
        said = {"from": "a", "to": "b", "content": text}
        assert "100,000 bytes" in pair.refused(400, "POST", "/message", json=said)["error"]


@pytest.mark.parametrize("name", NAMES)
def test_s3_bad_input__a_name_out_of_the_pattern_is_400(
    ours: Api, pair: SwarmApi, name: str
) -> None:
    answer = ours.post("/api/swarms", json={"config": {"name": name}})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith("Name must ")
    agent = pair.call("POST", "/agents", json={"name": name})
    assert agent.status_code == 400
    assert agent.json()["error"].startswith("Agent name must ")
    thing = pair.call("POST", "/objects", json={"name": name, "handler": "counter"})
    assert thing.status_code == 400


@pytest.mark.parametrize("name", ["9", "a.b", "a%2Fb", "%2e%2e", "a%20b", "a%00", "x" * 200])
@pytest.mark.parametrize("below", ["", "/agents", "/agents/a", "/topology", "/overlay"])
def test_s3_bad_input__a_path_with_no_name_in_it_is_404(ours: Api, name: str, below: str) -> None:
    answer = ours.get(f"/api/swarms/{name}{below}")
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b"\xff", b'{"a": NaN}'])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/swarms"),
        ("POST", "/api/swarms/pair/message"),
        ("POST", "/api/swarms/pair/agents"),
        ("POST", "/api/swarms/pair/agents/a/task"),
        ("POST", "/api/swarms/pair/agents/a/scale"),
        ("PUT", "/api/swarms/pair/agents/a/skills/x"),
        ("PATCH", "/api/swarms/pair/topology"),
        ("POST", "/api/swarms/pair/objects"),
        ("PATCH", "/api/swarms/pair/objects/n/config"),
        ("POST", "/api/config/validate"),
    ],
)
def test_s3_bad_input__a_body_that_is_no_json_object_is_400(
    ours: Api, method: str, path: str, body: bytes
) -> None:
    answer = ours.call(method, path, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("config", ["text", 7, [], True])
def test_s3_bad_input__a_config_of_another_type_is_400(ours: Api, config: Any) -> None:
    assert ours.post("/api/swarms", json={"config": config}).status_code == 400
    assert ours.post("/api/swarms", json={"config_path": [config]}).status_code == 400


def test_s3_bad_input__the_name_of_a_route_is_no_name_of_a_swarm(ours: Api) -> None:
    answer = ours.post("/api/swarms", json={"config": {"name": "clean"}})
    assert answer.status_code == 400


def test_s3_bad_input__a_backend_that_is_off_is_a_clear_400(ours: Api) -> None:
    config = {"name": "docked", "agents": [{"name": "a", "backend": "docker"}]}
    answer = ours.post("/api/swarms", json={"config": config})
    assert answer.status_code == 400
    assert "docker" in answer.json()["error"]


def test_s3_bad_input__too_many_agents_and_edges_are_400(ours: Api) -> None:
    many = [{"name": f"a{number}"} for number in range(1_001)]
    assert (
        ours.post("/api/swarms", json={"config": {"name": "many", "agents": many}}).status_code
        == 400
    )
    edges = [["a", "b"]] * 100_001
    answer = ours.call("PATCH", "/api/swarms/pair/topology", json={"add": edges})
    assert answer.status_code == 400
