"""Agents and objects that are reached over HTTP, through the guarded client and a real socket."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from outbound_servers import LOOPBACK, reply, serving

from chalicelib.brains.base import World
from chalicelib.brains.registry import brain_for
from chalicelib.cloud.http import OutboundHttp
from chalicelib.core.addresses import Network
from chalicelib.core.reach import Reach
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import (
    AgentSpec,
    Backend,
    Mail,
    Node,
    NodeKind,
    NodeLife,
    NodeState,
    ObjectSpec,
    Outgoing,
)
from chalicelib.core.swarms.ports import TurnContext, TurnResult

NOW = "2026-03-18T09:00:00.000Z"
MAIL = Mail(1, "mail_1", "message", "ask", "writer", {"n": "ü"}, NOW, "ask_1")
JSON_TYPE = "Content-Type: application/json"


def no_call(*named: Any) -> Any:
    raise AssertionError(f"nothing here calls {named}")


def turn(spec: AgentSpec | ObjectSpec, allowed: Sequence[Network] = LOOPBACK) -> TurnResult:
    kind = NodeKind.AGENT if isinstance(spec, AgentSpec) else NodeKind.OBJECT
    node = Node("coder", kind, spec, ("writer",))
    life = NodeLife("coder", kind, NodeState.WORKING, 1, "session", NOW)
    world = World(
        http=lambda: OutboundHttp(allowed),
        bedrock=no_call,
        aws=no_call,
        reach=lambda org: Reach(org, "runyard-test"),
        credential=no_call,
    )
    context = TurnContext("org_acme", "house", node, life, (), NOW, 10.0)
    return brain_for(node, world).turn(MAIL, context)


def an_agent(url: str) -> AgentSpec:
    return AgentSpec("coder", Backend("http", {"url": url}))


def test_a_server_is_an_agent() -> None:
    answer = json.dumps({"state": {"n": 1}, "messages": [{"reply": "good"}], "output": "done"})
    with serving({"/agent": reply("200 OK", answer.encode(), JSON_TYPE)}) as server:
        found = turn(an_agent(server.url("/agent")))
        (request,) = server.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == "mail_1"
    assert json.loads(request.body)["message"]["content"] == {"n": "ü"}
    assert found.memory == {"state": {"n": 1}}
    assert found.outgoing == (Outgoing("writer", "good", "reply", "ask_1"),)
    assert found.output == "done"


def test_a_server_cannot_send_an_agent_elsewhere() -> None:
    with serving({"/agent": reply("302 Found", b"", "Location: /other")}) as server:
        with pytest.raises(StepFailed) as caught:
            turn(an_agent(server.url("/agent")))
        assert [request.path for request in server.requests] == ["/agent"]
    assert (caught.value.code, caught.value.retryable) == ("http_status", False)


def test_an_agents_server_is_not_on_the_inside() -> None:
    with serving({"/agent": reply("200 OK")}) as server:
        with pytest.raises(StepFailed) as caught:
            turn(an_agent(server.url("/agent")), allowed=())
        assert server.requests == []
    assert caught.value.code == "address_not_allowed"


def test_a_webhook_posts_each_message_with_its_headers() -> None:
    with serving({"/in": reply("201 Created")}) as server:
        config = {"url": server.url("/in"), "headers": {"X-Team": "red"}}
        found = turn(ObjectSpec("coder", "webhook", config=config))
        (request,) = server.requests
    assert (request.headers["x-team"], request.headers["idempotency-key"]) == ("red", "mail_1")
    assert json.loads(request.body)["content"] == {"n": "ü"}
    assert found.memory["last_status"] == 201
    assert found.outgoing == (Outgoing("writer", {"status": 201}, "reply", "ask_1"),)
