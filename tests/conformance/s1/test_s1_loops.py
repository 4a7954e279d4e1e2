"""S1, `for-each`: iterations in order, their states, their result, their limits."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.graphs import Graph, graph, log
from tests.support.stack import RunningStack
from tests.support.v1 import begin, ended, statuses

WORDS = ["a", "b", "c"]


def looped(array: Any, *body: str, **nodes: Any) -> Graph:
    """A loop with that body, and a node after it."""
    loop = {
        "type": "for-each",
        "payload": {"array": array},
        "loopBody": list(body),
        "children": ["after"],
    }
    return graph(each=loop, **nodes, after=log("{{each.result.iterationCount}}"))


DEFINITIONS: dict[str, tuple[Graph, dict[str, Any]]] = {
    "plain": (
        looped(
            "{{$inputs.of}}", "first", "second", first=log("{{$item}}"), second=log("{{$index}}")
        ),
        {"of": WORDS},
    ),
    "nested": (
        looped(
            "{{$inputs.of}}",
            "inner",
            inner={"type": "for-each", "payload": {"array": "{{$item}}"}, "loopBody": ["leaf"]},
            leaf=log("{{$index}}{{$item}}"),
        ),
        {"of": [["x", "y"], [], ["z"]]},
    ),
    "empty": (looped("{{$inputs.of}}", "say", say=log()), {"of": []}),
    "full": (looped("{{$inputs.of}}", "say", say=log("{{$item}}")), {"of": list(range(100))}),
    "over": (looped("{{$inputs.of}}", "say", say=log("{{$item}}")), {"of": list(range(101))}),
    "text": (looped("{{$inputs.of}}", "say", say=log()), {"of": "abc"}),
    "failing": (
        looped(
            "{{$inputs.of}}",
            "bad",
            bad={"type": "pluck", "payload": {"array": "{{$item}}", "field": "a"}},
        ),
        {"of": [[], "no list", []]},
    ),
    "branching": (
        looped(
            "{{$inputs.of}}",
            "choose",
            choose={
                "type": "if",
                "payload": {"condition": {"$or": [{"{{$item}}": {"$eq": "b"}}]}},
                "children": ["yes", "no"],
            },
            yes=log("yes", branch="then"),
            no=log("no", branch="else"),
        ),
        {"of": WORDS},
    ),
}


@pytest.fixture(scope="module")
def runs(stack: RunningStack) -> dict[str, dict[str, Any]]:
    """A run of each that is over; all of them at the same time."""
    api = stack.api_as(Role.OPERATOR, org="org_s1_loops", name="s1-loops")
    ids = {
        name: begin(api, definition, payload=payload)
        for name, (definition, payload) in DEFINITIONS.items()
    }
    return {name: ended(api, run_id, seconds=300) for name, run_id in ids.items()}


def loop_of(runs: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    found: dict[str, Any] = runs[name]["executionState"]["each"]
    return found


def messages(loop: dict[str, Any], node: str) -> list[Any]:
    return [(one["nodes"][node]["result"] or {}).get("message") for one in loop["iterations"]]


def test_s1_loop__runs_its_body_once_for_each_element(runs: dict[str, Any]) -> None:
    assert messages(loop_of(runs, "plain"), "first") == WORDS


def test_s1_loop__iterations_follow_each_other_in_order(runs: dict[str, Any]) -> None:
    times = [
        (one["nodes"][node]["startedAt"], one["nodes"][node]["finishedAt"])
        for one in loop_of(runs, "plain")["iterations"]
        for node in ("first", "second")
    ]
    flat = [at for both in times for at in both]
    assert flat == sorted(flat) and len(flat) == 12


def test_s1_loop__item_and_index_are_those_of_the_iteration(runs: dict[str, Any]) -> None:
    assert messages(loop_of(runs, "plain"), "second") == [0, 1, 2]


def test_s1_loop__its_state_has_index_item_and_nodes_of_each_iteration(
    runs: dict[str, Any],
) -> None:
    found = loop_of(runs, "plain")["iterations"]
    assert all(set(one) == {"index", "item", "nodes"} for one in found)
    assert [(one["index"], one["item"]) for one in found] == list(enumerate(WORDS))
    assert all(set(one["nodes"]) == {"first", "second"} for one in found)


def test_s1_loop__its_result_has_iterations_their_number_and_a_status(
    runs: dict[str, Any],
) -> None:
    result = loop_of(runs, "plain")["result"]
    assert set(result) == {"iterations", "iterationCount", "status"}
    assert (result["iterationCount"], result["status"]) == (3, "success")
    assert [one["nodes"]["first"]["result"]["message"] for one in result["iterations"]] == WORDS


def test_s1_loop__its_children_come_after_all_iterations(runs: dict[str, Any]) -> None:
    after = runs["plain"]["executionState"]["after"]
    last = loop_of(runs, "plain")["iterations"][-1]["nodes"]["second"]
    assert after["result"]["message"] == 3 and after["startedAt"] >= last["finishedAt"]


def test_s1_loop__loops_nest(runs: dict[str, Any]) -> None:
    outer = loop_of(runs, "nested")["iterations"]
    leaves = [messages(one["nodes"]["inner"], "leaf") for one in outer]
    assert leaves == [["0x", "1y"], [], ["0z"]]


def test_s1_loop__over_no_element_is_a_success_with_no_iteration(runs: dict[str, Any]) -> None:
    assert loop_of(runs, "empty")["iterations"] == []
    assert loop_of(runs, "empty")["result"]["iterationCount"] == 0
    assert runs["empty"]["executionState"]["after"]["result"]["message"] == 0


def test_s1_loop__100_iterations_are_possible(runs: dict[str, Any]) -> None:
    assert messages(loop_of(runs, "full"), "say") == list(range(100))


def test_s1_loop__101_elements_fail_it_with_the_reason(runs: dict[str, Any]) -> None:
    assert (runs["over"]["status"], loop_of(runs, "over")["status"]) == ("failure", "failure")
    assert "at most 100" in loop_of(runs, "over")["error"]


def test_s1_loop__what_is_no_list_fails_it_with_the_reason(runs: dict[str, Any]) -> None:
    assert loop_of(runs, "text")["status"] == "failure"
    assert "list" in loop_of(runs, "text")["error"]


def test_s1_loop__an_iteration_that_fails_ends_it(runs: dict[str, Any]) -> None:
    loop = loop_of(runs, "failing")
    assert (loop["status"], loop["result"]["status"]) == ("failure", "failure")
    assert [one["nodes"]["bad"]["status"] for one in loop["iterations"]] == ["success", "failure"]
    assert "iteration 1" in loop["error"]
    assert statuses(runs["failing"])["after"] == "skipped"


def test_s1_loop__branches_are_chosen_in_each_iteration(runs: dict[str, Any]) -> None:
    found = loop_of(runs, "branching")["iterations"]
    words = [(one["nodes"]["yes"]["status"], one["nodes"]["no"]["status"]) for one in found]
    assert words == [("skipped", "success"), ("success", "skipped"), ("skipped", "success")]
