"""Loops at run time, on moto: each item a try like a step's, collected in order, over when it is over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.plan import PlanStep
from chalicelib.core.runs import loops
from chalicelib.core.runs.call import Busy, Call, LateRender, Outcome
from chalicelib.core.runs.model import Iterations, RunDetail, Step
from chalicelib.core.steps import RunOver, StepFailed, StepRefused
from chalicelib.store.blobs import LARGE, LARGE_OF_ITEM
from tests.support.clients import Died, Fault
from tests.support.definitions import fetch, shape, workflow
from tests.support.stream import Stream
from tests.support.world import ORG, World

NOWHERE = "http://127.0.0.1:1/{{ item }}"
TIMEOUT = {"Error": "States.Timeout", "Cause": ""}


def started(world: World, *steps: dict[str, Any], **more: Any) -> str:
    world.apply(workflow("w", *steps, **more))
    return world.start("w")


def each(params: dict[str, Any] | None = None, over: str = "[10, 20, 30]", **more: Any) -> Any:
    return shape("each", params or {"x": "{{ item + index }}"}, for_each=over, **more)


def detail_of(world: World, run_id: str) -> RunDetail:
    found = world.services.runs.detail(ORG, run_id)
    assert found is not None
    return found


def step(world: World, run_id: str, name: str = "each") -> Step:
    found = detail_of(world, run_id).step(name)
    assert found is not None
    return found


def records(world: World, run_id: str) -> list[Step]:
    return list(world.services.loops.records(ORG, run_id, "each"))


def begin(world: World, run_id: str, **more: Any) -> Any:
    return world.run_step(run_id, "each", phase="items", **more)


def item(world: World, run_id: str, index: int, **more: Any) -> Any:
    return world.run_step(run_id, "each", phase="item", index=index, **more)


def collect(world: World, run_id: str, **more: Any) -> Any:
    return world.run_step(run_id, "each", phase="collect", **more)


def give_up(world: World, run_id: str, error: dict[str, str]) -> Any:
    from chalicelib.workers.step import run_step

    event = world.step_event(run_id, "each", phase="give up")
    event["run"]["error"] = error
    return run_step(world.services, event, lambda: 60.0)


def acts(world: World, act: Any) -> None:
    """The items do this instead of their action."""
    real = world.services.loop_runner
    world.services.loop_runner = lambda _: real(act)  # type: ignore[method-assign]


def test_items_run_in_any_order_and_their_outputs_are_in_the_lists(world: World) -> None:
    run_id = started(world, each(), shape("after", {"all": "{{ steps.each.output }}"}))
    assert begin(world, run_id) == {"indices": [0, 1, 2]}
    for index in (2, 0, 1):
        assert item(world, run_id, index) is None
    assert step(world, run_id).status.value == "running"
    collect(world, run_id)
    found = step(world, run_id)
    assert (found.status.value, found.attempt, found.reused) == ("succeeded", 1, False)
    assert found.output == [{"x": 10}, {"x": 21}, {"x": 32}]
    assert found.iterations == Iterations(3, 3, 0)
    world.run_step(run_id, "after")
    assert step(world, run_id, "after").output == {"all": found.output}
    assert world.finish(run_id) == "succeeded"


def test_the_list_is_evaluated_once_however_often_the_first_call_comes(world: World) -> None:
    run_id = started(world, each())
    with pytest.raises(Died), world.calls.failing(4, Fault.DIED_AFTER):
        begin(world, run_id)  # read, version, fence, list: died right behind the last
    world.services = world.fresh()
    world.services.loops._table.write = _never  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        begin(world, run_id, retry=1)
    world.services = world.fresh()
    assert begin(world, run_id, retry=2) == {"indices": [0, 1, 2]}
    kept = [found for found in world.items() if found["sk"].startswith("LOOP#")]
    assert [found["items"] for found in kept] == ["[10,20,30]"]


def test_the_list_that_was_stored_first_stays(world: World) -> None:
    run_id = started(world, each())
    begin(world, run_id)
    run = detail_of(world, run_id).run
    assert world.services.loops.keep(run, "each", ["another"]).total == 3
    assert world.fresh().loops.item(ORG, run_id, "each", 2) == 30


def _never(*_: Any) -> None:
    raise AssertionError("written")


def test_an_item_is_not_run_again_once_it_is_over_and_not_twice_at_once(world: World) -> None:
    run_id = started(world, each())
    begin(world, run_id)
    ran: list[Any] = []

    def act(step: PlanStep, params: Any, call: Call, late: LateRender) -> Outcome:
        ran.append(params)
        if len(ran) == 1:
            with pytest.raises(Busy):
                item(world, run_id, 0)  # the same try, delivered twice
        return Outcome(params)

    acts(world, act)
    item(world, run_id, 0)
    item(world, run_id, 0)
    item(world, run_id, 0, retry=1)
    assert ran == [{"x": 10}]


def test_a_later_try_takes_an_item_over_and_the_earlier_ones_result_is_dropped(
    world: World,
) -> None:
    run_id = started(world, each())
    begin(world, run_id)
    tries: list[int] = []

    def act(step: PlanStep, params: Any, call: Call, late: LateRender) -> Outcome:
        tries.append(call.retry)
        if call.retry == 0:
            item(world, run_id, 0, retry=1)
        return Outcome({"try": call.retry})

    acts(world, act)
    item(world, run_id, 0)
    (found,) = records(world, run_id)
    assert tries == [0, 1]
    assert (found.attempt, found.output) == (2, {"try": 1})


def test_after_a_cancel_no_item_starts_and_nothing_is_written(world: World) -> None:
    run_id = started(world, each(max_concurrency=40))
    begin(world, run_id)
    item(world, run_id, 0)
    world.services.canceller.cancel(ORG, run_id)
    before = sorted(map(repr, world.items()))
    acts(world, _never)
    for call in (lambda: item(world, run_id, 1), lambda: collect(world, run_id)):
        with pytest.raises(RunOver):
            call()
    with pytest.raises(RunOver):
        give_up(world, run_id, {"Error": "RunOver", "Cause": ""})
    assert sorted(map(repr, world.items())) == before
    assert world.status(run_id) == "cancelled"


@pytest.mark.parametrize("at_once", [1, 40])
def test_a_cancel_between_an_items_read_and_its_fence_is_seen_by_the_fence(
    world: World, at_once: int
) -> None:
    """With one at a time the fence is the run's item, with forty it is one of twenty."""
    run_id = started(world, each(max_concurrency=at_once))
    begin(world, run_id)
    assert detail_of(world, run_id).run.fences == (0 if at_once == 1 else 20)
    acts(world, _never)
    real = world.services.steps.fence

    def late(*given: Any) -> Any:
        world.services.canceller.cancel(ORG, run_id)
        return real(*given)

    world.services.steps.fence = late  # type: ignore[method-assign]
    with pytest.raises(RunOver):
        item(world, run_id, 1)
    assert records(world, run_id) == []


