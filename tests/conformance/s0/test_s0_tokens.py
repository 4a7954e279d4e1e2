"""S0, authentication: throttled guessing over HTTP and sockets, and `--auth-mode none`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chalicelib.core.roles import Role
from tests.support.answers import problem
from tests.support.stack import PATIENCE_SECONDS, Api, RunningStack

MINUTE = 60


def ask(stack: RunningStack, token: str, path: str = "/api/v1/executions") -> requests.Response:
    return Api(stack.local.base_url, token).get(path)


def once_more_if_slow() -> Iterator[list[float]]:
    """Goes round until a round was over within the minute that is counted by: a round says when it
    was, by a time of its own behind its beginning."""
    for _ in range(5):
        times = [time.monotonic()]
        yield times
        if times[-1] - times[0] < MINUTE:
            return
        time.sleep(MINUTE)


def lock(stack: RunningStack, name: str) -> None:
    """Six wrong tries within a minute: five are answered 401, the sixth 429."""
    for times in once_more_if_slow():
        answers = [ask(stack, f"{name}.wrong-{number}") for number in range(6)]
        times.append(time.monotonic())
    for answer in answers[:5]:
        problem(answer, 401, "unauthorized")
    is_locked(answers[5])


def is_locked(answer: requests.Response) -> None:
    problem(answer, 429, "rate-limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def handshake(stack: RunningStack, token: str) -> bool:
    """Whether a socket opens with this token."""
    try:
        with connect(f"{stack.local.ws_url}/ws?token={token}", open_timeout=PATIENCE_SECONDS):
            return True
    except InvalidStatus:
        return False


def test_s0_tokens__more_than_five_wrong_tries_lock_a_known_name_the_right_secret_included(
    stack: RunningStack,
) -> None:
    right = stack.token(Role.VIEWER, name="guessed")
    lock(stack, "guessed")
    is_locked(ask(stack, right))
    assert not handshake(stack, right)


def test_s0_tokens__an_unknown_name_is_locked_alike(stack: RunningStack) -> None:
    lock(stack, "guessed-nobody")


def test_s0_tokens__wrong_handshakes_count_too(stack: RunningStack) -> None:
    right = stack.token(Role.VIEWER, name="guessed-ws")
    for times in once_more_if_slow():
        for number in range(6):
            assert not handshake(stack, f"guessed-ws.wrong-{number}")
        answer = ask(stack, right)
        times.append(time.monotonic())
    is_locked(answer)


def test_s0_tokens__other_names_go_on(stack: RunningStack) -> None:
    other = stack.token(Role.VIEWER, name="guessed-neighbour")
    lock(stack, "guessed-victim")
    assert ask(stack, other).status_code == 200
    assert handshake(stack, other)


def test_s0_tokens__five_wrong_tries_are_forgiven(stack: RunningStack) -> None:
    right = stack.token(Role.VIEWER, name="guessed-five")
    for number in range(5):
        assert ask(stack, f"guessed-five.wrong-{number}").status_code == 401
    assert ask(stack, right).status_code == 200


def test_s0_tokens__the_cancel_endpoints_answer_429_in_their_own_shape(
    stack: RunningStack,
) -> None:
    lock(stack, "guessed-cancel")
    answer = Api(stack.local.base_url, "guessed-cancel.x").post("/api/v1/cancel")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    found = answer.json()
    assert (set(found), found["status"]) == ({"status", "message"}, "error")


@contextmanager
def without_authentication(stack: RunningStack) -> Iterator[Api]:
    """REST with AUTH_MODE=none; put back afterwards."""
    client = stack.local.session.client("lambda")
    name = "runyard-local-APIHandler"
    found = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def configure(variables: dict[str, str]) -> None:
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )

    configure({**found, "RUNYARD_AUTH_MODE": "none"})
    try:
        yield Api(stack.local.base_url, None)
    finally:
        configure(found)


def test_s0_tokens__with_auth_mode_none_no_token_is_required(stack: RunningStack) -> None:
    with without_authentication(stack) as api:
        assert api.post("/api/v1/cancel").json()["status"] == "cancelled"
        assert api.post("/api/v1/cancel/workflow-run/3f8a2b1c").status_code == 404
        answer = api.call("PUT", "/api/v1/models/open", json={"type": "transform"})
        assert answer.status_code in (200, 201)
        run_id = api.post("/api/v1/models/open/methods/run/run").json()["execution_id"]
        assert api.ended(run_id)["status"] == "completed"
    assert Api(stack.local.base_url, None).post("/api/v1/cancel").status_code == 401
    assert stack.api.detail(run_id)["status"] == "completed"


@pytest.mark.parametrize("token", ["nodot", ".x", "x.", "a." + "b" * 600])
def test_s0_tokens__what_is_no_token_is_401_however_often(stack: RunningStack, token: str) -> None:
    for _ in range(7):
        assert ask(stack, token).status_code == 401
