"""Retrying a run: what succeeded is kept, everything else is run, and crashes do not matter."""

from __future__ import annotations

import contextlib

import pytest

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Conflict, IdempotencyMismatch, NotFound
from chalicelib.core.runs.launch import Launcher
from chalicelib.core.runs.model import Run, RunDetail, RunStatus
from chalicelib.core.runs.ports import ExecutionState, Settlement
from chalicelib.core.steps import StepFailed
from chalicelib.services import Services
from chalicelib.store.metrics import counts_of
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stream import Stream
from tests.support.world import ORG, World

NOWHERE = "http://127.0.0.1:1/"
MENDED = workflow(
    "mended",
    shape("first", {"text": "{{ inputs.text }}"}),
    shape("no", condition="inputs.text == 'never'"),
    fetch("second", NOWHERE, condition="execution.id == inputs.fails"),
    shape("third", {"size": "{{ size(steps.first.output.text) }}"}),
    inputs={"text": {"type": "string"}, "fails": {"type": "string", "default": "run_source"}},
)


@pytest.fixture
def failed(world: World) -> str:
    """A run whose first step succeeded, whose second was skipped and whose third failed."""
    return fail(world, "words")


def fail(world: World, text: str) -> str:
    world.apply(MENDED)
    run_id = world.start("mended", run_id="run_source", inputs={"text": text})
    world.run_step(run_id, "first")
    world.run_step(run_id, "no")
    with pytest.raises(StepFailed):
        world.run_step(run_id, "second")
    assert world.finish(run_id, {"Error": "StepFailed", "Cause": "{}"}) == "failed"
    return run_id


def retry(world: World, run_id: str, key: str | None = None, org: str = ORG) -> Run:
    services = world.services
    return services.retrier.retry(org, run_id, principal="who", idempotency_key=key).run


def detail_of(world: World, run_id: str) -> RunDetail:
    found = world.services.runs.detail(ORG, run_id)
    assert found is not None
    return found


def test_what_succeeded_is_over_from_the_beginning(world: World, failed: str) -> None:
    run = retry(world, failed)
    before, after = detail_of(world, failed), detail_of(world, run.id)
    old, new = before.step("first"), after.step("first")
    assert old is not None and new is not None and not old.reused
    assert [step.name for step in after.steps] == ["first"]
    assert new.reused
    assert (new.status, new.output, new.attempt) == (old.status, old.output, old.attempt)
    assert (new.started_at, new.finished_at) == (old.started_at, old.finished_at)
    assert (run.source, run.version, run.principal) == (failed, 1, "who")
    assert after.inputs == before.inputs
    assert world.execution(run.id) is ExecutionState.RUNNING


def test_it_is_not_run_again_and_the_rest_is(world: World, failed: str) -> None:
    run = retry(world, failed)
    first = detail_of(world, run.id).step("first")
    for step in ("first", "no", "second", "third"):
        world.run_step(run.id, step)
    after = detail_of(world, run.id)
    assert after.step("first") == first
    assert {step.name: step.status.value for step in after.steps} == {
        "first": "succeeded",
        "no": "skipped",
        "second": "skipped",
        "third": "succeeded",
    }
    assert world.finish(run.id) == "succeeded"
    assert world.status(failed) == "failed"


def test_a_reused_delay_waits_no_more(world: World) -> None:
    world.apply(workflow("slow", delay("wait", "1h"), fetch("bad", NOWHERE)))
    run_id = world.start("slow")
    waited = world.run_step(run_id, "wait", phase="begin")
    world.clock.forward(hours=1)
    event = world.step_event(run_id, "wait", phase="end")
    event["run"]["wait"] = waited
    from chalicelib.workers.step import run_step

    run_step(world.services, event, lambda: 60.0)
    with pytest.raises(StepFailed):
        world.run_step(run_id, "bad")
    world.finish(run_id, {"Error": "StepFailed", "Cause": "{}"})
    run = retry(world, run_id)
    found = world.run_step(run.id, "wait", phase="begin")
    assert found["until"] <= rfc3339(world.clock())


def test_large_outputs_are_copied_so_that_neither_run_needs_the_other(world: World) -> None:
    failed = fail(world, "x" * 150_000)
    run = retry(world, failed)
    old, new = detail_of(world, failed).step("first"), detail_of(world, run.id).step("first")
    assert old is not None and new is not None
    assert old.output_at is not None and new.output_at is not None
    assert new.output_at.startswith(f"outputs/{ORG}/{run.id}/")
    assert new.output == old.output
    world.run_step(run.id, "third")
    third = detail_of(world, run.id).step("third")
    assert third is not None and third.output == {"size": 150_000}


