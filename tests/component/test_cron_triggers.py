"""Schedules follow apply, rollback and archive; each occurrence starts at most one run."""

from __future__ import annotations

import json

import pytest

from chalicelib.core.errors import Invalid, NotFound, Unavailable
from chalicelib.workers.trigger import fire
from tests.support.clients import Died, Fault
from tests.support.triggers import (
    cron,
    expressions,
    fire_schedules,
    register,
    runs,
    schedules,
    triggered,
)
from tests.support.world import ORG, SETTINGS, World

DUE = "2026-03-18T09:00:00Z"


class TestSchedulesFollow:
    def test_an_apply_makes_a_schedule_that_says_who_is_meant(self, world: World) -> None:
        world.apply(triggered(cron("30 9 * * 1", timezone="Europe/Berlin")))
        ((name, found),) = schedules().items()
        assert found["ScheduleExpression"] == "cron(30 9 ? * MON *)"
        assert found["ScheduleExpressionTimezone"] == "Europe/Berlin"
        assert found["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert found["GroupName"] == SETTINGS.schedule_group
        assert found["Target"]["Arn"] == SETTINGS.fire_arn
        assert found["Target"]["RoleArn"] == SETTINGS.schedule_role_arn
        call = json.loads(found["Target"]["Input"])
        assert (call["kind"], call["org"], call["workflow"]) == ("cron", ORG, "w")
        assert call["scheduled"] == "<aws.scheduler.scheduled-time>"
        assert len(name) <= 64

    def test_a_workflow_without_triggers_costs_one_read_more(self, world: World) -> None:
        with world.calls.counted() as calls:
            world.apply({"name": "plain", "steps": triggered()["steps"]})
        assert [made for made in calls.made if made.startswith("scheduler")] == []
        assert calls.made.count("dynamodb.query") == 1

    def test_either_day_is_two_schedules(self, world: World) -> None:
        world.apply(triggered(cron("0 0 13 * 5")))
        assert expressions() == ["cron(0 0 13 * ? *)", "cron(0 0 ? * FRI *)"]

    def test_what_a_new_version_does_not_want_goes(self, world: World) -> None:
        world.apply(triggered(cron("0 1 * * *"), cron("0 0 13 * 5")))
        world.apply(triggered(cron("0 2 * * *")))
        assert expressions() == ["cron(0 2 * * ? *)"]
        world.apply(triggered())
        assert (schedules(), register(world)) == ({}, [])

    def test_a_trigger_that_stays_keeps_its_schedule(self, world: World) -> None:
        world.apply(triggered(cron("0 1 * * *")))
        before = list(schedules())
        world.apply(triggered(cron("0 1 * * *"), cron("0 2 * * *")))
        assert set(before) < set(schedules())

    def test_a_rollback_brings_schedules_back(self, world: World) -> None:
        world.apply(triggered(cron("0 1 * * *")))
        world.apply(triggered(cron("0 2 * * *")))
        world.services.applier.rollback(ORG, "w", 1, principal="test")
        assert expressions() == ["cron(0 1 * * ? *)"]

    def test_an_archive_takes_them_and_an_apply_brings_them_back(self, world: World) -> None:
        world.apply(triggered(cron("0 1 * * *")))
        world.services.archiver.archive(ORG, "w")
        assert (schedules(), register(world)) == ({}, [])
        world.apply(triggered(cron("0 1 * * *")))
        assert expressions() == ["cron(0 1 * * ? *)"]

    def test_applying_the_same_again_repairs(self, world: World) -> None:
        world.apply(triggered(cron("0 1 * * *")))
        world.services = world.fresh()
        (name,) = schedules()
        world.services.client("scheduler").delete_schedule(
            Name=name, GroupName=SETTINGS.schedule_group
        )
        world.apply(triggered(cron("0 1 * * *")))
        assert list(schedules()) == [name]

    def test_two_workflows_with_one_schedule_have_one_each(self, world: World) -> None:
        world.apply(triggered(cron()))
        world.apply(triggered(cron(), name="other"))
        assert len(schedules()) == 2
        world.services.archiver.archive(ORG, "other")
        assert len(schedules()) == 1

    def test_archiving_twice_is_not_found_but_tidies_up(self, world: World) -> None:
        world.apply(triggered(cron()))
        with world.calls.failing(2, Fault.DIED_BEFORE), pytest.raises(Died):
            world.services.archiver.archive(ORG, "w")
        assert schedules()
        with pytest.raises(NotFound):
            world.services.archiver.archive(ORG, "w")
        assert (schedules(), register(world)) == ({}, [])


class TestRefusals:
    @pytest.mark.parametrize(
        ("trigger", "place", "why"),
        [
            (cron("61 * * * *"), "triggers[0].schedule", "minute"),
            (cron("0 0 */2 * 1"), "triggers[0].schedule", "at once"),
            (cron(timezone="Europe/Berln"), "triggers[0].timezone", "`Europe/Berlin`"),
        ],
    )
    def test_what_cannot_be_scheduled_is_refused_at_apply_time(
        self, world: World, trigger: dict[str, str], place: str, why: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            world.apply(triggered(trigger))
        (problem,) = refused.value.problems
        assert problem.location == place
        assert why in problem.message
        assert (schedules(), register(world)) == ({}, [])

    def test_an_input_without_default_is_refused(self, world: World) -> None:
        inputs = {"who": {}, "else": {"default": "x"}}
        with pytest.raises(Invalid) as refused:
            world.apply(triggered(cron(), inputs=inputs))
        assert [problem.location for problem in refused.value.problems] == ["inputs.who"]

    def test_a_trigger_that_stands_twice_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid) as refused:
            world.apply(triggered(cron(), cron(timezone="UTC")))
        assert [problem.location for problem in refused.value.problems] == ["triggers[1]"]


class TestFiring:
    def test_a_run_starts_with_defaults_and_is_told_what_happened(self, world: World) -> None:
        inputs = {"who": {"default": "you"}}
        world.apply(triggered(cron(timezone="Europe/Berlin"), inputs=inputs))
        (run_id,) = fire_schedules(world, DUE)
        assert run_id is not None
        detail = world.services.runs.detail(ORG, run_id)
        assert detail is not None
        assert detail.given == {"who": "you"}
        assert detail.trigger == {
            "type": "cron",
            "schedule": "0 9 * * *",
            "timezone": "Europe/Berlin",
            "time": "2026-03-18T09:00:00.000Z",
            "path": None,
            "payload": None,
            "headers": {},
        }
        assert detail.run.principal == "trigger:cron"

    def test_the_same_occurrence_starts_one_run(self, world: World) -> None:
        world.apply(triggered(cron()))
        first, again = fire_schedules(world, DUE), fire_schedules(world, DUE)
        assert first == again == runs(world)
        assert fire_schedules(world, "2026-03-19T09:00:00Z") != first

    def test_a_day_that_both_fields_name_is_one_occurrence(self, world: World) -> None:
        world.apply(triggered(cron("0 0 13 * 5")))
        one, other = fire_schedules(world, "2026-03-13T00:00:00Z")
        assert one == other
        assert runs(world) == [one]

    def test_without_a_scheduled_time_it_is_the_last_that_the_schedule_names(
        self, world: World
    ) -> None:
        world.apply(triggered(cron("0 9 * * *")))
        first = fire_schedules(world)
        world.clock.forward(minutes=10)
        assert fire_schedules(world) == first
        assert fire_schedules(world, DUE) == first
        world.clock.forward(days=1)
        assert fire_schedules(world) != first

    def test_an_occurrence_stays_one_when_the_workflow_is_applied_in_between(
        self, world: World
    ) -> None:
        world.apply(triggered(cron()))
        first = fire_schedules(world, DUE)
        world.apply(triggered(cron(), description="another version"))
        assert fire_schedules(world, DUE) == first

    def test_of_two_workflows_or_organisations_it_is_two(self, world: World) -> None:
        world.apply(triggered(cron()))
        world.apply(triggered(cron(), name="other"))
        world.apply(triggered(cron()), org="org_other")
        assert len(set(fire_schedules(world, DUE))) == 3

    def test_a_trigger_that_is_gone_starts_nothing_and_takes_its_schedule_away(
        self, world: World
    ) -> None:
        world.apply(triggered(cron()))
        world.services.workflows.archive(ORG, "w", at="now")  # and no tidying up
        assert fire_schedules(world) == [None]
        assert (schedules(), register(world), runs(world)) == ({}, [], [])

    def test_what_a_dead_apply_prepared_starts_nothing_and_goes_after_an_hour(
        self, world: World
    ) -> None:
        with (
            world.calls.failing(6, Fault.DIED_BEFORE),
            pytest.raises(Died, match="transact_write_items"),
        ):
            world.apply(triggered(cron()))
        assert fire_schedules(world) == [None]
        assert len(schedules()) == 1  # its apply could be on its way
        world.clock.forward(hours=1)
        assert fire_schedules(world) == [None]
        assert (schedules(), register(world), runs(world)) == ({}, [], [])

    def test_later_is_raised_so_that_lambda_asks_again(self, world: World) -> None:
        world.apply(triggered(cron()))
        world.services = world.fresh()
        with world.calls.failing(1, Fault.THROTTLED), pytest.raises(Unavailable):
            fire_schedules(world, DUE)

    def test_a_refusal_is_not_raised(self, world: World) -> None:
        world.apply(triggered(cron()))
        (run_id,) = fire_schedules(world, DUE)
        assert run_id is not None
        world.apply(triggered(name="plain"))
        world.start("plain", run_id=(taken := _next_run_id(world)))
        assert fire_schedules(world, "2026-03-19T09:00:00Z") == [None]
        assert runs(world) == sorted([run_id, taken])


def _next_run_id(world: World) -> str:
    """The id of tomorrow's run."""
    from chalicelib.core.ids import run_id_for_key
    from chalicelib.core.triggers.model import triggers_of

    (trigger,) = triggers_of(ORG, "w", triggered(cron()))
    return run_id_for_key(ORG, trigger.key("2026-03-19T09:00:00.000Z"))


class TestTwoAppliesAtOnce:
    def test_a_tidy_leaves_what_a_later_apply_has_prepared(self, world: World) -> None:
        from chalicelib.core.triggers.model import triggers_of

        world.apply(triggered(cron("0 1 * * *")))
        following = triggered(cron("0 2 * * *"))
        triggers = triggers_of(ORG, "w", following)
        world.services.triggers.prepare(ORG, "w", 2, triggers)
        world.apply(triggered(cron("0 1 * * *")))  # unchanged: it only tidies up
        assert expressions() == ["cron(0 1 * * ? *)", "cron(0 2 * * ? *)"]
        world.apply(following)
        assert expressions() == ["cron(0 2 * * ? *)"]

    def test_what_is_being_taken_away_is_not_taken_over(self, world: World) -> None:
        world.apply(triggered(cron("0 1 * * *")))
        follower = world.services.triggers
        (line,) = follower.register.all(ORG, "w")
        assert follower.register.leave(ORG, "w", line)
        world.apply(triggered(cron("0 1 * * *"), description="new"))
        assert [placed["name"] for placed in register(world)] != [line.name]
        assert len(schedules()) == 1

    def test_what_was_taken_over_is_not_taken_away(self, world: World) -> None:
        world.apply(triggered(cron("0 1 * * *")))
        follower = world.services.triggers
        (line,) = follower.register.all(ORG, "w")
        world.apply(triggered(cron("0 1 * * *"), description="new"))
        assert not follower.register.leave(ORG, "w", line)


def test_a_call_for_a_workflow_that_never_was_starts_nothing(world: World) -> None:
    call = {"kind": "cron", "org": ORG, "workflow": "no", "trigger": "x", "scheduled": DUE}
    assert fire(world.services, call) == {"run_id": None}
