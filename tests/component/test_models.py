"""Models and method runs (S0) in one process: what is stored, shared and checked, and at what cost."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotBuilt, NotFound, TooLarge
from chalicelib.core.runs.model import METHOD_RUN
from tests.support.models import put_model, run_method
from tests.support.stream import Stream
from tests.support.world import ORG, World


def machine_of(world: World, run_id: str) -> str:
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    return run.machine


def over(world: World, run_id: str) -> Any:
    """The run's detail after its step and its end."""
    world.run_step(run_id, "method")
    assert world.finish(run_id) == "succeeded"
    return world.services.runs.detail(ORG, run_id)


def problems(refusal: Invalid | NotBuilt) -> list[str]:
    return [one["location"] for one in refusal.extra["errors"]]


def test_a_method_run_is_of_its_own_type_and_gives_its_methods_output(world: World) -> None:
    put_model(world, "shaper", "transform", a=1, b=1)
    detail = over(world, run_method(world, "shaper", "run", {"b": 2}))
    assert detail.run.type == METHOD_RUN
    assert (detail.run.workflow, detail.run.version) == ("shaper/run", 1)
    assert detail.inputs == {"a": 1, "b": 2}
    assert detail.step("method").output == {"a": 1, "b": 2}


def test_nothing_in_the_arguments_is_a_template(world: World) -> None:
    put_model(world, "shaper", "transform", a="{{ inputs.b }}")
    detail = over(world, run_method(world, "shaper", "run", {"b": "{{ no such thing"}))
    assert detail.step("method").output == {"a": "{{ inputs.b }}", "b": "{{ no such thing"}


def test_all_methods_share_one_machine_and_only_waiting_ones_have_their_own(world: World) -> None:
    for name, kind in (("a", "transform"), ("b", "transform"), ("c", "http"), ("d", "delay")):
        put_model(world, name, kind)
    a, b = run_method(world, "a"), run_method(world, "b")
    c = run_method(world, "c", "request", {"url": "https://example.com/"})
    d = run_method(world, "d", "run", {"duration": 1})
    machines = [machine_of(world, run_id) for run_id in (a, b, c, d)]
    assert machines[0] == machines[1] == machines[2] != machines[3]
    assert machines[0].startswith("runyard-test-method-")


def test_starting_a_method_is_one_read_one_transaction_and_start_execution(world: World) -> None:
    put_model(world, "shaper", "transform", a=1)
    run_method(world, "shaper")
    with world.calls.counted() as calls:
        run_method(world, "shaper", "run", {"b": 2})
    assert calls.made == [
        "dynamodb.get_item",
        "dynamodb.transact_write_items",
        "stepfunctions.start_execution",
    ]
    assert calls.write_units <= 8


def test_the_step_of_a_method_run_keeps_the_budget_of_a_step(world: World) -> None:
    put_model(world, "shaper", "transform", a=1)
    world.run_step(run_method(world, "shaper"), "method")
    run_id = run_method(world, "shaper")
    event = world.step_event(run_id, "method")
    from chalicelib.workers.step import run_step

    with world.calls.counted() as calls:
        run_step(world.services, event, lambda: 60.0)
    assert calls.made == [
        "dynamodb.batch_get_item",
        "dynamodb.transact_write_items",
        "dynamodb.transact_write_items",
    ]


def test_equal_content_is_no_new_version_and_other_content_is(world: World) -> None:
    assert put_model(world, "shaper", "transform", a=1)[1] == "created"
    assert put_model(world, "shaper", "transform", a=1)[1] == "unchanged"
    model, status = put_model(world, "shaper", "transform", a=2)
    assert (status, model.version) == ("updated", 2)
    assert put_model(world, "shaper", "transform", description="new", a=2)[0].version == 3