def test_the_items_spread_over_all_of_the_runs_fences(world: World) -> None:
    from chalicelib.store.steps import live_check

    run_id = started(world, each(max_concurrency=40))
    begin(world, run_id)
    checked: list[str] = []
    import chalicelib.store.steps as module

    def spy(run: Any, name: str, now: str) -> Any:
        found = live_check(run, name, now)
        checked.append(found.key["sk"])
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "live_check", spy)
        acts(world, lambda step, params, call, late: Outcome(params))
        for index in range(3):
            item(world, run_id, index)
    assert len(checked) == 6 and len(set(checked)) == 3


def test_the_records_of_items_are_neither_read_with_the_detail_nor_in_the_stream(
    world: World,
) -> None:
    run_id = started(world, each())
    stream = Stream(world)
    begin(world, run_id)
    stream.records()
    item(world, run_id, 0)
    mine = [found for found in world.items() if found["sk"].startswith(("ITEM#", "LOOP#"))]
    assert sorted(found["sk"] for found in mine) == ["ITEM#each#0000", "LOOP#each"]
    run_item = next(found for found in world.items() if found["sk"] == "#RUN")
    assert {found["expires_at"] for found in mine} == {run_item["expires_at"]}
    assert [found.name for found in detail_of(world, run_id).steps] == ["each"]


def test_an_item_costs_what_a_step_costs(world: World) -> None:
    run_id = started(world, each())
    begin(world, run_id)
    item(world, run_id, 0)  # from here on the process remembers the version and the list
    event = world.step_event(run_id, "each", phase="item", index=1)
    from chalicelib.workers.step import run_step

    with world.calls.counted() as calls:
        run_step(world.services, event, lambda: 60.0)
    assert calls.made == [
        "dynamodb.batch_get_item",
        "dynamodb.transact_write_items",
        "dynamodb.transact_write_items",
    ]
    assert calls.write_units <= 8


