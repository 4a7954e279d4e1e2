"""Triggers in moto's world: what is there outside, and firing as AWS would."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3

from chalicelib.workers.trigger import fire
from tests.support.world import ORG, REGION, SETTINGS, World

STEPS = [{"name": "said", "action": "transform", "params": {"by": "{{ trigger.type }}"}}]


def cron(schedule: str = "0 9 * * *", **more: Any) -> dict[str, Any]:
    return {"type": "cron", "schedule": schedule, **more}


def event(source: str = "shop", **pattern: Any) -> dict[str, Any]:
    return {"type": "event", "pattern": {"source": [source], **pattern}}


def triggered(*triggers: Mapping[str, Any], name: str = "w", **more: Any) -> dict[str, Any]:
    """A definition with these triggers; `text` makes it another version."""
    return {"name": name, "triggers": list(triggers), "steps": STEPS, **more}


def schedules() -> dict[str, dict[str, Any]]:
    """Every schedule of the stage by its name."""
    client = boto3.client("scheduler", region_name=REGION)
    group = SETTINGS.schedule_group
    names = [found["Name"] for found in client.list_schedules(GroupName=group)["Schedules"]]
    return {name: client.get_schedule(Name=name, GroupName=group) for name in names}


def expressions() -> list[str]:
    """The expressions of all schedules, sorted."""
    return sorted(found["ScheduleExpression"] for found in schedules().values())


def fire_schedules(world: World, scheduled: str = "") -> list[str | None]:
    """Every schedule fires; the ids of their runs. `scheduled` is when they were due, where AWS
    says so."""
    calls = [json.loads(found["Target"]["Input"]) for found in schedules().values()]
    for call in calls:
        call["scheduled"] = scheduled or call["scheduled"]
    return [fire(world.services, call)["run_id"] for call in calls]


def rules() -> dict[str, dict[str, Any]]:
    """Every rule of the stage by its name, with its one target."""
    client = boto3.client("events", region_name=REGION)
    found = {}
    for rule in client.list_rules(NamePrefix=SETTINGS.machine_prefix)["Rules"]:
        targets = client.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        found[rule["Name"]] = {**rule, "Targets": targets}
    return found


def fire_rules(world: World, given: Mapping[str, Any]) -> list[str | None]:
    """Every rule fires for this event, whether it matches or not; the ids of the runs."""
    answers = []
    for rule in rules().values():
        (target,) = rule["Targets"]
        template = target["InputTransformer"]["InputTemplate"]
        call = json.loads(template.replace("<aws.events.event.json>", json.dumps(given)))
        answers.append(fire(world.services, call)["run_id"])
    return answers


def register(world: World, workflow: str = "w", org: str = ORG) -> list[dict[str, Any]]:
    """The register's lines, as items."""
    return [item for item in world.items() if item["pk"] == f"{org}#TRIGGERS#{workflow}"]


def runs(world: World) -> list[str]:
    return sorted(item["id"] for item in world.items() if item["sk"] == "#RUN")
