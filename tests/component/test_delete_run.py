"""A deleted run leaves nothing behind, and nothing that comes late brings any of it back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.ids import minted_at, new_id, run_id_for_key
from chalicelib.core.runs.filters import RunFilter
from chalicelib.core.runs.model import RunStatus
from chalicelib.core.runs.ports import ExecutionState, Settlement
from chalicelib.core.steps import RunOver
from chalicelib.store.log import Closing
from tests.support.definitions import shape, workflow
from tests.support.deletion import RICH, items_of, objects_of, rich_run, subscribe
from tests.support.stream import Stream
from tests.support.world import ORG, World


@pytest.fixture
def stream(world: World) -> Iterator[Stream]:
    world.apply(RICH)
    world.apply(workflow("w", shape("a"), shape("b")))
    return Stream(world)


def delete(world: World, run_id: str, *, org: str = ORG) -> None:
    world.services.deleter.delete(org, run_id)


def listed(world: World) -> set[str]:
    filters = (
        RunFilter(),
        RunFilter(workflow="rich"),
        RunFilter(status=RunStatus.SUCCEEDED),
        RunFilter(workflow="rich", status=RunStatus.SUCCEEDED),
    )
    pages = [world.services.lists.page(ORG, [wanted], limit=50) for wanted in filters]
    return {run.id for page in pages for run in page.runs}


def cancelled(world: World, stream: Stream) -> str:
    """A run that was cancelled after its first step, sealed."""
    run_id = world.start("w")
    world.run_step(run_id, "a")
    world.services.canceller.cancel(ORG, run_id)
    stream.flow()
    return run_id


def test_nothing_of_a_deleted_run_is_left(world: World, stream: Stream) -> None:
    other, run_id = rich_run(world, stream), rich_run(world, stream)
    kept = items_of(world, other)
    delete(world, run_id)
    assert items_of(world, run_id) == []
    assert objects_of(run_id) == []
    assert items_of(world, other) == kept
    assert objects_of(other)
    assert listed(world) == {other}
    assert world.services.runs.detail(ORG, run_id) is None
    with pytest.raises(NotFound):
        delete(world, run_id)


def test_prometheus_counters_stay(world: World, stream: Stream) -> None:
    from chalicelib.api.prometheus import exposition

    def told() -> list[str]:
        text, _ = exposition(world.services.metrics, world.services.lists, [ORG])
        return [line for line in text.splitlines() if "executions_active" not in line]

    run_id = cancelled(world, stream)
    before = told()
    delete(world, run_id)
    assert told() == before
    assert 'runyard_executions_total{status="cancelled",workflow="w"} 1.0' in before


def test_a_live_run_is_refused_and_stays_as_it_is(world: World, stream: Stream) -> None:
    run_id = world.start("w")
    before = items_of(world, run_id)
    with pytest.raises(Conflict, match="cancel it first") as refused:
        delete(world, run_id)
    assert refused.value.extra == {"run_status": "running"}
    assert items_of(world, run_id) == before


def test_a_run_whose_end_is_not_told_yet_is_refused_until_it_is(
    world: World, stream: Stream
) -> None:
    run_id = world.start("w")
    world.services.canceller.cancel(ORG, run_id)
    with pytest.raises(Conflict, match="try again"):
        delete(world, run_id)
    stream.flow()
    delete(world, run_id)
    assert items_of(world, run_id) == []


def test_unknown_and_foreign_runs_are_not_found(world: World, stream: Stream) -> None:
    run_id = cancelled(world, stream)
    for org, wanted in ((ORG, "run_nobody"), (ORG, "no id"), ("org_other", run_id)):
        with pytest.raises(NotFound):
            delete(world, wanted, org=org)
    assert world.status(run_id) == "cancelled"


def test_an_execution_that_still_runs_is_stopped(
    world: World, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(world.services.machines, "stop", lambda *a: None)
        run_id = cancelled(world, stream)
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    assert world.services.machines.state(run.machine, run_id) is ExecutionState.RUNNING
    delete(world, run_id)
    assert world.services.machines.state(run.machine, run_id) is ExecutionState.ABORTED


def test_a_marked_run_is_gone_for_every_reader_and_the_reconciler_takes_the_rest_away(
    world: World, stream: Stream
) -> None:
    run_id = rich_run(world, stream)
    marked, run = world.services.deleter.store.mark(ORG, run_id, at=rfc3339(world.clock()))
    assert marked and run is not None
    services = world.services
    assert services.runs.get(ORG, run_id) is None
    assert services.runs.detail(ORG, run_id) is None
    assert services.steps.load(ORG, run_id, "a", []) is None
    assert listed(world) == set()
    assert services.lists.live_count(ORG) == 0
    for refused in (
        lambda: services.canceller.cancel(ORG, run_id),
        lambda: services.retrier.retry(ORG, run_id, principal="test"),
    ):
        with pytest.raises(NotFound):
            refused()
    services.runs.close(run)  # what comes late does not hide it from the reconciler
    report = services.reconciler.sweep([ORG], may_go_on=lambda: True)
    assert report.repairs == {"delete": 1}
    assert items_of(world, run_id) == []
    assert objects_of(run_id) == []


def test_what_comes_late_makes_no_item_of_a_deleted_run(world: World, stream: Stream) -> None:
    run_id = world.start("w")
    event = world.step_event(run_id, "a")
    world.run_step(run_id, "a")
    world.services.canceller.cancel(ORG, run_id)
    run = world.services.runs.get(ORG, run_id)
    detail = world.services.runs.detail(ORG, run_id)
    assert run is not None and detail is not None
    records = stream.records()
    stream.fan_out.handle(records)
    delete(world, run_id)
    assert items_of(world, run_id) == []
    from chalicelib.workers.step import run_step

    with pytest.raises(RunOver):
        run_step(world.services, event, lambda: 60.0)
    stream.fan_out.handle(records)  # the whole batch is delivered once more
    for record in records:
        stream.fan_out.handle([record])
    stream.flow()  # and so are the deletions
    stream.fan_out.seal(ORG, run_id)
    world.services.runs.close(run)
    late = Settlement(RunStatus.FAILED, rfc3339(world.clock()))
    assert world.services.runs.settle(ORG, run_id, late, run=run) == (False, None)
    assert world.services.finisher.finish(ORG, run_id, None) is None
    assert items_of(world, run_id) == []


def test_a_seal_that_comes_late_is_dropped(world: World, stream: Stream) -> None:
    """A log that was being sealed by two at once, when the run was deleted."""
    run_id = cancelled(world, stream)
    events = world.services.log.read(ORG, run_id)
    world.services.deleter.store.mark(ORG, run_id, at=rfc3339(world.clock()))
    from chalicelib.store import keys
    from chalicelib.store.table import Delete

    for event in events[1:]:
        world.services.table.write(Delete(keys.event_key(ORG, run_id, event.seq)))
    logged = world.services.log.append(
        ORG, run_id, events[-1:], closing=lambda: Closing({}, 0), stay_open=False
    )
    assert logged == []
    assert world.services.runs.get(ORG, run_id) is None


def test_a_socket_that_attaches_meanwhile_is_told_and_leaves_nothing(
    world: World, stream: Stream
) -> None:
    run_id = cancelled(world, stream)
    connection = stream.connect("late")
    delete(world, run_id)
    with pytest.raises(NotFound):
        stream.streamer.attach(connection, "r", run_id, after=0)
    assert items_of(world, run_id) == []


def test_a_late_large_output_does_not_stay_in_the_bucket(world: World, stream: Stream) -> None:
    from chalicelib.core.runs.model import Step, StepStatus
    from chalicelib.core.runs.ports import Fence

    run_id = cancelled(world, stream)
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    step = Step("b", "transform", StepStatus.SUCCEEDED, 1, owner="me", output="x" * 150_000)
    delete(world, run_id)
    assert world.services.steps.finish(run, step, rfc3339(world.clock())) is Fence.RUN_OVER
    assert objects_of(run_id) == []


def test_a_key_starts_anew_after_its_run_was_deleted(world: World, stream: Stream) -> None:
    first = world.start("w", idempotency_key="k")
    world.services.canceller.cancel(ORG, first)
    stream.flow()
    delete(world, first)
    second = world.start("w", idempotency_key="k")
    assert second != first
    assert world.execution(second) is ExecutionState.RUNNING
    assert world.start("w", idempotency_key="k") == second
    # Step Functions would not run another execution of the first one's name: that is kept in mind.
    (left,) = items_of(world, first)
    assert set(left) == {"pk", "sk", "deleted", "expires_at"}
    with pytest.raises(NotFound):
        delete(world, first)
    assert world.services.runs.get(ORG, first) is None
    assert world.services.runs.detail(ORG, first) is None
    with pytest.raises(NotFound):
        world.services.canceller.cancel(ORG, first)


def test_an_id_that_was_chosen_is_used_up(world: World, stream: Stream) -> None:
    world.start("w", run_id="run_mine")
    world.services.canceller.cancel(ORG, "run_mine")
    stream.flow()
    delete(world, "run_mine")
    stream.flow()
    with pytest.raises(Conflict, match="used up"):
        world.start("w", run_id="run_mine")


def test_a_retry_whose_source_was_deleted_goes_on_with_its_copies(
    world: World, stream: Stream
) -> None:
    source = cancelled(world, stream)
    retried = world.services.retrier.retry(ORG, source, principal="test").run.id
    delete(world, source)
    world.run_step(retried, "a")
    world.run_step(retried, "b")
    assert world.finish(retried) == "succeeded"


def test_a_deletion_that_takes_long_is_left_to_the_reconciler(world: World, stream: Stream) -> None:
    from dataclasses import replace

    run_id = rich_run(world, stream)
    times = iter([0.0, 100.0])
    replace(world.services.deleter, seconds=lambda: next(times)).delete(ORG, run_id)
    assert world.services.runs.get(ORG, run_id) is None
    assert items_of(world, run_id) != []
    world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
    assert items_of(world, run_id) == []


def test_subscriptions_go_on_both_sides(world: World, stream: Stream) -> None:
    run_id, other = cancelled(world, stream), cancelled(world, stream)
    stream.connect("s")
    subscribe(world, run_id, "s")
    delete(world, run_id)
    subscribe(world, other, "s")
    found = [item["sk"] for item in world.items() if item["pk"] == "~#SOCKET#s"]
    assert sorted(found) == [f"RUN#{other}#request", "SOCKET"]


def test_only_an_id_of_our_own_making_is_known_as_such(world: World) -> None:
    now = world.clock()
    assert minted_at(new_id("run", now), now)
    assert not minted_at(run_id_for_key(ORG, "k"), now)
    assert not minted_at("run_mine", now)
    world.clock.forward(seconds=1)
    assert not minted_at(new_id("run", now), world.clock())
