"""Every item of a run carries the time at which DynamoDB may forget it."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.core.clock import parse_rfc3339, rfc3339
from chalicelib.core.runs.model import RunStatus
from chalicelib.core.runs.ports import Settlement
from chalicelib.store import keys
from tests.support.definitions import delay, shape, workflow
from tests.support.stream import Stream
from tests.support.world import ORG, SETTINGS, World

WIDE = workflow(
    "wide",
    *(shape(f"s{number}", depends_on=[]) for number in range(6)),
    inputs={"who": {"type": "string"}},
    outputs={"who": "{{ inputs.who }}"},
)
KINDS = {"#RUN", "#INPUT", "#OUTPUT", "#STEP", "FENCE", "EVENT", "SOCKET"}


def kind(sk: str) -> str:
    return "#" + sk.split("#")[1] if sk.startswith("#") else sk.split("#", maxsplit=1)[0]


def expiries(world: World, run_id: str) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for item in world.items():
        if item["pk"] == keys.run_pk(ORG, run_id):
            assert "expires_at" in item, item
            found.setdefault(kind(item["sk"]), set()).add(item["expires_at"])
    return found


def test_each_kind_of_item_of_a_run_expires(world: World) -> None:
    world.apply(WIDE)
    stream = Stream(world)
    run_id = world.start("wide", inputs={"who": "Ada"})
    for number in range(6):
        world.run_step(run_id, f"s{number}")
    assert world.finish(run_id) == "succeeded"
    stream.streamer.attach(stream.connect("c"), "r", run_id, after=0)
    found = expiries(world, run_id)
    stream.flow()
    found |= expiries(world, run_id)
    assert set(found) == KINDS
    run = world.services.runs.get(ORG, run_id)
    assert run is not None
    kept = timedelta(days=SETTINGS.retention_days)
    started: datetime = parse_rfc3339(run.started_at)
    for one in ("#RUN", "#INPUT", "#OUTPUT", "#STEP", "FENCE"):
        assert found[one] == {int((started + kept).timestamp())}, one
    assert min(found["EVENT"]) >= int((started + kept).timestamp())


def test_reused_steps_expire_with_the_run_that_reuses_them(world: World) -> None:
    world.apply(workflow("w", shape("a"), shape("b")))
    run_id = world.start("w")
    world.run_step(run_id, "a")
    failed = Settlement(RunStatus.FAILED, rfc3339(world.clock()))
    world.services.runs.settle(ORG, run_id, failed)
    world.clock.forward(days=1)
    retried = world.services.retrier.retry(ORG, run_id, principal="test").run
    found = expiries(world, retried.id)
    assert found["#STEP"] == found["#RUN"]
    assert min(found["#RUN"]) > max(expiries(world, run_id)["#RUN"])


def test_a_run_that_may_wait_for_days_is_over_before_its_items_expire(world: World) -> None:
    kept = timedelta(days=SETTINGS.retention_days)
    world.apply(workflow("waits", delay("a", "300d")))
    world.apply(workflow("limited", delay("a", "300d"), timeout="365d"))
    world.apply(workflow("queued", delay("a", "300d"), max_parallel_executions=1))
    world.apply(workflow("short", delay("a", "1s"), timeout="60s"))
    world.apply(workflow("never", shape("a")))
    for name in ("waits", "limited", "queued"):
        run = world.services.runs.get(ORG, world.start(name))
        assert run is not None and run.deadline is not None
        assert parse_rfc3339(run.deadline) == parse_rfc3339(run.started_at) + kept, name
    short = world.services.runs.get(ORG, world.start("short"))
    assert short is not None and short.deadline is not None
    assert parse_rfc3339(short.deadline) - parse_rfc3339(short.started_at) == timedelta(seconds=60)
    never = world.services.runs.get(ORG, world.start("never"))
    assert never is not None and never.deadline is None
