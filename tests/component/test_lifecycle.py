"""The eight invariants of a run's life (docs/architecture.md), one by one, on moto."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.core.errors import IdempotencyMismatch, Invalid, NotFound
from chalicelib.core.runs.model import RunStatus, Step, StepStatus
from chalicelib.core.runs.ports import ExecutionState, Fence, Settlement
from chalicelib.core.runs.reconcile import Repair
from chalicelib.core.steps import RunOver, StepRefused
from tests.support.world import ORG, World

CHAIN = {
    "name": "chain",
    "inputs": {"who": {"type": "string", "default": "you"}},
    "steps": [
        {"name": "one", "action": "transform", "params": {"hello": "{{ inputs.who }}"}},
        {"name": "two", "action": "transform", "params": {"said": "{{ steps.one.output.hello }}"}},
    ],
}
WIDE = {
    "name": "wide",
    "steps": [{"name": "start", "action": "transform", "params": {}}]
    + [
        {
            "name": f"part-{number}",
            "action": "transform",
            "params": {"n": number},
            "depends_on": ["start"],
        }
        for number in range(8)
    ],
}


@pytest.fixture
def chain(world: World) -> str:
    """A started run of two steps."""
    world.apply(CHAIN)
    return world.start("chain")


def through(world: World, run_id: str) -> str:
    world.run_step(run_id, "one")
    world.run_step(run_id, "two")
    return world.finish(run_id)


def log(world: World, run_id: str) -> list[str]:
    """The kinds in a run's log after the reconciler has sealed it."""
    world.services.fan_out.seal(ORG, run_id)
    return [event.kind for event in world.services.log.read(ORG, run_id)]


def test_a_run_goes_from_running_to_succeeded_and_keeps_its_outputs(
    world: World, chain: str
) -> None:
    assert world.status(chain) == "running"
    assert through(world, chain) == "succeeded"
    detail = world.services.runs.detail(ORG, chain)
    assert detail is not None
    two = detail.step("two")
    assert two is not None
    assert two.output == {"said": "you"}


class TestInvariant1TerminalRunsNeverChange:
    @pytest.mark.parametrize(
        "late", [s for s in RunStatus if s not in ("queued", "running", "waiting")]
    )
    def test_no_later_settlement_is_taken(self, world: World, chain: str, late: RunStatus) -> None:
        world.services.canceller.cancel(ORG, chain)
        done, run = world.services.runs.settle(
            ORG, chain, Settlement(late, "2026-03-18T10:00:00.000Z")
        )
        assert not done
        assert run is not None
        assert (run.status, run.error) == (RunStatus.CANCELLED, "cancelled by request")

    def test_a_late_finish_after_a_cancel_leaves_it_cancelled(
        self, world: World, chain: str
    ) -> None:
        world.run_step(chain, "one")
        world.run_step(chain, "two")
        world.services.canceller.cancel(ORG, chain)
        assert world.finish(chain) == "cancelled"

    def test_a_cancel_after_the_end_is_not_found_and_changes_nothing(
        self, world: World, chain: str
    ) -> None:
        through(world, chain)
        with pytest.raises(NotFound, match="execution not found or not cancellable"):
            world.services.canceller.cancel(ORG, chain)
        assert world.status(chain) == "succeeded"

    def test_a_step_that_ends_after_the_run_leaves_no_trace(self, world: World, chain: str) -> None:
        run = world.services.runs.get(ORG, chain)
        assert run is not None
        detail = world.services.steps.load(ORG, chain, "one", ())
        assert detail is not None
        real = world.services.steps.finish
        world.services.steps.finish = lambda *a: (
            world.services.canceller.cancel(ORG, chain) and real(*a)
        )  # type: ignore[method-assign]
        with pytest.raises(RunOver):
            world.run_step(chain, "one")
        found = world.services.runs.detail(ORG, chain)
        assert found is not None
        one = found.step("one")
        assert one is not None
        assert (one.status.value, one.output) == ("running", None)


