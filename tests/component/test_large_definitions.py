"""A definition too large for an item: its source and plan are in the bucket, and nobody notices."""

from __future__ import annotations

import contextlib

import boto3
import pytest

from chalicelib.core.errors import RunyardError
from tests.support.clients import Died, Fault
from tests.support.definitions import Definition, shape, workflow
from tests.support.world import ORG, REGION, SETTINGS, World

TEXT = "x" * 50_000


def large(mark: int = 1, name: str = "large") -> Definition:
    """350 KB, most of it twice: once as source and once as plan."""
    steps = [shape(f"s{number}", {"text": TEXT}) for number in range(7)]
    return workflow(name, *steps, shape("last", {"n": mark}))


def objects() -> list[str]:
    found = boto3.client("s3", region_name=REGION).list_objects_v2(Bucket=SETTINGS.bucket)
    return [one["Key"] for one in found.get("Contents", [])]


def test_a_large_definition_is_applied_read_run_and_rolled_back_to(world: World) -> None:
    world.apply(large(1))
    world.apply(large(2))
    assert len(objects()) == 2
    assert all(key.startswith(f"definitions/{ORG}/large/") for key in objects())
    services = world.fresh()
    first = services.workflows.version(ORG, "large", 1)
    assert first is not None and first.source == large(1)
    assert services.applier.rollback(ORG, "large", 1, principal="test").version == 3
    assert len(objects()) == 2  # the same content is the same object
    third = world.fresh().workflows.latest(ORG, "large")
    assert third is not None and (third.number, third.source) == (3, large(1))
    assert third.plan == first.plan and third.machine == first.machine
    run_id = world.start("large")
    assert world.run_step(run_id, "last") is None
    lines = world.services.workflows.versions(ORG, "large")
    assert [line.number for line in lines] == [3, 2, 1]
    assert lines[0].content_hash == lines[2].content_hash == first.content_hash


def test_reading_a_large_version_is_one_call_more_and_only_once_in_a_process(world: World) -> None:
    world.apply(large())
    world.apply(workflow("small", shape("a")))
    services = world.fresh()
    for name, made in {
        "small": ["dynamodb.get_item"],
        "large": ["dynamodb.get_item", "s3.get_object"],
    }.items():
        with world.calls.counted() as calls:
            services.workflows.version(ORG, name, 1)
            services.workflows.version(ORG, name, 1)
        assert calls.made == made


def test_the_list_of_versions_reads_no_object(world: World) -> None:
    world.apply(large())
    with world.calls.counted() as calls:
        world.fresh().workflows.versions(ORG, "large")
    assert calls.made == ["dynamodb.query"]


def test_a_process_forgets_old_versions_before_they_fill_its_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        world.apply(large(name=f"large-{number}"))
    monkeypatch.setattr("chalicelib.store.workflows._MOST_REMEMBERED_BYTES", 1_500_000)
    workflows = world.fresh().workflows
    for number in (0, 1, 2):
        workflows.version(ORG, f"large-{number}", 1)
    with world.calls.counted() as calls:
        for number in (2, 1, 0):
            workflows.version(ORG, f"large-{number}", 1)
    assert calls.made == ["dynamodb.get_item", "s3.get_object"]  # only the oldest was forgotten


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_whatever_call_of_a_large_apply_fails_the_next_one_works(
    world: World, fault: Fault
) -> None:
    with world.calls.counted() as calls:
        world.apply(large(0))
        made = list(calls.made)
    assert made == [
        "dynamodb.get_item",
        "stepfunctions.create_state_machine",
        "s3.put_object",
        "dynamodb.transact_write_items",
        "dynamodb.query",
    ]
    for call in range(1, len(made) + 1):
        name = f"large-{call}"
        world.services = world.fresh()
        with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
            world.apply(large(name=name))
        world.services = world.fresh()
        world.apply(large(name=name))
        latest = world.fresh().workflows.latest(ORG, name)
        assert latest is not None and (latest.number, latest.source) == (1, large(name=name))