def test_a_new_model_of_a_deleted_ones_name_does_not_reuse_its_versions(world: World) -> None:
    put_model(world, "thing", "transform", a=1)
    old = run_method(world, "thing")
    world.services.model_applier.delete(ORG, "thing")
    with pytest.raises(NotFound):
        run_method(world, "thing")
    with pytest.raises(NotFound):
        world.services.model_applier.delete(ORG, "thing")
    model, status = put_model(world, "thing", "delay", duration=1)
    assert (status, model.version) == ("created", 2)
    world.services = world.fresh()
    assert over(world, old).step("method").output == {"a": 1}


def test_the_same_content_after_a_deletion_is_a_model_again(world: World) -> None:
    put_model(world, "thing", "transform", a=1)
    world.services.model_applier.delete(ORG, "thing")
    assert put_model(world, "thing", "transform", a=1)[1] == "created"
    assert run_method(world, "thing")


def test_a_run_keeps_what_its_model_was_when_it_started(world: World) -> None:
    put_model(world, "shaper", "transform", a=1)
    run_id = run_method(world, "shaper")
    put_model(world, "shaper", "transform", a=2)
    assert over(world, run_id).step("method").output == {"a": 1}


def test_two_applies_at_once_are_two_versions(world: World) -> None:
    put_model(world, "shaper", "transform", a=0)
    models = world.services.models
    real, turn = models.publish, iter(range(100))

    def publish(*arguments: Any) -> bool:
        if next(turn) == 0:
            put_model(world, "shaper", "transform", a="the other")
        return real(*arguments)

    models.publish = publish  # type: ignore[method-assign]
    assert put_model(world, "shaper", "transform", a="mine")[0].version == 3
    models.publish = lambda *_: False  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        put_model(world, "shaper", "transform", a="never")


