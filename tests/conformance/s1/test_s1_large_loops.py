"""S1, `for-each`: a loop whose iterations do not fit into what the graph's other nodes leave of one
execution's history runs in an execution beside it, and is no other loop for that.

The graph here has so many nodes behind the loop that nothing is left to its iterations; those never
run, because the run is cancelled in the last iteration. What comes behind such a loop is tested on
moto (`tests/component/test_graph_parts.py`): so many calls take minutes here.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import v1_data
from tests.support.graphs import graph, log
from tests.support.stack import Api, RunningStack
from tests.support.v1 import begin, cancel, statuses

CROWD = [f"n{number}" for number in range(990)]
IS_LAST = {"condition": {"$and": [{"{{$item}}": {"$eq": "last"}}]}}
CROWDED = graph(
    loop={
        "type": "for-each",
        "payload": {"array": "{{$inputs.of}}"},
        "loopBody": ["say", "choose"],
        "children": CROWD,
    },
    say=log("{{$index}}{{$item}}"),
    choose={"type": "if", "payload": IS_LAST, "children": ["stand"]},
    stand={"type": "delay", "branch": "then", "payload": {"delayMs": 3_600_000}},
    **{name: {"type": "delay", "payload": {"delayMs": 1}} for name in CROWD},
)


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org="org_s1_large", name="s1-large")


@pytest.fixture(scope="module")
def live(ours: Api, stack: RunningStack) -> list[tuple[str, str]]:
    """The parts of a run that stands in the last iteration of such a loop."""
    run_id = begin(ours, CROWDED, payload={"of": ["a", "b", "last"]}, runId="run_s1-large")
    path, query = f"/v1/runs/{run_id}", {"nodeIds": "stand"}

    def stands() -> bool:
        found = v1_data(ours.get(path, params=query))
        return bool(found["executionState"]["stand"]["status"] == "scheduled")

    ours.once(stands, run_id, seconds=300)
    return parts(stack, run_id)


@pytest.fixture(scope="module")
def run(ours: Api, live: list[tuple[str, str]]) -> dict[str, Any]:
    """The answer to its cancel."""
    assert live
    return cancel(ours, "run_s1-large")


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


def test_s1_large_loop__runs_in_an_execution_of_its_own(live: list[tuple[str, str]]) -> None:
    ((given, status),) = live
    assert status == "RUNNING"
    assert '"of": "loop"' in given and '"start": 0' in given and '"end": 3' in given


def test_s1_large_loop__has_its_iterations_in_order(run: dict[str, Any]) -> None:
    found = run["executionState"]["loop"]["iterations"]
    assert [(one["index"], one["item"]) for one in found] == [(0, "a"), (1, "b"), (2, "last")]
    said = [one["nodes"]["say"]["result"]["message"] for one in found]
    assert said == ["0a", "1b", "2last"]
    times = [
        at
        for one in found
        for node in ("say", "choose")
        for at in (one["nodes"][node]["startedAt"], one["nodes"][node]["finishedAt"])
    ]
    assert times == sorted(times)


def test_s1_large_loop__costs_what_its_nodes_cost(run: dict[str, Any]) -> None:
    assert run["totalCu"] == 1 + 3 * 2 + 1


def test_s1_large_loop__a_cancel_leaves_no_node_running(run: dict[str, Any]) -> None:
    assert run["status"] == "cancelled"
    shown = statuses(run)
    assert {shown.pop(node) for node in ("root", "say", "choose")} == {"success"}
    assert set(shown.values()) == {"cancelled"}
    last = run["executionState"]["loop"]["iterations"][-1]["nodes"]
    assert (last["say"]["status"], last["stand"]["status"]) == ("success", "cancelled")


def test_s1_large_loop__a_cancel_stops_its_execution(
    stack: RunningStack, run: dict[str, Any]
) -> None:
    assert [status for _, status in parts(stack, run["id"])] == ["ABORTED"]
