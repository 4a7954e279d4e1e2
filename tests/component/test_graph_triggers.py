"""Graph workflows that the clock and requests start: once for each occurrence, as often as they may."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from chalicelib.core.errors import BudgetExceeded, Conflict, RateLimited, RunyardError
from chalicelib.core.graph_workflows.content import checked
from chalicelib.core.runs.model import Run
from tests.support.clients import Died, Fault
from tests.support.graphs import clocked, graph, hooked, log
from tests.support.triggers import fire_schedules, schedules
from tests.support.world import ORG, World

DUE = "2026-03-18T09:00:00.000Z"


def published(world: World, definition: Any) -> str:
    editor = world.services.v1.editor
    made, _ = editor.create(ORG, checked("w", "", definition), principal="ada")
    editor.publish(ORG, made.id, expected=None)
    return made.id


def struck(world: World, due: str = DUE) -> list[str]:
    return [run_id for run_id in fire_schedules(world, due) if run_id is not None]


def run_of(world: World, run_id: str) -> Run:
    found = world.services.runs.get(ORG, run_id)
    assert found is not None
    return found


def called(world: World, workflow: str, *, key: str | None = None, payload: Any = None) -> str:
    firer = world.services.v1.firer
    armed = firer.armed(ORG, workflow)
    assert armed is not None
    started = firer.webhook(
        armed, payload=payload, headers={}, occurrence=key or "x", key=key, principal="ada"
    )
    return started.run.id


class TestTheClock:
    def test_an_occurrence_is_one_run_of_the_published_version(self, world: World) -> None:
        workflow = published(world, clocked())
        drafted = checked("w", "", clocked("FREQ=DAILY;BYHOUR=9", maxRuns=5))
        world.services.v1.editor.update(ORG, workflow, drafted, expected=None, principal="ada")
        (run_id,) = struck(world)
        run = run_of(world, run_id)
        assert (run.workflow, run.version, run.principal) == (workflow, 1, "trigger:cronjob")
        assert run.trigger["time"] == DUE
        assert struck(world) == [run_id]
        assert struck(world, "2026-03-19T09:00:00Z") != [run_id]
        detail = world.services.runs.detail(ORG, run_id)
        assert detail is not None and detail.inputs["payload"] == {"time": DUE}

    def test_nothing_starts_outside_of_the_rules_span_or_when_it_is_paused(
        self, world: World
    ) -> None:
        workflow = published(world, clocked("FREQ=DAILY;BYHOUR=9;UNTIL=20990101"))
        assert struck(world, "2099-01-02T09:00:00Z") == []
        calls = list(schedules())
        assert len(calls) == 1
        world.services.v1.editor.pause(ORG, workflow, reason="x")
        from chalicelib.workers.trigger import fire

        call = {
            "kind": "rrule",
            "org": ORG,
            "workflow": workflow,
            "trigger": "t",
            "scheduled": DUE,
        }
        assert fire(world.services, call) == {"run_id": None}

    def test_a_rule_that_is_over_cannot_be_published(self, world: World) -> None:
        with pytest.raises(RunyardError, match="over"):
            published(world, clocked("FREQ=DAILY;UNTIL=20200101"))

    def test_a_spent_organisation_starts_nothing_and_the_workflow_is_paused(
        self, world: World
    ) -> None:
        workflow = published(world, clocked())
        world.services.v1.units.allow(ORG, 0)
        assert struck(world) == []
        head = world.services.v1.workflows.get(ORG, workflow)
        assert head is not None and head.state == "paused"
        assert schedules() == {}


class TestLimits:
    def test_a_cooldown_after_each_run(self, world: World) -> None:
        published(world, clocked("FREQ=MINUTELY", cooldownMs=600_000))
        (first,) = struck(world)
        assert struck(world) == [first]
        assert struck(world, "2026-03-18T09:01:00Z") == []
        world.clock.forward(minutes=11)
        assert len(struck(world, "2026-03-18T09:11:00Z")) == 1

    def test_no_more_runs_than_it_may_start(self, world: World) -> None:
        published(world, clocked("FREQ=MINUTELY", maxRuns=2))
        ids = [struck(world, f"2026-03-18T09:0{minute}:00Z") for minute in range(4)]
        assert [len(found) for found in ids] == [1, 1, 0, 0]
        assert struck(world, "2026-03-18T09:00:00Z") == ids[0]

    @pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
    def test_an_occurrence_counts_once_whatever_call_failed(
        self, world: World, fault: Fault
    ) -> None:
        published(world, clocked("FREQ=MINUTELY", maxRuns=200))
        with world.calls.counted() as calls:
            struck(world, "2026-03-17T00:00:00Z")
            made = len(calls.made)
        for call in range(1, made + 1):
            due = f"2026-03-18T09:{call:02d}:00Z"
            with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
                struck(world, due)
            world.services = world.fresh()
            assert len(struck(world, due)) == 1
        (count,) = [item for item in world.items() if "#FIRED#" in item["pk"]]
        assert count["runs"] == 1 + made

    def test_a_webhook_is_told_to_wait_or_that_it_is_over(self, world: World) -> None:
        cooling = published(world, hooked("a", cooldownMs=60_000))
        called(world, cooling)
        with pytest.raises(RateLimited) as waits:
            called(world, cooling)
        assert waits.value.retry_after == 60
        few = published(world, hooked("b", maxRuns=1))
        called(world, few)
        with pytest.raises(Conflict):
            called(world, few)


class TestWebhooks:
    def test_the_same_key_is_one_run_and_counts_once(self, world: World) -> None:
        workflow = published(world, hooked("a", maxRuns=2))
        first = called(world, workflow, key="k", payload={"a": 1})
        assert called(world, workflow, key="k", payload={"a": 1}) == first
        assert called(world, workflow, key="l") != first

    def test_the_body_is_the_payload(self, world: World) -> None:
        workflow = published(world, hooked("a"))
        for payload, kept in (({"a": 1}, {"a": 1}), ([1], {"value": [1]}), (None, {})):
            detail = world.services.runs.detail(ORG, called(world, workflow, payload=payload))
            assert detail is not None and detail.inputs["payload"] == kept

    def test_a_spent_organisation_is_refused(self, world: World) -> None:
        workflow = published(world, hooked("a"))
        world.services.v1.units.allow(ORG, 0)
        with pytest.raises(BudgetExceeded):
            called(world, workflow)

    def test_a_draft_listens_to_nothing(self, world: World) -> None:
        editor = world.services.v1.editor
        made, _ = editor.create(ORG, checked("w", "", hooked("a")), principal="ada")
        assert world.services.v1.firer.armed(ORG, made.id) is None
        manual = published(world, graph(say=log()))
        assert world.services.v1.firer.armed(ORG, manual) is None
