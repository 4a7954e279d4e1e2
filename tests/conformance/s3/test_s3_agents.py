"""S3, agent operations: status, tasks, restart, history, logs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import instant, problem
from tests.support.stack import Api
from tests.support.swarm_api import SwarmApi, mock, unique, until

STATUS = {
    "name",
    "swarm_name",
    "state",
    "backend",
    "inbox_size",
    "message_count",
    "skills",
    "started_at",
    "last_activity",
}


@pytest.fixture(scope="module")
def trio(ours: Api) -> SwarmApi:
    """a passes on what it is told, b answers, c holds on."""
    return SwarmApi.create(
        ours,
        agents=[
            mock("a", {"when": {"kind": "task"}, "send": {"to": "b", "content": "{{content}}"}}),
            mock("b", {"when": {"kind": "message"}, "say": "heard {{content}}"}),
            mock("c", config={"hold": True}),
        ],
        topology=[["a", "b"]],
    )


def test_s3_agent_operations__the_list_has_the_status_of_each(trio: SwarmApi) -> None:
    found = trio.get("/agents")
    assert set(found) == {"agents"}
    assert [agent["name"] for agent in found["agents"]] == ["a", "b", "c"]
    assert all(set(agent) == STATUS for agent in found["agents"])


def test_s3_agent_operations__one_agents_status_is_answered_directly(trio: SwarmApi) -> None:
    found = trio.agent("b")
    assert set(found) == STATUS
    assert (found["name"], found["swarm_name"], found["backend"]) == ("b", trio.name, "mock")
    assert found["state"] in {"initializing", "idle", "working", "error", "stopped"}
    instant(found["started_at"])


def test_s3_agent_operations__a_task_is_sent_and_handled(trio: SwarmApi) -> None:
    trio.task("a", "pass it on")
    found = trio.handled("a", 1)
    assert found["state"] == "idle"
    instant(found["last_activity"])
    trio.handled("b", 1)


@pytest.mark.parametrize("body", [{}, {"tasks": "x"}, {"task": None}])
def test_s3_agent_operations__a_missing_task_is_400(trio: SwarmApi, body: dict[str, Any]) -> None:
    found = trio.refused(400, "POST", "/agents/a/task", json=body)
    assert found["error"] == "Missing 'task' parameter"


def test_s3_agent_operations__a_task_during_a_turn_waits(trio: SwarmApi) -> None:
    trio.task("c", "hold on")
    until(lambda: trio.agent("c"), lambda found: found["state"] == "working")
    trio.task("c", "and this")
    assert trio.agent("c")["inbox_size"] == 1
    trio.task("c", "release")
    until(lambda: trio.agent("c"), lambda found: found["inbox_size"] == 0)


def test_s3_agent_operations__history_is_newest_first(ours: Api) -> None:
    swarm = SwarmApi.create(
        ours,
        agents=[
            mock("a", {"when": {"kind": "task"}, "send": {"to": "b", "content": "{{content}}!"}}),
            mock("b", {"when": "*", "reply": "thanks"}),
        ],
        topology=[["a", "b"], ["b", "a"]],
    )
    swarm.task("a", "one")
    until(lambda: swarm.get("/agents/a/history")["history"], lambda found: len(found) == 3)
    found = swarm.get("/agents/a/history")
    assert set(found) == {"history"}
    came, went, task = found["history"]
    assert (came["type"], came["from"], came["content"]) == ("incoming", "b", "thanks")
    assert (went["type"], went["to"], went["content"]) == ("outgoing", "b", "one!")
    assert went["message_type"] == "direct"
    assert (task["type"], task["content"]) == ("task", "one")
    assert "from" not in task and "to" not in task
    for line in found["history"]:
        instant(line["timestamp"])
    assert swarm.get("/agents/a/history?limit=1")["history"] == [came]


def test_s3_agent_operations__logs_tell_the_conversation(trio: SwarmApi) -> None:
    trio.message("a", "b", "for the log")
    found = until(
        lambda: trio.get("/agents/b/logs"),
        lambda found: any("heard for the log" in line["content"] for line in found["logs"]),
    )
    assert set(found) == {"logs"}
    for line in found["logs"]:
        assert set(line) == {"session_id", "timestamp", "role", "content"}
        assert line["role"] in {"system", "user", "assistant", "tool"}
    times = [line["timestamp"] for line in found["logs"]]
    assert times == sorted(times)


def test_s3_agent_operations__a_restart_begins_a_new_session(ours: Api) -> None:
    swarm = SwarmApi.create(ours, agents=[mock("a")])
    swarm.task("a", "before")
    swarm.handled("a", 1)
    assert swarm.expect(200, "POST", "/agents/a/restart") == {"status": "restarted", "agent": "a"}
    assert swarm.agent("a")["message_count"] == 0
    swarm.task("a", "after")
    swarm.handled("a", 1)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("POST", "/task", {"task": "x"}),
        ("POST", "/restart", None),
        ("GET", "/history", None),
        ("GET", "/logs", None),
        ("GET", "/skills", None),
        ("PUT", "/skills/x", {"content": "x"}),
        ("GET", "/events", None),
    ],
)
def test_s3_agent_operations__an_unknown_agent_is_404(
    ours: Api, trio: SwarmApi, method: str, path: str, body: Any
) -> None:
    found = trio.refused(404, method, f"/agents/nobody{path}", json=body)
    assert found["error"] == "Agent not found"
    answer = ours.call(method, f"/api/swarms/nowhere/agents/a{path}", json=body)
    assert problem(answer, 404, "not-found")["error"] == "Swarm not found"


def test_s3_agent_operations__an_object_is_no_agent(ours: Api) -> None:
    swarm = SwarmApi.create(ours, objects=[{"name": "n", "handler": "counter"}])
    swarm.refused(404, "GET", "/agents/n")
    swarm.refused(404, "POST", "/agents/n/task", json={"task": "x"})
    swarm.refused(404, "DELETE", "/agents/n")


def test_s3_agent_operations__the_same_key_sends_one_task(ours: Api) -> None:
    swarm = SwarmApi.create(ours, agents=[mock("a")])
    headers, path = {"Idempotency-Key": unique("key")}, "/agents/a/task"
    answers = [swarm.call("POST", path, json={"task": "once"}, headers=headers) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json() for answer in answers] == [answers[0].json()] * 3
    assert answers[2].headers["Idempotent-Replayed"] == "true"
    swarm.handled("a", 1)
    assert len(swarm.get("/agents/a/history")["history"]) == 1


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "1.5", "many", ""])
def test_s3_agent_operations__a_wrong_limit_is_400(trio: SwarmApi, limit: str) -> None:
    for path in ("/agents/a/history", "/agents/a/logs", "/messages", "/events"):
        found = trio.refused(400, "GET", path, params={"limit": limit})
        assert "limit" in found["error"]