class TestInvariant2AfterACancelNoStepStarts:
    def test_the_fence_refuses_a_step_of_a_cancelled_run(self, world: World, chain: str) -> None:
        world.services.canceller.cancel(ORG, chain)
        with pytest.raises(RunOver):
            world.run_step(chain, "one")
        assert not [i for i in world.items() if i["sk"].startswith("#STEP#")]

    def test_a_step_that_read_the_run_before_the_cancel_is_refused_by_its_fence(
        self, world: World, chain: str
    ) -> None:
        real = world.services.steps.fence
        world.services.steps.fence = lambda *a: (
            world.services.canceller.cancel(ORG, chain) and real(*a)
        )  # type: ignore[method-assign]
        with pytest.raises(RunOver):
            world.run_step(chain, "one")
        assert not [i for i in world.items() if i["sk"].startswith("#STEP#")]

    def test_every_fence_of_a_wide_run_is_closed(self, world: World) -> None:
        world.apply(WIDE)
        run_id = world.start("wide")
        run = world.services.runs.get(ORG, run_id)
        assert run is not None
        assert run.fences == 4
        world.run_step(run_id, "start")
        world.services.canceller.cancel(ORG, run_id)
        # The steps had read the run while it lived: only their fences stand in the way now.
        for number in range(8):
            step = Step(f"part-{number}", "transform", StepStatus.RUNNING, 1, owner="me")
            assert world.services.steps.fence(run, step, run.started_at) is Fence.RUN_OVER

    def test_no_step_starts_past_the_deadline(self, world: World) -> None:
        world.apply({**CHAIN, "timeout": "10s"})
        run_id = world.start("chain")
        world.run_step(run_id, "one")
        world.clock.forward(seconds=11)
        with pytest.raises(RunOver):
            world.run_step(run_id, "two")
        assert world.finish(run_id, {"Error": "RunOver", "Cause": "{}"}) == "timed_out"


class TestInvariant3OneTerminalStatusOneTerminalEvent:
    def test_cancel_and_finish_racing_agree(self, world: World) -> None:
        world.apply(CHAIN)
        for _ in range(10):
            run_id = world.start("chain")
            world.run_step(run_id, "one")
            world.run_step(run_id, "two")

            def cancel(run_id: str = run_id) -> str:
                try:
                    world.services.canceller.cancel(ORG, run_id)
                except NotFound:
                    return "too late"
                return "cancelled"

            with ThreadPoolExecutor(2) as pool:
                cancelled, finished = pool.submit(cancel), pool.submit(world.finish, run_id)
            expected = "cancelled" if cancelled.result() == "cancelled" else "succeeded"
            assert finished.result() == world.status(run_id) == expected
            kinds = log(world, run_id)
            assert len([k for k in kinds if k in ("completed", "cancelled", "error")]) == 1
            assert kinds[-1] == {"cancelled": "cancelled", "succeeded": "completed"}[expected]


class TestInvariant4TheSameKeyIsTheSameRun:
    def test_a_repeated_key_answers_the_first_run(self, world: World) -> None:
        world.apply(CHAIN)
        assert world.start("chain", idempotency_key="k") == world.start(
            "chain", idempotency_key="k"
        )
        assert len([i for i in world.items() if i["sk"] == "#RUN"]) == 1

    def test_the_same_key_with_another_request_is_refused(self, world: World) -> None:
        world.apply(CHAIN)
        world.start("chain", idempotency_key="k")
        with pytest.raises(IdempotencyMismatch):
            world.start("chain", idempotency_key="k", inputs={"who": "another"})

    def test_a_key_is_forgotten_after_24_hours(self, world: World) -> None:
        world.apply(CHAIN)
        first = world.start("chain", idempotency_key="k")
        world.clock.forward(hours=25)
        second = world.start("chain", idempotency_key="k")
        assert first != second
        assert world.start("chain", idempotency_key="k") == second

    def test_keys_of_two_organisations_are_two_keys(self, world: World) -> None:
        world.apply(CHAIN)
        world.apply(CHAIN, org="org_other")
        first = world.start("chain", idempotency_key="k")
        assert world.start("chain", idempotency_key="k", org="org_other") != first

    def test_a_chosen_run_id_is_taken_once_and_checked(self, world: World) -> None:
        world.apply(CHAIN)
        assert world.start("chain", run_id="run_mine") == "run_mine"
        assert world.start("chain", run_id="run_mine") == "run_mine"
        with pytest.raises(IdempotencyMismatch):
            world.start("chain", run_id="run_mine", inputs={"who": "another"})
        with pytest.raises(Invalid):
            world.start("chain", run_id="run_" + "x" * 77)


