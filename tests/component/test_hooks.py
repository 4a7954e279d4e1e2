"""Hooks run once a run is over, as its end wants it, and never change it."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from chalicelib.core.runs.hooks import hooks_execution
from chalicelib.core.runs.model import RunStatus
from chalicelib.core.runs.ports import Settlement
from chalicelib.core.steps import RunOver, StepFailed, StepRefused
from tests.support.world import ORG, REGION, World


def tell(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "action": "transform", "params": {"text": text}, **more}


HOOKED = {
    "name": "hooked",
    "hooks": {
        "on_success": [
            tell("tell", "{{ steps.only.output.a }} {{ execution.status }}"),
            tell("again", "{{ steps.tell.output.text }}!"),
        ],
        "on_failure": [tell("tell", "{{ execution.error }}")],
        "on_finish": [
            tell("tell", "{{ execution.status }}"),
            tell("never", "x", **{"if": "false"}),
        ],
    },
    "steps": [{"name": "only", "action": "transform", "params": {"a": "yes"}}],
}


def over(world: World, status: RunStatus, error: str | None = None) -> str:
    world.apply(HOOKED)
    run_id = world.start("hooked")
    world.run_step(run_id, "only")
    world.services.runs.settle(ORG, run_id, Settlement(status, "2026-03-18T09:01:00.000Z", error))
    world.services.fan_out.seal(ORG, run_id)
    return run_id


def hook(world: World, run_id: str, hook: str, step: str, **more: Any) -> None:
    from chalicelib.workers.step import run_step

    event = world.step_event(run_id, step, **more) | {"hook": hook}
    run_step(world.services, event, lambda: 60.0)


def outputs(world: World, run_id: str) -> dict[str, Any]:
    detail = world.services.runs.detail(ORG, run_id)
    assert detail is not None
    return {f"{hook}/{step.name}": (step.status.value, step.output) for hook, step in detail.hooks}


def test_they_are_one_execution_that_is_told_how_the_run_ended(world: World) -> None:
    run_id = over(world, RunStatus.FAILED, "it broke")
    run = world.services.runs.get(ORG, run_id)
    assert run is not None and run.hooks is not None
    arn = f"arn:aws:states:{REGION}:123456789012:execution:{run.hooks}:{hooks_execution(run)}"
    found = boto3.client("stepfunctions", region_name=REGION).describe_execution(executionArn=arn)
    given = json.loads(found["input"])
    assert given == {
        "org": ORG,
        "run_id": run_id,
        "workflow": "hooked",
        "version": 1,
        "status": "failed",
    }
    world.services.fan_out.seal(ORG, run_id)  # again: it is there already


def test_a_run_without_hooks_starts_nothing(world: World) -> None:
    world.apply({**HOOKED, "hooks": {}, "name": "plain"})
    run_id = world.start("plain")
    world.run_step(run_id, "only")
    world.finish(run_id)
    with world.calls.counted() as calls:
        world.services.fan_out.seal(ORG, run_id)
    assert "stepfunctions.start_execution" not in calls.made


def test_their_expressions_read_the_run_its_end_and_each_other(world: World) -> None:
    run_id = over(world, RunStatus.SUCCEEDED)
    for name, step in (("on_success", "tell"), ("on_success", "again"), ("on_finish", "tell")):
        hook(world, run_id, name, step)
    hook(world, run_id, "on_finish", "never")
    assert outputs(world, run_id) == {
        "on_success/tell": ("succeeded", {"text": "yes completed"}),
        "on_success/again": ("succeeded", {"text": "yes completed!"}),
        "on_finish/tell": ("succeeded", {"text": "completed"}),
        "on_finish/never": ("skipped", None),
    }
    detail = world.services.runs.detail(ORG, run_id)
    assert detail is not None
    assert [step.name for step in detail.steps] == ["only"]
    assert detail.run.status is RunStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("status", "due"),
    [
        (RunStatus.SUCCEEDED, {"on_success", "on_finish"}),
        (RunStatus.FAILED, {"on_failure", "on_finish"}),
        (RunStatus.TIMED_OUT, {"on_failure", "on_finish"}),
        (RunStatus.CANCELLED, {"on_finish"}),
    ],
)
def test_only_what_the_end_calls_for_runs(world: World, status: RunStatus, due: set[str]) -> None:
    run_id = over(world, status, None if status is RunStatus.SUCCEEDED else "why")
    for name in HOOKED["hooks"]:  # type: ignore[attr-defined]
        if name in due:
            hook(world, run_id, name, "tell")
        else:
            with pytest.raises(RunOver):
                hook(world, run_id, name, "tell")
    assert {name.split("/")[0] for name in outputs(world, run_id)} == due


def test_no_hook_runs_while_the_run_lives(world: World) -> None:
    world.apply(HOOKED)
    run_id = world.start("hooked")
    with pytest.raises(RunOver):
        hook(world, run_id, "on_finish", "tell")


def test_a_try_that_is_delivered_again_does_nothing_twice(world: World) -> None:
    run_id = over(world, RunStatus.CANCELLED)
    hook(world, run_id, "on_finish", "tell")
    before = world.items()
    hook(world, run_id, "on_finish", "tell")
    hook(world, run_id, "on_finish", "tell", retry=1)
    assert world.items() == before


def test_a_hook_that_fails_leaves_the_run_as_it_is(world: World) -> None:
    failing = tell("tell", "{{ int(steps.only.output.a) }}")
    world.apply({**HOOKED, "hooks": {"on_success": [failing]}})
    run_id = world.start("hooked")
    world.run_step(run_id, "only")
    world.finish(run_id)
    with pytest.raises((StepFailed, StepRefused)):
        hook(world, run_id, "on_success", "tell")
    assert outputs(world, run_id)["on_success/tell"][0] == "failed"
    assert world.status(run_id) == "succeeded"
