"""What follows from a run's end is done before its log is sealed, and again if that died."""

from __future__ import annotations

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.runs.aftermath import Aftermath
from chalicelib.core.runs.model import RunDetail
from tests.support.stream import Stream
from tests.support.world import ORG, World

ONE = {"name": "one", "steps": [{"name": "only", "action": "transform", "params": {"a": 1}}]}


def test_a_run_is_sealed_only_when_what_follows_from_its_end_is_done(world: World) -> None:
    stream = Stream(world)
    world.apply(ONE)
    run_id = world.start("one")
    told: list[bool] = []

    def consequence(detail: RunDetail) -> None:
        told.append(world.services.runs.get(ORG, detail.run.id).sealed)  # type: ignore[union-attr]
        if len(told) == 1:
            raise Unavailable("AWS says later")

    world.services.aftermath = Aftermath((consequence,))
    world.run_step(run_id, "only")
    stream.flow()
    assert told == [], "a live run has no aftermath"
    world.finish(run_id)
    records = stream.records()
    with pytest.raises(Unavailable):
        stream.fan_out.handle(records)
    assert not world.services.runs.get(ORG, run_id).sealed  # type: ignore[union-attr]
    stream.fan_out.handle(records)
    assert told == [False, False]
    assert world.services.runs.get(ORG, run_id).sealed  # type: ignore[union-attr]


def test_the_reconciler_does_what_the_stream_did_not(world: World) -> None:
    world.apply(ONE)
    run_id = world.start("one")
    world.run_step(run_id, "only")
    told: list[str] = []
    world.services.aftermath = Aftermath((lambda detail: told.append(detail.run.id),))
    world.finish(run_id)
    world.services.fan_out.seal(ORG, run_id)
    assert told == [run_id]
    assert world.services.runs.get(ORG, run_id).sealed  # type: ignore[union-attr]