class TestInvariant5TheExecutionIsNamedByTheRun:
    def test_starting_an_execution_twice_is_no_error(self, world: World, chain: str) -> None:
        run = world.services.runs.get(ORG, chain)
        assert run is not None
        world.services.machines.start(run.machine, run.id, {"org": ORG, "run_id": run.id})
        assert world.execution(chain) is ExecutionState.RUNNING


class TestInvariant6OneOrderOfEvents:
    def test_events_are_numbered_from_one_without_gaps(self, world: World, chain: str) -> None:
        through(world, chain)
        world.services.fan_out.seal(ORG, chain)
        events = world.services.log.read(ORG, chain)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [event.kind for event in events] == [
            "started",
            "step_started",
            "step_completed",
            "step_started",
            "step_completed",
            "completed",
        ]

    def test_reading_behind_a_number_gives_the_rest(self, world: World, chain: str) -> None:
        through(world, chain)
        world.services.fan_out.seal(ORG, chain)
        everything = world.services.log.read(ORG, chain)
        assert world.services.log.read(ORG, chain, after=2) == everything[2:]


class TestInvariant7NoRunStaysOpenForEver:
    def test_a_run_whose_execution_never_started_is_started(self, world: World) -> None:
        world.apply(CHAIN)
        real = world.services.machines.start
        world.services.machines.start = lambda *a: None  # type: ignore[method-assign]
        run_id = world.start("chain")
        world.services.machines.start = real  # type: ignore[method-assign]
        assert world.execution(run_id) is ExecutionState.MISSING
        assert reconcile(world, run_id) is Repair.NOTHING  # too young: it may be on its way
        world.clock.forward(seconds=11)
        assert reconcile(world, run_id) is Repair.START
        assert world.execution(run_id) is ExecutionState.RUNNING

    def test_a_run_whose_execution_was_lost_fails(self, world: World, chain: str) -> None:
        run = world.services.runs.get(ORG, chain)
        assert run is not None
        world.run_step(chain, "one")
        world.services.machines.stop(run.machine, run.id, "by hand")
        assert reconcile(world, chain) is Repair.CONCLUDE
        assert world.status(chain) == "cancelled"  # somebody aborted it: that is a cancel

    def test_a_run_past_its_deadline_is_timed_out_and_stopped(self, world: World) -> None:
        world.apply({**CHAIN, "timeout": "1m"})
        run_id = world.start("chain")
        world.clock.forward(seconds=61)
        assert reconcile(world, run_id) is Repair.TIME_OUT
        assert world.status(run_id) == "timed_out"
        assert world.execution(run_id) is ExecutionState.ABORTED

    def test_an_over_run_is_stopped_sealed_and_closed_in_turn(
        self, world: World, chain: str
    ) -> None:
        run = world.services.runs.get(ORG, chain)
        assert run is not None
        world.services.runs.settle(
            ORG, chain, Settlement(RunStatus.CANCELLED, run.started_at, error="lost")
        )
        world.clock.forward(seconds=11)
        done = [reconcile(world, chain) for _ in range(3)]
        assert done == [Repair.STOP, Repair.SEAL, Repair.CLOSE]
        assert list(world.services.runs.open_runs(ORG)) == []
        assert log(world, chain)[-1] == "cancelled"


class TestInvariant8OrganisationsDoNotSeeEachOther:
    def test_a_foreign_run_looks_like_one_that_does_not_exist(
        self, world: World, chain: str
    ) -> None:
        assert world.services.runs.detail("org_other", chain) is None
        with pytest.raises(NotFound) as foreign:
            world.services.canceller.cancel("org_other", chain)
        with pytest.raises(NotFound) as unknown:
            world.services.canceller.cancel("org_other", "run_nowhere")
        assert foreign.value.detail == unknown.value.detail
        assert foreign.value.extra == unknown.value.extra
        assert world.status(chain) == "running"

    def test_a_foreign_workflow_cannot_be_started(self, world: World, chain: str) -> None:
        with pytest.raises(NotFound):
            world.start("chain", org="org_other")


