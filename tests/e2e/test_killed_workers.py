"""Lambda processes are killed (SIGKILL) at work: retries take over, and no run gets stuck."""

from __future__ import annotations

import random
import threading
from functools import partial
from typing import Any

import pytest
import requests

from tests.support.faults import (
    assert_sound,
    assert_whole,
    eventually,
    is_sealed,
    kill_workers,
    killing,
)
from tests.support.stack import PATIENCE_SECONDS, CountingServer, RunningStack, step_of


def held(server: CountingServer) -> dict[str, Any]:
    step = {"name": "here", "action": "http/request", "params": {"url": f"{server.url}/hold"}}
    return {"name": "killed-step", "steps": [step, {**NO_OP_STEP, "name": "behind"}]}


NO_OP_STEP = {"action": "transform", "params": {"value": 1}}
CHAIN = {"name": "killed-chain", "steps": [{**NO_OP_STEP, "name": f"s{n}"} for n in range(3)]}


def kill_in_mid_step(stack: RunningStack, server: CountingServer, try_number: int) -> None:
    """Wait until the try's request has reached the server, which holds it, and kill its process."""
    eventually(f"try {try_number} is at work", lambda: server.count("/hold") >= try_number)
    assert kill_workers(stack, "RunStep") >= 1


def test_a_step_whose_process_is_killed_twice_succeeds_with_its_third_try(
    stack: RunningStack, server: CountingServer
) -> None:
    stack.api.apply(held(server))
    run_id = stack.api.run("killed-step")
    for try_number in (1, 2):
        kill_in_mid_step(stack, server, try_number)
    eventually("the third try is at work", lambda: server.count("/hold") == 3)
    server.hold.set()
    stack.api.ended(run_id)
    eventually("its log is closed", lambda: is_sealed(stack, run_id))
    detail = assert_sound(stack, run_id)
    assert detail["status"] == "completed"
    assert (step_of(detail, "here")["attempts"], step_of(detail, "behind")["attempts"]) == (3, 1)


def test_a_step_whose_process_always_dies_fails_its_run(
    stack: RunningStack, server: CountingServer
) -> None:
    stack.api.apply(held(server))
    run_id = stack.api.run("killed-step")
    for try_number in (1, 2, 3, 4):
        kill_in_mid_step(stack, server, try_number)
    stack.api.ended(run_id)
    eventually("its log is closed", lambda: is_sealed(stack, run_id))
    detail = assert_sound(stack, run_id)
    assert detail["status"] == "failed"
    assert step_of(detail, "here")["status"] == "failed"
    assert server.count("/hold") == 4


def test_runs_end_although_the_last_state_never_gets_to_work(stack: RunningStack) -> None:
    """Every process of FinishRun is killed as soon as it is there: the execution fails, and its
    status change concludes the run, which by its steps has succeeded."""
    stack.api.apply(CHAIN)
    for _ in range(5):
        with killing(stack, "FinishRun", every=0.03) as kills:
            run_id = stack.api.run("killed-chain")
            detail = stack.api.ended(run_id)
        assert detail["status"] == "completed"
        eventually("its log is closed", partial(is_sealed, stack, run_id))
        assert_sound(stack, run_id)
        if sum(kills) >= 2:
            return
    pytest.fail("nothing was killed: this shows nothing")


def test_events_are_numbered_and_none_is_lost_when_the_fan_out_is_killed(
    stack: RunningStack,
) -> None:
    stack.api.apply(CHAIN)
    with stack.socket() as socket:
        for n in range(3):
            socket.send("workflow.run", f"r{n}", workflowIdOrName="killed-chain")
            first = socket.receive()["event"]
            assert kill_workers(stack, "FanOut") >= 1
            # A batch that was cut off comes again, so a frame may be doubled; a client drops those.
            stream = [first, *socket.until_done(f"r{n}")]
            once = {event["seq"]: event for event in stream}
            assert_whole(list(once.values()))
            assert_sound(stack, first["runId"])


def test_a_client_that_repeats_itself_gets_one_run_although_the_api_is_killed(
    stack: RunningStack,
) -> None:
    """The API's process dies somewhere in each start, at a moment that chance picks."""
    stack.api.apply(CHAIN)
    chance = random.Random(7)
    headers = {"Authorization": f"Bearer {stack.api.token}"}
    refused: list[int] = []
    runs: list[str] = []
    for number in range(60):
        if number >= 8 and refused:
            break
        key = {"Idempotency-Key": f"killed-{number}"}
        threading.Timer(chance.uniform(0, 0.06), kill_workers, [stack, "APIHandler"]).start()
        answers = []
        while len(answers) < 2:  # a client that is never sure, and so asks twice
            answer = requests.post(
                f"{stack.api.base_url}/api/v1/run/killed-chain",
                headers={**headers, **key},
                timeout=PATIENCE_SECONDS,
            )
            if answer.status_code != 202:
                refused.append(answer.status_code)
                assert len(refused) < 40, refused
                continue
            answers.append(answer.json()["execution_id"])
        assert answers[0] == answers[1]
        runs.append(answers[0])
    assert refused, "no request was hit: this shows nothing"
    assert all(status >= 500 for status in refused), refused
    query = {"workflow": "killed-chain", "limit": "1000"}
    listed = stack.api.get("/api/v1/executions", params=query).json()["executions"]
    assert set(runs) <= {run["id"] for run in listed}
    assert len({run["id"] for run in listed}) == len(listed)

    def all_sealed() -> bool:
        stack.reconcile()
        return all(is_sealed(stack, run) for run in runs)

    eventually("all logs are closed", all_sealed)
    for run in runs:
        assert assert_sound(stack, run)["status"] == "completed"


@pytest.fixture(autouse=True)
def _no_run_is_left(stack: RunningStack) -> Any:
    """After each of these tests the reconciler finds nothing to repair but what is too young."""
    yield
    stack.reconcile()