def test_everything_wrong_with_a_model_is_told_at_once(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        put_model(world, "Bad Name", "http", url="ftp://x/", headrs={}, method="BREW", json=1)
    assert problems(refused.value) == [
        "name",
        "globalArguments.headrs",
        "globalArguments.method",
        "globalArguments.url",
    ]


def test_what_only_a_call_can_complete_is_no_problem_of_the_model(world: World) -> None:
    put_model(world, "fetcher", "http", headers={"Accept": "text/plain"})
    put_model(world, "sleeper", "delay")


@pytest.mark.parametrize(
    ("kind", "hint"),
    [("htttp", "did you mean 'http'?"), ("", "types are "), ("no/such", "types are ")],
)
def test_an_unknown_type_is_refused_with_a_hint(world: World, kind: str, hint: str) -> None:
    with pytest.raises(Invalid) as refused:
        put_model(world, "thing", kind)
    (problem,) = refused.value.problems
    assert problem.message.startswith(f"unknown type {kind!r}; {hint}")


def test_arguments_have_a_largest_size(world: World) -> None:
    with pytest.raises(TooLarge):
        put_model(world, "shaper", "transform", a="x" * 100_001)
    put_model(world, "shaper", "transform", a="x" * 90_000)
    with pytest.raises(TooLarge):
        run_method(world, "shaper", "run", {"b": "x" * 250_000})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_inputs_that_are_no_json_are_refused(world: World, value: Any) -> None:
    put_model(world, "shaper", "transform")
    with pytest.raises(Invalid):
        run_method(world, "shaper", "run", {"a": value})


def test_everything_wrong_with_a_call_is_told_at_once_and_where_it_stands(world: World) -> None:
    put_model(world, "fetcher", "http", method="POST", body="x")
    with pytest.raises(Invalid) as refused:
        run_method(world, "fetcher", "request", {"json": 1, "timeout": -1, "what": 2})
    assert sorted(problems(refused.value)) == [
        "globalArguments.body",
        "inputs.timeout",
        "inputs.url",
        "inputs.what",
    ]
    assert [item for item in world.items() if item["sk"] == "#RUN"] == []


def test_a_call_is_checked_against_the_stages_networks(world: World) -> None:
    put_model(world, "fetcher", "http")
    with pytest.raises(Invalid) as refused:
        run_method(world, "fetcher", "request", {"url": "http://169.254.169.254/"})
    assert problems(refused.value) == ["inputs.url"]
    assert run_method(world, "fetcher", "request", {"url": "http://127.0.0.1:1/"})


def test_an_unknown_method_is_refused_with_the_ones_there_are(world: World) -> None:
    put_model(world, "fetcher", "http")
    with pytest.raises(NotFound) as refused:
        run_method(world, "fetcher", "fetch")
    assert refused.value.detail == "'http' has no method 'fetch'; its methods are request"


def test_a_method_that_is_newer_than_its_model_asks_for_an_apply(world: World) -> None:
    put_model(world, "fetcher", "http")
    starter = world.services.method_starter
    real = starter.catalogue.names
    starter.catalogue.names = lambda: (*real(), "http/newer")  # type: ignore[method-assign]
    with pytest.raises(NotFound) as refused:
        run_method(world, "fetcher", "newer")
    assert "apply the model again" in refused.value.detail


def test_a_key_starts_one_method_run_and_another_request_is_refused(world: World) -> None:
    from chalicelib.core.errors import IdempotencyMismatch

    put_model(world, "shaper", "transform")
    put_model(world, "other", "transform")
    first = run_method(world, "shaper", "run", {"a": 1}, idempotency_key="k")
    assert run_method(world, "shaper", "run", {"a": 1}, idempotency_key="k") == first
    for name, inputs in (("shaper", {"a": 2}), ("other", {"a": 1})):
        with pytest.raises(IdempotencyMismatch):
            run_method(world, name, "run", inputs, idempotency_key="k")


def test_the_output_is_an_event_right_before_the_end(world: World) -> None:
    put_model(world, "shaper", "transform", a=1)
    stream = Stream(world)
    run_id = run_method(world, "shaper")
    over(world, run_id)
    stream.flow()
    events = world.services.log.read(ORG, run_id)
    assert [event.kind for event in events] == [
        "started",
        "step_started",
        "step_completed",
        "method_output",
        "completed",
    ]
    assert events[3].data == {"runId": run_id, "output": {"a": 1}}


def test_a_log_that_the_reconciler_completes_has_the_output_too(world: World) -> None:
    put_model(world, "shaper", "transform", a=1)
    run_id = run_method(world, "shaper")
    over(world, run_id)
    world.services.fan_out.seal(ORG, run_id)
    kinds = [event.kind for event in world.services.log.read(ORG, run_id)]
    assert kinds[-2:] == ["method_output", "completed"]


@pytest.mark.parametrize("size", [16_384, 16_385, 200_000])
def test_an_output_over_16_kb_is_told_where_to_find(world: World, size: int) -> None:
    put_model(world, "shaper", "transform")
    stream = Stream(world)
    run_id = run_method(world, "shaper", "run", {"a": "x" * (size - len('{"a": ""}'))})
    over(world, run_id)
    stream.flow()
    (event,) = [e for e in world.services.log.read(ORG, run_id) if e.kind == "method_output"]
    if size <= 16_384:
        assert set(event.data) == {"runId", "output"}
    else:
        assert event.data == {
            "runId": run_id,
            "bytes": size,
            "outputAt": f"/api/v1/executions/{run_id}",
        }


def test_a_failed_method_run_has_no_output_event(world: World) -> None:
    put_model(world, "fetcher", "http")
    stream = Stream(world)
    run_id = run_method(world, "fetcher", "request", {"url": "http://127.0.0.1:1/"})
    from chalicelib.core.steps import StepFailed

    with pytest.raises(StepFailed):
        world.run_step(run_id, "method")
    assert world.finish(run_id) == "failed"
    stream.flow()
    kinds = [event.kind for event in world.services.log.read(ORG, run_id)]
    assert kinds == ["started", "step_started", "step_failed", "error"]
