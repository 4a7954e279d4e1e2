"""S3, messages: the log of what was routed; routes that there are not."""

from __future__ import annotations

import pytest

from tests.support.answers import instant
from tests.support.stack import Api
from tests.support.swarm_api import SwarmApi, mock, until


@pytest.fixture
def ring(ours: Api) -> SwarmApi:
    """a → b, a → c."""
    return SwarmApi.create(
        ours,
        agents=[
            mock("a", {"when": {"kind": "task"}, "broadcast": "{{content}}"}),
            mock("b"),
            mock("c"),
        ],
        topology=[["a", "b"], ["a", "c"]],
    )


def test_s3_messages__the_log_is_newest_first(ring: SwarmApi) -> None:
    for number in range(3):
        ring.message("a", "b", f"message {number} " + "x" * 200)
        until(ring.messages, lambda found, n=number: len(found) == n + 1)
    assert set(ring.get("/messages")) == {"messages"}
    found = ring.messages()
    for entry in found:
        assert set(entry) == {"timestamp", "swarm", "from", "to", "type", "content_preview"}
        assert (entry["swarm"], entry["from"], entry["to"]) == (ring.name, "a", "b")
        assert entry["type"] == "direct"
        assert len(entry["content_preview"]) == 100
        instant(entry["timestamp"])
    assert [entry["content_preview"][:9] for entry in found] == [
        f"message {number}" for number in (2, 1, 0)
    ]
    assert ring.get("/messages?limit=2")["messages"] == found[:2]


def test_s3_messages__a_broadcast_is_one_entry_to_all(ring: SwarmApi) -> None:
    ring.task("a", "to everybody")
    (entry,) = until(ring.messages, bool)
    assert (entry["type"], sorted(entry["to"])) == ("broadcast", ["b", "c"])
    ring.handled("b", 1)
    ring.handled("c", 1)


def test_s3_messages__along_no_edge_nothing_is_delivered_and_an_event_tells(
    ring: SwarmApi,
) -> None:
    ring.message("b", "c", "psst")
    (event,) = until(lambda: ring.events("invalid_route"), bool)
    assert event["level"] == "warning"
    assert event["metadata"] == {"from": "b", "to": "c", "allowed_targets": []}
    assert ring.messages() == []
    assert ring.agent("c")["message_count"] == 0


@pytest.mark.parametrize("anybody", ["metrics", "tick", "gateway"])
def test_s3_messages__some_names_may_always_send(ring: SwarmApi, anybody: str) -> None:
    ring.message(anybody, "c", "now")
    ring.handled("c", 1)
    (entry,) = until(ring.messages, bool)
    assert (entry["from"], entry["to"]) == (anybody, "c")


def test_s3_messages__of_one_sender_come_in_the_order_in_which_they_were_sent(
    ring: SwarmApi,
) -> None:
    for number in range(8):
        ring.message("a", "b", f"{number}")
    ring.handled("b", 8)
    history = ring.get("/agents/b/history")["history"]
    assert [line["content"] for line in reversed(history)] == [str(n) for n in range(8)]


def test_s3_messages__an_event_tells_that_it_is_in_each_inbox(ring: SwarmApi) -> None:
    ring.task("a", "to everybody")
    found = until(lambda: ring.events("message_delivered"), lambda events: len(events) == 2)
    assert sorted(event["agent"] for event in found) == ["b", "c"]
    for event in found:
        assert (event["level"], event["category"]) == ("debug", "routing")
        assert event["metadata"] == {"from": "a", "to": event["agent"]}