def test_a_failed_item_that_may_be_tried_again_is_and_then_fails_the_step(world: World) -> None:
    step_ = fetch("each", NOWHERE, for_each="[1, 2]", retry={"max_attempts": 2})
    run_id = started(world, step_)
    begin(world, run_id)
    with pytest.raises(StepFailed):
        item(world, run_id, 1)
    assert [(one.index, one.status.value, one.failures) for one in records(world, run_id)] == [
        (1, "running", 1)
    ]
    with pytest.raises(StepFailed):
        item(world, run_id, 1, retry=1)
    with pytest.raises(StepRefused):
        item(world, run_id, 1, retry=2)  # a redelivery: it failed for good
    with pytest.raises(StepRefused, match="item 1: connection_failed"):
        give_up(world, run_id, {"Error": "StepFailed", "Cause": "{}"})
    found = step(world, run_id)
    assert (found.status.value, found.iterations) == ("failed", Iterations(2, 0, 1))
    assert found.error is not None and found.error.startswith("item 1: connection_failed")
    with pytest.raises(RunOver, match="step each of run"):
        item(world, run_id, 0)  # an item that was on its way
    assert world.finish(run_id, {"Error": "StepRefused", "Cause": "{}"}) == "failed"
    assert detail_of(world, run_id).run.error == f"step each failed: {found.error}"


def test_with_continue_on_error_the_failure_is_written_and_the_run_goes_on(world: World) -> None:
    step_ = fetch("each", NOWHERE, for_each="[1]", continue_on_error=True)
    run_id = started(world, step_, shape("after", {"why": "{{ steps.each.error }}"}))
    begin(world, run_id)
    with pytest.raises(StepFailed):
        item(world, run_id, 0)
    give_up(world, run_id, {"Error": "StepFailed", "Cause": "{}"})
    give_up(world, run_id, {"Error": "StepFailed", "Cause": "{}"})
    world.run_step(run_id, "after")
    found = step(world, run_id, "after").output["why"]
    assert found.startswith("item 0: connection_failed")
    assert world.finish(run_id) == "succeeded"


def test_an_item_that_was_cut_off_is_named(world: World) -> None:
    run_id = started(world, each(timeout="30s"))
    begin(world, run_id)
    item(world, run_id, 0)
    real = world.services.steps.finish
    world.services.steps.finish = lambda *a: 1 / 0  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        item(world, run_id, 1)
    world.services.steps.finish = real  # type: ignore[method-assign]
    world.clock.forward(seconds=31)
    with pytest.raises(StepRefused, match="item 1: timeout"):
        give_up(world, run_id, TIMEOUT)
    assert step(world, run_id).error == "item 1: timeout"
    assert step(world, run_id).iterations == Iterations(3, 1, 0)


def test_a_crash_before_anything_was_written_is_the_steps_failure(world: World) -> None:
    run_id = started(world, each())
    crash = {"Error": "Lambda.Unknown", "Cause": '{"errorMessage": "out of memory"}'}
    with pytest.raises(StepRefused, match="out of memory"):
        give_up(world, run_id, crash)
    assert step(world, run_id).error == "out of memory"


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ("inputs.trigger", "not_a_list: for_each gives a map, not a list"),
        ("[1, 2, 3]", "too_many_items: for_each gives 3 items; at most 2 are possible"),
        ("[1 / 0]", "expression: for_each: "),
        ("inputs.nothing.x", "expression: for_each: "),
    ],
)
def test_a_wrong_list_fails_the_step_for_good(world: World, over: str, why: str) -> None:
    run_id = started(
        world,
        each(over=over, max_items=2, retry={"max_attempts": 5}),
        inputs={"nothing": {"default": ""}},
    )
    with pytest.raises(StepRefused):
        begin(world, run_id)
    found = step(world, run_id)
    assert found.status.value == "failed"
    assert found.error is not None and found.error.startswith(why)
    with pytest.raises(StepRefused):
        begin(world, run_id, retry=1)


def test_a_wrong_list_after_which_the_run_goes_on_is_no_item_at_all(world: World) -> None:
    run_id = started(world, each(over="1", continue_on_error=True))
    assert begin(world, run_id) == {"indices": []}
    assert collect(world, run_id) == {"indices": []}
    assert step(world, run_id).status.value == "failed"
    assert world.finish(run_id) == "succeeded"


def test_an_if_is_decided_once_before_the_list_is(world: World) -> None:
    run_id = started(world, each(over="[1 / 0]", condition="false"))
    assert begin(world, run_id) == {"indices": []}
    collect(world, run_id)
    assert step(world, run_id).status.value == "skipped"
    assert world.finish(run_id) == "succeeded"


def test_large_lists_and_large_outputs_go_to_s3_and_come_back(world: World) -> None:
    text = "x" * 1_000
    params = {"text": "{{ item == 0 ? '' : env.LONG }}"}
    run_id = started(
        world,
        each(params, over="[0, 1, env.LONG]"),
        env={"LONG": text * 60 + "y" * 50_000},
    )
    begin(world, run_id)
    (kept,) = [found for found in world.items() if found["sk"] == "LOOP#each"]
    assert "items" not in kept and kept["items_at"].endswith(f"/{run_id}/each.items.json")
    for index in range(3):
        item(world, run_id, index)
    small, *large = records(world, run_id)
    assert (small.output, small.output_at) == ({"text": ""}, None)
    assert [one.output_at for one in large] == [
        f"outputs/{ORG}/{run_id}/each.item-{n}.1.json" for n in (1, 2)
    ]
    assert LARGE_OF_ITEM < LARGE < 2 * len(text * 60)
    collect(world, run_id)
    found = step(world, run_id)
    assert found.output_at == f"outputs/{ORG}/{run_id}/each.1.json"
    assert [len(one["text"]) for one in found.output] == [0, 110_000, 110_000]


