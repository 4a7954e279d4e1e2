"""S1, `for-each`: a loop whose iterations do not fit into what the graph's other nodes leave of one
execution's history runs in an execution beside it, and is no other loop for that.

The graphs here have so many nodes behind the loop that nothing is left to its iterations; those never
run, because what comes before them fails or is cancelled.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import v1_data
from tests.support.graphs import Graph, graph, log
from tests.support.stack import Api, RunningStack
from tests.support.v1 import begin, cancel, ended, statuses

CROWD = [f"n{number}" for number in range(990)]
BAD = {"type": "pluck", "payload": {"array": "{{$inputs.none}}", "field": "a"}}


def crowded(*body: str, **nodes: Any) -> Graph:
    """A loop with that body, then a node that fails, then a crowd."""
    loop = {
        "type": "for-each",
        "payload": {"array": "{{$inputs.of}}"},
        "loopBody": list(body),
        "children": ["bad"],
    }
    crowd: dict[str, Any] = {
        name: {"type": "delay", "payload": {"delayMs": 1}, "children": []} for name in CROWD
    }
    return graph(loop=loop, **nodes, bad={**BAD, "children": CROWD}, **crowd)


LOGS = crowded("first", "second", first=log("{{$item}}"), second=log("{{first.result.message}}"))
STANDS = crowded(
    "say",
    "stand",
    "later",
    say=log(),
    stand={"type": "delay", "payload": {"delayMs": 3_600_000}},
    later=log(),
)


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org="org_s1_large", name="s1-large")


@pytest.fixture(scope="module")
def run(ours: Api) -> dict[str, Any]:
    return ended(ours, begin(ours, LOGS, payload={"of": ["a", "b", "c"]}), seconds=300)


@pytest.fixture(scope="module")
def cancelled(ours: Api, stack: RunningStack) -> tuple[dict[str, Any], list[str]]:
    """The answer to the cancel of a run that stood in such a loop; its parts' statuses then."""
    run_id = begin(ours, STANDS, payload={"of": [1, 2]})
    path, query = f"/v1/runs/{run_id}", {"nodeIds": "stand"}

    def stands() -> bool:
        found = v1_data(ours.get(path, params=query))
        return bool(found["executionState"]["stand"]["status"] == "scheduled")

    ours.once(stands, run_id)
    before = [status for _, status in parts(stack, run_id)]
    assert before == ["RUNNING"]
    return cancel(ours, run_id), [status for _, status in parts(stack, run_id)]


def parts(stack: RunningStack, run_id: str) -> list[tuple[str, str]]:
    """The executions that were started for a run's loops: (input, status)."""
    client = stack.local.session.client("stepfunctions")
    found = []
    for machine in client.list_state_machines(maxResults=1000)["stateMachines"]:
        if "-graphs-" not in machine["name"]:
            continue
        arn = machine["stateMachineArn"]
        for line in client.list_executions(stateMachineArn=arn)["executions"]:
            whole = client.describe_execution(executionArn=line["executionArn"])
            if f'"{run_id}"' in whole["input"] and '"part"' in whole["input"]:
                found.append((whole["input"], whole["status"]))
    return found


def test_s1_large_loop__runs_in_an_execution_of_its_own(
    stack: RunningStack, run: dict[str, Any]
) -> None:
    ((given, status),) = parts(stack, run["id"])
    assert status == "SUCCEEDED"
    assert '"of": "loop"' in given and '"start": 0' in given and '"end": 3' in given


def test_s1_large_loop__has_its_iterations_in_order(run: dict[str, Any]) -> None:
    found = run["executionState"]["loop"]["iterations"]
    assert [(one["index"], one["item"]) for one in found] == [(0, "a"), (1, "b"), (2, "c")]
    said = [one["nodes"]["second"]["result"]["message"] for one in found]
    assert said == ["a", "b", "c"]
    times = [
        at
        for one in found
        for node in ("first", "second")
        for at in (one["nodes"][node]["startedAt"], one["nodes"][node]["finishedAt"])
    ]
    assert times == sorted(times)


def test_s1_large_loop__has_the_result_of_any_loop(run: dict[str, Any]) -> None:
    loop = run["executionState"]["loop"]
    assert (loop["status"], loop["error"]) == ("success", None)
    assert (loop["result"]["iterationCount"], loop["result"]["status"]) == (3, "success")


def test_s1_large_loop__the_run_goes_on_behind_it(run: dict[str, Any]) -> None:
    assert run["status"] == "failure"
    assert run["executionState"]["bad"]["status"] == "failure"
    assert {run["executionState"][name]["status"] for name in CROWD} == {"skipped"}


def test_s1_large_loop__costs_what_its_nodes_cost(run: dict[str, Any]) -> None:
    assert run["totalCu"] == 1 + 3 * 2 + 1


def test_s1_large_loop__a_cancel_leaves_no_node_of_it_running(
    cancelled: tuple[dict[str, Any], list[str]],
) -> None:
    run, _ = cancelled
    shown = statuses(run)
    assert (run["status"], shown.pop("root"), shown.pop("say")) == (
        "cancelled",
        "success",
        "success",
    )
    assert set(shown.values()) == {"cancelled"}
    (one,) = run["executionState"]["loop"]["iterations"]
    assert {name: state["status"] for name, state in one["nodes"].items()} == {
        "say": "success",
        "stand": "cancelled",
        "later": "cancelled",
    }


def test_s1_large_loop__a_cancel_stops_its_execution(
    cancelled: tuple[dict[str, Any], list[str]],
) -> None:
    assert cancelled[1] == ["ABORTED"]
