"""Agents' tasks as runs on moto: started, taken up, told, cancelled, lost and found (S3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.errors import BadRequest, Invalid, NotFound, Unavailable
from chalicelib.core.runs.model import AGENT_TASK
from chalicelib.core.steps import RunOver, StepFailed, StepRefused
from chalicelib.core.swarms.model import MOST_CONTENT_BYTES, TaskOutcome
from chalicelib.core.swarms.task_steps import LOST
from chalicelib.workers.step import run_step
from tests.support.swarm_loop import SWARM, mock
from tests.support.task_runs import SEED, Tasks, with_give
from tests.support.world import ORG, World


@pytest.fixture
def tasks(world: World) -> Tasks:
    return Tasks(world)


def output(tasks: Tasks, run_id: str, said: str | None, step: str = "task") -> dict[str, Any]:
    return {
        "swarm": SWARM,
        "agent": "a",
        "mail_id": tasks.mail_id(run_id, step),
        "output": said,
    }


class TestARun:
    def test_succeeds_when_the_agents_turn_on_its_task_does(self, tasks: Tasks) -> None:
        run_id = tasks.started(task="go home")
        run = tasks.run(run_id)
        assert (run.type, run.workflow, run.version) == (AGENT_TASK, f"{SWARM}/a", 0)
        assert (run.status, tasks.mails()) == ("running", [])
        tasks.call(run_id)
        (mail,) = tasks.mails()
        assert (mail.kind, mail.sender, mail.content) == ("task", None, "go home")
        assert mail.correlation == f"{run_id}/task"
        assert tasks.step(run_id).status == "waiting"
        assert tasks.sent.told == []
        tasks.loop.flow()
        assert tasks.sent.told == [(f"{run_id}-task-0", None)]
        assert tasks.step(run_id).output == output(tasks, run_id, "went: go home")
        assert tasks.world.finish(run_id) == "succeeded"
        assert tasks.loop.events("task_sent", "task_skipped") == ["task_sent"]

    def test_its_log_has_the_events_of_a_method_run(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        tasks.loop.flow()
        tasks.world.finish(run_id)
        tasks.world.services.fan_out.seal(ORG, run_id)
        events = tasks.world.services.log.read(ORG, run_id)
        assert [event.kind for event in events] == [
            "started",
            "step_started",
            "step_completed",
            "method_output",
            "completed",
        ]
        assert events[3].data["output"] == output(tasks, run_id, "went: go")

    def test_of_an_agent_that_says_nothing_has_no_words(self, tasks: Tasks) -> None:
        run_id = tasks.waiting(task="hm")
        tasks.loop.flow()
        assert tasks.step(run_id).output == output(tasks, run_id, None)

    def test_all_runs_share_one_machine_which_waits_for_a_token(self, tasks: Tasks) -> None:
        first, second = tasks.started(), tasks.started("b")
        assert tasks.run(first).machine == tasks.run(second).machine
        assert tasks.run(first).machine.startswith("runyard-test-task-")
        assert tasks.run(first).gates == 1
        assert tasks.run(first).deadline is not None

    def test_fails_when_its_mail_is_dead(self, tasks: Tasks) -> None:
        run_id = tasks.waiting(task="no")
        tasks.loop.flow()
        assert tasks.sent.told == [(f"{run_id}-task-0", "StepRefused")]
        assert tasks.step(run_id).error == "a: mock_failed: I will not"
        assert tasks.world.finish(run_id, {"Error": "StepRefused", "Cause": ""}) == "failed"

    def test_is_not_retried_just_as_no_method_run_is(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        tasks.world.services.canceller.cancel(ORG, run_id)
        with pytest.raises(NotFound):
            tasks.world.services.retrier.retry(ORG, run_id, principal="test")

    def test_that_was_deleted_is_skipped(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        tasks.world.services.canceller.cancel(ORG, run_id)
        tasks.world.services.fan_out.seal(ORG, run_id)
        tasks.world.services.deleter.delete(ORG, run_id)
        tasks.loop.flow()
        assert tasks.loop.events("task_skipped") == ["task_skipped"]
        pk = f"{ORG}#RUN#{run_id}"
        assert [item["sk"] for item in tasks.world.items() if item["pk"] == pk] == []

    def test_release_ends_a_hold_and_is_done(self, tasks: Tasks) -> None:
        held = tasks.waiting("b", "hold on")
        tasks.loop.flow()
        assert tasks.loop.life("b").held
        run_id = tasks.waiting("b", "release")
        tasks.loop.flow()
        assert not tasks.loop.life("b").held
        assert [token for token, _ in tasks.sent.told] == [f"{held}-task-0", f"{run_id}-task-0"]

    def test_the_same_key_is_the_same_run(self, tasks: Tasks) -> None:
        first = tasks.started(idempotency_key="k")
        assert tasks.started(idempotency_key="k") == first
        assert tasks.started("b", idempotency_key="k") != first

    def test_what_cannot_be_sent_is_refused_before_there_is_a_run(self, tasks: Tasks) -> None:
        starter = tasks.world.services.task_starter
        more = {"trigger": {}, "principal": "test"}
        with pytest.raises(NotFound, match="Agent not found"):
            starter.start(ORG, SWARM, "z", "go", **more)
        with pytest.raises(NotFound, match="Swarm not found"):
            starter.start(ORG, "nowhere", "a", "go", **more)
        with pytest.raises(NotFound, match="Swarm not found"):
            starter.start("org_other", SWARM, "a", "go", **more)
        with pytest.raises(BadRequest, match="at most 100,000 bytes"):
            starter.start(ORG, SWARM, "a", "é" * (MOST_CONTENT_BYTES // 2 + 1), **more)
        tasks.loop.swarms.stop(ORG, SWARM, purge=False)
        with pytest.raises(BadRequest, match="swarm_stopped"):
            starter.start(ORG, SWARM, "a", "go", **more)
        assert list(tasks.world.services.runs.open_runs(ORG)) == []


class TestTheStep:
    def test_a_call_that_is_repeated_sends_no_second_task(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        tasks.call(run_id, retry=1)
        assert len(tasks.mails()) == 1
        tasks.loop.flow()
        assert tasks.sent.told == [(f"{run_id}-task-1", None)]

    def test_a_call_that_died_before_it_waited_is_taken_over(self, tasks: Tasks) -> None:
        run_id = tasks.started()
        place = tasks.world.services.agent_tasks

        def dies(*_: object) -> Any:
            raise Unavailable("no answer")

        tasks.world.services.agent_tasks = replace(place, place=dies)
        with pytest.raises(Unavailable):
            tasks.call(run_id)
        tasks.loop.flow()  # the turn comes first; nobody waits for it yet
        assert (tasks.step(run_id).status, tasks.sent.told) == ("running", [])
        tasks.fresh()
        tasks.call(run_id, retry=1)
        assert len(tasks.mails()) == 1
        assert tasks.step(run_id).output == output(tasks, run_id, "went: go")
        assert tasks.sent.told == [(f"{run_id}-task-1", None)]

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({"swarm": "nowhere"}, "swarm_not_found: there is no swarm 'nowhere'"),
            ({"agent": "z"}, f"agent_not_found: swarm '{SWARM}' has no agent 'z'"),
        ],
    )
    def test_who_is_not_there_is_a_failure_for_good(
        self, tasks: Tasks, params: dict[str, str], error: str
    ) -> None:
        given = {"swarm": SWARM, "agent": "a", "task": "go", **params}
        run_id = tasks.handed_on(with_give(params=given, retry={"max_attempts": 3}))
        with pytest.raises(StepRefused):
            tasks.call(run_id, "give")
        assert (tasks.step(run_id, "give").status, tasks.step(run_id, "give").error) == (
            "failed",
            error,
        )

    def test_a_stopped_swarm_may_be_there_at_the_next_try(self, tasks: Tasks) -> None:
        run_id = tasks.handed_on(with_give(retry={"max_attempts": 2}))
        tasks.loop.swarms.stop(ORG, SWARM, purge=False)
        with pytest.raises(StepFailed, match="swarm_stopped"):
            tasks.call(run_id, "give")
        tasks.loop.swarms.restart(ORG, SWARM, delete=False)
        tasks.call(run_id, "give", retry=1)
        tasks.loop.flow()
        assert tasks.step(run_id, "give").output["output"] == "went: go home"

    def test_a_retry_policy_sends_another_task(self, tasks: Tasks) -> None:
        given = {"swarm": SWARM, "agent": "a", "task": "no"}
        run_id = tasks.handed_on(with_give(params=given, retry={"max_attempts": 2}))
        tasks.call(run_id, "give")
        tasks.loop.flow()
        assert tasks.sent.told == [(f"{run_id}-give-0", "StepFailed")]
        assert (tasks.step(run_id, "give").status, tasks.step(run_id, "give").failures) == (
            "running",
            1,
        )
        tasks.call(run_id, "give", retry=1)
        assert [mail.id for mail in tasks.mails()] == [
            tasks.mail_id(run_id, "give", failures) for failures in range(2)
        ]
        tasks.loop.flow()
        assert tasks.sent.told[1:] == [(f"{run_id}-give-1", "StepRefused")]

    def test_the_workflow_reads_what_the_agent_said(self, tasks: Tasks) -> None:
        run_id = tasks.handed_on(inputs={"where": "far"})
        tasks.call(run_id, "give")
        tasks.loop.flow()
        assert tasks.world.finish(run_id) == "succeeded"
        detail = tasks.world.services.runs.detail(ORG, run_id)
        assert detail is not None
        assert detail.outputs == {"said": "went: go far"}

    def test_a_failure_that_is_tolerated_lets_the_run_go_on(self, tasks: Tasks) -> None:
        given = {"swarm": SWARM, "agent": "a", "task": "no"}
        run_id = tasks.handed_on(with_give(params=given, continue_on_error=True))
        tasks.call(run_id, "give")
        tasks.loop.flow()
        assert tasks.sent.told == [(f"{run_id}-give-0", None)]
        assert tasks.step(run_id, "give").status == "failed"

    def test_a_timeout_fails_it_and_its_mail_is_skipped(self, tasks: Tasks) -> None:
        given = {"swarm": SWARM, "agent": "a", "task": "go", "timeout": "60s"}
        run_id = tasks.handed_on(with_give(params=given))
        tasks.call(run_id, "give")
        tasks.world.clock.forward(seconds=61)
        with pytest.raises(StepFailed, match="timeout"):
            tasks.call(run_id, "give", retry=1)
        assert tasks.step(run_id, "give").error == "timeout"
        tasks.loop.flow()
        assert tasks.loop.events("task_skipped") == ["task_skipped"]
        assert tasks.loop.life("a").message_count == 0
        assert tasks.sent.told == []

    def test_a_turn_right_before_the_timeout_counts(self, tasks: Tasks) -> None:
        run_id = tasks.handed_on(with_give(timeout="60s"))
        tasks.call(run_id, "give")
        tasks.loop.route()
        tasks.loop.hear()  # committed, and not told yet
        tasks.world.clock.forward(seconds=61)
        tasks.call(run_id, "give", retry=1)
        assert tasks.step(run_id, "give").status == "succeeded"
        tasks.loop.flow()
        assert [error for _, error in tasks.sent.told] == [None]

    def test_a_timeout_that_only_the_run_says_is_refused_when_it_is_a_template(
        self, tasks: Tasks
    ) -> None:
        given = {"swarm": SWARM, "agent": "a", "task": "go", "timeout": "{{ inputs.where }}"}
        with pytest.raises(Invalid):
            tasks.world.apply(with_give(params=given))


class TestCancel:
    def test_before_the_turn_skips_it(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        other = tasks.waiting(task="go on")
        tasks.world.services.canceller.cancel(ORG, run_id)
        tasks.loop.flow()
        assert tasks.loop.events("task_skipped") == ["task_skipped"]
        assert (tasks.loop.life("a").inbox, tasks.loop.life("a").message_count) == (0, 1)
        assert tasks.sent.told == [(f"{other}-task-0", None)]
        assert (tasks.world.status(run_id), tasks.step(run_id).output) == ("cancelled", None)

    def test_during_the_turn_changes_nothing_of_it_and_its_outcome_is_dropped(
        self, tasks: Tasks
    ) -> None:
        run_id = tasks.waiting()
        turns = tasks.world.services.swarm_turns

        def cancelled_meanwhile(org: str, mail: Any) -> bool:
            found = turns.wanted(org, mail)
            tasks.world.services.canceller.cancel(ORG, run_id)
            return bool(found)

        tasks.world.services.swarm_turns = replace(turns, wanted=cancelled_meanwhile)
        tasks.loop.flow()
        assert tasks.loop.life("a").message_count == 1
        assert (tasks.world.status(run_id), tasks.step(run_id).output) == ("cancelled", None)
        assert tasks.sent.told == []

    def test_before_the_task_was_sent_sends_none(self, tasks: Tasks) -> None:
        run_id = tasks.started()
        tasks.world.services.canceller.cancel(ORG, run_id)
        with pytest.raises(RunOver):
            tasks.call(run_id)
        assert tasks.mails() == []

    def test_of_everything_takes_it_along_and_one_of_method_runs_does_not(
        self, tasks: Tasks
    ) -> None:
        run_id = tasks.waiting()
        bulk = tasks.world.services.bulk_canceller
        assert bulk.cancel(ORG, "method-run").count == 0
        assert bulk.cancel(ORG).count == 1
        assert tasks.world.status(run_id) == "cancelled"


class TestWhatGetsLost:
    def test_a_record_that_comes_twice_tells_once(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        tasks.loop.route()
        tasks.loop.hear()
        records = tasks.loop.records()
        for _ in range(3):
            assert tasks.loop.route(records) == []
        assert tasks.sent.told == [(f"{run_id}-task-0", None)]

    def test_a_token_that_could_not_be_sent_is_sent_when_the_record_comes_again(
        self, tasks: Tasks
    ) -> None:
        run_id = tasks.waiting()
        tasks.loop.route()
        tasks.loop.hear()
        records = tasks.loop.records()
        machines: Any = tasks.world.services.machines
        works, machines.succeed = machines.succeed, _later
        again = tasks.loop.route(records)
        assert again == [_number(records, "!DONE#")]
        assert tasks.step(run_id).status == "succeeded"
        machines.succeed = works
        assert tasks.loop.route(records) == []
        assert tasks.sent.told == [(f"{run_id}-task-0", None)]

    def test_the_reconciler_sends_a_token_that_was_never_sent(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        tasks.loop.route()
        tasks.loop.hear()
        machines: Any = tasks.world.services.machines
        works, machines.succeed = machines.succeed, _later
        tasks.loop.route()
        machines.succeed = works
        assert tasks.sweep(minutes=1) == {"signal": 1}
        assert tasks.sent.told == [(f"{run_id}-task-0", None)]

    def test_the_reconciler_finds_an_outcome_that_the_stream_has_lost(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        assert tasks.sweep(minutes=1) == {}
        tasks.loop.route()
        tasks.loop.hear()
        tasks.loop.records()  # gone
        assert tasks.sweep(minutes=1) == {"signal": 1}
        assert tasks.step(run_id).output == output(tasks, run_id, "went: go")
        assert tasks.sent.told == [(f"{run_id}-task-0", None)]
        assert tasks.sweep(minutes=1) == {}

    def test_a_task_is_lost_with_its_agent(self, tasks: Tasks) -> None:
        tasks.loop.swarms.pause(ORG, SWARM)
        run_id = tasks.waiting()
        tasks.loop.swarms.remove_agent(ORG, SWARM, "a")
        tasks.loop.flow()
        assert tasks.sweep(minutes=1) == {"signal": 1}
        assert (tasks.step(run_id).status, tasks.step(run_id).error) == ("failed", LOST)
        assert tasks.sent.told == [(f"{run_id}-task-0", "StepRefused")]

    def test_a_task_is_lost_with_its_swarm_whoever_has_its_name_then(self, tasks: Tasks) -> None:
        tasks.loop.swarms.pause(ORG, SWARM)
        run_id = tasks.waiting()
        tasks.loop.swarms.stop(ORG, SWARM, purge=True)
        tasks.loop.create(SEED)
        for _ in range(2):
            tasks.loop.task("a")
        tasks.loop.flow()
        assert tasks.sweep(minutes=1) == {"signal": 1}
        assert tasks.step(run_id).error == LOST

    def test_a_stopped_swarms_task_waits_until_it_is_started_again(self, tasks: Tasks) -> None:
        tasks.loop.swarms.pause(ORG, SWARM)
        run_id = tasks.waiting()
        tasks.loop.swarms.stop(ORG, SWARM, purge=False)
        assert tasks.sweep(minutes=1) == {}
        assert tasks.step(run_id).status == "waiting"
        tasks.loop.swarms.restart(ORG, SWARM, delete=False)
        tasks.loop.flow()
        assert tasks.sent.told == [(f"{run_id}-task-0", None)]

    def test_dead_mail_that_is_put_back_is_skipped_when_its_run_is_over(self, tasks: Tasks) -> None:
        run_id = tasks.waiting(task="no")
        tasks.loop.flow()
        tasks.world.finish(run_id, {"Error": "StepRefused", "Cause": ""})
        tasks.loop.swarms.restart_agent(ORG, SWARM, "a", replay=True)
        tasks.loop.flow()
        assert tasks.loop.events("task_skipped") == ["task_skipped"]
        assert tasks.loop.life("a").error is None
        assert len(tasks.sent.told) == 1

    def test_a_skipped_task_leaves_an_agent_in_error_as_it_is(self, tasks: Tasks) -> None:
        tasks.loop.task("a", "no")
        tasks.loop.flow()
        run_id = tasks.waiting()
        tasks.world.services.canceller.cancel(ORG, run_id)
        tasks.loop.flow()
        assert (tasks.loop.life("a").state, tasks.loop.life("a").inbox) == ("error", 0)


class TestWhoIsTold:
    def test_another_organisations_run_is_not(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        told = TaskOutcome(run_id, "task", tasks.mail_id(run_id), output="mine now")
        tasks.world.services.agent_tasks.over("org_other", told)
        assert tasks.step(run_id).status == "waiting"

    def test_a_step_that_waits_for_another_task_is_not(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        told = TaskOutcome(run_id, "task", tasks.mail_id(run_id, failures=1), output="late")
        tasks.world.services.agent_tasks.over(ORG, told)
        assert tasks.step(run_id).status == "waiting"

    def test_messages_and_plain_tasks_tell_nobody(self, tasks: Tasks) -> None:
        tasks.loop.task("a")
        tasks.loop.swarms.route(ORG, SWARM, "gateway", "a", "go")
        tasks.loop.flow()
        assert not [item for item in tasks.world.items() if item["sk"].startswith("!DONE#")]
        assert tasks.loop.life("a").message_count == 2

    def test_many_tasks_of_one_agent_are_one_commit_and_each_is_told(self, tasks: Tasks) -> None:
        runs = [tasks.waiting(task=f"go {number}") for number in range(12)]
        tasks.loop.flow()
        assert tasks.sent.told == [(f"{run_id}-task-0", None) for run_id in runs]
        for number, run_id in enumerate(runs):
            assert tasks.step(run_id).output["output"] == f"went: go {number}"


class TestCost:
    def test_the_call_that_sends(self, tasks: Tasks) -> None:
        tasks.waiting()  # what a process reads once
        event = tasks.world.step_event(tasks.started(), "task", phase="task", token="t")
        with tasks.world.calls.counted() as calls:
            run_step(tasks.world.services, event, lambda: 60.0)
        assert calls.made == [
            "dynamodb.batch_get_item",  # run, inputs, step
            "dynamodb.transact_write_items",  # the fence
            "dynamodb.get_item",  # was it sent?
            "dynamodb.get_item",  # the swarm
            "dynamodb.batch_get_item",  # the agent
            "dynamodb.get_item",  # its mailbox
            "dynamodb.transact_write_items",  # the mail
            "dynamodb.transact_write_items",  # the step waits
            "dynamodb.get_item",  # the outcome
        ]

    def test_what_follows_a_turn(self, tasks: Tasks) -> None:
        run_id = tasks.waiting()
        tasks.loop.flow()
        run_id = tasks.waiting()
        told = TaskOutcome(run_id, "task", tasks.mail_id(run_id), output="done")
        with tasks.world.calls.counted() as calls:
            tasks.world.services.agent_tasks.over(ORG, told)
        assert calls.made == [
            "dynamodb.batch_get_item",  # run, step
            "dynamodb.transact_write_items",  # the step's outcome
            "dynamodb.batch_get_item",  # token, step
            "dynamodb.delete_item",  # the token, which was sent
        ]

    def test_mail_of_no_run_costs_what_it_did(self, tasks: Tasks) -> None:
        tasks.loop.create({"agents": [mock("x")]}, name="plain")
        tasks.loop.task("x", name="plain")
        tasks.loop.route()
        bells = tasks.loop.bells()
        with tasks.world.calls.counted() as calls:
            tasks.loop.hear(bells)
        reads = [call for call in calls.made if call == "dynamodb.batch_get_item"]
        assert len(reads) == 2  # its life, before the turn and after it


def _later(token: str) -> None:
    raise Unavailable("later")


def _number(records: list[dict[str, Any]], prefix: str) -> str:
    (found,) = [
        one["dynamodb"]["SequenceNumber"]
        for one in records
        if one["dynamodb"]["Keys"]["sk"]["S"].startswith(prefix)
    ]
    return str(found)
