"""Events: numbered once, in one order, and delivered without a seam (invariant 6)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.store.log import Closing
from chalicelib.workers.fan_out import changes_of
from tests.support.quick import quick_aws
from tests.support.stream import Stream
from tests.support.world import ORG, World

CHAIN = {
    "name": "chain",
    "steps": [
        {"name": "one", "action": "transform", "params": {}},
        {"name": "two", "action": "transform", "params": {}},
    ],
}
EVENTS = [
    "started",
    "step_started",
    "step_completed",
    "step_started",
    "step_completed",
    "completed",
]


@pytest.fixture
def stream(world: World) -> Stream:
    world.apply(CHAIN)
    return Stream(world)


def kinds(stream: Stream, run_id: str) -> list[str]:
    return [event.kind for event in stream.world.services.log.read(ORG, run_id)]


def run_through(stream: Stream, run_id: str, *, flowing: bool) -> None:
    world = stream.world
    for act in (
        lambda: world.run_step(run_id, "one"),
        lambda: world.run_step(run_id, "two"),
        lambda: world.finish(run_id),
    ):
        act()
        if flowing:
            stream.flow()
    stream.flow()


@pytest.mark.parametrize("flowing", [True, False])
def test_the_log_is_the_same_whether_the_stream_comes_in_one_batch_or_many(
    stream: Stream, flowing: bool
) -> None:
    run_id = stream.world.start("chain")
    run_through(stream, run_id, flowing=flowing)
    found = kinds(stream, run_id)
    assert sorted(found) == sorted(EVENTS)
    assert (found[0], found[-1]) == ("started", "completed")


def test_a_batch_delivered_twice_is_logged_once_and_counted_once(stream: Stream) -> None:
    run_id = stream.world.start("chain")
    run_through(stream, run_id, flowing=False)
    once = kinds(stream, run_id)
    counted = list(stream.world.services.metrics.read(ORG))
    again = Stream(stream.world)  # has seen nothing: delivers everything anew
    again.flow()
    assert kinds(stream, run_id) == once
    assert list(stream.world.services.metrics.read(ORG)) == counted


def test_a_batch_delivered_twice_while_the_run_goes_on_is_logged_once(stream: Stream) -> None:
    run_id = stream.world.start("chain")
    stream.world.run_step(run_id, "one")
    batch = stream.records()
    stream.fan_out.handle(batch)
    stream.fan_out.handle(batch)
    assert kinds(stream, run_id) == ["started", "step_started", "step_completed"]


def test_a_batch_delivered_again_sends_nothing_that_a_subscriber_had_caught_up_with(
    stream: Stream,
) -> None:
    run_id = stream.world.start("chain")
    stream.world.run_step(run_id, "one")
    batch = stream.records()
    stream.fan_out.handle(batch)
    connection = stream.connect("c1")
    stream.streamer.attach(connection, "r1", run_id, after=0)
    stream.fan_out.handle(batch)
    assert stream.mailbox.seqs("c1") == [1, 2, 3]


def test_what_was_stored_but_not_pushed_before_a_crash_is_pushed_with_the_next_delivery(
    stream: Stream,
) -> None:
    connection = stream.connect("c1")
    run_id = stream.world.start("chain")
    stream.streamer.attach(connection, "r1", run_id, after=0)
    batch = stream.records()
    stream.world.services.log.append(
        ORG,
        run_id,
        changes_of(batch)[0].events,
        closing=lambda: Closing({}, 0),
        stay_open=False,
    )
    stream.fan_out.handle(batch)
    assert stream.mailbox.seqs("c1") == [1]


def test_nothing_is_logged_behind_the_terminal_event(stream: Stream) -> None:
    run_id = stream.world.start("chain")
    stream.world.run_step(run_id, "one")
    late = stream.records()
    stream.world.services.canceller.cancel(ORG, run_id)
    stream.flow()
    stream.fan_out.handle(late)
    assert kinds(stream, run_id)[-1] == "cancelled"


def test_a_run_that_succeeded_leaves_the_open_index_when_it_is_sealed(stream: Stream) -> None:
    run_id = stream.world.start("chain")
    run_through(stream, run_id, flowing=True)
    assert list(stream.world.services.runs.open_runs(ORG)) == []
    assert stream.ended == [run_id]


def test_a_subscriber_from_the_start_gets_every_event_and_done(stream: Stream) -> None:
    connection = stream.connect("c1")
    run_id = stream.world.start("chain")
    stream.streamer.attach(connection, "r1", run_id, after=0)
    run_through(stream, run_id, flowing=True)
    assert stream.mailbox.seqs("c1") == [1, 2, 3, 4, 5, 6]
    assert stream.mailbox.done("c1") == 1
    frame = stream.mailbox.frames["c1"][0]
    assert (frame["type"], frame["id"]) == ("event", "r1")
    assert frame["event"]["kind"] == "started"
    assert frame["event"]["runId"] == run_id


def test_a_subscriber_of_a_run_that_is_over_gets_the_rest_and_done(stream: Stream) -> None:
    run_id = stream.world.start("chain")
    run_through(stream, run_id, flowing=True)
    connection = stream.connect("c1")
    stream.streamer.attach(connection, "r1", run_id, after=4)
    assert stream.mailbox.seqs("c1") == [5, 6]
    assert stream.mailbox.done("c1") == 1
    stream.streamer.attach(connection, "r2", run_id, after=6)
    assert stream.mailbox.seqs("c1") == [5, 6]
    assert stream.mailbox.done("c1") == 2


def test_after_done_a_subscription_is_gone(stream: Stream) -> None:
    connection = stream.connect("c1")
    run_id = stream.world.start("chain")
    stream.streamer.attach(connection, "r1", run_id, after=0)
    run_through(stream, run_id, flowing=True)
    assert stream.world.services.sockets.of_run(ORG, run_id) == []


def test_a_closed_socket_is_forgotten_with_all_it_had(stream: Stream) -> None:
    connection = stream.connect("c1")
    first, second = stream.world.start("chain"), stream.world.start("chain")
    stream.streamer.attach(connection, "r1", first, after=0)
    stream.streamer.attach(connection, "r2", second, after=0)
    stream.mailbox.closed.add("c1")
    stream.flow()
    assert stream.world.services.sockets.get("c1") is None
    for run_id in (first, second):
        assert stream.world.services.sockets.of_run(ORG, run_id) == []
    sockets = [v for s, _, v in stream.world.services.metrics.read(ORG) if s == "sockets"]
    assert sockets == [0]


ACTIONS = st.lists(
    st.sampled_from(["step", "flow", "attach", "drop", "cancel"]), min_size=4, max_size=14
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTIONS)
def test_whenever_a_client_comes_and_goes_it_misses_nothing_and_gets_nothing_twice(
    actions: list[str],
) -> None:
    """One client that reconnects with the last number it saw, in any order with what happens."""
    with quick_aws():
        stream = _stream()
        world = stream.world
        run_id = world.start("chain")
        seen: list[int] = []
        connections = 0
        steps = iter(["one", "two"])

        def drop() -> None:
            if connections:
                seen.extend(stream.mailbox.seqs(f"c{connections}"))
                world.services.sockets.forget(f"c{connections}")
                stream.mailbox.frames.clear()

        for action in [*actions, "step", "step", "finish", "flow"]:
            match action:
                case "step":
                    step = next(steps, None)
                    if step and world.status(run_id) == "running":
                        world.run_step(run_id, step)
                case "cancel":
                    if world.status(run_id) == "running":
                        world.services.canceller.cancel(ORG, run_id)
                case "finish":
                    world.finish(run_id)
                case "flow":
                    stream.flow()
                case "attach" | "drop":
                    drop()
                    connections += 1
                    connection = stream.connect(f"c{connections}")
                    if action == "attach":
                        after = seen[-1] if seen else 0
                        stream.streamer.attach(connection, "r", run_id, after=after)
        drop()
        connection = stream.connect("last")
        stream.streamer.attach(connection, "r", run_id, after=seen[-1] if seen else 0)
        seen.extend(stream.mailbox.seqs("last"))
        total = len(world.services.log.read(ORG, run_id))
        assert seen == list(range(1, total + 1))
        assert stream.mailbox.done("last") == 1


def _stream() -> Stream:
    world = World()
    world.apply(CHAIN)
    return Stream(world)


def test_an_event_between_the_last_look_and_going_live_is_not_lost(stream: Stream) -> None:
    """The seam itself: the log grows after the client was sent everything and before the flip."""
    connection = stream.connect("c1")
    run_id = stream.world.start("chain")
    stream.flow()
    sockets = stream.world.services.sockets
    real = sockets.go_live
    grown = []

    def grow_first(*arguments: object) -> bool:
        if not grown:
            grown.append(1)
            stream.world.run_step(run_id, "one")
            stream.flow()
        return real(*arguments)  # type: ignore[arg-type]

    sockets.go_live = grow_first  # type: ignore[method-assign]
    stream.streamer.attach(connection, "r1", run_id, after=0)
    assert stream.mailbox.seqs("c1") == [1, 2, 3]


def test_a_log_is_closed_whole_even_if_the_stream_lost_records(stream: Stream) -> None:
    """A batch that was given up after its retries lies in the dead letters; the log must not."""
    run_id = stream.world.start("chain")
    stream.flow()
    stream.world.run_step(run_id, "one")
    stream.records()  # lost
    stream.world.run_step(run_id, "two")
    stream.world.finish(run_id)
    stream.flow()
    assert sorted(kinds(stream, run_id)) == sorted(EVENTS)
    assert kinds(stream, run_id)[-1] == "completed"
