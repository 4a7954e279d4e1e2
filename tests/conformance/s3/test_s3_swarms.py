"""S3, swarm management: list, create, detail, stop, pause, resume, restart, message, clean."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import has_common_headers, instant, problem
from tests.support.stack import Api, RunningStack
from tests.support.swarm_api import SwarmApi, mock, unique, until

PAIR: dict[str, Any] = {
    "agents": [mock("a", skills=["writing"]), mock("b")],
    "objects": [{"name": "count", "handler": "counter"}],
    "topology": [["a", "b"], ["a", "count"]],
}
STATES = {"initializing", "idle", "working", "error", "stopped"}


@pytest.fixture(scope="module")
def pair(ours: Api) -> SwarmApi:
    return SwarmApi.create(ours, "pair", **PAIR)


def test_s3_swarm_management__the_list_has_each_swarm_once(ours: Api, pair: SwarmApi) -> None:
    answer = ours.get("/api/swarms")
    has_common_headers(answer)
    found = answer.json()
    assert set(found) == {"swarms"}
    (line,) = [one for one in found["swarms"] if one["name"] == "pair"]
    assert set(line) == {"name", "status", "started_at", "agent_count", "object_count"}
    assert (line["status"], line["agent_count"], line["object_count"]) == ("running", 2, 1)
    instant(line["started_at"])


def test_s3_swarm_management__the_detail_has_everything_of_the_page(pair: SwarmApi) -> None:
    found = pair.get()
    assert set(found) == {
        "name",
        "status",
        "started_at",
        "config_path",
        "agents",
        "objects",
        "agent_counts",
        "config",
        "topology",
        "file_paths",
    }
    assert (found["name"], found["status"]) == ("pair", "running")
    assert found["config"] == {"agent_count": 2, "object_count": 1, "topology_edges": 2}
    assert found["topology"] == [{"from": "a", "targets": ["b", "count"]}]
    assert sum(found["agent_counts"].values()) == 2
    assert found["file_paths"] == {
        "config": found["config_path"],
        "data_dir": "~/.subzeroclaw/swarms/pair",
        "log": ".genswarms/logs/pair.log",
    }


def test_s3_swarm_management__the_detail_enriches_agents_and_objects(pair: SwarmApi) -> None:
    found = pair.get()
    agents = {agent["name"]: agent for agent in found["agents"]}
    assert set(agents) == {"a", "b"}
    for agent in agents.values():
        assert set(agent) == {
            "name",
            "swarm_name",
            "state",
            "backend",
            "inbox_size",
            "message_count",
            "skills",
            "started_at",
            "last_activity",
            "backend_type",
            "model",
            "skills_paths",
            "container_name",
            "container_status",
        }
        assert agent["state"] in STATES
        assert agent["backend_type"] == "mock"
        assert agent["container_name"] == f"szc-pair-{agent['name']}"
        assert isinstance(agent["container_status"], str)
    (path,) = agents["a"]["skills_paths"]
    assert path.endswith("/a/skills/writing.md")
    (counter,) = found["objects"]
    assert set(counter) == {"name", "state", "handler", "handler_module", "source_file"}
    assert (counter["name"], counter["handler_module"]) == ("count", "counter")


def test_s3_swarm_management__an_unknown_swarm_is_404(ours: Api) -> None:
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("DELETE", "?purge=true"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/restart"),
    ):
        answer = ours.call(method, f"/api/swarms/nowhere{path}")
        assert problem(answer, 404, "not-found")["error"] == "Swarm not found"
    said = {"from": "a", "to": "b", "content": "x"}
    answer = ours.post("/api/swarms/nowhere/message", json=said)
    assert problem(answer, 404, "not-found")["error"] == "Swarm not found"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"configs": {}}', b'{"config": null}'])
def test_s3_swarm_management__missing_both_fields_is_400(ours: Api, body: bytes) -> None:
    answer = ours.post("/api/swarms", data=body, headers={"Content-Type": "application/json"})
    told = problem(answer, 400, "bad-request")["error"]
    assert told == "Missing 'config' or 'config_path' parameter"


def test_s3_swarm_management__a_second_one_of_the_name_is_400(ours: Api, pair: SwarmApi) -> None:
    answer = ours.post("/api/swarms", json={"config": {"name": "pair", **PAIR}})
    assert problem(answer, 400, "bad-request")["error"] == "already_exists"


def test_s3_swarm_management__a_wrong_config_is_400_with_every_problem(ours: Api) -> None:
    config = {
        "name": "9lives",
        "agents": [mock("a"), mock("a"), {"name": "b", "backend": "teleport"}],
        "topology": [["a", "a"], ["a", "nobody"]],
    }
    answer = ours.post("/api/swarms", json={"config": config})
    found = problem(answer, 400, "bad-request", "errors")
    assert len(found["errors"]) == 5
    assert "Name must start with a letter and contain only alphanumeric" in found["error"]
    assert ours.get("/api/swarms/9lives").status_code == 404


def test_s3_swarm_management__a_config_path_makes_a_swarm_again(ours: Api) -> None:
    made = SwarmApi.create(ours, **PAIR)
    path = made.get()["config_path"]
    assert made.expect(200, "DELETE", "?purge=false")["config_path"] == path
    again = ours.expect(201, "POST", "/api/swarms", json={"config_path": path})
    assert again == {"status": "created", "swarm_name": made.name}
    assert made.names() == ["a", "b"]


@pytest.mark.parametrize("path", ["nowhere.exs", "../../etc/passwd", "/etc/passwd", ""])
def test_s3_swarm_management__an_unknown_config_path_is_400(ours: Api, path: str) -> None:
    answer = ours.post("/api/swarms", json={"config_path": path})
    assert problem(answer, 400, "bad-request")["error"] == f"File not found: {path}"


def test_s3_swarm_management__the_same_key_makes_one_swarm(ours: Api) -> None:
    given = {"config": {"name": unique("keyed"), **PAIR}}
    headers = {"Idempotency-Key": unique("key")}
    first = ours.post("/api/swarms", json=given, headers=headers)
    again = ours.post("/api/swarms", json=given, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = ours.post("/api/swarms", json={"config": {"name": "other"}}, headers=headers)
    problem(other, 422, "idempotency-mismatch")


def test_s3_swarm_management__a_refused_request_gives_its_key_back(ours: Api) -> None:
    headers, name = {"Idempotency-Key": unique("key")}, unique("second-try")
    wrong = ours.post("/api/swarms", json={"config": {"name": "1"}}, headers=headers)
    assert wrong.status_code == 400
    given = {"config": {"name": name, **PAIR}}
    assert ours.post("/api/swarms", json=given, headers=headers).status_code == 201


def test_s3_swarm_management__a_stop_keeps_the_swarm_listed_and_a_second_is_404(ours: Api) -> None:
    swarm = SwarmApi.create(ours, **PAIR)
    path = swarm.get()["config_path"]
    stopped = swarm.expect(200, "DELETE")
    assert stopped == {"status": "stopped", "swarm_name": swarm.name, "config_path": path}
    assert swarm.get()["status"] == "stopped"
    assert {agent["state"] for agent in swarm.get()["agents"]} == {"stopped"}
    assert swarm.refused(404, "DELETE")["error"] == "Swarm not found"
    for method, below, body in (
        ("POST", "/agents/a/task", {"task": "x"}),
        ("POST", "/message", {"from": "a", "to": "b", "content": "x"}),
        ("POST", "/agents", mock("c")),
        ("POST", "/agents/a/scale", {"count": 2}),
        ("PATCH", "/topology", {"add": [["b", "a"]]}),
        ("POST", "/pause", None),
    ):
        assert swarm.refused(400, method, below, json=body)["error"] == "swarm_stopped"
    purged = swarm.expect(200, "DELETE", "?purge=true")
    assert purged == {"status": "purged", "swarm_name": swarm.name, "config_path": path}
    swarm.refused(404, "GET")


def test_s3_swarm_management__a_purge_deletes_all_its_data(ours: Api) -> None:
    swarm = SwarmApi.create(ours, **PAIR)
    swarm.task("a", "something")
    swarm.handled("a", 1)
    swarm.expect(201, "POST", "/agents", json=mock("c"))
    assert swarm.expect(200, "DELETE", "?purge=true")["status"] == "purged"
    listed = ours.get("/api/swarms").json()["swarms"]
    assert swarm.name not in {line["name"] for line in listed}
    anew = SwarmApi.create(ours, swarm.name, **PAIR)
    assert anew.names() == ["a", "b"]
    assert anew.get("/agents/a/history") == {"history": []}
    assert anew.get("/overlay")["events"] == []


def test_s3_swarm_management__paused_agents_begin_no_turn_until_they_are_resumed(
    ours: Api,
) -> None:
    swarm = SwarmApi.create(ours, **PAIR)
    paused = swarm.expect(200, "POST", "/pause")
    assert paused == {"status": "paused", "swarm_name": swarm.name, "containers_paused": 2}
    assert swarm.get()["status"] == "paused"
    assert {agent["container_status"] for agent in swarm.get()["agents"]} == {"paused"}
    swarm.task("a", "wait for me")
    found = swarm.agent("a")
    assert (found["inbox_size"], found["message_count"]) == (1, 0)
    resumed = swarm.expect(200, "POST", "/resume")
    assert resumed == {"status": "resumed", "swarm_name": swarm.name, "containers_resumed": 2}
    assert swarm.get()["status"] == "running"
    swarm.handled("a", 1)


def test_s3_swarm_management__a_restart_keeps_the_overlay_and_delete_drops_it(ours: Api) -> None:
    swarm = SwarmApi.create(ours, **PAIR)
    swarm.expect(201, "POST", "/agents", json=mock("c"))
    kept = swarm.expect(200, "POST", "/restart")
    assert kept == {"status": "restarted", "swarm_name": swarm.name, "delete_data": False}
    assert swarm.names() == ["a", "b", "c"]
    dropped = swarm.expect(200, "POST", "/restart?delete=true")
    assert dropped == {"status": "restarted", "swarm_name": swarm.name, "delete_data": True}
    assert swarm.names() == ["a", "b"]
    swarm.expect(200, "DELETE")
    assert swarm.expect(200, "POST", "/restart")["status"] == "restarted"
    assert swarm.get()["status"] == "running"


def test_s3_swarm_management__clean_removes_stopped_swarms_and_all_clears_events(
    stack: RunningStack,
) -> None:
    api = stack.api_as(Role.ADMIN, org="org_s3_clean", name="s3-clean")
    gone, kept = SwarmApi.create(api, **PAIR), SwarmApi.create(api, **PAIR)
    gone.expect(200, "DELETE")
    cleaned = api.expect(200, "POST", "/api/swarms/clean")
    assert cleaned == {"status": "cleaned", "swarms_removed": 1, "events_cleared": False}
    assert [line["name"] for line in api.get("/api/swarms").json()["swarms"]] == [kept.name]
    assert kept.events("swarm_started")
    everything = api.expect(200, "POST", "/api/swarms/clean?all=true")
    assert everything == {"status": "cleaned", "swarms_removed": 0, "events_cleared": True}
    assert kept.events("swarm_started") == []


def test_s3_swarm_management__a_message_is_routed_along_an_edge(ours: Api) -> None:
    swarm = SwarmApi.create(ours, **PAIR)
    swarm.message("a", "b", "hello")
    swarm.handled("b", 1)
    (entry,) = until(swarm.messages, bool)
    assert (entry["from"], entry["to"], entry["content_preview"]) == ("a", "b", "hello")


@pytest.mark.parametrize("missing", ["from", "to", "content"])
def test_s3_swarm_management__a_message_with_a_missing_field_is_400(
    pair: SwarmApi, missing: str
) -> None:
    said = {"from": "a", "to": "b", "content": "x"}
    del said[missing]
    found = pair.refused(400, "POST", "/message", json=said)
    assert found["error"] == "Missing 'from', 'to', or 'content' parameter"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/swarms/pair?purge=true"),
        ("POST", "/api/swarms/pair/restart?delete=true"),
        ("POST", "/api/swarms/clean?all=true"),
    ],
)
def test_s3_roles__to_delete_data_needs_an_admin(
    stack: RunningStack, pair: SwarmApi, method: str, path: str
) -> None:
    operator = stack.api_as(Role.OPERATOR, org="org_s3-swarms", name="s3-operator")
    assert operator.get(pair.path).status_code == 200
    found = problem(operator.call(method, path), 403, "permission-denied", "rule_source")
    assert "the role admin" in found["detail"]
    assert pair.get()["status"] == "running"


def test_s3_roles__another_organisation_sees_nothing(stranger: Api, pair: SwarmApi) -> None:
    assert stranger.get("/api/swarms").json() == {"swarms": []}
    assert problem(stranger.get(pair.path), 404, "not-found")["error"] == "Swarm not found"
