"""S3, the socket: `/swarm/websocket` speaks Phoenix channels, version 2 and version 1."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chalicelib.core.roles import Role
from tests.support.channel import Channel, channel
from tests.support.stack import RunningStack


def make_swarm(stack: RunningStack, **more: Any) -> str:
    """A swarm of two mocks, a → b, that runs."""
    name = f"socket-{secrets.token_hex(3)}"
    agents = [{"name": agent, "backend": "mock"} for agent in ("a", "b")]
    config = {"name": name, "agents": agents, "topology": [["a", "b"]], **more}
    stack.api.expect(201, "POST", "/api/swarms", json={"config": config})
    return name


@pytest.fixture(scope="module")
def swarm(stack: RunningStack) -> str:
    return make_swarm(stack)


@pytest.fixture
def socket(stack: RunningStack) -> Iterator[Channel]:
    with channel(stack) as found:
        yield found


@pytest.mark.parametrize("v2", [True, False], ids=["version 2", "version 1"])
def test_s3_socket__join_requests_and_leave_in_both_versions(
    stack: RunningStack, swarm: str, v2: bool
) -> None:
    topic = f"swarm:{swarm}"
    with channel(stack, v2=v2) as socket:
        assert socket.ask("phoenix", "heartbeat") == {"status": "ok", "response": {}}
        join = socket.join(swarm)
        status = socket.ask(topic, "get_status", join=join)["response"]
        assert status == stack.api.expect(200, "GET", f"/api/swarms/{swarm}")
        left = socket.ask(topic, "phx_leave", join=join)
        assert left == {"status": "ok", "response": {}}
        assert socket.pushed("phx_close")["topic"] == topic
        after = socket.ask(topic, "get_status", join=join)
        assert after == {"status": "error", "response": {"reason": "unmatched topic"}}


def test_s3_socket__joining_an_unknown_swarm_is_swarm_not_found(socket: Channel) -> None:
    found = socket.ask("swarm:no-such", "phx_join")
    assert found == {"status": "error", "response": {"reason": "swarm_not_found"}}


def test_s3_socket__another_organisations_swarm_looks_like_none(
    stack: RunningStack, swarm: str
) -> None:
    token = stack.token(Role.ADMIN, org="org_elsewhere", name="elsewhere")
    with channel(stack, token=token) as socket:
        found = socket.ask(f"swarm:{swarm}", "phx_join")
    assert found["response"] == {"reason": "swarm_not_found"}


@pytest.mark.parametrize("topic", ["swarm:{}", "swarm", "lobby", "phoenix"])
def test_s3_socket__a_push_before_its_join_is_an_unmatched_topic(
    socket: Channel, swarm: str, topic: str
) -> None:
    found = socket.ask(topic.format(swarm), "get_status")
    assert found == {"status": "error", "response": {"reason": "unmatched topic"}}


def test_s3_socket__send_task_is_sent_or_says_why_not(
    stack: RunningStack, socket: Channel, swarm: str
) -> None:
    topic, join = f"swarm:{swarm}", socket.join(swarm)

    def send(payload: Any) -> Any:
        return socket.ask(topic, "send_task", payload, join=join)

    assert send({"agent": "a", "task": "go"}) == {"status": "ok", "response": {"status": "sent"}}
    assert send({"agent": "nobody", "task": "go"})["response"] == {"reason": "Agent not found"}
    assert send({"agent": "a"})["status"] == "error"
    assert send({"agent": "a", "task": 1})["status"] == "error"
    assert send([])["status"] == "error"
    (line,) = [
        line
        for line in stack.api.expect(200, "GET", f"/api/swarms/{swarm}/agents/a/history")["history"]
        if line["content"] == "go"
    ]
    assert line["type"] == "task"


def test_s3_socket__a_viewer_watches_and_sends_no_task(stack: RunningStack, swarm: str) -> None:
    with channel(stack, token=stack.token(Role.VIEWER, name="watcher")) as socket:
        join = socket.join(swarm)
        found = socket.ask(f"swarm:{swarm}", "send_task", {"agent": "a", "task": "x"}, join=join)
    assert found["status"] == "error"
    assert "operator" in found["response"]["reason"]


def test_s3_socket__what_cannot_be_understood_gets_an_error_and_the_channel_lives(
    socket: Channel, swarm: str
) -> None:
    topic, join = f"swarm:{swarm}", socket.join(swarm)
    for text in ("", "no json", "{}", "[1]", '["1", "2", 3, 4, 5]', "[" * 5_000):
        socket.send_text(text)
    unknown = socket.ask(topic, "make_coffee", {"sugar": 2}, join=join)
    assert unknown["status"] == "error"
    assert "make_coffee" in unknown["response"]["reason"]
    assert socket.ask(topic, "get_status", join=join)["status"] == "ok"


def test_s3_socket__everybody_who_joined_is_told_of_messages_and_changes(
    stack: RunningStack, socket: Channel
) -> None:
    swarm = make_swarm(stack)
    socket.join(swarm)
    path = f"/api/swarms/{swarm}"
    message = {"from": "a", "to": "b", "content": "hello"}
    stack.api.expect(200, "POST", f"{path}/message", json=message)
    routed = socket.pushed("message_routed")
    assert {name: routed["payload"][name] for name in ("from", "to")} == {"from": "a", "to": "b"}
    stack.api.expect(201, "POST", f"{path}/agents", json={"name": "c", "backend": "mock"})
    assert socket.pushed("agent_added")["payload"]["agent"] == "c"
    stack.api.expect(200, "PATCH", f"{path}/topology", json={"add": [["a", "c"]]})
    socket.pushed("topology_changed")
    stack.api.expect(200, "DELETE", f"{path}/agents/c")
    assert socket.pushed("agent_removed")["payload"]["agent"] == "c"
    stack.api.expect(200, "DELETE", path)
    socket.pushed("swarm_stopped")
    stack.api.expect(200, "POST", f"{path}/restart")
    socket.pushed("swarm_started")


def test_s3_socket__events_that_were_subscribed_to_come_once_and_no_others(
    stack: RunningStack, socket: Channel
) -> None:
    swarm = make_swarm(stack)
    topic, join = f"swarm:{swarm}", socket.join(swarm)
    filters = {"event_type": "task_sent", "agent": "a"}
    found = socket.ask(topic, "subscribe_events", {"filters": filters}, join=join)["response"]
    assert found == {"subscribed": True, "filters": filters, "recent_events": []}
    for agent, task in [("a", "one"), ("b", "two"), ("a", "three")]:
        body = {"task": task}
        stack.api.expect(200, "POST", f"/api/swarms/{swarm}/agents/{agent}/task", json=body)
    stack.api.expect(200, "DELETE", f"/api/swarms/{swarm}")
    frames = [f for f in socket.all_until("swarm_stopped") if f["event"] == "event"]
    assert [f["payload"]["agent"] for f in frames] == ["a", "a"]
    assert {f["payload"]["event_type"] for f in frames} == {"task_sent"}
    told = [f["payload"] for f in frames]
    path = f"/api/swarms/{swarm}/agents/a/events?event_type=task_sent"
    assert stack.api.expect(200, "GET", path)["events"] == told[::-1]


def test_s3_socket__recent_events_are_in_the_answer_and_come_not_again(
    stack: RunningStack, socket: Channel
) -> None:
    swarm = make_swarm(stack)
    topic, join = f"swarm:{swarm}", socket.join(swarm)
    stack.api.expect(200, "POST", f"/api/swarms/{swarm}/agents/a/task", json={"task": "one"})
    asked = {"filters": {"event_type": "task_sent"}}
    found = socket.ask(topic, "subscribe_events", asked, join=join)["response"]
    assert len(found["recent_events"]) == 1
    over = socket.ask(topic, "unsubscribe_events", join=join)["response"]
    assert over == {"unsubscribed": True}
    stack.api.expect(200, "POST", f"/api/swarms/{swarm}/agents/a/task", json={"task": "two"})
    stack.api.expect(200, "DELETE", f"/api/swarms/{swarm}")
    assert [f for f in socket.all_until("swarm_stopped") if f["event"] == "event"] == []


def test_s3_socket__an_unknown_filter_is_refused(socket: Channel, swarm: str) -> None:
    topic, join = f"swarm:{swarm}", socket.join(swarm)
    for filters in ({"level": "loud"}, {"colour": "red"}, {"level": 1}, [], {"category": "none"}):
        found = socket.ask(topic, "subscribe_events", {"filters": filters}, join=join)
        assert found["status"] == "error", filters
    assert socket.ask(topic, "get_status", join=join)["status"] == "ok"


def test_s3_socket__logs_of_an_agent_come_as_they_are_written(
    stack: RunningStack, socket: Channel
) -> None:
    swarm = make_swarm(stack)
    topic, join = f"swarm:{swarm}", socket.join(swarm)
    found = socket.ask(topic, "subscribe_logs", {"agent": "a"}, join=join)["response"]
    assert found == {"subscribed": True, "agent": "a", "recent_logs": []}
    for agent in ("b", "a"):
        body = {"task": f"work of {agent}"}
        stack.api.expect(200, "POST", f"/api/swarms/{swarm}/agents/{agent}/task", json=body)
    line = socket.pushed("log_entry")["payload"]
    assert line["agent"] == "a"
    assert "work of a" in line["content"]
    over = socket.ask(topic, "unsubscribe_logs", join=join)["response"]
    assert over == {"unsubscribed": True}
    again = socket.ask(topic, "subscribe_logs", {"agent": "a"}, join=join)["response"]
    assert "work of a" in again["recent_logs"][0]["content"]
    nobody = socket.ask(topic, "subscribe_logs", {"agent": "nobody"}, join=join)
    assert nobody == {"status": "error", "response": {"reason": "Agent not found"}}


def test_s3_socket__an_agents_status_is_told(stack: RunningStack, socket: Channel) -> None:
    agents = [{"name": "slow", "backend": "mock", "config": {"hold": True}}]
    swarm = make_swarm(stack, agents=agents, topology=[])
    socket.join(swarm)
    task = f"/api/swarms/{swarm}/agents/slow/task"
    stack.api.expect(200, "POST", task, json={"task": "think"})
    while socket.pushed("agent_status")["payload"]["status"] != "working":
        pass
    stack.api.expect(200, "POST", task, json={"task": "release"})
    while socket.pushed("agent_status")["payload"]["status"] != "idle":
        pass


@pytest.mark.parametrize("query", ["", "?token=", "?token=nobody.secret&vsn=2.0.0"])
def test_s3_socket__a_bad_token_is_refused_at_the_handshake(
    stack: RunningStack, query: str
) -> None:
    url = f"{stack.local.ws_url}/swarm/websocket{query}"
    with pytest.raises(InvalidStatus), connect(url, open_timeout=60):
        pass


def test_s3_socket__a_version_that_nobody_speaks_is_refused_at_the_handshake(
    stack: RunningStack,
) -> None:
    url = f"{stack.local.ws_url}/swarm/websocket?token={stack.credentials.token}&vsn=3.0.0"
    with pytest.raises(InvalidStatus), connect(url, open_timeout=60):
        pass