class TestSteps:
    def test_a_false_condition_skips_the_step(self, world: World) -> None:
        steps = [
            {"name": "one", "action": "transform", "params": {}, "if": "inputs.go"},
            {"name": "two", "action": "transform", "params": {"x": 1}},
        ]
        world.apply({"name": "maybe", "inputs": {"go": {"type": "boolean"}}, "steps": steps})
        run_id = world.start("maybe", inputs={"go": False})
        assert through(world, run_id) == "succeeded"
        assert log(world, run_id).count("step_skipped") == 1
        assert log(world, run_id).count("step_started") == 1

    def test_an_expression_that_fails_at_run_time_fails_the_step_for_good(
        self, world: World
    ) -> None:
        params = {"x": "{{ steps.one.output.nothing }}"}
        steps = [
            {"name": "one", "action": "transform", "params": {}},
            {"name": "two", "action": "transform", "params": params, "retry": {"max_attempts": 3}},
        ]
        world.apply({"name": "broken", "steps": steps})
        run_id = world.start("broken")
        world.run_step(run_id, "one")
        with pytest.raises(StepRefused, match="nothing"):
            world.run_step(run_id, "two")
        assert world.finish(run_id, {"Error": "StepRefused", "Cause": "{}"}) == "failed"
        run = world.services.runs.get(ORG, run_id)
        assert run is not None
        assert run.error is not None
        assert run.error.startswith("step two failed: ")

    def test_a_step_that_succeeded_is_not_run_again(self, world: World, chain: str) -> None:
        world.run_step(chain, "one")
        before = world.services.runs.detail(ORG, chain)
        world.run_step(chain, "one", retry=1)
        assert world.services.runs.detail(ORG, chain) == before

    def test_a_lost_worker_is_taken_over_by_the_next_try(self, world: World, chain: str) -> None:
        real = world.services.steps.finish
        world.services.steps.finish = lambda *a: 1 / 0  # type: ignore[method-assign]
        with pytest.raises(ZeroDivisionError):
            world.run_step(chain, "one")
        world.services.steps.finish = real  # type: ignore[method-assign]
        world.run_step(chain, "one", retry=1)
        detail = world.services.runs.detail(ORG, chain)
        assert detail is not None
        one = detail.step("one")
        assert one is not None
        assert (one.status.value, one.attempt) == ("succeeded", 2)

    def test_a_step_cut_off_by_its_timeout_failed_with_timeout(self, world: World) -> None:
        step = {"name": "one", "action": "transform", "params": {}, "timeout": "5s"}
        world.apply({"name": "late", "steps": [step]})
        run_id = world.start("late")
        world.services.steps.finish = lambda *a: 1 / 0  # type: ignore[method-assign]
        with pytest.raises(ZeroDivisionError):
            world.run_step(run_id, "one")
        world.clock.forward(seconds=5)
        assert world.finish(run_id, {"Error": "States.Timeout", "Cause": ""}) == "failed"
        detail = world.services.runs.detail(ORG, run_id)
        assert detail is not None
        one = detail.step("one")
        assert one is not None
        assert (one.status.value, one.error) == ("failed", "timeout")
        assert detail.run.error == "step one failed: timeout"

    def test_an_output_over_the_limit_goes_to_the_bucket_and_comes_back(self, world: World) -> None:
        steps = [
            {"name": "one", "action": "transform", "params": {"big": "{{ inputs.text }}"}},
            {
                "name": "two",
                "action": "transform",
                "params": {"n": "{{ size(steps.one.output.big) }}"},
            },
        ]
        world.apply({"name": "big", "inputs": {"text": {"type": "string"}}, "steps": steps})
        run_id = world.start("big", inputs={"text": "x" * 150_000})
        assert through(world, run_id) == "succeeded"
        detail = world.services.runs.detail(ORG, run_id)
        assert detail is not None
        one, two = detail.step("one"), detail.step("two")
        assert one is not None
        assert two is not None
        assert one.output_at is not None
        assert one.output == {"big": "x" * 150_000}
        assert two.output == {"n": 150_000}


def reconcile(world: World, run_id: str) -> Repair:
    """One look of the reconciler at one run, as the open index shows it."""
    (run,) = [run for run in world.services.runs.open_runs(ORG) if run.id == run_id]
    return world.services.reconciler.reconcile(run)
