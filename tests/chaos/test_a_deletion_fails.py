"""Each AWS call of a deletion fails, in each way: the run is there as a whole or for nobody, and what
a request left is taken away by a second one or by the reconciler."""

from __future__ import annotations

import contextlib

import pytest

from chalicelib.core.errors import NotFound, RunyardError
from tests.chaos.operations import CHAIN
from tests.support.clients import Died, Fault
from tests.support.deletion import items_of, objects_of
from tests.support.world import ORG, World

LARGE = {**CHAIN, "name": "large", "inputs": {"text": {"type": "string"}}}
LARGE["steps"] = [
    {"name": "one", "action": "transform", "params": {"hello": "{{ inputs.text }}"}},
    {"name": "two", "action": "transform", "params": {"said": "{{ size(inputs.text) }}"}},
]


def ended(world: World) -> str:
    """A run that is over and sealed, with an output in the bucket."""
    run_id = world.start("large", inputs={"text": "x" * 100_001})
    for step in ("one", "two"):
        world.run_step(run_id, step)
    assert world.finish(run_id) == "succeeded"
    world.services.fan_out.seal(ORG, run_id)
    assert objects_of(run_id)
    return run_id


def delete(world: World, run_id: str) -> None:
    world.services = world.fresh()
    world.services.deleter.delete(ORG, run_id)


def counted(world: World) -> int:
    """How many runs there are, as S1 says it."""
    counts = world.services.v1.run_counts.by_status(ORG)
    assert counts.keys() == {"success"}
    return counts["success"]


def assert_gone(world: World, run_id: str, where: str) -> None:
    assert counted(world) == 0, where
    assert items_of(world, run_id) == [], where
    assert objects_of(run_id) == [], where
    assert list(world.services.deleter.store.marked(ORG)) == [], where
    with pytest.raises(NotFound):
        delete(world, run_id)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_whatever_call_of_a_deletion_fails_nothing_is_left(world: World, fault: Fault) -> None:
    world.apply(LARGE)
    run_id = ended(world)
    with world.calls.counted() as calls:
        delete(world, run_id)
        made = list(calls.made)
    assert made == [
        *("dynamodb.get_item", "dynamodb.transact_write_items"),
        "stepfunctions.stop_execution",
        *("s3.list_objects_v2", "s3.delete_objects", "s3.list_objects_v2"),
        *("dynamodb.query", "dynamodb.batch_write_item"),
        *("s3.list_objects_v2", "dynamodb.query", "dynamodb.transact_write_items"),
    ]
    for call in range(1, len(made) + 1):
        where = f"call {call} ({made[call - 1]}), {fault.value}"
        run_id = ended(world)
        before = items_of(world, run_id)
        with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
            delete(world, run_id)
        world.services = world.fresh()
        there = world.services.runs.get(ORG, run_id) is not None
        assert counted(world) == there, where
        if there:
            assert items_of(world, run_id) == before, where
        with contextlib.suppress(NotFound):  # all of it was done, and the answer lost
            delete(world, run_id)
        assert_gone(world, run_id, where)


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.DIED_AFTER], ids=lambda fault: fault.value)
def test_whatever_call_of_the_reconciler_fails_its_next_pass_goes_on(
    world: World, fault: Fault
) -> None:
    world.apply(LARGE)
    for call in range(1, 14):
        run_id = ended(world)
        world.services.deleter.store.mark(ORG, run_id, at="2026-03-18T10:00:00.000Z")
        world.services = world.fresh()
        with (
            world.calls.failing(call, fault),
            contextlib.suppress(RunyardError, ExceptionGroup, Died),
        ):
            world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        world.services = world.fresh()
        world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        assert_gone(world, run_id, f"call {call}, {fault.value}")
