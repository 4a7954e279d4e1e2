"""Runs of node graphs on moto, their machines really followed: the compiled one of a version, and the
one that runs any graph (S1)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.graphs.definition import Graph
from chalicelib.core.graphs.modes import DUST, SIMULATION
from tests.support.followed import Machines
from tests.support.graph_runs import (
    begin,
    choose,
    each,
    graph,
    log,
    node,
    root,
    states,
    statuses,
)
from tests.support.graph_versions import compiled
from tests.support.world import ORG, World

HOW = ("compiled", "shared")


def ran(world: World, how: str, made: Graph, payload: Any = None, **more: Any) -> tuple[str, Any]:
    """Run a graph to its end, one way or the other: (the run's id, its status)."""
    machines = Machines(world)
    run_id = begin(
        world, compiled(world.services, ORG, made) if how == "compiled" else made, payload, **more
    )
    return run_id, machines.run(run_id)


@pytest.mark.parametrize("how", HOW)
class TestBothMachines:
    def test_a_chain_hands_on_results_with_their_types(self, world: World, how: str) -> None:
        made = graph(
            root=root("a"),
            a=log("{{$trigger.body.items}}", "b"),
            b=log("{{a.result.message[1].n}}", "c"),
            c=log("n is {{b.result.message}}, {{root.result.body.x || 'nothing'}}"),
        )
        run_id, status = ran(world, how, made, {"items": [{"n": 1}, {"n": 2}]})
        found = states(world, run_id)
        assert status == "succeeded"
        assert found["a"]["result"]["message"] == [{"n": 1}, {"n": 2}]
        assert found["b"]["result"]["message"] == 2
        assert found["c"]["result"]["message"] == "n is 2, nothing"
        assert found["c"]["input"] == {"message": "n is 2, nothing"}
        assert found["root"]["result"]["body"] == {"items": [{"n": 1}, {"n": 2}]}
        assert set(statuses(found).values()) == {"success"}

    def test_one_branch_runs_and_the_other_is_skipped_with_all_that_only_it_leads_to(
        self, world: World, how: str
    ) -> None:
        made = graph(
            root=root("if"),
            **{
                "if": choose({"{{$trigger.body.n}}": {"$gte": 10}}, "t", "e", "always"),
                "t": log("then", "join", branch="then"),
                "e": log("else", "e2", branch="else"),
                "e2": log("after else", "join"),
                "join": log("{{t.result.message || e2.result.message}}"),
                "always": log("whatever"),
            },
        )
        run_id, status = ran(world, how, made, {"n": 12})
        found = states(world, run_id)
        assert status == "succeeded"
        assert statuses(found) == {
            "root": "success",
            "if": "success",
            "t": "success",
            "e": "skipped",
            "e2": "skipped",
            "join": "success",
            "always": "success",
        }
        assert found["join"]["result"]["message"] == "then"
        assert found["if"]["result"]["branch"] == "then"

    def test_a_loop_runs_its_body_in_order_with_a_state_for_each_iteration(
        self, world: World, how: str
    ) -> None:
        made = graph(
            root=root("loop"),
            loop=each("{{$trigger.body.items}}", ["first"], "after"),
            first=log("{{$index}}: {{$item.name}}", "odd"),
            odd=choose({"{{$index}}": {"$eq": 1}}, "second"),
            second=log("{{first.result.message}}!", branch="then"),
            after=log("{{loop.result.iterationCount}}"),
        )
        run_id, status = ran(world, how, made, {"items": [{"name": n} for n in "abc"]})
        found = states(world, run_id)
        assert status == "succeeded"
        iterations = found["loop"]["iterations"]
        assert [one["item"]["name"] for one in iterations] == ["a", "b", "c"]
        assert [one["nodes"]["first"]["result"]["message"] for one in iterations] == [
            "0: a",
            "1: b",
            "2: c",
        ]
        assert [one["nodes"]["second"]["status"] for one in iterations] == [
            "skipped",
            "success",
            "skipped",
        ]
        assert iterations[1]["nodes"]["second"]["result"]["message"] == "1: b!"
        assert found["loop"]["result"]["status"] == "success"
        assert found["loop"]["result"]["iterationCount"] == 3
        assert found["after"]["result"]["message"] == 3

    def test_loops_in_loops_see_their_own_iterations(self, world: World, how: str) -> None:
        made = graph(
            root=root("outer"),
            outer=each([[1, 2], [3]], ["mark"]),
            mark=log("{{$index}}", "inner"),
            inner=each("{{$item}}", ["leaf"]),
            leaf=log("{{mark.result.message}}/{{$index}}/{{$item}}"),
        )
        run_id, status = ran(world, how, made)
        found = states(world, run_id)["outer"]["iterations"]
        assert status == "succeeded"
        leaves = [
            inner["nodes"]["leaf"]["result"]["message"]
            for one in found
            for inner in one["nodes"]["inner"]["iterations"]
        ]
        assert leaves == ["0/0/1", "0/1/2", "1/0/3"]

    def test_an_iteration_that_fails_ends_its_loop_and_the_run(
        self, world: World, how: str
    ) -> None:
        made = graph(
            root=root("loop"),
            loop=each([["x"], "no list", ["y"]], ["pick"], "after"),
            pick=node("pluck", payload={"array": "{{$item}}", "field": "a"}),
            after=log("never"),
        )
        run_id, status = ran(world, how, made)
        found = states(world, run_id)
        assert status == "failed"
        assert statuses(found) == {
            "root": "success",
            "loop": "failure",
            "pick": "failure",
            "after": "skipped",
        }
        assert found["loop"]["result"]["status"] == "failure"
        assert [one["nodes"]["pick"]["status"] for one in found["loop"]["iterations"]] == [
            "success",
            "failure",
        ]
        assert "iteration 1: node pick failed" in found["loop"]["error"]

    def test_a_loop_over_no_list_fails(self, world: World, how: str) -> None:
        made = graph(root=root("loop"), loop=each("{{$trigger.body}}", ["x"]), x=log("x"))
        run_id, status = ran(world, how, made)
        assert status == "failed"
        assert "must be a list" in states(world, run_id)["loop"]["error"]

    def test_a_loop_over_an_empty_list_succeeds(self, world: World, how: str) -> None:
        made = graph(root=root("loop"), loop=each([], ["x"], "y"), x=log("x"), y=log("y"))
        run_id, status = ran(world, how, made)
        found = states(world, run_id)
        assert (status, found["loop"]["result"]["iterationCount"]) == ("succeeded", 0)
        assert statuses(found)["x"] == "skipped"

    def test_a_loop_has_at_most_a_hundred_iterations(self, world: World, how: str) -> None:
        made = graph(root=root("loop"), loop=each("{{$trigger.body.l}}", ["x"]), x=log("x"))
        run_id, status = ran(world, how, made, {"l": [0] * 101})
        assert status == "failed"
        assert "at most 100" in states(world, run_id)["loop"]["error"]

    def test_a_join_of_crossing_ways_waits_for_all_of_them(self, world: World, how: str) -> None:
        made = graph(
            root=root("a", "b"),
            a=log("a", "c", "d"),
            b=log("b", "d"),
            c=log("{{a.result.message}}"),
            d=log("{{a.result.message}}{{b.result.message}}"),
        )
        run_id, status = ran(world, how, made)
        found = states(world, run_id)
        assert status == "succeeded"
        assert found["d"]["result"]["message"] == "ab"

    def test_a_delay_is_a_wait_of_step_functions(self, world: World, how: str) -> None:
        made = graph(root=root("d"), d=node("delay", "x", payload={"delayMs": 5_000}), x=log("x"))
        before = world.clock.now
        run_id, status = ran(world, how, made)
        assert status == "succeeded"
        assert (world.clock.now - before).total_seconds() >= 5
        assert states(world, run_id)["d"]["input"] == {"delayMs": 5_000}

    def test_a_root_alone_is_a_run(self, world: World, how: str) -> None:
        run_id, status = ran(world, how, graph(root=root()), {"x": 1})
        assert status == "succeeded"
        assert states(world, run_id)["root"]["result"]["body"] == {"x": 1}

    def test_a_wait_that_nobody_resumes_goes_the_other_way(self, world: World, how: str) -> None:
        made = graph(
            root=root("w"),
            w=node("wait", "yes", "no", payload={"timeoutMs": 60_000}),
            yes=log("yes", branch="resumed"),
            no=log("no", branch="timed_out"),
        )
        run_id, status = ran(world, how, made)
        found = states(world, run_id)
        assert status == "succeeded"
        assert (found["yes"]["status"], found["no"]["status"]) == ("skipped", "success")
        assert found["w"]["result"]["branch"] == "timed_out"

    @pytest.mark.parametrize("inside", [False, True])
    def test_a_wait_is_resumed_with_its_secret(
        self, world: World, how: str, *, inside: bool
    ) -> None:
        waits = {
            "w": node("wait", "yes", "no"),
            "yes": log("{{w.result.payload.by}}", branch="resumed"),
            "no": log("no", branch="timed_out"),
        }
        if inside:
            made = graph(root=root("loop"), loop=each([1, 2], ["w"]), **waits)
        else:
            made = graph(root=root("w"), **waits)
        machines = Machines(world)
        run_id = begin(world, compiled(world.services, ORG, made) if how == "compiled" else made)
        seen: list[str] = []

        def resume() -> bool:
            found = states(world, run_id)["w"]
            seen.append(world.status(run_id))
            assert found["status"] == "waiting"
            resumed = world.services.resumer.resume(
                ORG, run_id, "w", found["resume"]["secret"], {"by": f"me {len(seen)}"}
            )
            assert resumed.action == "resumed"
            return True

        machines.on_idle = resume
        assert machines.run(run_id) == "succeeded"
        found = states(world, run_id)
        assert seen == ["waiting"] * (2 if inside else 1)
        assert found["yes"]["result"]["message"] == f"me {len(seen)}"
        assert "resume" not in found["w"]

    def test_in_a_simulation_nothing_leaves_the_system(self, world: World, how: str) -> None:
        made = graph(
            root=root("h"),
            h=node("http-request", "t", payload={"url": "http://127.0.0.1:1/"}),
            t=node("trigger-workflow", "s", payload={"workflowId": "wf_none"}),
            s=node(
                "token-swap",
                payload={
                    "chainId": 1,
                    "from": "0x1",
                    "router": "0x2",
                    "path": ["0x3", "0x4"],
                    "amountIn": "500",
                },
            ),
        )
        run_id, status = ran(world, how, made, mode=SIMULATION)
        found = states(world, run_id)
        assert status == "succeeded"
        assert found["h"]["result"]["simulated"] is True
        assert found["s"]["result"]["simulated"] is True
        assert found["s"]["input"]["amountIn"] == "500"

    def test_in_a_dust_test_amounts_are_the_smallest_unit(self, world: World, how: str) -> None:
        made = graph(root=root("a"), a=log({"deep": [{"value": "1000"}], "amount": 7}))
        run_id, _ = ran(world, how, made, mode=DUST)
        message = states(world, run_id)["a"]["result"]["message"]
        assert message == {"deep": [{"value": "1"}], "amount": 1}
