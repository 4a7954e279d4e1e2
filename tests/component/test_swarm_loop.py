"""A swarm's whole life on moto: created, given work, changed, paused, restarted, stopped, deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.core.errors import BadRequest, NotFound, Unavailable
from chalicelib.core.swarms.heads import nodes_of
from chalicelib.core.swarms.model import AgentSpec, ObjectSpec, SwarmStatus
from tests.support.swarm_loop import SWARM, Loop, mock, sends
from tests.support.world import ORG, World

PAIR = {
    "agents": [mock("a", sends("b", "one", "two")), mock("b")],
    "topology": [["a", "b"]],
}


@pytest.fixture
def loop(world: World) -> Loop:
    return Loop(world)


def assert_in_line(loop: Loop) -> None:
    """Nodes are what seed and overlay make, and the head says so."""
    head = loop.head()
    wanted = {node.name: node for node in nodes_of(loop.swarms.effective(head))}
    assert loop.nodes() == wanted
    assert head.applied == head.revision
    assert {life.name for life in loop.services.swarm_mail.lives(ORG, SWARM)} == set(wanted)


class TestALife:
    def test_a_task_goes_to_an_agent_whose_messages_arrive_in_order(self, loop: Loop) -> None:
        assert loop.create(PAIR).status is SwarmStatus.RUNNING
        loop.task("a")
        loop.flow()
        assert loop.contents("b") == ["one", "two"]
        assert (loop.life("a").inbox, loop.life("b").inbox) == (0, 0)
        assert loop.life("b").message_count == 2
        assert loop.events("swarm_started", "task_sent", "message_routed") == [
            "swarm_started",
            "task_sent",
            "message_routed",
            "message_routed",
        ]

    def test_a_second_swarm_of_the_name_is_refused(self, loop: Loop) -> None:
        loop.create(PAIR)
        with pytest.raises(BadRequest, match="already_exists"):
            loop.create(PAIR)

    def test_a_backend_that_is_off_is_refused(self, loop: Loop) -> None:
        docker = {"name": "d", "backend": {"type": "docker", "image": "coder"}}
        with pytest.raises(BadRequest, match="docker"):
            loop.create({"agents": [docker]})
        assert loop.swarms.swarms(ORG) == []

    def test_a_message_along_no_edge_is_told_of_and_not_delivered(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.swarms.route(ORG, SWARM, "b", "a", "psst")
        loop.swarms.route(ORG, SWARM, "a", "nobody", "psst")
        loop.swarms.route(ORG, SWARM, "stranger", "a", "psst")
        loop.swarms.route(ORG, SWARM, "gateway", "a", "good morning")
        loop.flow()
        assert loop.contents("a") == ["good morning"]
        assert loop.events("invalid_route", "target_not_found") == [
            "invalid_route",
            "target_not_found",
            "invalid_route",
        ]

    def test_objects_answer_whom_an_edge_leads_to(self, loop: Loop) -> None:
        loop.create(
            {
                "agents": [mock("a", sends("count", "x", when="go"))],
                "objects": [{"name": "count", "handler": "counter", "config": {"step": 5}}],
                "topology": [["a", "count"], ["count", "a"]],
            }
        )
        loop.task("a")
        loop.task("a")
        loop.flow()
        assert dict(loop.life("count").memory)["count"] == 10
        assert loop.life("a").message_count == 4

    def test_records_that_come_twice_deliver_once(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.task("a")
        loop.route()
        loop.hear()
        records = loop.records()
        for _ in range(3):
            loop.route(records)
        loop.flow()
        assert loop.contents("b") == ["one", "two"]
        assert loop.events("message_routed") == ["message_routed"] * 2


class TestPause:
    def test_mail_of_a_paused_swarm_waits_and_is_taken_in_order(self, loop: Loop) -> None:
        loop.create(PAIR)
        assert loop.swarms.pause(ORG, SWARM) == 2
        for number in range(3):
            loop.task("b", f"task {number}")
        loop.flow()
        assert (loop.life("b").inbox, loop.head().status) == (3, SwarmStatus.PAUSED)
        assert loop.swarms.resume(ORG, SWARM) == 2
        loop.flow()
        assert (loop.life("b").inbox, loop.head().status) == (0, SwarmStatus.RUNNING)
        assert loop.contents("b") == ["task 0", "task 1", "task 2"]

    def test_pausing_and_resuming_twice_is_the_same_as_once(self, loop: Loop) -> None:
        loop.create(PAIR)
        assert [loop.swarms.pause(ORG, SWARM) for _ in range(2)] == [2, 2]
        assert [loop.swarms.resume(ORG, SWARM) for _ in range(2)] == [2, 2]
        assert loop.events("swarm_paused", "swarm_resumed") == ["swarm_paused", "swarm_resumed"]


class TestStopAndRestart:
    def test_a_stopped_swarm_refuses_everything_but_stays_listed(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.swarms.stop(ORG, SWARM, purge=False)
        assert [head.status for head in loop.swarms.swarms(ORG)] == [SwarmStatus.STOPPED]
        for refused in (
            lambda: loop.task("a"),
            lambda: loop.swarms.pause(ORG, SWARM),
            lambda: loop.swarms.route(ORG, SWARM, "a", "b", "hi"),
            lambda: loop.swarms.scale(ORG, SWARM, "a", 2),
        ):
            with pytest.raises(BadRequest, match="swarm_stopped"):
                refused()
        with pytest.raises(NotFound, match="Swarm not found"):
            loop.swarms.stop(ORG, SWARM, purge=False)

    def test_a_new_start_of_the_name_replays_the_overlay(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.swarms.add_agent(ORG, SWARM, AgentSpec("c"), ["b"], ["a"])
        before = loop.head().incarnation
        loop.swarms.stop(ORG, SWARM, purge=False)
        loop.create({"agents": [mock("a"), mock("b"), mock("z")]})
        assert set(loop.nodes()) == {"a", "b", "c", "z"}
        assert loop.nodes()["a"].targets == ("c",)
        assert loop.head().incarnation == before + 1
        assert_in_line(loop)

    def test_mail_that_waited_at_a_stop_is_taken_after_the_restart(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.task("b", "early")
        loop.swarms.stop(ORG, SWARM, purge=False)
        loop.flow()
        assert loop.life("b").inbox == 1
        loop.swarms.restart(ORG, SWARM, delete=False)
        loop.flow()
        assert (loop.life("b").inbox, loop.life("b").message_count) == (0, 1)

    def test_a_restart_that_deletes_begins_at_the_seed(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.swarms.add_agent(ORG, SWARM, AgentSpec("c"), [], [])
        loop.task("a")
        loop.flow()
        loop.swarms.restart(ORG, SWARM, delete=True)
        assert set(loop.nodes()) == {"a", "b"}
        assert loop.swarms.overlay(ORG, SWARM) == []
        assert (loop.life("b").received, loop.contents("b")) == (0, [])
        loop.swarms.add_agent(ORG, SWARM, AgentSpec("d"), [], [])
        assert [event.op for event in loop.swarms.overlay(ORG, SWARM)] == ["add_agent"]
        assert_in_line(loop)

    def test_a_purge_leaves_nothing(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.task("a")
        loop.flow()
        loop.swarms.stop(ORG, SWARM, purge=True)
        assert [item for item in loop.world.items() if "SWARM" in item["pk"]] == []
        with pytest.raises(NotFound, match="Swarm not found"):
            loop.swarms.detail(ORG, SWARM)
        loop.create(PAIR)
        loop.task("a")
        loop.flow()
        assert loop.contents("b") == ["one", "two"]

    def test_clean_takes_away_what_is_stopped_and_nothing_else(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.create(PAIR, name="other")
        loop.swarms.stop(ORG, "other", purge=False)
        assert loop.swarms.clean(ORG, everything=False) == 1
        assert [head.name for head in loop.swarms.swarms(ORG)] == [SWARM]
        assert loop.swarms.clean(ORG, everything=True) == 0
        assert loop.events() == []


class TestMutations:
    def test_each_is_one_recorded_event_and_nodes_follow(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.swarms.add_agent(ORG, SWARM, AgentSpec("c"), ["b"], ["a"])
        loop.swarms.add_object(ORG, SWARM, ObjectSpec("n", "counter"), [], ["c"])
        loop.swarms.configure_object(ORG, SWARM, "n", {"step": 3})
        scaled = loop.swarms.scale(ORG, SWARM, "c", 3)
        assert (scaled.added, scaled.removed) == (("c_1", "c_2", "c_3"), ("c",))
        added = loop.swarms.patch_topology(ORG, SWARM, [("b", "a"), ("x", "y")], [("a", "b")])
        assert added == (1, 1)
        loop.swarms.remove_object(ORG, SWARM, "n")
        loop.swarms.remove_agent(ORG, SWARM, "c_2")
        ops = [event.op for event in loop.swarms.overlay(ORG, SWARM)]
        assert ops == [
            *("add_agent", "add_object", "update_config", "scale_agent_group"),
            *("remove_topology_edges", "add_topology_edges", "remove_object", "remove_agent"),
        ]
        assert set(loop.nodes()) == {"a", "b", "c_1", "c_3"}
        assert_in_line(loop)

    def test_what_changes_nothing_is_not_recorded(self, loop: Loop) -> None:
        loop.create(PAIR)
        assert loop.swarms.patch_topology(ORG, SWARM, [("a", "b")], [("b", "a")]) == (0, 0)
        assert loop.swarms.overlay(ORG, SWARM) == []

    def test_what_is_unknown_or_there_already_is_refused(self, loop: Loop) -> None:
        loop.create(PAIR)
        with pytest.raises(BadRequest, match="already_exists"):
            loop.swarms.add_agent(ORG, SWARM, AgentSpec("a"), [], [])
        with pytest.raises(NotFound, match="Agent not found"):
            loop.swarms.remove_agent(ORG, SWARM, "n")
        with pytest.raises(NotFound, match="Object not found"):
            loop.swarms.remove_object(ORG, SWARM, "a")
        with pytest.raises(NotFound, match="Swarm not found"):
            loop.swarms.remove_agent(ORG, "unknown", "a")

    def test_a_cleared_overlay_is_the_seed_again(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.swarms.add_agent(ORG, SWARM, AgentSpec("c"), [], [])
        loop.swarms.clear_overlay(ORG, SWARM)
        assert set(loop.nodes()) == {"a", "b"}
        loop.swarms.add_agent(ORG, SWARM, AgentSpec("d"), [], [])
        assert set(loop.nodes()) == {"a", "b", "d"}
        assert_in_line(loop)

    def test_whoever_finds_a_change_half_done_finishes_it_first(self, loop: Loop) -> None:
        loop.create(PAIR)
        store = loop.services.swarm_store
        head = loop.head()
        from chalicelib.core.swarms import overlay

        event = overlay.add_agent(AgentSpec("c"), ["b"], [])
        assert store.mutate(replace(head, revision=1), event, expected=head, events=[])
        assert set(loop.nodes()) == {"a", "b"}
        loop.task("a")
        assert_in_line(loop)


class TestFailures:
    def test_mail_that_fails_three_times_is_dead_and_the_next_goes_on(self, loop: Loop) -> None:
        loop.create({"agents": [mock("a", {"when": "bad", "fail": "no"})]})
        for word in ("good", "bad", "fine"):
            loop.task("a", word)
        loop.flow()
        life = loop.life("a")
        assert (life.inbox, life.message_count, life.state.value) == (0, 2, "idle")
        assert loop.events("agent_error") == ["agent_error"]
        loop.swarms.restart_agent(ORG, SWARM, "a", replay=True)
        loop.flow()
        assert loop.contents("a") == ["good", "bad", "fine", "bad"]
        assert loop.life("a").state.value == "error"

    def test_a_brain_with_a_defect_is_given_up_and_stalls_nobody(
        self, loop: Loop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loop.create({"agents": [mock("a"), mock("b")]})
        turns = loop.services.swarm_turns
        brains, tries = turns.brains, []

        class Defect:
            def turn(self, mail: object, context: object) -> object:
                tries.append(1)
                raise ZeroDivisionError

        broken = replace(
            turns, brains=lambda org, node: Defect() if node.name == "a" else brains(org, node)
        )
        loop.services.__dict__["swarm_turns"] = broken
        loop.task("a")
        loop.task("b")
        loop.flow()
        assert (loop.life("b").inbox, loop.life("b").state.value) == (0, "idle")
        assert (loop.life("a").inbox, loop.life("a").state.value) == (0, "error")
        assert len(tries) == 4
        assert loop.events("agent_error") == ["agent_error"]

    def test_a_held_mock_works_until_it_is_released(self, loop: Loop) -> None:
        loop.create({"agents": [{"name": "a", "backend": "mock", "config": {"hold": True}}]})
        loop.task("a", "first")
        loop.task("a", "second")
        loop.flow()
        assert (loop.life("a").state.value, loop.life("a").inbox) == ("working", 1)
        loop.task("a", "release")
        loop.flow()
        assert loop.life("a").inbox == 0

    def test_the_inbox_has_a_limit(self, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
        from chalicelib.core.swarms import tasks

        loop.create(PAIR)
        monkeypatch.setattr(tasks, "MOST_INBOX", 2)
        loop.task("b")
        loop.task("b")
        with pytest.raises(BadRequest, match="inbox_full"):
            loop.task("b")
        assert loop.events("inbox_full") == ["inbox_full"]

    def test_a_swarm_that_cannot_be_served_keeps_no_other_from_it(
        self, loop: Loop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loop.create(PAIR)
        loop.create(PAIR, name="other")
        for name in (SWARM, "other"):
            loop.swarms.route(ORG, name, "a", "b", "hello")
        router = loop.services.swarm_router
        real = type(router).deliver

        def deliver(self: object, org: str, swarm: str, outboxes: object) -> None:
            if swarm == SWARM:
                raise Unavailable("not now")
            real(router, org, swarm, outboxes)  # type: ignore[arg-type]

        records = loop.records()
        with monkeypatch.context() as patched:
            patched.setattr(type(router), "deliver", deliver)
            again = loop.route(records)
        first = next(
            one["dynamodb"]["SequenceNumber"]
            for one in records
            if one["dynamodb"]["Keys"]["sk"]["S"].startswith("!OUT#")
        )
        assert again == [first]
        assert loop.contents("b", name="other") == ["hello"]
        loop.route(records)
        loop.flow()
        assert loop.contents("b") == loop.contents("b", name="other") == ["hello"]


class TestTheReconciler:
    def test_what_the_stream_has_lost_is_delivered_before_what_comes_later(
        self, loop: Loop
    ) -> None:
        loop.create(PAIR)
        loop.swarms.route(ORG, SWARM, "a", "b", "lost")
        loop.records()  # nobody ever sees these
        loop.swarms.route(ORG, SWARM, "a", "b", "later")
        loop.flow()
        assert loop.contents("b") == ["lost", "later"]
        loop.swarms.route(ORG, SWARM, "a", "b", "lost too")
        loop.records()
        assert loop.sweep(minutes=1)["deliver"] == 1
        loop.flow()
        assert loop.contents("b") == ["lost", "later", "lost too"]
        assert loop.sweep(minutes=1) == {}

    def test_a_bell_that_was_lost_is_rung_again(self, loop: Loop) -> None:
        loop.create(PAIR)
        loop.task("b")
        loop.records()
        assert loop.sweep(minutes=2) == {"ring": 1}
        loop.flow()
        assert loop.life("b").inbox == 0

    def test_a_start_that_died_is_finished(
        self, loop: Loop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settle = type(loop.swarms).settle
        with monkeypatch.context() as patched:
            patched.setattr(type(loop.swarms), "settle", lambda self, head: head)
            assert loop.create(PAIR).status is SwarmStatus.STARTING
        assert settle is type(loop.swarms).settle
        assert loop.sweep(seconds=10) == {}
        assert loop.sweep(minutes=1) == {"settle": 1}
        assert loop.head().status is SwarmStatus.RUNNING
        assert_in_line(loop)

    def test_a_purge_that_was_cut_off_goes_on(
        self, loop: Loop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loop.create(PAIR)
        store = type(loop.services.swarm_store)
        with monkeypatch.context() as patched:
            patched.setattr(store, "purge", lambda self, head, seconds: False)
            loop.swarms.stop(ORG, SWARM, purge=True)
        with pytest.raises(NotFound):
            loop.swarms.detail(ORG, SWARM)
        assert loop.swarms.swarms(ORG) == []
        assert loop.sweep(seconds=1) == {"purge": 1}
        assert [item for item in loop.world.items() if "SWARM" in item["pk"]] == []
