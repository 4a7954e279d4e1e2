"""After the answer to a cancel no step starts, wherever the run was: a counting server sees it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.support.faults import eventually
from tests.support.stack import Api, CountingServer, RunningStack, step_of


def get(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "action": "http/request", "params": {"url": url}, **more}


def in_a_delay(server: CountingServer) -> dict[str, Any]:
    wait = {"name": "here", "action": "delay", "params": {"duration": "1h"}}
    return {"name": "cancel-in-delay", "steps": [wait, get("later", f"{server.url}/later")]}


def in_an_http_step(server: CountingServer) -> dict[str, Any]:
    steps = [get("here", f"{server.url}/hold"), get("later", f"{server.url}/later")]
    return {"name": "cancel-in-http", "steps": steps}


def in_a_parallel(server: CountingServer) -> dict[str, Any]:
    steps = [
        get("start", f"{server.url}/start", depends_on=[]),
        *(get(f"here{n}", f"{server.url}/hold{n}", depends_on=["start"]) for n in ("", "2", "3")),
        get("behind", f"{server.url}/later", depends_on=["here2"]),
        get("later", f"{server.url}/later", depends_on=["here", "here3", "behind"]),
    ]
    return {"name": "cancel-in-parallel", "steps": steps}


def in_a_map(server: CountingServer) -> dict[str, Any]:
    """Two items wait for their answers while 48 have not begun."""
    url = f"{server.url}/{{{{ index < 2 ? 'hold' : 'later' }}}}"
    loop = get("here", url, for_each="env.ITEMS.split(',')", max_concurrency=2)
    definition = {"name": "cancel-in-map", "steps": [loop, get("later", f"{server.url}/later")]}
    return {**definition, "env": {"ITEMS": ",".join("x" * 50)}}


def in_an_approval(server: CountingServer) -> dict[str, Any]:
    ask = {"name": "here", "action": "approval", "params": {"message": "Go on?"}}
    return {"name": "cancel-in-approval", "steps": [ask, get("later", f"{server.url}/later")]}


def in_a_child(server: CountingServer) -> dict[str, Any]:
    call = {"name": "here", "action": "workflow/run", "params": {"workflow": "cancel-in-http"}}
    return {"name": "cancel-in-child", "steps": [call, get("later", f"{server.url}/later")]}


def behind_a_gate(server: CountingServer) -> dict[str, Any]:
    """`later` waits at a join gate for `here`, which is on its way."""
    steps = [
        get("first", f"{server.url}/first", depends_on=[]),
        get("here", f"{server.url}/hold", depends_on=[]),
        get("beside", f"{server.url}/beside", depends_on=["first"]),
        get("later", f"{server.url}/later", depends_on=["first", "here"]),
    ]
    return {"name": "cancel-behind-gate", "steps": steps}


def by_s2(stack: RunningStack, run_id: str) -> None:
    answer = stack.api.post(f"/api/v1/cancel/{run_id}")
    expected = {"execution_id": run_id, "status": "cancelled"}
    assert (answer.status_code, answer.json()) == (200, expected)


def by_type_and_id(stack: RunningStack, run_id: str) -> None:
    answer = stack.api.post(f"/api/v1/cancel/workflow-run/{run_id}")
    assert answer.status_code == 200, answer.text


def by_bulk(stack: RunningStack, run_id: str) -> None:
    answer = stack.api.post("/api/v1/cancel", json={"executionType": "workflow-run"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["count"] >= 1


def by_socket(stack: RunningStack, run_id: str) -> None:
    with stack.socket() as socket:
        socket.send("cancel", "mine", id=run_id)
        eventually("it is cancelled", lambda: stack.api.detail(run_id)["status"] == "cancelled")


@pytest.mark.parametrize(
    ("where", "how"),
    [
        (in_a_delay, by_s2),
        (in_a_delay, by_type_and_id),
        (in_an_http_step, by_s2),
        (in_an_http_step, by_socket),
        (in_a_parallel, by_bulk),
        (in_a_map, by_s2),
        (in_an_approval, by_bulk),
        (in_an_approval, by_socket),
        (in_a_child, by_type_and_id),
        (in_a_child, by_bulk),
        (behind_a_gate, by_type_and_id),
    ],
)
def test_a_cancelled_run_starts_no_further_step(
    stack: RunningStack, server: CountingServer, where: Any, how: Any
) -> None:
    api = stack.api
    definition = where(server)
    if where is in_a_child:
        api.apply(in_an_http_step(server))
    api.apply(definition)
    run_id = api.run(definition["name"])
    api.step_running(run_id, "here")
    if where is in_a_map:
        eventually("both items are under way", lambda: server.count("/hold") == 2, 200)
    if where in (in_a_child, behind_a_gate):
        eventually("its request is under way", lambda: server.count("/hold") == 1, 200)
    how(stack, run_id)
    server.hold.set()
    detail = api.detail(run_id)
    assert detail["status"] == "cancelled"
    assert {step["status"] for step in detail["steps"]} <= {"completed", "cancelled"}
    assert step_of(detail, "later")["status"] == "cancelled"
    if child := step_of(detail, "here")["execution_id"]:
        assert api.detail(child)["status"] == "cancelled"
    time.sleep(2)  # long enough for whatever would still be coming: steps follow within 0.2 s
    assert server.count("/later") == 0
    assert api.detail(run_id) == detail


def test_a_run_that_is_cancelled_in_the_queue_never_asks_anybody(
    api: Api, server: CountingServer
) -> None:
    step = get("here", f"{server.url}/hold")
    api.apply({"name": "cancel-in-queue", "max_parallel_executions": 1, "steps": [step]})
    first, second = api.run("cancel-in-queue"), api.run("cancel-in-queue")
    eventually("the first is under way", lambda: server.count("/hold") == 1)
    assert api.detail(second)["status"] == "pending"
    assert api.post(f"/api/v1/cancel/workflow-run/{second}").status_code == 200
    server.hold.set()
    assert api.ended(first)["status"] == "completed"
    third = api.run("cancel-in-queue")
    assert api.ended(third)["status"] == "completed"
    assert api.detail(second)["status"] == "cancelled"
    assert server.count("/hold") == 2


def test_cancelling_twice_is_not_found_the_second_time(api: Api, server: CountingServer) -> None:
    definition = in_a_delay(server)
    api.apply(definition)
    run_id = api.run(definition["name"])
    assert api.post(f"/api/v1/cancel/{run_id}").status_code == 200
    again = api.post(f"/api/v1/cancel/{run_id}")
    assert again.status_code == 404
    assert again.json()["error"] == "execution not found or not cancellable"
