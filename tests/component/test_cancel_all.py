"""Bulk cancel (S0): it touches what is live and nothing else, whatever is stored; nor does a page."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import boto3
import pytest

from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.runs import cancel_all
from chalicelib.core.runs.cancel_all import SECONDS, BulkCanceller, CancelledAll
from chalicelib.core.runs.filters import RunFilter
from chalicelib.core.runs.model import METHOD_RUN, WORKFLOW_RUN, Run, RunStatus
from chalicelib.core.runs.ports import ExecutionState
from chalicelib.store.run_items import run_item
from chalicelib.store.wire import to_wire
from tests.support.models import put_model, run_method
from tests.support.world import ORG, REGION, SETTINGS, World

NO_OP = {"name": "noop", "steps": [{"name": "a", "action": "transform", "params": {}}]}
WIDE = {
    "name": "wide",
    "steps": [
        {"name": f"s{n}", "action": "transform", "params": {}, "depends_on": []} for n in range(6)
    ],
}


@pytest.fixture
def ready(world: World) -> World:
    world.apply(NO_OP)
    world.apply(WIDE)
    put_model(world, "shaper", "transform")
    return world


def canceller(world: World, **more: Any) -> BulkCanceller:
    return replace(world.services.bulk_canceller, workers=1, **more)


def store_finished(number: int) -> None:
    """Finished, closed runs, put as the items they would be."""
    client = boto3.client("dynamodb", region_name=REGION)
    requests = []
    for n in range(number):
        at = f"2026-03-{1 + n % 17:02d}T00:00:{n % 60:02d}.{n // 60 % 1000:03d}Z"
        run = Run(
            ORG, f"run_old{n:05d}", "noop", 1, "m", RunStatus.SUCCEEDED, at, 0, finished_at=at
        )
        item = run_item(run, shards=1, expires_at=2_000_000_000)
        del item["g_open"]
        requests.append({"PutRequest": {"Item": to_wire(item)}})
    for start in range(0, number, 25):
        client.batch_write_item(RequestItems={SETTINGS.table: requests[start : start + 25]})


def test_everything_live_is_cancelled_and_counted_once(ready: World) -> None:
    runs = [ready.start("noop"), ready.start("wide"), run_method(ready, "shaper")]
    assert ready.services.bulk_canceller.cancel(ORG) == CancelledAll(3, more=False)
    assert [ready.status(run_id) for run_id in runs] == ["cancelled"] * 3
    assert {ready.execution(run_id) for run_id in runs} == {ExecutionState.ABORTED}
    assert ready.services.bulk_canceller.cancel(ORG) == CancelledAll(0, more=False)


def test_a_type_is_cancelled_alone(ready: World) -> None:
    flow, method = ready.start("noop"), run_method(ready, "shaper")
    assert ready.services.bulk_canceller.cancel(ORG, METHOD_RUN).count == 1
    assert (ready.status(flow), ready.status(method)) == ("running", "cancelled")
    assert ready.services.bulk_canceller.cancel(ORG, WORKFLOW_RUN).count == 1
    assert ready.status(flow) == "cancelled"


def test_another_organisations_runs_stay(ready: World) -> None:
    ready.apply(NO_OP, org="org_other")
    other = ready.start("noop", org="org_other")
    assert ready.services.bulk_canceller.cancel(ORG).count == 0
    run = ready.services.runs.get("org_other", other)
    assert run is not None and run.live


def test_more_runs_than_workers_are_all_cancelled(ready: World) -> None:
    runs = [ready.start("noop") for _ in range(30)]
    assert ready.services.bulk_canceller.cancel(ORG).count == 30
    assert {ready.status(run_id) for run_id in runs} == {"cancelled"}


def test_only_what_this_call_cancelled_is_counted(ready: World) -> None:
    """Between the list and the write another cancel and a finish came first."""
    theirs, done, mine = (ready.start("noop") for _ in range(3))
    stale = list(ready.services.runs.open_runs(ORG))
    ready.services.canceller.cancel(ORG, theirs)
    ready.run_step(done, "a")
    ready.finish(done)
    ready.services.runs.open_runs = lambda org: iter(stale)  # type: ignore[method-assign]
    assert ready.services.bulk_canceller.cancel(ORG) == CancelledAll(1, more=False)
    assert (ready.status(done), ready.status(mine)) == ("succeeded", "cancelled")


def test_what_does_not_fit_the_time_is_left_and_said_so(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancel_all, "_CHUNK", 4)
    for _ in range(6):
        ready.start("noop")
    clock = itertools.chain([0.0, 1.0], itertools.repeat(SECONDS))
    first = canceller(ready, seconds=lambda: next(clock)).cancel(ORG)
    assert first == CancelledAll(4, more=True)
    assert canceller(ready).cancel(ORG) == CancelledAll(2, more=False)


def test_what_aws_throttles_is_left_and_said_so(ready: World) -> None:
    runs = ready.services.runs
    real = runs.settle
    first, second = ready.start("noop"), ready.start("noop")

    def settle(org: str, run_id: str, *rest: Any, **more: Any) -> Any:
        if run_id == first:
            raise Unavailable("later")
        return real(org, run_id, *rest, **more)

    runs.settle = settle  # type: ignore[method-assign]
    assert canceller(ready).cancel(ORG) == CancelledAll(1, more=True)
    assert (ready.status(first), ready.status(second)) == ("running", "cancelled")


def test_executions_that_cannot_be_stopped_now_are_the_reconcilers(ready: World) -> None:
    run_id = ready.start("noop")

    def throttled(*_: Any) -> None:
        raise Unavailable("later")

    real = ready.services.machines.stop
    ready.services.machines.stop = throttled  # type: ignore[method-assign]
    assert canceller(ready).cancel(ORG) == CancelledAll(1, more=False)
    ready.services.machines.stop = real  # type: ignore[method-assign]
    ready.clock.forward(seconds=11)
    ready.services.reconciler.sweep([ORG], may_go_on=lambda: True)
    assert ready.execution(run_id) is ExecutionState.ABORTED


@pytest.mark.parametrize("workflow", ["noop", "wide"])
def test_a_run_of_the_other_type_is_not_found_and_goes_on(ready: World, workflow: str) -> None:
    run_id = ready.start(workflow)
    with pytest.raises(NotFound):
        ready.services.canceller.cancel(ORG, run_id, run_type=METHOD_RUN)
    assert ready.status(run_id) == "running"
    assert ready.services.canceller.cancel(ORG, run_id, run_type=WORKFLOW_RUN).id == run_id
    assert ready.status(run_id) == "cancelled"


def test_cancelling_one_by_its_type_costs_no_read(ready: World) -> None:
    run_id = run_method(ready, "shaper")
    with ready.calls.counted() as calls:
        ready.services.canceller.cancel(ORG, run_id, run_type=METHOD_RUN)
    assert calls.made == ["dynamodb.update_item", "stepfunctions.stop_execution"]
    assert calls.write_units <= 6


def test_neither_a_page_nor_a_bulk_cancel_costs_more_with_10_000_runs_stored(ready: World) -> None:
    live = 3

    def cost() -> list[Any]:
        """(calls, read units, write units) of a page of 50 and of a bulk cancel of three."""
        found: list[Any] = []
        for _ in range(live):
            ready.start("noop")
        for wanted in (RunFilter(), RunFilter(RunStatus.SUCCEEDED)):
            with ready.calls.counted() as calls:
                page = ready.services.lists.page(ORG, [wanted], limit=50)
            assert len(page.runs) == 50
            found.append((list(calls.made), calls.read_units))
        with ready.calls.counted() as calls:
            assert canceller(ready).cancel(ORG) == CancelledAll(live, more=False)
        found.append((list(calls.made), calls.read_units, calls.write_units))
        for run in list(ready.services.runs.open_runs(ORG)):
            ready.services.runs.close(run)
        return found

    store_finished(100)
    few = cost()
    assert few[-1][0] == [
        "dynamodb.query",
        *["dynamodb.update_item"] * live,
        *["stepfunctions.stop_execution"] * live,
    ]
    store_finished(10_000)
    assert cost() == few
