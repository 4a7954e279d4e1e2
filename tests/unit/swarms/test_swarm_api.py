"""What S3's routes are made of: views that fit their models, bodies, refusals, the descriptor."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.requests import ApiRequest
from chalicelib.api.swarms import descriptor
from chalicelib.api.swarms.dialect import read, render_error
from chalicelib.api.swarms.models import SwarmDetails, SwarmLine, SwarmMessage
from chalicelib.api.swarms.node_models import AgentHistoryEntry, SwarmLogEntry
from chalicelib.core.errors import BadRequest, Invalid, Problem, TooLarge, UnsupportedMediaType
from chalicelib.core.swarms.model import (
    AgentSpec,
    Node,
    NodeKind,
    NodeLife,
    NodeState,
    ObjectSpec,
    Swarm,
    SwarmStatus,
)
from chalicelib.core.swarms.ports import HistoryLine, SwarmDetail
from chalicelib.core.swarms.taxonomy import event
from chalicelib.core.swarms.views import (
    agent_view,
    detail_view,
    history_view,
    line_view,
    message_view,
)
from chalicelib.workers.phoenix_requests import CLIENT_EVENTS

AT = "2026-11-30T00:00:00Z"
SWARM = Swarm("org_a", "team", SwarmStatus.RUNNING, 1, 0, "swarms/team/x.json", AT, AT, 2, 1, 2, 0)
WRITER = Node("writer", NodeKind.AGENT, AgentSpec("writer", skills=("a/writing.md",)), ("n",))
READER = Node("reader", NodeKind.AGENT, AgentSpec("reader"))
COUNTER = Node("n", NodeKind.OBJECT, ObjectSpec("n", "counter"), ("writer",))
LIFE = NodeLife("writer", NodeKind.AGENT, NodeState.WORKING, 1, "ses_1", AT, AT, 5, 3, 2)


def request(body: bytes, **headers: str) -> ApiRequest:
    return ApiRequest(None, headers, {}, body, "/api/swarms/team/message", "req_test")


def test_a_detail_fits_its_model_and_counts_its_agents_by_state() -> None:
    found = detail_view(SwarmDetail(SWARM, (WRITER, READER, COUNTER), {"writer": LIFE}))
    SwarmDetails.model_validate(found)
    assert set(found) == set(SwarmDetails.model_fields)
    assert [agent["name"] for agent in found["agents"]] == ["reader", "writer"]
    assert found["agent_counts"] == {
        "initializing": 1,
        "idle": 0,
        "working": 1,
        "error": 0,
        "stopped": 0,
    }
    assert found["config"] == {"agent_count": 2, "object_count": 1, "topology_edges": 2}
    assert found["agents"][1]["skills_paths"][0].endswith("/team/writer/skills/writing.md")
    assert found["objects"][0]["source_file"] == "chalicelib/core/swarms/objects/counter.py"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"state": NodeState.IDLE}, "running"),
        ({"state": NodeState.IDLE, "paused": True}, "paused"),
        ({"state": NodeState.STOPPED}, "exited"),
        ({"state": NodeState.ERROR}, "dead"),
    ],
)
def test_a_container_is_shown_as_its_agent_is(change: dict[str, Any], status: str) -> None:
    lives = {"writer": replace(LIFE, **change)}
    (agent,) = detail_view(SwarmDetail(SWARM, (WRITER,), lives))["agents"]
    assert agent["container_status"] == status


def test_an_agents_inbox_is_what_was_received_and_not_handled() -> None:
    found = agent_view("team", WRITER, LIFE)
    assert (found["inbox_size"], found["message_count"]) == (2, 2)


def test_a_line_fits_its_model() -> None:
    assert set(line_view(SWARM)) == set(SwarmLine.model_fields)
    SwarmLine.model_validate(line_view(SWARM))


@pytest.mark.parametrize(
    ("line", "members"),
    [
        (HistoryLine("task", "x", AT), set()),
        (HistoryLine("incoming", "x", AT, "a", "ask"), {"from", "message_type"}),
        (HistoryLine("outgoing", {"n": 1}, AT, ("a", "b"), "broadcast"), {"to", "message_type"}),
    ],
)
def test_a_history_line_has_only_what_fits_its_type(line: HistoryLine, members: set[str]) -> None:
    found = history_view(line)
    assert set(found) == {"type", "content", "timestamp"} | members
    AgentHistoryEntry.model_validate(json.loads(json.dumps(found)))


def test_the_message_log_is_made_of_events() -> None:
    told = {"from": "a", "to": ["b", "c"], "type": "broadcast", "content_preview": "hi"}
    found = message_view(
        event("message_broadcast", swarm="team", message="", id="e", timestamp=AT, metadata=told)
    )
    assert found == {"timestamp": AT, "swarm": "team", **told}
    SwarmLogEntry.model_validate(found)


def test_a_body_ignores_unknown_members_and_says_what_is_missing() -> None:
    good = b'{"from": "a", "to": "b", "content": "x", "mood": 7}'
    assert read(request(good), SwarmMessage, missing="no").from_ == "a"
    for body in (b"", b"{}", b'{"from": "a", "to": "b", "content": null}'):
        with pytest.raises(BadRequest, match=r"^no$"):
            read(request(body), SwarmMessage, missing="no")


def test_a_body_of_wrong_types_is_told_in_one_sentence_and_in_a_list() -> None:
    with pytest.raises(BadRequest) as refused:
        read(request(b'{"from": 1, "to": [], "content": "x"}'), SwarmMessage)
    assert refused.value.detail.startswith("from: ")
    assert [one["location"] for one in refused.value.extra["errors"]] == ["from", "to"]


@pytest.mark.parametrize(
    ("body", "media", "kind"),
    [
        (b"[]", "application/json", BadRequest),
        (b"{", "application/json", BadRequest),
        (b"{}", "text/plain", UnsupportedMediaType),
        (b'{"a": "' + b"x" * 6_000_000 + b'"}', "application/json", TooLarge),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    body: bytes, media: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        read(request(body, **{"content-type": media}), SwarmMessage)


def test_what_is_invalid_is_400_here() -> None:
    answer = render_error(Invalid("wrong", [Problem("name", "is wrong")]), "/api/swarms", "req_1")
    body = json.loads(answer.body)
    assert (answer.status_code, body["status"], body["type"]) == (400, 400, "/errors/bad-request")
    assert body["errors"] == [{"location": "name", "message": "is wrong"}]


def test_the_descriptor_has_the_events_that_the_socket_knows() -> None:
    found = descriptor.describe_api(request(b""))["websocket"]["events"]
    assert set(found["client_to_server"]) == set(CLIENT_EVENTS)
