"""Applying and archiving workflows with triggers: each AWS call fails in each way, and repeating the
request puts everything right. Firing is among the operations that start runs."""

from __future__ import annotations

import contextlib

import pytest

from chalicelib.core.errors import NotFound, RunyardError
from chalicelib.core.graph_workflows.content import checked
from tests.support.clients import Died, Fault
from tests.support.graphs import clocked
from tests.support.triggers import cron, event, expressions, register, rules, schedules, triggered
from tests.support.world import ORG, World

OLD = triggered(cron("0 9 * * *"), event("old"))
NEW = triggered(cron("0 9 * * *"), cron("0 0 13 * 5"))


def settled(world: World, workflow: str = "w") -> list[str]:
    """What there is outside, which the register has to agree with."""
    lines = [item for item in register(world, workflow) if not item.get("leaving")]
    assert len(lines) == len(register(world, workflow))
    names = {name.removesuffix("-2") for name in schedules()}
    names |= {name.removeprefix("runyard-test-") for name in rules()}
    assert {line["name"] for line in lines} == names
    return sorted([*expressions(), *(rule["EventPattern"] for rule in rules().values())])


NEW_OUTSIDE = sorted(
    [
        "cron(0 9 * * ? *)",
        "cron(0 0 13 * ? *)",
        "cron(0 0 ? * FRI *)",
    ]
)


def calls_of_an_apply(world: World) -> int:
    world.apply(OLD)
    world.services = world.fresh()
    with world.calls.counted() as calls:
        world.apply(NEW)
        return len(calls.made)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_a_repeated_apply_makes_schedules_and_rules_right_whatever_failed_the_first_time(
    world: World, fault: Fault
) -> None:
    calls = calls_of_an_apply(world)
    assert settled(world) == NEW_OUTSIDE
    for call in range(1, calls + 1):
        world.apply(OLD)
        world.services = world.fresh()
        with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
            world.apply(NEW)
        world.services = world.fresh()
        world.apply(NEW)
        assert settled(world) == NEW_OUTSIDE, f"call {call}, {fault.value}"


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_a_repeated_archive_leaves_nothing_whatever_failed_the_first_time(
    world: World, fault: Fault
) -> None:
    world.apply(OLD)
    with world.calls.counted() as calls:
        world.services.archiver.archive(ORG, "w")
        made = len(calls.made)
    for call in range(1, made + 1):
        world.apply(OLD)
        world.services = world.fresh()
        with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
            world.services.archiver.archive(ORG, "w")
        world.services = world.fresh()
        with contextlib.suppress(NotFound):
            world.services.archiver.archive(ORG, "w")
        assert settled(world) == [], f"call {call}, {fault.value}"


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_paths_of_webhooks_end_where_the_definition_says_whatever_failed_the_first_time(
    world: World, fault: Fault
) -> None:
    old = triggered({"type": "webhook", "path": "old"})
    new = triggered({"type": "webhook", "path": "new"})
    world.apply(old)
    with world.calls.counted() as calls:
        world.apply(new)
        made = len(calls.made)
    for call in range(1, made + 1):
        world.apply(old)
        world.services = world.fresh()
        with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
            world.apply(new)
        world.services = world.fresh()
        world.apply(new)
        claims = [item["pk"] for item in world.items() if item["sk"] == "CLAIM"]
        assert claims == ["~#HOOK#new"], f"call {call}, {fault.value}"
        assert [line["path"] for line in register(world)] == ["new"]


@pytest.mark.parametrize(
    "fault", [Fault.ANSWER_LOST, Fault.DIED_AFTER], ids=lambda fault: fault.value
)
def test_publishing_pausing_and_archiving_a_graph_are_made_right_by_repeating_them(
    world: World, fault: Fault
) -> None:
    acts = {
        "publish": lambda e, workflow: e.publish(ORG, workflow, expected=None),
        "pause": lambda e, workflow: e.pause(ORG, workflow, reason="x"),
        "resume": lambda e, workflow: e.resume(ORG, workflow),
        "archive": lambda e, workflow: e.archive(ORG, workflow),
    }
    outside = {"publish": ["cron(0 9 * * ? *)"], "resume": ["cron(0 9 * * ? *)"]}
    for position, (name, act) in enumerate(acts.items()):
        for call in range(1, MOST_CALLS + 1):
            workflow = made(world)
            for earlier in list(acts.values())[:position]:
                earlier(world.fresh().v1.editor, workflow)
            world.services = world.fresh()
            with (
                world.calls.failing(call, fault),
                contextlib.suppress(RunyardError, Died),
            ):
                act(world.services.v1.editor, workflow)
            act(world.fresh().v1.editor, workflow)
            found = settled(world, workflow)
            assert found == outside.get(name, []), f"{name}, call {call}, {fault.value}"
            world.fresh().v1.editor.archive(ORG, workflow)


MOST_CALLS = 10
"""Of a change of a graph workflow with a trigger: reads, the register, the schedule, the head, tidying."""


def made(world: World) -> str:
    """A new graph workflow that a clock starts."""
    content = checked("g", "", clocked())
    return world.fresh().v1.editor.create(ORG, content, principal="ada")[0].id
