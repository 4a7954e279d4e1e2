"""AWS calls and write units of each operation, as docs/architecture.md promises them."""

from __future__ import annotations

from tests.support.stream import Stream
from tests.support.world import ORG, World

NO_OP = {"name": "noop", "steps": [{"name": s, "action": "transform", "params": {}} for s in "abc"]}
CROSSING = {
    "name": "crossing",
    "steps": [
        {"name": name, "action": "transform", "params": {}, "depends_on": needs}
        for name, needs in {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}.items()
    ],
}


def ready(world: World) -> str:
    """A world whose process is warm: the definition is cached, one run has been through."""
    world.apply(NO_OP)
    run_id = world.start("noop")
    for step in "abc":
        world.run_step(run_id, step)
    world.finish(run_id)
    return run_id


def test_starting_is_one_read_one_transaction_and_start_execution(world: World) -> None:
    ready(world)
    with world.calls.counted() as calls:
        world.start("noop")
    assert calls.made == [
        "dynamodb.get_item",  # which version is the latest: never cached, so never stale
        "dynamodb.transact_write_items",
        "stepfunctions.start_execution",
    ]
    assert calls.write_units <= 8


def test_a_step_is_one_read_one_fence_and_one_finish(world: World) -> None:
    ready(world)
    run_id = world.start("noop")
    event = world.step_event(run_id, "a")
    from chalicelib.workers.step import run_step

    with world.calls.counted() as calls:
        run_step(world.services, event, lambda: 60.0)
    assert calls.made == [
        "dynamodb.batch_get_item",
        "dynamodb.transact_write_items",
        "dynamodb.transact_write_items",
    ]
    assert calls.write_units <= 8


def test_cancelling_is_one_write_and_stop_execution(world: World) -> None:
    ready(world)
    run_id = world.start("noop")
    with world.calls.counted() as calls:
        world.services.canceller.cancel(ORG, run_id)
    assert calls.made == ["dynamodb.update_item", "stepfunctions.stop_execution"]
    assert calls.write_units <= 6


def test_the_detail_of_a_run_is_one_query(world: World) -> None:
    run_id = ready(world)
    with world.calls.counted() as calls:
        world.services.runs.detail(ORG, run_id)
    assert calls.made == ["dynamodb.query"]
    assert calls.read_units <= 1


def test_a_page_of_runs_is_one_query_per_shard(world: World) -> None:
    from chalicelib.core.runs.filters import RunFilter
    from chalicelib.core.runs.model import RunStatus

    ready(world)
    for wanted in (
        RunFilter(),
        RunFilter(workflow="noop"),
        RunFilter(status=RunStatus.SUCCEEDED),
        RunFilter(workflow="noop", status=RunStatus.SUCCEEDED),
    ):
        with world.calls.counted() as calls:
            page = world.services.lists.page(ORG, [wanted], limit=50)
        assert calls.made == ["dynamodb.query"]
        assert len(page.runs) == 1


def test_a_token_is_one_read_and_then_none_for_thirty_seconds(world: World) -> None:
    from chalicelib.core.clock import rfc3339
    from chalicelib.core.roles import Role
    from chalicelib.store.tokens import Token

    now, later = rfc3339(world.clock()), "2027-01-01T00:00:00.000Z"
    tokens = world.services.tokens
    tokens.store(Token("tok_1", "ci", ORG, Role.VIEWER, now, later), "secret")
    with world.calls.counted() as calls:
        assert tokens.principal("ci.secret") is not None
        assert tokens.principal("ci.secret") is not None
        assert calls.made == ["dynamodb.batch_get_item"]
        world.clock.forward(seconds=31)
        assert tokens.principal("ci.secret") is not None
        assert len(calls.made) == 2


def test_an_event_is_one_look_at_the_log_one_write_and_one_query_for_subscribers(
    world: World,
) -> None:
    ready(world)
    stream = Stream(world)
    run_id = world.start("noop")
    connection = stream.connect("c1")
    stream.streamer.attach(connection, "r", run_id, after=0)
    stream.flow()
    world.run_step(run_id, "a")
    records = stream.records()
    with world.calls.counted() as calls:
        stream.fan_out.handle(records)
    events = len(stream.mailbox.seqs("c1")) - 1
    assert calls.made == ["dynamodb.query", *["dynamodb.put_item"] * events, "dynamodb.query"]
    assert calls.write_units == events


def test_a_gate_is_a_read_a_fence_and_a_look(world: World) -> None:
    world.apply(CROSSING)
    run_id = world.start("crossing")
    with world.calls.counted() as calls:
        world.gate(run_id, "d", ["a"], "token")
    assert calls.made[1:] == [  # the first is the test's own, which asks what to send
        "dynamodb.get_item",
        "dynamodb.transact_write_items",
        "dynamodb.batch_get_item",
    ]
    assert calls.write_units <= 4


def test_only_a_step_that_a_gate_waits_for_pays_for_it(world: World) -> None:
    world.apply(CROSSING)
    run_id = world.start("crossing")
    world.run_step(run_id, "c")  # from here on the process remembers the definition
    with world.calls.counted() as calls:
        world.run_step(run_id, "b")
    plain = len(calls.made)
    with world.calls.counted() as calls:
        world.run_step(run_id, "a", signals=["d"])
    assert calls.made[plain:] == ["dynamodb.batch_get_item"]  # its gate is not there yet
    world.gate(run_id, "d", ["e"], "token")
    with world.calls.counted() as calls:
        world.run_step(run_id, "a", retry=1, signals=["d"])
    assert calls.made[-2:] == ["dynamodb.batch_get_item"] * 2
