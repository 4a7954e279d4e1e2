"""S1, `executionState`: each member and each status of a node; and that after a cancel no node is left
running, wherever the run stood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import instant
from tests.support.graphs import graph, log
from tests.support.stack import Api, CountingServer, RunningStack, counting_server
from tests.support.v1 import begin, cancel, ended, node_until, run_of, statuses, until

MEMBERS = ("type", "status", "input", "result", "error", "startedAt", "finishedAt")
HOUR = 3_600_000
DELAY = {"type": "delay", "payload": {"delayMs": HOUR}}
WAIT = {"type": "wait", "payload": {"timeoutMs": HOUR}}
YES = {"condition": {"$and": [{"1": {"$exists": True}}]}}
STOPPED: dict[str, dict[str, Any]] = {
    "delay": graph(stand={**DELAY, "children": ["later"]}, later=log()),
    "wait": graph(stand={**WAIT, "children": ["later"]}, later=log()),
    "loop": graph(
        loop={
            "type": "for-each",
            "payload": {"array": [1, 2]},
            "loopBody": ["stand"],
            "children": ["later"],
        },
        stand={**DELAY, "children": ["inner"]},
        inner=log(),
        later=log(),
    ),
    "branch": graph(
        choose={"type": "if", "payload": YES, "children": ["stand", "other"]},
        stand={**DELAY, "branch": "then", "children": ["later"]},
        other=log(branch="else"),
        later=log(),
    ),
}
"""A graph that comes to stand at its node `stand`, by what that is or is in."""


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org="org_s1_states", name="s1-states")


@pytest.fixture(scope="module")
def web() -> Iterator[CountingServer]:
    with counting_server() as found:
        yield found


@pytest.fixture(scope="module")
def live(ours: Api, web: CountingServer) -> dict[str, Any]:
    """A run that has a node of every status that nodes of a live run can have."""
    definition = graph(
        {"children": ["done", "choose", "held", "asks", "sleeps"]},
        done=log("{{$inputs.text}}"),
        choose={"type": "if", "payload": YES, "children": ["left"]},
        left=log(branch="else"),
        held={"type": "http-request", "payload": {"url": f"{web.url}/hold"}, "children": ["next"]},
        next=log(),
        asks=WAIT,
        sleeps=DELAY,
    )
    run_id = begin(ours, definition, payload={"text": "hello"})
    wanted = {
        "root": "success",
        "done": "success",
        "choose": "success",
        "left": "skipped",
        "held": "running",
        "next": "pending",
        "asks": "waiting",
        "sleeps": "scheduled",
    }
    return until(ours, run_id, lambda run: statuses(run) == wanted)


@pytest.fixture(scope="module")
def over(ours: Api, live: dict[str, Any]) -> dict[str, Any]:
    """The same run once it is cancelled."""
    return cancel(ours, live["id"])


@pytest.fixture(scope="module")
def failed(ours: Api) -> dict[str, Any]:
    definition = graph(
        bad={"type": "http-request", "payload": {"url": "http://169.254.169.254/"}},
    )
    definition["nodes"]["bad"]["children"] = ["after"]
    definition["nodes"]["after"] = log()
    return ended(ours, begin(ours, definition))


@pytest.fixture(scope="module")
def stopped(ours: Api) -> dict[str, dict[str, Any]]:
    """Each of the graphs that come to stand somewhere, cancelled there."""
    ids = {where: begin(ours, definition) for where, definition in STOPPED.items()}
    found = {}
    for where, run_id in ids.items():
        node_until(ours, run_id, "stand", "scheduled", "waiting")
        cancel(ours, run_id)
        found[where] = run_of(ours, run_id)
    return found


@pytest.mark.parametrize(
    ("node", "word"),
    [
        ("next", "pending"),
        ("held", "running"),
        ("done", "success"),
        ("left", "skipped"),
        ("asks", "waiting"),
        ("sleeps", "scheduled"),
    ],
)
def test_s1_node__status_while_the_run_lives(live: dict[str, Any], node: str, word: str) -> None:
    assert live["executionState"][node]["status"] == word


def test_s1_node__status_failure_and_its_error(failed: dict[str, Any]) -> None:
    state = failed["executionState"]["bad"]
    assert state["status"] == "failure" and isinstance(state["error"], str) and state["error"]


def test_s1_node__one_that_never_started_is_skipped_in_a_run_that_failed(
    failed: dict[str, Any],
) -> None:
    assert failed["executionState"]["after"]["status"] == "skipped"


@pytest.mark.parametrize("node", ["next", "held", "asks", "sleeps"])
def test_s1_node__what_had_not_ended_is_cancelled_in_a_cancelled_run(
    over: dict[str, Any], node: str
) -> None:
    assert over["executionState"][node]["status"] == "cancelled"


@pytest.mark.parametrize("node", ["root", "done", "choose"])
def test_s1_node__what_had_succeeded_stays_success_in_a_cancelled_run(
    over: dict[str, Any], node: str
) -> None:
    assert over["executionState"][node]["status"] == "success"


@pytest.mark.parametrize("member", MEMBERS)
def test_s1_node__every_state_has_the_member(live: dict[str, Any], member: str) -> None:
    assert all(member in state for state in live["executionState"].values())


def test_s1_node__type_is_the_nodes(live: dict[str, Any]) -> None:
    nodes = live["workflowDefinition"]["nodes"]
    assert all(state["type"] == nodes[n]["type"] for n, state in live["executionState"].items())


def test_s1_node__input_is_the_rendered_payload_and_null_of_what_has_not_begun(
    live: dict[str, Any],
) -> None:
    assert live["executionState"]["done"]["input"] == {"message": "hello"}
    assert live["executionState"]["next"]["input"] is None


def test_s1_node__result_is_null_until_there_is_one(live: dict[str, Any]) -> None:
    assert live["executionState"]["done"]["result"]["message"] == "hello"
    assert live["executionState"]["held"]["result"] is None


def test_s1_node__times_are_there_once_it_has_begun_and_ended(live: dict[str, Any]) -> None:
    done, held = live["executionState"]["done"], live["executionState"]["held"]
    assert instant(done["finishedAt"]) >= instant(done["startedAt"])
    instant(held["startedAt"])
    assert held["finishedAt"] is None
    assert live["executionState"]["next"]["startedAt"] is None


def test_s1_node__one_that_waits_says_how_it_is_resumed(live: dict[str, Any]) -> None:
    resume = live["executionState"]["asks"]["resume"]
    assert resume["url"] == f"/v1/runs/{live['id']}/nodes/asks/resume" and resume["secret"]


@pytest.mark.parametrize("where", list(STOPPED))
def test_s1_cancel__leaves_no_node_running_in_a(
    stopped: dict[str, dict[str, Any]], where: str
) -> None:
    run = stopped[where]
    assert run["status"] == "cancelled"
    shown = statuses(run)
    begun = {"root", "choose"} & set(shown)
    assert {shown.pop(node) for node in begun} == {"success"}
    if where == "branch":
        assert shown.pop("other") in ("skipped", "cancelled")
    assert set(shown.values()) == {"cancelled"}
    for state in run["executionState"].values():
        for one in state.get("iterations", ()):
            assert {inner["status"] for inner in one["nodes"].values()} == {"cancelled"}


@pytest.mark.parametrize("where", list(STOPPED))
def test_s1_cancel__stops_the_execution_of_a_run_in_a(
    stack: RunningStack, stopped: dict[str, dict[str, Any]], where: str
) -> None:
    client = stack.local.session.client("stepfunctions")
    run_id = stopped[where]["id"]
    (machine,) = [
        one["stateMachineArn"]
        for one in client.list_state_machines(maxResults=1000)["stateMachines"]
        if "-Graphs-" in one["name"]
    ]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"
    assert client.describe_execution(executionArn=arn)["status"] == "ABORTED"
