"""S3, events: queries with filters of the durable log."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import instant, problem
from tests.support.stack import Api
from tests.support.swarm_api import SwarmApi, mock, until

MEMBERS = {
    "id",
    "timestamp",
    "level",
    "category",
    "swarm",
    "agent",
    "event_type",
    "message",
    "metadata",
}


@pytest.fixture(scope="module")
def busy(ours: Api) -> SwarmApi:
    """A swarm in which something of each kind has happened."""
    swarm = SwarmApi.create(
        ours,
        "busy",
        agents=[mock("a"), mock("b")],
        objects=[{"name": "n", "handler": "counter"}],
        topology=[["a", "b"]],
    )
    swarm.task("a", "x")
    swarm.message("a", "b", "y")
    swarm.message("b", "a", "z")
    swarm.expect(201, "POST", "/objects", json={"name": "m", "handler": "counter"})
    swarm.handled("a", 1)
    swarm.handled("b", 1)
    until(lambda: swarm.events("invalid_route"), bool)
    until(lambda: swarm.events("message_routed"), bool)
    return swarm


def listed(api: Api, path: str = "/api/events", **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.expect(200, "GET", path, params=filters)["events"]
    return found


def test_s3_events__each_has_the_members_of_the_page_and_they_are_newest_first(
    ours: Api, busy: SwarmApi
) -> None:
    found = ours.expect(200, "GET", "/api/events")
    assert set(found) == {"events", "count", "query"}
    assert found["count"] == len(found["events"]) > 4
    assert all(set(event) == MEMBERS for event in found["events"])
    times = [instant(event["timestamp"]) for event in found["events"]]
    assert times == sorted(times, reverse=True)
    assert len({event["id"] for event in found["events"]}) == found["count"]


def test_s3_events__the_query_is_echoed_as_it_was_understood(ours: Api, busy: SwarmApi) -> None:
    asked = {"level": "info", "swarm": "busy", "minutes": "5", "limit": "7", "what": "ever"}
    found = ours.expect(200, "GET", "/api/events", params=asked)
    assert found["query"] == {"level": "info", "swarm": "busy", "minutes": 5, "limit": 7}
    assert ours.expect(200, "GET", "/api/events")["query"] == {"limit": 100}


def test_s3_events__of_one_swarm_and_of_one_agent_echo_these(busy: SwarmApi) -> None:
    found = busy.get("/events")
    assert set(found) == {"events", "count", "swarm"}
    assert found["swarm"] == "busy"
    assert {event["swarm"] for event in found["events"]} == {"busy"}
    agent = busy.get("/agents/a/events")
    assert set(agent) == {"events", "count", "swarm", "agent"}
    assert (agent["swarm"], agent["agent"]) == ("busy", "a")
    assert {event["agent"] for event in agent["events"]} == {"a"}


@pytest.mark.parametrize(
    ("filters", "types"),
    [
        ({"level": "warning"}, {"invalid_route"}),
        ({"category": "object"}, {"object_added"}),
        ({"category": "swarm"}, {"swarm_started"}),
        ({"event_type": "task_sent"}, {"task_sent"}),
        ({"category": "routing", "level": "info"}, {"message_routed"}),
        ({"category": "backend", "level": "error"}, set()),
        ({"event_type": "task_sent", "level": "error"}, set()),
        ({"event_type": "task_sent", "minutes": "10"}, {"task_sent"}),
    ],
)
def test_s3_events__all_filters_must_hold(
    ours: Api, busy: SwarmApi, filters: dict[str, str], types: set[str]
) -> None:
    for path, more in (("/api/events", {"swarm": "busy"}), ("/api/swarms/busy/events", {})):
        found = listed(ours, path, **filters, **more)
        assert {event["event_type"] for event in found} == types


def test_s3_events__the_limit_cuts_from_the_newest(ours: Api, busy: SwarmApi) -> None:
    everything = listed(ours, limit=1000)
    assert listed(ours, limit=2) == everything[:2]


def test_s3_events__survive_the_swarm_they_are_about_until_it_is_purged(ours: Api) -> None:
    swarm = SwarmApi.create(ours, agents=[mock("a")])
    swarm.expect(200, "DELETE")
    types = {event["event_type"] for event in listed(ours, swarm=swarm.name)}
    assert {"swarm_started", "swarm_stopped"} <= types
    swarm.expect(200, "DELETE", "?purge=true")
    assert listed(ours, swarm=swarm.name) == []


@pytest.mark.parametrize(
    "query",
    [
        *(f"level={value}" for value in ("", "fatal", "INFO", "7")),
        *(f"category={value}" for value in ("", "none", "Agent")),
        *(f"event_type={value}" for value in ("", "nothing_of_the_kind")),
        *(f"minutes={value}" for value in ("", "0", "-5", "1.5", "ten", "99999999")),
        *(f"limit={value}" for value in ("", "0", "1001", "1e2")),
        "swarm=%00",
        "agent=a/b",
    ],
)
def test_s3_events__an_unknown_filter_value_is_400(ours: Api, busy: SwarmApi, query: str) -> None:
    found = problem(ours.get(f"/api/events?{query}"), 400, "bad-request")
    assert query.partition("=")[0] in found["error"]
    if not query.startswith("swarm"):
        assert busy.call("GET", f"/events?{query}").status_code == 400


def test_s3_events__another_organisation_has_none_of_them(stranger: Api, busy: SwarmApi) -> None:
    assert listed(stranger, swarm="busy") == []
