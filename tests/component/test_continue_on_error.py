"""A step with `continue_on_error`: its failure is written down, and the run goes on."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.runs.model import Step
from chalicelib.core.steps import RunOver, StepFailed, StepRefused
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.world import ORG, World

NOWHERE = "http://127.0.0.1:1/"
TIMEOUT = {"Error": "States.Timeout", "Cause": ""}


def step(world: World, run_id: str, name: str) -> Step:
    detail = world.services.runs.detail(ORG, run_id)
    assert detail is not None
    found = detail.step(name)
    assert found is not None
    return found


def give_up(world: World, run_id: str, name: str, error: dict[str, str]) -> Any:
    """What the machine does when the step's Lambda could not say that it failed."""
    from chalicelib.workers.step import run_step

    event = world.step_event(run_id, name, phase="failed")
    event["run"]["error"] = error
    return run_step(world.services, event, lambda: 60.0)


def started(world: World, *steps: dict[str, Any], **more: Any) -> str:
    world.apply(workflow("w", *steps, **more))
    return world.start("w")


def lose_the_worker(world: World, run_id: str, name: str) -> None:
    """A try that passes its fence and is never heard of again."""
    real = world.services.steps.finish
    world.services.steps.finish = lambda *a: 1 / 0  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        world.run_step(run_id, name)
    world.services.steps.finish = real  # type: ignore[method-assign]


def test_the_machine_is_told_nothing_of_a_failure_that_does_not_matter(world: World) -> None:
    failing = fetch("bad", NOWHERE, continue_on_error=True)
    said = shape("after", {"said": "{{ steps.bad.error }}"}, condition="steps.bad.error != null")
    run_id = started(world, failing, said)
    world.run_step(run_id, "bad")
    bad = step(world, run_id, "bad")
    assert (bad.status.value, bad.attempt) == ("failed", 1)
    world.run_step(run_id, "after")
    assert step(world, run_id, "after").output == {"said": bad.error}
    assert world.finish(run_id) == "succeeded"


def test_its_tries_are_used_up_first(world: World) -> None:
    failing = fetch("bad", NOWHERE, continue_on_error=True, retry={"max_attempts": 2})
    run_id = started(world, failing)
    with pytest.raises(StepFailed):
        world.run_step(run_id, "bad")
    assert step(world, run_id, "bad").status.value == "running"
    world.run_step(run_id, "bad", retry=1)
    assert step(world, run_id, "bad").status.value == "failed"


def test_a_repeated_call_of_a_failed_step_goes_on_too(world: World) -> None:
    run_id = started(world, fetch("bad", NOWHERE, continue_on_error=True))
    world.run_step(run_id, "bad")
    before = step(world, run_id, "bad")
    world.run_step(run_id, "bad", retry=1)
    assert step(world, run_id, "bad") == before


def test_another_failing_step_still_fails_the_run(world: World) -> None:
    run_id = started(world, fetch("fine", NOWHERE, continue_on_error=True), fetch("bad", NOWHERE))
    world.run_step(run_id, "fine")
    with pytest.raises(StepFailed):
        world.run_step(run_id, "bad")
    assert world.finish(run_id, {"Error": "StepFailed", "Cause": "{}"}) == "failed"
    run = world.services.runs.get(ORG, run_id)
    assert run is not None and run.error is not None and run.error.startswith("step bad failed")


def test_a_timeout_is_written_down_before_anything_reads_it(world: World) -> None:
    read = shape("after", {"said": "{{ steps.one.error }}", "got": "{{ steps.one.output }}"})
    run_id = started(world, shape("one", timeout="5s", continue_on_error=True), read)
    lose_the_worker(world, run_id, "one")
    give_up(world, run_id, "one", TIMEOUT)
    one = step(world, run_id, "one")
    assert (one.status.value, one.error) == ("failed", "timeout")
    assert one.finished_at is not None
    world.run_step(run_id, "after")
    assert step(world, run_id, "after").output == {"said": "timeout", "got": None}
    assert world.finish(run_id) == "succeeded"


def test_a_crash_before_the_fence_is_written_down_with_its_message(world: World) -> None:
    run_id = started(world, shape("one", continue_on_error=True))
    crash = {"Error": "Lambda.Unknown", "Cause": '{"errorMessage": "out of memory"}'}
    give_up(world, run_id, "one", crash)
    one = step(world, run_id, "one")
    assert (one.status.value, one.error, one.attempt) == ("failed", "out of memory", 1)
    assert world.finish(run_id) == "succeeded"


def test_a_result_that_came_before_the_failure_was_written_stays(world: World) -> None:
    run_id = started(world, shape("one", {"a": 1}, continue_on_error=True))
    world.run_step(run_id, "one")
    give_up(world, run_id, "one", TIMEOUT)
    assert step(world, run_id, "one").status.value == "succeeded"


def test_a_result_that_comes_after_it_is_dropped(world: World) -> None:
    run_id = started(world, shape("one", {"a": 1}, continue_on_error=True))
    services, real = world.services, world.services.steps.finish

    def late(*given: Any) -> Any:
        services.steps.finish = real  # type: ignore[method-assign]
        give_up(world, run_id, "one", TIMEOUT)
        return real(*given)

    services.steps.finish = late  # type: ignore[method-assign]
    world.run_step(run_id, "one")
    one = step(world, run_id, "one")
    assert (one.status.value, one.error, one.output) == ("failed", "timeout", None)


def test_nothing_is_written_in_a_run_that_is_over(world: World) -> None:
    run_id = started(world, shape("one", continue_on_error=True))
    lose_the_worker(world, run_id, "one")
    world.services.canceller.cancel(ORG, run_id)
    with pytest.raises(RunOver):
        give_up(world, run_id, "one", TIMEOUT)
    assert step(world, run_id, "one").status.value == "running"


def test_a_delay_over_its_timeout_goes_on(world: World) -> None:
    run_id = started(world, delay("wait", "1h", timeout="1s", continue_on_error=True))
    world.run_step(run_id, "wait", phase="begin")
    world.clock.forward(seconds=2)
    world.run_step(run_id, "wait", phase="end")
    assert step(world, run_id, "wait").error == "timeout"
    assert world.finish(run_id) == "succeeded"


def test_a_step_cut_off_by_another_ones_failure_is_not_the_reason(world: World) -> None:
    steps = [shape("one", continue_on_error=True, depends_on=[]), shape("two", depends_on=[])]
    run_id = started(world, *steps)
    lose_the_worker(world, run_id, "one")
    crash = {"Error": "Lambda.Unknown", "Cause": '{"errorMessage": "two crashed"}'}
    assert world.finish(run_id, crash) == "failed"
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    assert run.error == "Lambda.Unknown: two crashed"
    with pytest.raises((RunOver, StepRefused)):
        world.run_step(run_id, "one", retry=1)
