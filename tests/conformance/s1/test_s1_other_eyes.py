"""S1: the same run through the eyes of S2 (list, detail), S0 (the socket, cancel) and S4 (problems)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import problem
from tests.support.graphs import graph, log
from tests.support.stack import Api, RunningStack, step_of
from tests.support.v1 import begin, create, ended, node_until, run_of, start, statuses

ORG = "org_s1_eyes"
HOUR = 3_600_000
STANDS = graph(
    say=log("{{$inputs.a}}", children=["ask"]),
    ask={"type": "wait", "payload": {"timeoutMs": HOUR}, "children": ["after"]},
    after=log(),
)


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org=ORG, name="s1-eyes")


@pytest.fixture(scope="module")
def workflow(ours: Api) -> str:
    return create(ours, STANDS)


@pytest.fixture(scope="module")
def waiting(ours: Api, workflow: str) -> str:
    """A run that waits; its id."""
    run_id = start(ours, workflow, payload={"a": 1})
    node_until(ours, run_id, "ask", "waiting")
    return run_id


def test_s1_eyes__s2_lists_the_run_of_a_workflow(ours: Api, workflow: str, waiting: str) -> None:
    listed = ours.get("/api/v1/executions", params={"workflow": workflow}).json()["executions"]
    (line,) = [line for line in listed if line["id"] == waiting]
    assert (line["workflow"], line["status"]) == (workflow, "running")


def test_s1_eyes__s2_lists_the_run_of_a_definition_of_its_own(ours: Api) -> None:
    run_id = begin(ours, graph(say=log()))
    ended(ours, run_id)
    listed = ours.get("/api/v1/executions", params={"status": "completed"}).json()["executions"]
    assert run_id in [line["id"] for line in listed]


def test_s1_eyes__s2_shows_its_nodes_as_steps_in_the_detail(ours: Api, waiting: str) -> None:
    detail = ours.detail(waiting)
    shown = {step["name"]: step["status"] for step in detail["steps"]}
    assert set(shown) == {"say", "ask", "after"}
    assert (shown["say"], shown["after"]) == ("completed", "pending")
    assert step_of(detail, "say")["output"]["message"] == 1


def test_s1_eyes__s0_attaches_to_it_and_cancels_it_over_the_socket(
    ours: Api, stack: RunningStack, workflow: str
) -> None:
    run_id = start(ours, workflow, payload={"a": 2})
    node_until(ours, run_id, "ask", "waiting")
    with stack.socket(ours.token) as socket:
        socket.send("run.attach", "watch", runId=run_id)
        events = socket.until_kind("watch", "suspended")
        assert events[0]["kind"] == "started" and events[0]["runId"] == run_id
        kinds = [event["kind"] for event in events]
        assert kinds.index("step_started") < kinds.index("step_completed")
        socket.send("cancel", "stop", id=run_id)
        rest = socket.until_done("watch")
    assert rest[-1]["kind"] == "cancelled"
    seqs = [event["seq"] for event in [*events, *rest]]
    assert seqs == list(range(1, len(seqs) + 1))
    run = run_of(ours, run_id)
    assert (run["status"], statuses(run)["ask"]) == ("cancelled", "cancelled")


def test_s1_eyes__s0_finds_it_by_search(ours: Api, stack: RunningStack, workflow: str) -> None:
    run_id = start(ours, workflow, payload={"a": 3})
    with stack.socket(ours.token) as socket:
        answer = socket.ask("workflow.run.search", "find", workflow=workflow, limit=100)
    found: list[dict[str, Any]] = answer["payload"]["runs"]
    assert run_id in [value for run in found for value in run.values()]


def test_s1_eyes__s0_cancels_it_by_post(ours: Api, workflow: str) -> None:
    run_id = start(ours, workflow, payload={"a": 4})
    node_until(ours, run_id, "ask", "waiting")
    answer = ours.post(f"/api/v1/cancel/workflow-run/{run_id}")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    run = run_of(ours, run_id)
    assert run["status"] == "cancelled"
    assert set(statuses(run).values()) == {"success", "cancelled"}


def test_s1_eyes__s2_cancels_it(ours: Api, workflow: str) -> None:
    run_id = start(ours, workflow, payload={"a": 5})
    answer = ours.post(f"/api/v1/cancel/{run_id}")
    assert answer.json() == {"execution_id": run_id, "status": "cancelled"}
    assert run_of(ours, run_id)["status"] == "cancelled"


def test_s1_eyes__s0_cancels_all_of_an_organisation_graphs_too(stack: RunningStack) -> None:
    api = stack.api_as(Role.OPERATOR, org="org_s1_eyes_all", name="s1-eyes-all")
    ids = [begin(api, STANDS, payload={"a": number}) for number in range(2)]
    answer = api.post("/api/v1/cancel", json={})
    assert answer.status_code == 200 and "2" in answer.text
    assert {run_of(api, run_id)["status"] for run_id in ids} == {"cancelled"}


def test_s1_eyes__s4_refusals_of_another_organisation_are_problems(
    stranger: Api, waiting: str
) -> None:
    problem(stranger.get(f"/api/v1/executions/{waiting}"), 404, "not-found")


def test_s1_eyes__a_run_of_s2_is_shown_by_s1(ours: Api) -> None:
    name = "s1-eyes-steps"
    ours.apply({"name": name, "steps": [{"name": "a", "action": "transform", "params": {"x": 1}}]})
    run_id = ours.run(name)
    run = ended(ours, run_id)
    assert (run["workflowId"], run["status"]) == (name, "success")
    assert run["executionState"]["a"]["result"] == {"x": 1}