def test_more_steps_than_a_transaction_takes_are_reused(world: World) -> None:
    steps = [shape(f"s{number}", depends_on=[]) for number in range(120)]
    world.apply(workflow("wide", *steps))
    run_id = world.start("wide")
    for step in steps:
        world.run_step(run_id, step["name"])
    world.services.canceller.cancel(ORG, run_id)
    run = retry(world, run_id)
    assert len(detail_of(world, run.id).steps) == 120
    assert world.finish(run.id) == "succeeded"


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.TIMED_OUT, RunStatus.CANCELLED])
def test_runs_that_did_not_succeed_can_be_retried(world: World, status: RunStatus) -> None:
    world.apply(workflow("w", shape("a")))
    run_id = world.start("w")
    world.services.runs.settle(ORG, run_id, Settlement(status, rfc3339(world.clock())))
    assert world.status(retry(world, run_id).id) == "running"


def test_others_cannot(world: World, failed: str) -> None:
    live = retry(world, failed).id
    with pytest.raises(Conflict):
        retry(world, live)
    for step in ("no", "second", "third"):
        world.run_step(live, step)
    assert world.finish(live) == "succeeded"
    with pytest.raises(Conflict):
        retry(world, live)
    for unknown, org in (("run_nobody", ORG), ("nonsense", ORG), (failed, "org_other")):
        with pytest.raises(NotFound):
            retry(world, unknown, org=org)
    world.services.workflows.archive(ORG, "mended", at="now")
    with pytest.raises(NotFound):
        retry(world, failed)


def test_the_version_is_the_old_one_even_if_there_is_a_newer(world: World, failed: str) -> None:
    world.apply({**MENDED, "description": "newer"})
    assert retry(world, failed).version == 1


def test_a_key_gives_one_retry(world: World, failed: str) -> None:
    first = retry(world, failed, "k")
    assert retry(world, failed, "k").id == first.id
    with pytest.raises(IdempotencyMismatch):
        world.start("mended", inputs={"text": "words"}, idempotency_key="k")
    with pytest.raises(IdempotencyMismatch):
        world.services.runs.settle(
            ORG, first.id, Settlement(RunStatus.FAILED, rfc3339(world.clock()))
        )
        retry(world, first.id, "k")


def test_a_key_of_another_run_leaves_that_run_alone(world: World, failed: str) -> None:
    other = world.start("mended", inputs={"text": "other"}, idempotency_key="k")
    with pytest.raises(IdempotencyMismatch):
        retry(world, failed, "k")
    assert detail_of(world, other).steps == ()


def test_events_and_metrics_are_about_what_the_new_run_did(world: World, failed: str) -> None:
    stream = Stream(world)
    run = retry(world, failed)
    stream.flow()
    for step in ("first", "no", "second", "third"):
        world.run_step(run.id, step)
        stream.flow()
    world.finish(run.id)
    stream.flow()
    events = world.services.log.read(ORG, run.id)
    assert [event.key for event in events] == [
        *("started", "no/end", "second/end", "third/1/started", "third/end", "end")
    ]
    assert events[0].data["sourceRunId"] == failed
    counts = counts_of(detail_of(world, run.id))["workflow#mended"]
    assert sum(amount for name, amount in counts.items() if name.startswith("steps")) == 3


def test_no_step_can_run_before_the_copies_are_there(world: World, failed: str) -> None:
    with world.calls.counted() as calls:
        retry(world, failed)
    assert calls.made[-2:] == ["dynamodb.batch_write_item", "stepfunctions.start_execution"]


class _Dead(Launcher):
    def launch(self, run: Run) -> None:
        raise KeyboardInterrupt  # the process dies


def die_before_launch(world: World, run_id: str) -> str:
    services = world.services
    found = services.launcher
    dead = _Dead(found.runs, found.machines, found.reused, found.clock)
    object.__setattr__(services.starter, "launcher", dead)
    with contextlib.suppress(KeyboardInterrupt):
        retry(world, run_id, "k")
    world.services = fresh = world.fresh()
    world.clock.forward(seconds=11)
    return only_open(fresh)


def only_open(services: Services) -> str:
    (run,) = services.runs.open_runs(ORG)
    return run.id


def close(world: World, run_id: str) -> None:
    """What the stream and the reconciler do with a run that is over."""
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    world.services.machines.stop(run.machine, run_id, "over")
    world.services.fan_out.seal(ORG, run_id)


def test_the_reconciler_launches_a_retry_whose_process_died(world: World, failed: str) -> None:
    close(world, failed)
    run_id = die_before_launch(world, failed)
    assert detail_of(world, run_id).steps == ()
    world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
    assert [step.name for step in detail_of(world, run_id).steps] == ["first"]
    assert world.execution(run_id) is ExecutionState.RUNNING


def test_a_retry_whose_large_output_is_gone_fails_and_does_not_run_it_again(world: World) -> None:
    failed = fail(world, "x" * 150_000)
    close(world, failed)
    run_id = die_before_launch(world, failed)
    import boto3

    from tests.support.world import REGION, SETTINGS

    first = detail_of(world, failed).step("first")
    assert first is not None and first.output_at is not None
    s3 = boto3.client("s3", region_name=REGION)
    s3.delete_object(Bucket=SETTINGS.bucket, Key=first.output_at)
    world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    assert run.status is RunStatus.FAILED
    assert run.error is not None and "deleted" in run.error
