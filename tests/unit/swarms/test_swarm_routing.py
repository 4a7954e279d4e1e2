"""Messages go along edges and nowhere else, decided when they are delivered (S3)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.swarms.model import ALWAYS_ROUTABLE, Outgoing
from chalicelib.core.swarms.routing import (
    Delivery,
    Refusal,
    event_id,
    mail_for,
    preview,
    route,
    routed_event,
    targets_in,
)

NODES = ("coder", "reviewer", "writer", "metrics")
AT = "2026-03-18T09:00:00.000Z"


def routed(to: str | None, sender: str = "coder", type: str = "direct", **more: Any) -> Any:
    targets = more.pop("targets", ("reviewer", "gone"))
    return route(sender, targets, NODES, Outgoing(to, more.pop("content", "hi"), type, **more))


def test_an_edge_delivers() -> None:
    assert routed("reviewer") == Delivery("coder", ("reviewer",), "direct", "hi")


def test_without_an_edge_it_is_refused_and_the_allowed_targets_are_told() -> None:
    assert routed("writer") == Refusal("invalid_route", "coder", "writer", ("reviewer",))
    event = routed_event(routed("writer"), swarm="s", item="out_1", position=0, timestamp=AT)
    assert (event.event_type, event.level) == ("invalid_route", "warning")
    assert event.metadata == {"from": "coder", "to": "writer", "allowed_targets": ["reviewer"]}


@pytest.mark.parametrize("to", ["nobody", "gone"])
def test_a_name_that_no_node_has_is_another_refusal(to: str) -> None:
    assert routed(to).event_type == "target_not_found"


def test_a_broadcast_goes_to_every_target_that_is_there() -> None:
    found = routed(None, targets=("writer", "reviewer", "writer", "gone", "coder"))
    assert found.to == ("writer", "reviewer")
    event = routed_event(found, swarm="s", item="out_1", position=0, timestamp=AT)
    assert event.event_type == "message_broadcast"
    assert event.metadata == {
        "from": "coder",
        "to": ["writer", "reviewer"],
        "type": "broadcast",
        "content_preview": "hi",
    }


@pytest.mark.parametrize("name", sorted(ALWAYS_ROUTABLE))
def test_some_names_need_no_edges(name: str) -> None:
    nodes = (*NODES, name)
    assert isinstance(route(name, (), nodes, Outgoing("coder", "x")), Delivery)
    assert isinstance(route("coder", (), nodes, Outgoing(name, "x")), Delivery)


def test_always_routable_is_not_always_there() -> None:
    assert routed("gateway").event_type == "target_not_found"


def test_nobody_sends_to_itself() -> None:
    assert routed("coder", targets=("coder", "writer")).event_type == "invalid_route"


def test_an_ask_and_its_reply_keep_their_correlation_in_mail_and_log() -> None:
    asked = routed("reviewer", type="ask", correlation="ask_1")
    mail = mail_for(asked, "reviewer", item="out_1", position=2, number=7, at=AT)
    assert (mail.type, mail.correlation, mail.sender, mail.number) == ("ask", "ask_1", "coder", 7)
    event = routed_event(asked, swarm="s", item="out_1", position=2, timestamp=AT)
    assert (event.metadata["type"], event.metadata["correlation"]) == ("ask", "ask_1")
    replied = routed("reviewer", type="reply", correlation="ask_1")
    event = routed_event(replied, swarm="s", item="out_2", position=0, timestamp=AT)
    assert (event.metadata["type"], event.metadata["correlation"]) == ("direct", "ask_1")
    assert mail_for(replied, "reviewer", item="o", position=0, number=1, at=AT).type == "reply"


def test_ids_are_the_same_for_the_same_place_and_others_for_others() -> None:
    def ids(item: str, position: int, to: str) -> tuple[str, str]:
        found = routed("reviewer")
        event = routed_event(found, swarm="s", item=item, position=position, timestamp=AT)
        mail = mail_for(found, to, item=item, position=position, number=1, at=AT)
        return event.id, mail.id

    assert ids("out_1", 0, "a") == ids("out_1", 0, "a")
    assert len({ids("out_1", 0, "a")[0], ids("out_1", 1, "a")[0], ids("out_2", 0, "a")[0]}) == 3
    assert ids("out_1", 0, "a")[1] != ids("out_1", 0, "b")[1]


@pytest.mark.parametrize(
    ("content", "shown"),
    [("x" * 300, "x" * 100), ({"a": "ü"}, '{"a":"ü"}'), (None, "null"), (3, "3")],
)
def test_a_preview_is_the_first_hundred_characters_as_text(content: Any, shown: str) -> None:
    assert preview(content) == shown


def test_targets_are_read_from_the_topology_in_its_order() -> None:
    assert targets_in([("a", "c"), ("b", "a"), ("a", "b")], "a") == ("c", "b")


names = st.sampled_from([*NODES, "gone", "tick", "stranger"])


@given(names, st.sets(names), st.sets(names), st.none() | names)
def test_nothing_leaves_the_topology(
    sender: str, targets: set[str], nodes: set[str], to: str | None
) -> None:
    found = route(sender, targets, nodes, Outgoing(to, "x"))
    if isinstance(found, Delivery):
        assert set(found.to) <= nodes - {sender}
        for name in found.to:
            assert name in targets or ALWAYS_ROUTABLE & {name, sender}
    else:
        assert set(found.allowed) <= targets & nodes


def test_events_of_one_turns_messages_sort_in_their_order() -> None:
    ids = [event_id("!OUT#a#out_1", position) for position in range(300)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 300
