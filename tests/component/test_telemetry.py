"""What CloudWatch is told: EMF on standard output, with no id in a dimension."""

from __future__ import annotations

import json

import pytest

from chalicelib.telemetry import run_ended
from tests.support.stream import Stream
from tests.support.world import ORG, World

ONE = {"name": "one-step", "steps": [{"name": "only", "action": "transform", "params": {}}]}


def test_a_run_that_ended_is_one_count_and_one_duration_by_workflow_and_status(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.apply(ONE)
    run_id = world.start("one-step")
    world.run_step(run_id, "only")
    world.finish(run_id)
    detail = world.services.runs.detail(ORG, run_id)
    assert detail is not None
    capsys.readouterr()
    run_ended(detail)
    emitted = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [entry["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] for entry in emitted] == [
        "Executions",
        "ExecutionDuration",
    ]
    for entry in emitted:
        (directive,) = entry["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Runyard"
        assert directive["Dimensions"] == [["workflow", "status"]]
        assert (entry["workflow"], entry["status"]) == ("one-step", "completed")
    assert run_id not in json.dumps(emitted)


def test_the_fan_out_tells_of_each_run_once_when_its_log_is_closed(world: World) -> None:
    world.apply(ONE)
    stream = Stream(world)
    run_id = world.start("one-step")
    stream.flow()
    assert stream.ended == []
    world.run_step(run_id, "only")
    world.finish(run_id)
    stream.flow()
    assert stream.ended == [run_id]
