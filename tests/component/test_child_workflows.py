"""Child workflows on moto: a step that runs another workflow, and ends as that run does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.ids import child_run_id
from chalicelib.core.runs.model import Run, Step
from chalicelib.core.steps import RunOver, StepFailed, StepRefused
from tests.support.clients import Died, Fault
from tests.support.stream import Stream
from tests.support.waiting import CHILD, PARENT, SentTokens, call
from tests.support.world import ORG, World


@pytest.fixture
def sent(world: World) -> SentTokens:
    return SentTokens(world)


@pytest.fixture
def stream(world: World) -> Stream:
    return Stream(world)


def started(world: World, parent: dict[str, Any] = PARENT, **more: Any) -> tuple[str, str]:
    """A run of PARENT whose step has started its child; the ids of both."""
    for definition in (CHILD, parent):
        world.apply(definition)
    run_id = world.start("parent")
    call(world, run_id, **more)
    return run_id, child_run_id(ORG, run_id, "sub", 0)


def run_of(world: World, run_id: str) -> Run:
    found = world.services.runs.get(ORG, run_id)
    assert found is not None
    return found


def sub(world: World, run_id: str) -> Step:
    detail = world.services.runs.detail(ORG, run_id)
    assert detail is not None
    found = detail.step("sub")
    assert found is not None
    return found


def with_sub(**more: Any) -> dict[str, Any]:
    (step, *others) = PARENT["steps"]  # type: ignore[misc]
    params = {**step["params"], **more.pop("params", {})}  # type: ignore[index]
    return {**PARENT, "steps": [{**step, "params": params, **more}, *others]}  # type: ignore[dict-item]


class TestTheChild:
    def test_is_a_run_of_its_own_that_knows_where_it_comes_from(self, world: World) -> None:
        run_id, child = started(world)
        found = run_of(world, child)
        assert (found.workflow, found.version, found.status) == ("child", 1, "running")
        assert (found.parent_id, found.parent_step, found.depth) == (run_id, "sub", 1)
        trigger = {"type": "workflow", "execution_id": run_id, "workflow": "parent", "step": "sub"}
        assert found.trigger == trigger
        detail = world.services.runs.detail(ORG, child)
        assert detail is not None
        assert detail.inputs == {"n": 7}
        assert (sub(world, run_id).status, world.status(run_id)) == ("waiting", "running")
        assert sub(world, run_id).waiting_for["execution_id"] == child

    def test_its_end_is_the_steps_with_its_outputs(
        self, world: World, sent: SentTokens, stream: Stream
    ) -> None:
        run_id, child = started(world)
        world.run_step(child, "work")
        world.finish(child)
        assert sent.told == []
        stream.flow()
        assert run_of(world, child).sealed
        assert sub(world, run_id).output == {
            "execution_id": child,
            "status": "completed",
            "outputs": {"double": 14},
        }
        assert sent.told == [(f"{run_id}-sub-0", None)]
        world.run_step(run_id, "after")
        assert world.finish(run_id) == "succeeded"

    def test_its_failure_is_the_steps(self, world: World, sent: SentTokens, stream: Stream) -> None:
        run_id, child = started(world)
        world.services.runs.settle(ORG, child, _failed("step work failed: no"))
        stream.flow()
        assert sub(world, run_id).error == f"child run {child} failed: step work failed: no"
        assert sent.told == [(f"{run_id}-sub-0", "StepRefused")]
        assert world.finish(run_id, {"Error": "StepRefused", "Cause": ""}) == "failed"

    def test_its_cancel_fails_the_step(
        self, world: World, sent: SentTokens, stream: Stream
    ) -> None:
        run_id, child = started(world)
        world.services.canceller.cancel(ORG, child)
        stream.flow()
        assert sub(world, run_id).error == f"child run {child} cancelled: cancelled by request"
        assert [error for _, error in sent.told] == ["StepRefused"]

    def test_a_failure_that_is_tolerated_lets_the_parent_go_on(
        self, world: World, sent: SentTokens, stream: Stream
    ) -> None:
        run_id, child = started(world, with_sub(continue_on_error=True))
        world.services.runs.settle(ORG, child, _failed("no"))
        stream.flow()
        assert sub(world, run_id).status == "failed"
        assert [error for _, error in sent.told] == [None]

    def test_a_retry_policy_starts_another_child(
        self, world: World, sent: SentTokens, stream: Stream
    ) -> None:
        run_id, child = started(world, with_sub(retry={"max_attempts": 2}))
        world.services.runs.settle(ORG, child, _failed("no"))
        stream.flow()
        assert (sub(world, run_id).status, sub(world, run_id).failures) == ("running", 1)
        assert sent.told == [(f"{run_id}-sub-0", "StepFailed")]
        call(world, run_id, retry=1)
        second = child_run_id(ORG, run_id, "sub", 1)
        assert sub(world, run_id).waiting_for["execution_id"] == second
        world.services.runs.settle(ORG, second, _failed("no"))
        stream.flow()
        assert (sub(world, run_id).status, sub(world, run_id).failures) == ("failed", 2)
        assert sent.told[1:] == [(f"{run_id}-sub-1", "StepRefused")]

    def test_a_child_that_succeeds_after_another_failed_leaves_no_error(
        self, world: World, sent: SentTokens, stream: Stream
    ) -> None:
        run_id, child = started(world, with_sub(retry={"max_attempts": 2}))
        world.services.runs.settle(ORG, child, _failed("no"))
        stream.flow()
        assert sub(world, run_id).error is not None
        call(world, run_id, retry=1)
        second = child_run_id(ORG, run_id, "sub", 1)
        world.run_step(second, "work")
        world.finish(second)
        stream.flow()
        assert (sub(world, run_id).status, sub(world, run_id).error) == ("succeeded", None)

    def test_a_call_that_is_repeated_finds_the_same_child(
        self, world: World, sent: SentTokens, stream: Stream
    ) -> None:
        run_id, child = started(world)
        call(world, run_id, retry=1)
        runs = [item["id"] for item in world.items() if item["sk"] == "#RUN"]
        assert sorted(runs) == sorted([run_id, child])
        world.run_step(child, "work")
        world.finish(child)
        stream.flow()
        assert sent.told == [(f"{run_id}-sub-1", None)]

    def test_a_child_that_ended_before_its_step_waited_is_seen_by_the_step(
        self, world: World, sent: SentTokens, stream: Stream
    ) -> None:
        for definition in (CHILD, PARENT):
            world.apply(definition)
        run_id = world.start("parent")
        child = child_run_id(ORG, run_id, "sub", 0)
        children: Any = world.services.children
        real = children.place

        def late(*given: Any) -> Any:
            world.run_step(child, "work")
            world.finish(child)
            stream.flow()
            return real(*given)

        object.__setattr__(children, "place", late)
        call(world, run_id)
        assert sub(world, run_id).status == "succeeded"
        assert sent.told == [(f"{run_id}-sub-0", None)]

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({"workflow": "nobody"}, "workflow_not_found: workflow 'nobody' not found"),
            ({"version": 9}, "workflow_not_found: workflow 'child' has no version 9"),
            ({"inputs": {}}, "invalid_inputs: .*inputs.n: "),
            ({"inputs": {"n": "seven"}}, "invalid_inputs: .*inputs.n: "),
            ({"inputs": {"n": 1, "m": 2}}, "invalid_inputs: .*inputs.m: "),
        ],
    )
    def test_what_cannot_be_started_fails_the_step_for_good(
        self, world: World, params: dict[str, Any], error: str
    ) -> None:
        world.apply(CHILD)
        world.apply(with_sub(params=params, retry={"max_attempts": 3}))
        run_id = world.start("parent")
        with pytest.raises(StepRefused, match=error):
            call(world, run_id)
        assert sub(world, run_id).status == "failed"
        assert sub(world, run_id).waiting_for["execution_id"] is None
        assert len([item for item in world.items() if item["sk"] == "#RUN"]) == 1

    def test_an_older_version_runs_where_it_is_named(self, world: World) -> None:
        world.apply(CHILD)
        world.apply({**CHILD, "description": "newer"})
        _, child = started(world, with_sub(params={"version": 1}))
        assert run_of(world, child).version == 1

    def test_a_workflow_that_starts_itself_ends_after_ten_levels(self, world: World) -> None:
        step = {"name": "sub", "action": "workflow/run", "params": {"workflow": "self"}}
        world.apply({"name": "self", "steps": [step]})
        run_id = world.start("self")
        for _ in range(10):
            call(world, run_id)
            run_id = child_run_id(ORG, run_id, "sub", 0)
        assert run_of(world, run_id).depth == 10
        with pytest.raises(StepRefused, match="too_deep"):
            call(world, run_id)


class TestTheEndOfTheParent:
    def test_a_cancel_cancels_children_and_theirs_before_it_answers(self, world: World) -> None:
        run_id, child, grandchild = three(world)
        world.services.canceller.cancel(ORG, run_id)
        assert [world.status(id) for id in (run_id, child, grandchild)] == ["cancelled"] * 3
        for id in (run_id, child, grandchild):
            assert world.execution(id).value == "aborted"
        for id, step in ((child, "sub"), (grandchild, "work")):
            with pytest.raises(RunOver):
                world.run_step(id, step)

    def test_no_child_starts_after_it(self, world: World) -> None:
        for definition in (CHILD, PARENT):
            world.apply(definition)
        run_id = world.start("parent")
        starter: Any = world.services.children.starter
        begin = starter.begin

        def cancelled_first(*given: Any, **more: Any) -> Any:
            world.services.canceller.cancel(ORG, run_id)
            return begin(*given, **more)

        object.__setattr__(world.services.children, "starter", _Instead(cancelled_first))
        with pytest.raises(RunOver):
            call(world, run_id)
        assert [item["id"] for item in world.items() if item["sk"] == "#RUN"] == [run_id]

    def test_a_failure_cancels_the_child_in_the_aftermath(
        self, world: World, stream: Stream
    ) -> None:
        run_id, child, grandchild = three(world)
        world.services.runs.settle(ORG, run_id, _failed("another branch failed"))
        stream.flow()
        assert [world.status(id) for id in (child, grandchild)] == ["cancelled"] * 2
        stream.flow()  # the children's own ends: nobody is told, the parent is over
        assert sub(world, run_id).status == "waiting"

    def test_a_cancel_of_everything_counts_each_run_once(self, world: World) -> None:
        ids = three(world)
        done = world.services.bulk_canceller.cancel(ORG)
        assert (done.count, done.more) == (3, False)
        assert [world.status(id) for id in ids] == ["cancelled"] * 3

    def test_a_timeout_of_the_step_cancels_the_child(self, world: World, sent: SentTokens) -> None:
        run_id, child = started(world, with_sub(timeout="1m"))
        world.clock.forward(minutes=1)
        with pytest.raises(StepFailed, match="timeout"):
            call(world, run_id, retry=1)
        assert (sub(world, run_id).status, sub(world, run_id).error) == ("failed", "timeout")
        assert world.status(child) == "cancelled"
        run = run_of(world, child)
        assert run.error == "the execution that started it is over"

    def test_a_child_that_ended_right_before_the_timeout_counts(
        self, world: World, sent: SentTokens
    ) -> None:
        run_id, child = started(world, with_sub(timeout="1m"))
        world.run_step(child, "work")
        world.finish(child)
        world.clock.forward(minutes=1)
        call(world, run_id, retry=1)
        assert sub(world, run_id).status == "succeeded"
        assert sent.told[-1] == (f"{run_id}-sub-1", None)

    def test_a_cancel_of_a_run_that_started_nothing_costs_what_it_did(self, world: World) -> None:
        world.apply(CHILD)
        run_id = world.start("child", inputs={"n": 1})
        with world.calls.counted() as calls:
            world.services.canceller.cancel(ORG, run_id)
        assert calls.made == ["dynamodb.update_item", "stepfunctions.stop_execution"]


class TestRepair:
    @pytest.mark.parametrize("at", range(1, 10))
    def test_a_call_that_died_anywhere_ends_with_one_child(self, world: World, at: int) -> None:
        for definition in (CHILD, PARENT):
            world.apply(definition)
        run_id = world.start("parent")
        world.services = world.fresh()
        with contextlib.suppress(Died), world.calls.failing(at, Fault.DIED_AFTER):
            call(world, run_id)
        world.services = world.fresh()
        sent, stream = SentTokens(world), Stream(world)
        call(world, run_id, retry=1)
        child = child_run_id(ORG, run_id, "sub", 0)
        runs = sorted(item["id"] for item in world.items() if item["sk"] == "#RUN")
        assert runs == sorted([run_id, child])
        world.run_step(child, "work")
        world.finish(child)
        stream.flow()
        assert sub(world, run_id).status == "succeeded"
        assert sent.told == [(f"{run_id}-sub-1", None)]

    @pytest.mark.parametrize("at", range(1, 12))
    def test_an_end_that_died_anywhere_is_told_in_the_end(self, world: World, at: int) -> None:
        run_id, child = started(world)
        world.run_step(child, "work")
        world.finish(child)
        machine = run_of(world, child).machine
        world.services.machines.stop(machine, child, "over")
        world.services = world.fresh()
        with contextlib.suppress(Died), world.calls.failing(at, Fault.DIED_BEFORE):
            world.services.fan_out.seal(ORG, child)
        world.services = world.fresh()
        sent = SentTokens(world)
        waits = world.services.callbacks.waits.all(ORG, run_id)
        sealed = run_of(world, child).sealed
        world.clock.forward(seconds=11)
        world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        assert sub(world, run_id).status == "succeeded"
        assert world.services.callbacks.waits.all(ORG, run_id) == []
        assert not (sealed and waits), "a sealed run is one after which nothing is left to do"
        assert sent.told == ([(f"{run_id}-sub-0", None)] if waits else [])

    def test_a_cancel_that_died_before_the_children_is_finished_by_the_aftermath(
        self, world: World, stream: Stream
    ) -> None:
        ids = three(world)
        world.services = world.fresh()
        with pytest.raises(Died), world.calls.failing(1, Fault.DIED_AFTER):
            world.services.canceller.cancel(ORG, ids[0])
        assert [world.status(id) for id in ids] == ["cancelled", "running", "running"]
        world.services = world.fresh()
        Stream(world)
        world.clock.forward(seconds=11)
        for _ in range(3):
            world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
            world.clock.forward(seconds=11)
        assert [world.status(id) for id in ids] == ["cancelled"] * 3


class _Instead:
    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin = begin


def _failed(error: str) -> Any:
    from chalicelib.core.runs.model import RunStatus
    from chalicelib.core.runs.ports import Settlement

    return Settlement(RunStatus.FAILED, "2026-03-18T09:00:30.000Z", error=error)


def three(world: World) -> tuple[str, str, str]:
    """A run, the run it has started, and the one that has started."""
    middle = {"name": "sub", "action": "workflow/run", "params": {"workflow": "parent"}}
    for definition in (CHILD, PARENT, {"name": "top", "steps": [middle]}):
        world.apply(definition)
    top = world.start("top")
    call(world, top)
    child = child_run_id(ORG, top, "sub", 0)
    call(world, child)
    return top, child, child_run_id(ORG, child, "sub", 0)


class TestAChildOfALimitedWorkflow:
    def test_waits_for_its_turn_and_ends_the_step_afterwards(
        self, world: World, sent: SentTokens, stream: Stream
    ) -> None:
        for definition in ({**CHILD, "max_parallel_executions": 1}, PARENT):
            world.apply(definition)
        first = world.start("child", inputs={"n": 1})
        run_id = world.start("parent")
        call(world, run_id)
        child = child_run_id(ORG, run_id, "sub", 0)
        assert (world.status(child), sub(world, run_id).status) == ("queued", "waiting")
        world.run_step(first, "work")
        world.finish(first)
        stream.flow()
        assert world.status(child) == "running"
        world.run_step(child, "work")
        world.finish(child)
        stream.flow()
        assert sub(world, run_id).status == "succeeded"
        assert [error for _, error in sent.told] == [None]

    def test_is_cancelled_in_the_queue_with_its_parent(self, world: World) -> None:
        for definition in ({**CHILD, "max_parallel_executions": 1}, PARENT):
            world.apply(definition)
        world.start("child", inputs={"n": 1})
        run_id = world.start("parent")
        call(world, run_id)
        world.services.canceller.cancel(ORG, run_id)
        assert world.status(child_run_id(ORG, run_id, "sub", 0)) == "cancelled"

    def test_is_refused_as_a_failure_worth_another_try_where_the_workflow_rejects(
        self, world: World
    ) -> None:
        limits = {"max_parallel_executions": 1, "on_limit": "reject"}
        for definition in ({**CHILD, **limits}, PARENT):
            world.apply(definition)
        world.start("child", inputs={"n": 1})
        run_id = world.start("parent")
        with pytest.raises(StepFailed) as failed:
            call(world, run_id)
        assert (failed.value.code, failed.value.retryable) == ("too_many_executions", True)
