"""`max_parallel_executions`: never more than so many at once, and nobody overtakes or is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import TooManyRuns
from chalicelib.core.runs.ports import ExecutionState
from tests.support.quick import quick_aws
from tests.support.stream import Stream
from tests.support.world import ORG, World


def limited(limit: int | None, on_limit: str = "queue", **more: object) -> dict[str, object]:
    places = {} if limit is None else {"max_parallel_executions": limit, "on_limit": on_limit}
    step = {"name": "only", "action": "transform", "params": {}}
    return {"name": "few", **places, "steps": [step], **more}


def holders(world: World) -> set[str]:
    (item,) = [item for item in world.items() if item["sk"] == "PLACES"]
    return set(item.get("holders", ()))


def queue(world: World) -> list[str]:
    return [item["run"] for item in world.items() if "#QUEUE#" in item["pk"]]


def complete(world: World, stream: Stream, run_id: str) -> None:
    world.run_step(run_id, "only")
    assert world.finish(run_id) == "succeeded"
    stream.flow()


def test_runs_over_the_limit_wait_and_start_in_order_as_places_are_free(world: World) -> None:
    stream = Stream(world)
    world.apply(limited(2))
    runs = [world.start("few") for _ in range(5)]
    statuses = lambda: [world.status(run) for run in runs]  # noqa: E731
    assert statuses() == ["running"] * 2 + ["queued"] * 3
    assert world.execution(runs[2]) is ExecutionState.MISSING
    complete(world, stream, runs[1])
    assert statuses() == ["running", "succeeded", "running", "queued", "queued"]
    assert world.execution(runs[2]) is ExecutionState.RUNNING
    complete(world, stream, runs[0])
    complete(world, stream, runs[2])
    assert statuses() == ["succeeded"] * 3 + ["running"] * 2
    complete(world, stream, runs[3])
    complete(world, stream, runs[4])
    assert (holders(world), queue(world)) == (set(), [])


def test_a_start_over_the_limit_is_refused_where_the_workflow_says_so(world: World) -> None:
    stream = Stream(world)
    world.apply(limited(1, "reject"))
    first = world.start("few", idempotency_key="one")
    with pytest.raises(TooManyRuns) as refused:
        world.start("few")
    assert refused.value.retry_after > 0
    assert world.start("few", idempotency_key="one") == first, "a replay takes no second place"
    complete(world, stream, first)
    second = world.start("few")
    assert world.status(second) == "running"
    assert len([item for item in world.items() if item["sk"] == "#RUN"]) == 2


def test_a_queued_run_that_is_cancelled_never_starts_and_takes_no_place(world: World) -> None:
    stream = Stream(world)
    world.apply(limited(1))
    first, second, third = (world.start("few") for _ in range(3))
    world.services.canceller.cancel(ORG, second)
    stream.flow()
    complete(world, stream, first)
    assert (world.status(second), world.status(third)) == ("cancelled", "running")
    assert world.execution(second) is ExecutionState.MISSING
    assert holders(world) == {third}


def test_a_queued_run_that_is_cancelled_and_not_told_of_is_passed_over(world: World) -> None:
    world.apply(limited(1))
    first, second, third = (world.start("few") for _ in range(3))
    world.services.canceller.cancel(ORG, second)
    Stream(world)  # nobody has read the stream of that cancel
    world.run_step(first, "only")
    world.finish(first)
    world.services.fan_out.seal(ORG, first)
    assert world.status(third) == "running"


def test_a_deadline_counts_from_the_moment_a_run_is_let_go(world: World) -> None:
    stream = Stream(world)
    world.apply(limited(1, timeout="60s"))
    first, second = world.start("few"), world.start("few")
    world.clock.forward(seconds=50)
    complete(world, stream, first)
    world.clock.forward(seconds=50)
    complete(world, stream, second)


def test_the_newest_version_says_how_many_places_there_are(world: World) -> None:
    world.apply(limited(1))
    runs = [world.start("few") for _ in range(3)]
    world.apply(limited(2))
    assert world.services.admission.admit(ORG, "few") == 1
    world.apply(limited(None))
    assert world.services.admission.admit(ORG, "few") == 1
    assert [world.status(run) for run in runs] == ["running"] * 3


def test_the_reconciler_lets_go_whom_a_dead_process_forgot(world: World) -> None:
    world.apply(limited(1))
    first, second = world.start("few"), world.start("few")
    world.run_step(first, "only")
    world.finish(first)
    world.services.places.leave(world.services.runs.get(ORG, first))  # type: ignore[arg-type]
    assert world.status(second) == "queued"
    report = world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
    assert report.repairs.get("admit") == 1
    assert world.status(second) == "running"


def test_runs_of_workflows_without_a_limit_pay_nothing_for_it(world: World) -> None:
    world.apply(limited(None))
    with world.calls.counted() as calls:
        world.start("few")
    assert "dynamodb.query" not in calls.made
    assert not [item for item in world.items() if item["sk"] == "PLACES"]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    limit=st.integers(1, 3),
    acts=st.lists(st.sampled_from(["start", "finish", "cancel", "flow"]), max_size=25),
)
def test_never_more_than_the_limit_run_and_at_the_end_all_have_run_in_order(
    limit: int, acts: list[str]
) -> None:
    with quick_aws():
        world = World()
        stream = Stream(world)
        world.apply(limited(limit))
        runs: list[str] = []
        began: list[str] = []

        def look() -> None:
            running = [run for run in runs if world.status(run) == "running"]
            assert len(running) <= limit
            began.extend(run for run in running if run not in began)

        def act(what: str) -> None:
            if what == "start":
                runs.append(world.start("few"))
            if what == "flow":
                stream.flow()
            live = [run for run in runs if world.status(run) == "running"]
            if what == "finish" and live:
                world.run_step(live[0], "only")
                world.finish(live[0])
            waiting = [run for run in runs if world.status(run) == "queued"]
            if what == "cancel" and (live or waiting):
                world.services.canceller.cancel(ORG, (waiting or live)[-1])
            look()

        for what in acts:
            act(what)
        while [run for run in runs if world.status(run) in ("running", "queued")]:
            act("finish")
            act("flow")
        act("flow")
        assert began == [run for run in runs if run in began]
        assert {run for run in runs if world.status(run) == "cancelled"} | set(began) == set(runs)
        if runs:
            assert (holders(world), queue(world)) == (set(), [])
