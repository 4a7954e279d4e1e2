"""Compute units: each run counts exactly once, whatever is delivered twice; what is spent refuses."""

from __future__ import annotations

import contextlib

import pytest

from chalicelib.core.errors import BudgetExceeded, RunyardError
from chalicelib.core.graph_workflows.content import checked
from chalicelib.core.units import cost_of, costs, units_of_nodes
from tests.support.clients import Died, Fault
from tests.support.graphs import graph, log
from tests.support.world import ORG, World

CHAIN = {
    "name": "chain",
    "steps": [
        {"name": "one", "action": "transform", "params": {}},
        {"name": "two", "action": "transform", "params": {}, "if": "false"},
        {"name": "three", "action": "transform", "params": {}},
    ],
}
MONTH = "2026-03"


def ended(world: World) -> str:
    run_id = world.start("chain")
    for step in ("one", "two", "three"):
        world.run_step(run_id, step)
    world.finish(run_id)
    return run_id


def used(world: World) -> int:
    return world.services.v1.units.used(ORG, MONTH)


def test_the_table_has_every_node_type_and_what_a_node_costs() -> None:
    table = costs()
    assert (table["manual"], table["log"], table["http-request"], table["ai"]) == (0, 1, 2, 10)
    assert (cost_of("http/request"), cost_of("transform")) == (2, 1)
    assert units_of_nodes({"manual": 1, "log": 3, "ai": 2}) == 23


class TestCounting:
    def test_a_run_counts_when_its_log_is_closed_and_skipped_steps_do_not(
        self, world: World
    ) -> None:
        world.apply(CHAIN)
        run_id = ended(world)
        assert used(world) == 0
        world.services.fan_out.seal(ORG, run_id)
        assert used(world) == 2
        run = world.services.runs.get(ORG, run_id)
        assert run is not None and run.units == 2
        assert world.services.v1.units.usage(ORG, MONTH, MONTH) == {MONTH: {"chain": 2}}

    def test_it_counts_once_however_often_it_is_closed(self, world: World) -> None:
        world.apply(CHAIN)
        run_id = ended(world)
        for _ in range(3):
            world.fresh().fan_out.seal(ORG, run_id)
        assert used(world) == 2

    @pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
    def test_it_counts_once_whatever_call_failed_the_first_time(
        self, world: World, fault: Fault
    ) -> None:
        world.apply(CHAIN)
        with world.calls.counted() as calls:
            world.services.fan_out.seal(ORG, ended(world))
        assert used(world) == 2
        for call in range(1, len(calls.made) + 1):
            run_id = ended(world)
            with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
                world.fresh().fan_out.seal(ORG, run_id)
            world.fresh().fan_out.seal(ORG, run_id)
            assert used(world) == 2 + 2 * call, f"call {call}, {fault.value}"

    def test_what_a_retry_takes_over_does_not_count_again(self, world: World) -> None:
        world.apply(
            {
                "name": "failing",
                "steps": [
                    {"name": "one", "action": "transform", "params": {}},
                    {"name": "bad", "action": "transform", "params": {"x": "{{ 1 / 0 }}"}},
                ],
            }
        )
        run_id = world.start("failing")
        world.run_step(run_id, "one")
        with contextlib.suppress(Exception):
            world.run_step(run_id, "bad")
        world.finish(run_id)
        world.services.fan_out.seal(ORG, run_id)
        assert used(world) == 2
        again = world.services.retrier.retry(ORG, run_id, principal="ada").run.id
        with contextlib.suppress(Exception):
            world.run_step(again, "bad")
        world.finish(again)
        world.services.fan_out.seal(ORG, again)
        assert used(world) == 3


class TestSpending:
    def test_without_an_allowance_a_start_costs_one_read(self, world: World) -> None:
        purse = world.services.v1.purse
        with world.calls.counted() as calls:
            purse.check(ORG, None)
        assert calls.made == ["dynamodb.get_item"]
        assert purse.balance(ORG).left is None

    def test_a_spent_organisation_is_refused_and_the_workflow_paused_with_the_reason(
        self, world: World
    ) -> None:
        world.apply(CHAIN)
        v1 = world.services.v1
        v1.units.allow(ORG, 2)
        content = checked("w", "", graph(say=log()))
        made, _ = v1.editor.create(ORG, content, principal="ada")
        v1.purse.check(ORG, made.id)
        world.services.fan_out.seal(ORG, ended(world))
        with pytest.raises(BudgetExceeded) as refused:
            v1.purse.check(ORG, made.id)
        assert refused.value.status == 402
        assert refused.value.extra == {"allowance": 2, "used": 2, "month": MONTH}
        paused = v1.workflows.get(ORG, made.id)
        assert paused is not None and paused.state == "paused"
        assert "2 of 2" in (paused.paused or "")
        v1.units.allow(ORG, 10)
        v1.purse.check(ORG, made.id)
        assert v1.purse.balance(ORG).left == 8

    def test_a_new_month_begins_with_the_whole_allowance(self, world: World) -> None:
        world.apply(CHAIN)
        v1 = world.services.v1
        v1.units.allow(ORG, 2)
        world.services.fan_out.seal(ORG, ended(world))
        world.clock.forward(days=20)
        v1.purse.check(ORG, None)
        assert v1.purse.balance(ORG).used == 0

    def test_units_are_no_prometheus_metric(self, world: World) -> None:
        from chalicelib.api.prometheus import exposition

        world.apply(CHAIN)
        world.services.fan_out.seal(ORG, ended(world))
        text, _ = exposition(world.services.metrics, world.services.lists, [ORG])
        assert "runyard_websocket_connections 0.0" in text
        assert "cu#" not in text
