"""Schedules of swarms: timers that tick, asks that nobody answers, and schedules that nobody wants."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib.core.clock import rfc3339
from chalicelib.workers.trigger import fire
from tests.support.swarm_loop import SWARM, Loop, mock
from tests.support.world import ORG, REGION, SETTINGS, World

TIMED = {
    "agents": [mock("a")],
    "objects": [{"name": "t", "handler": "timer", "config": {"interval_seconds": 120}}],
    "topology": [["t", "a"]],
}
DUE = "2026-03-18T09:02:00Z"


@pytest.fixture
def loop(world: World) -> Loop:
    return Loop(world)


def schedules() -> list[dict[str, Any]]:
    client = boto3.client("scheduler", region_name=REGION)
    listed = client.list_schedules(GroupName=SETTINGS.schedule_group)["Schedules"]
    return [client.get_schedule(Name=s["Name"], GroupName=s["GroupName"]) for s in listed]


def strike(loop: Loop, scheduled: str = DUE) -> dict[str, Any]:
    """The one schedule fires, as EventBridge would fill its input in."""
    (schedule,) = schedules()
    call = json.loads(schedule["Target"]["Input"])
    return fire(loop.services, call | ({"scheduled": scheduled} if "scheduled" in call else {}))


def test_a_timer_ticks_once_for_each_time_that_it_is_due(loop: Loop) -> None:
    loop.create(TIMED)
    assert [found["ScheduleExpression"] for found in schedules()] == ["rate(2 minutes)"]
    for scheduled in (DUE, DUE, "2026-03-18T09:04:00Z"):
        assert strike(loop, scheduled) == {"woken": True}
    loop.flow()
    assert loop.contents("a") == ["tick", "tick"]
    assert loop.events("timer_fired") == ["timer_fired"] * 2


def test_a_timer_of_a_paused_swarm_does_not_tick(loop: Loop) -> None:
    loop.create(TIMED)
    loop.swarms.pause(ORG, SWARM)
    assert strike(loop) == {"woken": False}
    assert len(schedules()) == 1
    loop.swarms.resume(ORG, SWARM)
    assert strike(loop) == {"woken": True}


@pytest.mark.parametrize("how", ["stop", "remove", "purge"])
def test_the_schedule_goes_with_its_timer(loop: Loop, how: str) -> None:
    loop.create(TIMED)
    if how == "remove":
        loop.swarms.remove_object(ORG, SWARM, "t")
    else:
        loop.swarms.stop(ORG, SWARM, purge=how == "purge")
    assert schedules() == []


def test_a_firing_that_nobody_wants_takes_its_schedule_away(loop: Loop) -> None:
    loop.create(TIMED)
    loop.services.swarm_timers.put(ORG, "gone", "t", {"interval_seconds": 60})
    call = {"kind": "swarm_timer", "org": ORG, "swarm": "gone", "node": "t", "scheduled": DUE}
    assert fire(loop.services, call) == {"woken": False}
    assert len(schedules()) == 1


def test_another_interval_replaces_the_schedule(loop: Loop) -> None:
    loop.create(TIMED)
    loop.swarms.configure_object(ORG, SWARM, "t", {"interval_seconds": 60})
    assert [found["ScheduleExpression"] for found in schedules()] == ["rate(1 minute)"]


def test_an_asker_is_told_once_that_nobody_answered(loop: Loop) -> None:
    asks = mock("a", {"when": "go", "ask": {"to": "b", "content": "well?"}}, ask_seconds=60)
    loop.create({"agents": [asks, mock("b")], "topology": [["a", "b"]]})
    loop.task("a")
    loop.flow()
    (schedule,) = schedules()
    until = rfc3339(loop.world.clock.now + timedelta(seconds=62))
    assert schedule["ScheduleExpression"] < f"at({until[:19]})"
    assert schedule["ActionAfterCompletion"] == "DELETE"
    assert strike(loop) == {"woken": False}
    loop.world.clock.forward(seconds=62)
    assert strike(loop) == {"woken": True}
    loop.flow()
    assert strike(loop) == {"woken": False}
    told = loop.contents("a")[1]
    assert json.loads(told) == {"error": "timeout", "to": "b"}
    assert loop.events("ask_timed_out") == ["ask_timed_out"]
