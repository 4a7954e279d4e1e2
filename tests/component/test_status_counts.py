"""S1's counts of runs by status: each run that is there counts once, deleted ones do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.core.errors import Conflict, NotFound
from tests.support.definitions import shape, workflow
from tests.support.followed import Machines
from tests.support.graph_runs import begin, graph, log, root
from tests.support.stream import Stream
from tests.support.world import ORG, World


@pytest.fixture
def stream(world: World) -> Iterator[Stream]:
    for name in ("w", "v"):
        world.apply(workflow(name, shape("a")))
    return Stream(world)


def ended(world: World, stream: Stream, name: str = "w") -> str:
    run_id = world.start(name)
    world.run_step(run_id, "a")
    world.finish(run_id)
    stream.flow()
    return run_id


def counts(world: World, name: str | None = None) -> dict[str, int]:
    found = world.services.v1.run_counts.by_status(ORG, name)
    return {word: number for word, number in found.items() if number}


def delete(world: World, run_id: str) -> None:
    world.services.deleter.delete(ORG, run_id)


def test_a_deleted_run_counts_no_more(world: World, stream: Stream) -> None:
    first, second = ended(world, stream), ended(world, stream)
    other, live = ended(world, stream, "v"), world.start("w")
    assert counts(world) == {"success": 3, "running": 1}
    delete(world, first)
    assert counts(world) == {"success": 2, "running": 1}
    assert counts(world, "w") == {"success": 1, "running": 1}
    assert counts(world, "v") == {"success": 1}
    for run_id in (second, other):
        delete(world, run_id)
    assert counts(world) == {"running": 1}
    world.services.canceller.cancel(ORG, live)
    stream.flow()
    assert counts(world) == {"cancelled": 1}
    delete(world, live)
    assert counts(world) == {}


def test_a_second_request_does_not_count_again(world: World, stream: Stream) -> None:
    kept, run_id = ended(world, stream), ended(world, stream)
    delete(world, run_id)
    with pytest.raises(NotFound):
        delete(world, run_id)
    assert counts(world) == {"success": 1}
    assert world.status(kept) == "succeeded"


def test_two_at_once_count_once(world: World, stream: Stream) -> None:
    ended(world, stream)
    run_id = ended(world, stream)
    store, other = world.services.deleter.store, world.fresh().deleter.store
    mark = store._mark  # type: ignore[attr-defined]

    def late(*about: str) -> object:
        other.mark(ORG, run_id, at="2026-03-18T10:00:00.000Z")
        return mark(*about)

    store._mark = late  # type: ignore[attr-defined]
    delete(world, run_id)
    assert counts(world) == {"success": 1}
    assert world.services.runs.get(ORG, run_id) is None


def test_it_is_gone_from_the_first_write_on(world: World, stream: Stream) -> None:
    run_id = ended(world, stream)
    world.services.deleter.store.mark(ORG, run_id, at="2026-03-18T10:00:00.000Z")
    assert counts(world) == {}
    world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
    assert counts(world) == {}


def test_a_run_that_is_refused_stays_counted(world: World, stream: Stream) -> None:
    run_id = world.start("w")
    with pytest.raises(Conflict):
        delete(world, run_id)
    world.services.canceller.cancel(ORG, run_id)
    with pytest.raises(Conflict):
        delete(world, run_id)
    assert counts(world) == {"cancelled": 1}


def test_runs_of_single_definitions_are_taken_off_their_own_count(
    world: World, stream: Stream
) -> None:
    ids = [begin(world, graph(root=root("a"), a=log("x"))) for _ in range(2)]
    for run_id in ids:
        Machines(world).run(run_id)
    stream.flow()
    assert counts(world) == {"success": 2}
    delete(world, ids[0])
    assert counts(world) == {"success": 1}
