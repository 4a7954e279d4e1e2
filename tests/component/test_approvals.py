"""Approvals on moto: who asks, who answers, and what the run is meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.runs.approval import Answer, ApprovalStatus, approval_id
from chalicelib.core.runs.filters import RunFilter
from chalicelib.core.runs.model import RunStatus, Step
from chalicelib.core.runs.reconcile import Repair
from chalicelib.core.steps import RunOver, StepRefused
from tests.support.clients import Died, Fault
from tests.support.stream import Stream
from tests.support.waiting import RELEASE, SentTokens, ask, asked
from tests.support.world import ORG, World


@pytest.fixture
def sent(world: World) -> SentTokens:
    return SentTokens(world)


def step_of(world: World, run_id: str, name: str = "review") -> Step:
    detail = world.services.runs.detail(ORG, run_id)
    assert detail is not None
    found = detail.step(name)
    assert found is not None
    return found


def decide(world: World, run_id: str, *, approve: bool = True, **more: Any) -> Any:
    more = {"by": "ada", **more}
    id = approval_id(run_id, more.pop("step", "review"))
    return world.services.approvals.decide(more.pop("org", ORG), id, approve=approve, **more)


def listed(world: World, status: ApprovalStatus | None = None, **more: Any) -> list[str]:
    now = more.pop("now", "2026-03-18T09:00:30.000Z")
    page = world.services.approval_lists.page(ORG, status, now=now, limit=more.pop("limit", 20))
    return [one.id for one in page.approvals]


def tolerant() -> dict[str, Any]:
    build, review, publish = RELEASE["steps"]  # type: ignore[misc]
    review = {**review, "continue_on_error": True}  # type: ignore[dict-item]
    said = {"said": "{{ steps.review.error }}", "why": "{{ steps.review.output.comment }}"}
    return {**RELEASE, "steps": [build, review, {**publish, "params": said}]}  # type: ignore[dict-item]


def two() -> dict[str, Any]:
    steps = [
        {"name": name, "action": "approval", "params": {"message": name}, "depends_on": []}
        for name in ("review", "legal")
    ]
    return {"name": "release", "steps": steps}


class TestAsking:
    def test_an_approval_is_open_and_its_step_and_run_wait(
        self, world: World, sent: SentTokens
    ) -> None:
        run_id = asked(world)
        found = world.services.approvals.get(ORG, approval_id(run_id, "review"))
        assert (found.message, found.status) == ("Release v1?", ApprovalStatus.PENDING)
        assert found.ends_at[:13] == "2026-03-18T10", "an hour after it was asked"
        assert step_of(world, run_id).status == "waiting"
        assert world.status(run_id) == "waiting"
        assert sent.told == []

    def test_the_run_is_listed_as_waiting_and_the_approval_is_no_run(self, world: World) -> None:
        run_id = asked(world)
        lists = world.services.lists
        for wanted in (RunFilter(), RunFilter(status=RunStatus.WAITING)):
            assert [run.id for run in lists.newest(ORG, [wanted], limit=9)] == [run_id]
        assert lists.newest(ORG, [RunFilter(status=RunStatus.RUNNING)], limit=9) == ()
        assert lists.live_count(ORG) == 1

    def test_asking_is_a_read_a_fence_and_one_transaction(self, world: World) -> None:
        world.apply(RELEASE)
        run_id = world.start("release")
        world.run_step(run_id, "build")
        with world.calls.counted() as calls:
            ask(world, run_id)
        assert calls.made[1:] == [  # the first is the test's own
            "dynamodb.batch_get_item",
            "dynamodb.transact_write_items",
            "dynamodb.transact_write_items",
        ]

    def test_a_skipped_approval_asks_nobody_and_sends_its_token(
        self, world: World, sent: SentTokens
    ) -> None:
        build, review, publish = RELEASE["steps"]  # type: ignore[misc]
        steps = [build, {**review, "if": "1 > 2"}, publish]  # type: ignore[dict-item]
        world.apply({**RELEASE, "steps": steps})
        run_id = world.start("release")
        ask(world, run_id, token="t0")
        assert step_of(world, run_id).status == "skipped"
        assert sent.told == [("t0", None)]
        assert listed(world) == []
        assert world.status(run_id) == "running"

    def test_no_step_asks_in_a_run_that_is_over(self, world: World) -> None:
        world.apply(RELEASE)
        run_id = world.start("release")
        world.run_step(run_id, "build")
        world.services.canceller.cancel(ORG, run_id)
        with pytest.raises(RunOver):
            ask(world, run_id)
        assert listed(world) == []

    def test_a_cancel_between_the_fence_and_the_question_is_seen(self, world: World) -> None:
        world.apply(RELEASE)
        run_id = world.start("release")
        world.run_step(run_id, "build")
        world.services = world.fresh()
        runner = world.services.step_runner

        def cancelled_meanwhile(act: Any) -> Any:
            def late(*given: Any) -> Any:
                world.services.canceller.cancel(ORG, run_id)
                return act(*given)

            return runner(late)

        world.services.step_runner = cancelled_meanwhile  # type: ignore[method-assign]
        with pytest.raises(RunOver):
            ask(world, run_id)
        assert listed(world) == []
        assert world.status(run_id) == "cancelled"

    def test_two_open_approvals_keep_the_run_waiting_until_both_are_answered(
        self, world: World, sent: SentTokens
    ) -> None:
        world.apply(two())
        run_id = world.start("release")
        ask(world, run_id, "review")
        ask(world, run_id, "legal")
        decide(world, run_id, step="legal")
        assert world.status(run_id) == "waiting"
        decide(world, run_id, step="review")
        assert world.status(run_id) == "running"
        assert len(sent.told) == 2
        assert world.finish(run_id) == "succeeded"


class TestAnswering:
    def test_approving_ends_the_step_with_who_and_why(self, world: World, sent: SentTokens) -> None:
        run_id = asked(world)
        found = decide(world, run_id, comment="fine")
        assert (found.status, found.decided_by, found.comment) == ("approved", "ada", "fine")
        step = step_of(world, run_id)
        assert step.status == "succeeded"
        assert step.output == {
            "approved": True,
            "by": "ada",
            "comment": "fine",
            "at": found.decided_at,
        }
        assert world.status(run_id) == "running"
        assert sent.told == [(f"{run_id}-review-0", None)]
        world.run_step(run_id, "publish")
        assert step_of(world, run_id, "publish").output == {"by": "ada"}
        assert world.finish(run_id) == "succeeded"

    def test_rejecting_fails_the_step_and_the_run(self, world: World, sent: SentTokens) -> None:
        run_id = asked(world)
        assert decide(world, run_id, approve=False).status == "rejected"
        assert (step_of(world, run_id).status, step_of(world, run_id).error) == (
            "failed",
            "rejected",
        )
        assert sent.told == [(f"{run_id}-review-0", "StepRefused")]
        assert world.finish(run_id, {"Error": "StepRefused", "Cause": "rejected"}) == "failed"
        run = world.services.runs.get(ORG, run_id)
        assert run is not None
        assert run.error == "step review failed: rejected"

    def test_after_a_rejection_that_is_tolerated_the_run_goes_on(
        self, world: World, sent: SentTokens
    ) -> None:
        run_id = asked(world, tolerant())
        decide(world, run_id, approve=False, comment="not on a Friday")
        assert sent.told == [(f"{run_id}-review-0", None)]
        world.run_step(run_id, "publish")
        said = {"said": "rejected", "why": "not on a Friday"}
        assert step_of(world, run_id, "publish").output == said
        assert world.finish(run_id) == "succeeded"

    def test_a_second_answer_is_refused_and_changes_nothing(self, world: World) -> None:
        run_id = asked(world)
        decide(world, run_id)
        before = world.items()
        for approve in (True, False):
            with pytest.raises(Conflict, match="already approved"):
                decide(world, run_id, approve=approve)
        assert world.items() == before

    def test_two_answers_at_once_are_one(self, world: World, sent: SentTokens) -> None:
        run_id = asked(world)
        store: Any = world.services.approvals.store
        real = store.close

        def overtaken(approval: Any, answer: Answer) -> Any:
            store.close = real
            decide(world, run_id, approve=False)
            return real(approval, answer)

        store.close = overtaken
        with pytest.raises(Conflict, match="already rejected"):
            decide(world, run_id)
        assert step_of(world, run_id).error == "rejected"
        assert [error for _, error in sent.told] == ["StepRefused"]

    @pytest.mark.parametrize("id", ["apr_", "apr_x.y", "run_1.review", "apr_a/b.c", "x" * 500])
    def test_an_unknown_id_is_not_found(self, world: World, id: str) -> None:
        for act in (
            lambda: world.services.approvals.get(ORG, id),
            lambda: world.services.approvals.decide(ORG, id, approve=True, by="ada"),
        ):
            with pytest.raises(NotFound, match="approval not found"):
                act()

    def test_another_organisations_approval_is_not_found(self, world: World) -> None:
        run_id = asked(world)
        with pytest.raises(NotFound):
            decide(world, run_id, org="org_other")
        assert step_of(world, run_id).status == "waiting"

    def test_a_run_that_is_over_takes_no_answer(self, world: World, sent: SentTokens) -> None:
        run_id = asked(world)
        world.services.canceller.cancel(ORG, run_id)
        with pytest.raises(Conflict, match="is over"):
            decide(world, run_id)
        assert sent.told == []

    def test_an_answer_that_comes_too_late_is_refused(self, world: World) -> None:
        run_id = asked(world)
        world.clock.forward(hours=1)
        with pytest.raises(Conflict, match="has expired"):
            decide(world, run_id)
        assert step_of(world, run_id).status == "waiting"

    def test_an_answer_opens_the_gates_that_wait_for_the_step(
        self, world: World, sent: SentTokens
    ) -> None:
        needs: dict[str, list[str]] = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}
        steps = [
            {
                "name": name,
                "action": "approval" if name == "a" else "transform",
                "params": {"message": "?"} if name == "a" else {},
                "depends_on": before,
            }
            for name, before in needs.items()
        ]
        world.apply({"name": "release", "steps": steps})
        run_id = world.start("release")
        ask(world, run_id, "a", signals=["d"], token="of a")
        world.gate(run_id, "d", ["a"], "of d's gate")
        assert sent.told == []
        decide(world, run_id, step="a")
        assert sent.told == [("of d's gate", None), ("of a", None)]


class TestTime:
    def test_when_the_task_times_out_the_step_fails_with_timeout(self, world: World) -> None:
        run_id = asked(world)
        world.clock.forward(hours=1)
        with pytest.raises(StepRefused, match="timeout"):
            ask(world, run_id, retry=1)
        assert (step_of(world, run_id).status, step_of(world, run_id).error) == (
            "failed",
            "timeout",
        )
        assert listed(world, ApprovalStatus.EXPIRED) == [approval_id(run_id, "review")]
        assert listed(world, ApprovalStatus.PENDING) == []
        assert world.finish(run_id, {"Error": "StepRefused", "Cause": "timeout"}) == "failed"

    def test_a_timeout_that_is_tolerated_sends_the_token_of_the_second_look(
        self, world: World, sent: SentTokens
    ) -> None:
        run_id = asked(world, tolerant())
        world.clock.forward(hours=1)
        ask(world, run_id, retry=1, token="t1")
        assert sent.told == [("t1", None)]
        assert world.status(run_id) == "running"

    def test_an_answer_right_before_the_timeout_counts(
        self, world: World, sent: SentTokens
    ) -> None:
        run_id = asked(world)
        world.clock.forward(minutes=59, seconds=58)
        decide(world, run_id)
        world.clock.forward(seconds=5)
        ask(world, run_id, retry=1, token="t1")
        assert sent.told[-1] == ("t1", None)
        assert step_of(world, run_id).status == "succeeded"

    def test_a_call_after_a_crash_waits_on_with_its_own_token(
        self, world: World, sent: SentTokens
    ) -> None:
        run_id = asked(world)
        ask(world, run_id, retry=1, token="t1")
        assert sent.told == []
        decide(world, run_id)
        assert sent.told == [("t1", None)]

    def test_an_answer_between_a_calls_read_and_its_token_is_told_at_once(
        self, world: World, sent: SentTokens
    ) -> None:
        run_id = asked(world)
        waits: Any = world.services.callbacks.waits
        real = waits.renew

        def answered_meanwhile(*given: Any) -> Any:
            decide(world, run_id)
            return real(*given)

        waits.renew = answered_meanwhile
        ask(world, run_id, retry=1, token="t1")
        assert sent.told == [(f"{run_id}-review-0", None), ("t1", None)]

    def test_time_that_is_up_reads_expired_before_anybody_wrote_it(self, world: World) -> None:
        run_id = asked(world)
        found = world.services.approvals.get(ORG, approval_id(run_id, "review"))
        assert found.shown_status(found.ends_at) is ApprovalStatus.EXPIRED
        assert listed(world, ApprovalStatus.PENDING, now=found.ends_at) == []

    def test_the_deadline_of_the_run_is_the_approvals_too(self, world: World) -> None:
        run_id = asked(world, {**RELEASE, "timeout": "10m"})
        run = world.services.runs.get(ORG, run_id)
        found = world.services.approvals.get(ORG, approval_id(run_id, "review"))
        assert run is not None
        assert found.ends_at == run.deadline

    def test_a_step_that_step_functions_gave_up_on_expires_its_approval(self, world: World) -> None:
        run_id = asked(world, tolerant())
        world.run_step(run_id, "review", phase="failed")
        assert step_of(world, run_id).error == "timeout"
        assert world.status(run_id) == "running"
        assert listed(world, ApprovalStatus.EXPIRED) != []


class TestTheEndOfARun:
    def test_what_a_cancelled_run_asked_reads_expired(self, world: World) -> None:
        stream = Stream(world)
        run_id = asked(world)
        world.services.canceller.cancel(ORG, run_id)
        stream.flow()
        assert listed(world, ApprovalStatus.PENDING) == []
        assert listed(world, ApprovalStatus.EXPIRED) == [approval_id(run_id, "review")]
        assert step_of(world, run_id).status == "waiting", "its record stays; readers are told"

    def test_what_was_answered_stays_so(self, world: World) -> None:
        stream = Stream(world)
        run_id = asked(world)
        decide(world, run_id)
        world.services.canceller.cancel(ORG, run_id)
        stream.flow()
        assert listed(world, ApprovalStatus.APPROVED) == [approval_id(run_id, "review")]

    def test_a_run_that_asked_nothing_pays_nothing(self, world: World) -> None:
        world.apply(RELEASE)
        run_id = world.start("release")
        world.run_step(run_id, "build")
        world.services.canceller.cancel(ORG, run_id)
        detail = world.services.runs.detail(ORG, run_id)
        assert detail is not None
        with world.calls.counted() as calls:
            world.services.approvals.run_over(detail)
        assert calls.made == []

    def test_a_retry_asks_again_unless_it_was_approved(self, world: World) -> None:
        run_id = asked(world)
        decide(world, run_id)
        world.services.canceller.cancel(ORG, run_id)
        again = world.services.retrier.retry(ORG, run_id, principal="test").run
        sent = SentTokens(world)
        ask(world, again.id, token="t")
        assert sent.told == [("t", None)]
        assert step_of(world, again.id).reused
        world.run_step(again.id, "publish")
        assert step_of(world, again.id, "publish").output == {"by": "ada"}

        refused = asked(world)
        decide(world, refused, approve=False)
        world.finish(refused)
        third = world.services.retrier.retry(ORG, refused, principal="test").run
        ask(world, third.id)
        assert world.status(third.id) == "waiting"
        assert approval_id(third.id, "review") in listed(world, ApprovalStatus.PENDING)


class TestEvents:
    def test_the_log_says_who_asked_what_and_that_the_run_is_suspended(self, world: World) -> None:
        stream = Stream(world)
        run_id = asked(world)
        decide(world, run_id)
        world.run_step(run_id, "publish")
        world.finish(run_id)
        stream.flow()
        events = world.services.log.read(ORG, run_id)
        kinds = [event.kind for event in events]
        assert sorted(kinds[3:6]) == ["approval_requested", "step_started", "suspended"]
        assert kinds[6:] == ["step_completed", "step_started", "step_completed", "completed"]
        (asking,) = [event for event in events if event.kind == "approval_requested"]
        assert asking.data == {
            "step": "review",
            "approvalId": approval_id(run_id, "review"),
            "message": "Release v1?",
        }
        (suspended,) = [event for event in events if event.kind == "suspended"]
        assert suspended.data == {"runId": run_id, "step": "review"}

    def test_each_suspension_has_an_event_and_a_second_question_meanwhile_has_none(
        self, world: World
    ) -> None:
        stream = Stream(world)
        world.apply({**two(), "steps": [*two()["steps"], {**two()["steps"][0], "name": "third"}]})
        run_id = world.start("release")
        ask(world, run_id, "review")
        ask(world, run_id, "legal")
        decide(world, run_id, step="review")
        decide(world, run_id, step="legal")
        ask(world, run_id, "third")
        stream.flow()
        found = world.services.log.read(ORG, run_id)
        assert [e.data["step"] for e in found if e.kind == "suspended"] == ["review", "third"]
        assert [e.kind for e in found].count("approval_requested") == 3

    def test_a_log_that_lost_the_stream_is_told_of_the_question_by_the_items(
        self, world: World
    ) -> None:
        run_id = asked(world)
        world.services.canceller.cancel(ORG, run_id)
        world.services.fan_out.seal(ORG, run_id)
        kinds = [event.kind for event in world.services.log.read(ORG, run_id)]
        assert kinds == [
            "started",
            "step_started",
            "step_completed",
            "step_started",
            "approval_requested",
            "cancelled",
        ]


class TestLists:
    def test_newest_first_in_pages_that_cost_the_same_whatever_is_stored(
        self, world: World
    ) -> None:
        world.apply(RELEASE)
        ids = []
        for number in range(7):
            run_id = world.start("release", run_id=f"run_listed_{number}")
            world.run_step(run_id, "build")
            ids.append(ask(world, run_id))
        now = "2026-03-18T09:10:00.000Z"
        lists, token, found = world.services.approval_lists, None, []
        costs = []
        while True:
            with world.calls.counted() as calls:
                page = lists.page(ORG, None, now=now, limit=3, token=token)
            assert calls.made == ["dynamodb.query", "dynamodb.batch_get_item"]
            costs.append(calls.read_units)
            found += [one.id for one in page.approvals]
            token = page.next_token
            if token is None:
                break
        assert found == ids[::-1]
        assert max(costs) <= 4

    def test_what_was_answered_is_listed_where_it_belongs(self, world: World) -> None:
        run_id = asked(world)
        id = approval_id(run_id, "review")
        assert listed(world, ApprovalStatus.PENDING) == [id]
        decide(world, run_id)
        assert listed(world) == listed(world, ApprovalStatus.APPROVED) == [id]
        assert listed(world, ApprovalStatus.PENDING) == []


class TestRepair:
    @pytest.mark.parametrize("call", range(1, 7))
    def test_an_answer_that_died_anywhere_is_told_to_the_machine_in_the_end(
        self, world: World, call: int
    ) -> None:
        run_id = asked(world)
        world.services = world.fresh()
        try:
            with world.calls.failing(call, Fault.DIED_BEFORE):
                decide(world, run_id)
        except Died:
            pass
        world.services = world.fresh()
        sent = SentTokens(world)
        waits = world.services.callbacks.waits.all(ORG, run_id)
        try:
            decide(world, run_id)
        except Conflict:
            assert step_of(world, run_id).status == "succeeded"
        assert sent.told == ([(f"{run_id}-review-0", None)] if waits else [])
        assert world.services.callbacks.waits.all(ORG, run_id) == []

    def test_the_reconciler_sends_a_token_that_was_left_behind(
        self, world: World, sent: SentTokens
    ) -> None:
        run_id = asked(world)
        approvals = world.services.approvals
        found = approvals.get(ORG, approval_id(run_id, "review"))
        now = "2026-03-18T09:00:20.000Z"
        approvals.store.close(found, Answer(ApprovalStatus.APPROVED, now, "ada"))
        world.clock.forward(seconds=11)
        (run,) = world.services.runs.open_runs(ORG)
        assert world.services.reconciler.reconcile(run) is Repair.SIGNAL
        assert sent.told == [(f"{run_id}-review-0", None)]
        (run,) = world.services.runs.open_runs(ORG)
        assert world.services.reconciler.reconcile(run) is Repair.NOTHING

    def test_the_reconciler_leaves_an_open_approval_alone(
        self, world: World, sent: SentTokens
    ) -> None:
        run_id = asked(world)
        world.clock.forward(seconds=11)
        (run,) = world.services.runs.open_runs(ORG)
        assert (run.id, run.status) == (run_id, RunStatus.WAITING)
        assert world.services.reconciler.reconcile(run) is Repair.NOTHING
        assert sent.told == []