def test_outputs_that_are_too_large_together_fail_the_step(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "MOST_OUTPUT_BYTES", 30)
    run_id = started(world, each())
    begin(world, run_id)
    for index in range(3):
        item(world, run_id, index)
    whole = len(json.dumps([{"x": 10}, {"x": 21}, {"x": 32}], separators=(",", ":")))
    monkeypatch.setattr(loops, "MOST_OUTPUT_BYTES", whole - 1)
    with pytest.raises(StepRefused, match="too_large"):
        collect(world, run_id)
    assert step(world, run_id).status.value == "failed"


def test_what_expired_meanwhile_fails_the_step(world: World) -> None:
    from chalicelib.store import keys
    from chalicelib.store.table import Delete

    run_id = started(world, each())
    begin(world, run_id)
    item(world, run_id, 0)
    world.services.table.write(Delete(keys.loop_key(ORG, run_id, "each")))
    world.services = world.fresh()
    with pytest.raises(StepRefused, match="items_gone"):
        item(world, run_id, 1)
    with pytest.raises(StepRefused, match="items_gone"):
        collect(world, run_id)


def test_what_the_items_used_is_what_the_step_used(world: World) -> None:
    run_id = started(world, each())
    used = {"m": {"input": 2, "output": 1}}
    begin(world, run_id)
    acts(world, lambda step, params, call, late: Outcome(params, used))
    for index in range(3):
        item(world, run_id, index)
    collect(world, run_id)
    assert step(world, run_id).usage == {"m": {"input": 6, "output": 3}}


def test_every_item_has_an_idempotency_key_of_its_own(world: World) -> None:
    from chalicelib.workers.step import _idempotency_key

    call = Call("o", "run_1", "w", 1, "each", index=0)
    assert _idempotency_key(call) == "run_1/each/0"
    assert _idempotency_key(Call("o", "run_1", "w", 1, "each", retry=3)) == "run_1/each"


def test_a_retried_run_keeps_a_whole_loop_and_begins_a_broken_one_anew(world: World) -> None:
    torn = fetch("torn", NOWHERE, for_each="[1, 2]")
    run_id = started(world, each(), torn)
    world.run_loop(run_id, "each")
    world.run_step(run_id, "torn", phase="items")
    with pytest.raises(StepFailed):
        world.run_step(run_id, "torn", phase="item", index=0)
    assert world.finish(run_id, {"Error": "StepFailed", "Cause": "{}"}) == "failed"
    again = world.services.retrier.retry(ORG, run_id, principal="who").run.id
    kept = step(world, again)
    assert kept.reused
    assert (kept.output, kept.iterations) == (step(world, run_id).output, Iterations(3, 3, 0))
    assert begin(world, again) == {"indices": []}
    assert collect(world, again) == {"indices": []}
    assert step(world, again) == kept
    assert world.run_step(again, "torn", phase="items") == {"indices": [0, 1]}


def test_a_loop_opens_the_gates_that_wait_for_it(world: World) -> None:
    crossing = [
        shape("each", {"x": "{{ item }}"}, for_each="[1]", depends_on=[]),
        shape("b", depends_on=[]),
        shape("c", depends_on=["each"]),
        shape("d", depends_on=["each", "b"]),
    ]
    run_id = started(world, *crossing)
    sent: list[str] = []
    world.services.machines.succeed = sent.append  # type: ignore[method-assign]
    world.gate(run_id, "d", ["each"], "token")
    begin(world, run_id)
    item(world, run_id, 0)
    assert sent == []
    collect(world, run_id, signals=["d"])
    assert sent == ["token"]


def test_a_loop_that_is_running_when_its_run_fails_elsewhere_is_not_called_late(
    world: World,
) -> None:
    steps = [each(timeout="5s", depends_on=[]), shape("other", depends_on=[])]
    run_id = started(world, *steps)
    begin(world, run_id)
    world.clock.forward(seconds=60)  # its items took long together, each of them not
    crash = {"Error": "Lambda.Unknown", "Cause": '{"errorMessage": "other crashed"}'}
    assert world.finish(run_id, crash) == "failed"
    assert step(world, run_id).error == "other crashed"
