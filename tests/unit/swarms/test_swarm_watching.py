"""S3, the socket: who is pushed what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.swarms.model import LogLine, NodeKind, NodeLife, NodeState, SwarmEvent
from chalicelib.core.swarms.phoenix import V2
from chalicelib.core.swarms.watching import (
    SERVER_EVENTS,
    Happening,
    of_event,
    of_life,
    of_log,
)
from chalicelib.store.watchers import Watcher
from chalicelib.workers.swarm_posts import frames_for

AT = "2026-11-30T03:00:00.000Z"
JOINED = Watcher("org_a", "demo", "c1", V2, "1", 0)
ROUTED = SwarmEvent(
    id="ev1",
    timestamp=AT,
    level="info",
    category="routing",
    swarm="demo",
    agent="writer",
    event_type="message_routed",
    message="writer → reviewer",
    metadata={"from": "writer", "to": "reviewer"},
)
SAID = LogLine("s1", AT, "assistant", "done")
LIFE = NodeLife("writer", NodeKind.AGENT, NodeState.IDLE, 1, "s1", AT)


def frames(happening: Happening | None, **wishes: Any) -> list[str]:
    assert happening is not None
    return [event for event, _ in frames_for(replace(JOINED, **wishes), happening)]


def test_everybody_who_joined_is_sent_the_events_that_have_a_frame_of_their_own() -> None:
    assert frames(of_event(ROUTED)) == ["message_routed"]
    assert frames(of_event(replace(ROUTED, event_type="task_sent"))) == []


def test_an_own_frame_says_what_it_is_about() -> None:
    ((_, payload),) = frames_for(JOINED, of_event(ROUTED))
    assert payload == {
        "swarm": "demo",
        "agent": "writer",
        "from": "writer",
        "to": "reviewer",
        "timestamp": AT,
    }


@pytest.mark.parametrize(
    ("sets", "sent"),
    [
        ([{}], True),
        ([{"level": "info"}], True),
        ([{"level": "error"}], False),
        ([{"level": "info", "agent": "writer"}], True),
        ([{"level": "info", "agent": "reviewer"}], False),
        ([{"agent": "reviewer"}, {"category": "routing"}], True),
        ([{"event_type": "message_routed"}], True),
    ],
)
def test_filters_hold_together_within_a_set_and_sets_add_up(
    sets: list[dict[str, str]], sent: bool
) -> None:
    assert ("event" in frames(of_event(ROUTED), events=tuple(sets))) is sent


def test_an_event_that_fits_several_sets_comes_once() -> None:
    found = frames(of_event(ROUTED), events=({}, {"level": "info"}))
    assert found == ["message_routed", "event"]


def test_what_was_in_the_answer_to_a_subscription_comes_no_more() -> None:
    found = frames(of_event(ROUTED), events=({},), told=frozenset({"ev1"}))
    assert found == ["message_routed"]


def test_logs_go_to_who_subscribed_to_them_and_what_an_agent_says_to_everybody() -> None:
    line = of_log("l1", "writer", SAID)
    assert frames(line) == ["agent_output"]
    assert frames(line, logs=("writer",)) == ["agent_output", "log_entry"]
    assert frames(line, logs=("reviewer",)) == ["agent_output"]
    assert frames(line, everyone=True) == ["agent_output", "log_entry"]
    asked = of_log("l2", "writer", replace(SAID, role="user"))
    assert frames(asked) == []
    assert frames(asked, everyone=True) == ["log_entry"]


def test_a_status_is_told_when_it_is_another_one() -> None:
    working = replace(LIFE, state=NodeState.WORKING)
    assert frames(of_life(LIFE, working, at=AT)) == ["agent_status"]
    assert frames(of_life(None, LIFE, at=AT)) == ["agent_status"]
    assert of_life(LIFE, replace(LIFE, handled=3), at=AT) is None
    assert of_life(None, replace(LIFE, kind=NodeKind.OBJECT), at=AT) is None


def test_there_are_eleven_kinds_of_frames() -> None:
    assert len(set(SERVER_EVENTS)) == 11
