"""Rules follow apply, rollback and archive; each event starts at most one run, and none in a circle."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core.errors import Invalid
from chalicelib.core.triggers.patterns import LONGEST_PATTERN, is_about_our_own, pattern_problem
from tests.support.triggers import cron, event, fire_rules, register, rules, runs, triggered
from tests.support.world import ORG, SETTINGS, World

EVENT = {
    "version": "0",
    "id": "e-1",
    "detail-type": "Order",
    "source": "shop",
    "account": "123456789012",
    "time": "2026-03-18T09:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"quoted": 'a "b" <c>', "n": 1},
}


class TestRulesFollow:
    def test_an_apply_makes_a_rule_with_its_target(self, world: World) -> None:
        world.apply(triggered(event(detail={"n": [1]})))
        ((name, rule),) = rules().items()
        assert name.startswith(f"{SETTINGS.machine_prefix}-")
        assert len(name) <= 64
        assert json.loads(rule["EventPattern"]) == {"source": ["shop"], "detail": {"n": [1]}}
        assert [target["Arn"] for target in rule["Targets"]] == [SETTINGS.fire_arn]

    def test_what_a_new_version_does_not_want_goes(self, world: World) -> None:
        world.apply(triggered(event("one"), event("two"), cron()))
        kept = {name for name, rule in rules().items() if "two" in rule["EventPattern"]}
        world.apply(triggered(event("two")))
        assert set(rules()) == kept
        world.services.archiver.archive(ORG, "w")
        assert (rules(), register(world)) == ({}, [])

    def test_what_eventbridge_refuses_is_refused_and_nothing_is_published(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refusal = {"Error": {"Code": "InvalidEventPatternException", "Message": "Reason: no"}}

        def refuse(**rule: Any) -> None:
            raise ClientError(refusal, "PutRule")

        monkeypatch.setattr(world.services.client("events")._client, "put_rule", refuse)
        with pytest.raises(Invalid) as refused:
            world.apply(triggered(cron(), event()))
        (problem,) = refused.value.problems
        assert (problem.location, problem.message) == ("triggers", "Reason: no")
        assert world.services.workflows.head(ORG, "w") is None


class TestFiring:
    def test_a_run_starts_and_is_told_of_the_event(self, world: World) -> None:
        world.apply(triggered(event()))
        (run_id,) = fire_rules(world, EVENT)
        assert run_id is not None
        detail = world.services.runs.detail(ORG, run_id)
        assert detail is not None
        assert detail.trigger == {
            "type": "event",
            "time": "2026-03-18T09:00:00Z",
            "path": None,
            "payload": EVENT,
            "headers": {},
        }
        world.run_step(run_id, "said")
        assert world.finish(run_id) == "succeeded"

    def test_the_same_event_starts_one_run(self, world: World) -> None:
        world.apply(triggered(event()))
        assert fire_rules(world, EVENT) == fire_rules(world, EVENT) == runs(world)
        fire_rules(world, {**EVENT, "id": "e-2"})
        assert len(runs(world)) == 2

    def test_two_triggers_of_one_workflow_are_two_occurrences(self, world: World) -> None:
        world.apply(triggered(event(), event(detail={"n": [1]})))
        assert len(set(fire_rules(world, EVENT))) == 2

    @pytest.mark.parametrize(
        "detail",
        [
            {"stateMachineArn": f"arn:aws:states:r:1:stateMachine:{SETTINGS.machine_prefix}-w-1"},
            {
                "requestParameters": {
                    "a": f"arn:aws:states:r:1:execution:{SETTINGS.machine_prefix}-w:x"
                }
            },
        ],
    )
    def test_an_event_that_every_run_brings_about_starts_none(
        self, world: World, detail: dict[str, Any]
    ) -> None:
        world.apply(triggered(event("aws.states")))
        assert fire_rules(world, {**EVENT, "detail": detail}) == [None]
        assert (len(rules()), runs(world)) == (1, [])

    def test_an_event_too_large_for_a_run_is_dropped(self, world: World) -> None:
        world.apply(triggered(event()))
        assert fire_rules(world, {**EVENT, "detail": {"x": "x" * 300_000}}) == [None]

    def test_the_payload_is_not_in_the_runs_own_item(self, world: World) -> None:
        world.apply(triggered(event()))
        fire_rules(world, EVENT)
        (item,) = [item for item in world.items() if item["sk"] == "#RUN"]
        assert "quoted" not in json.dumps(item)

    def test_a_retry_knows_the_event_too(self, world: World) -> None:
        world.apply(triggered(event()))
        (run_id,) = fire_rules(world, EVENT)
        assert run_id is not None
        world.services.canceller.cancel(ORG, run_id)
        retry = world.services.retrier.retry(ORG, run_id, principal="test").run
        detail = world.services.runs.detail(ORG, retry.id)
        assert detail is not None
        assert detail.trigger["payload"] == EVENT


class TestPatterns:
    @pytest.mark.parametrize(
        "pattern",
        [{"detail": {}}, {"source": []}, {"source": "shop"}, {"$or": [{"source": ["a"]}]}],
    )
    def test_a_pattern_has_to_name_its_sources(self, pattern: dict[str, Any]) -> None:
        assert "`source`" in (pattern_problem(pattern) or "")

    def test_its_length_is_limited(self) -> None:
        room = LONGEST_PATTERN - len('{"source":[""]}')
        assert pattern_problem({"source": ["x" * room]}) is None
        assert "2,048" in (pattern_problem({"source": ["x" * (room + 1)]}) or "")

    def test_events_of_others_machines_are_not_our_own(self) -> None:
        mine = {"detail": {"stateMachineArn": "arn:aws:states:r:1:stateMachine:runyard-test-w"}}
        assert is_about_our_own(mine, "runyard-test")
        assert not is_about_our_own(mine, "runyard-prod")
