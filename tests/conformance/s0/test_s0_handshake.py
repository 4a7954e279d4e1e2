"""S0, the socket on `/ws`: who gets in. (Contract: bad or missing `?token=` is refused at the
handshake.)"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from chalicelib.core.roles import Role
from tests.support.stack import PATIENCE_SECONDS, RunningStack


def refused(url: str) -> int:
    """The status that a handshake is refused with."""
    with pytest.raises(InvalidStatus) as found, connect(url, open_timeout=PATIENCE_SECONDS):
        pass
    return found.value.response.status_code


def test_s0_socket__opens_with_a_good_token(stack: RunningStack) -> None:
    with stack.socket() as socket:
        assert socket.ask("workflow.run.search", "1", limit=1)["type"] == "workflow.run.search"


BAD: dict[str, Callable[[str], str]] = {
    "no token": lambda token: "",
    "empty": lambda token: "?token=",
    "no such": lambda token: "?token=nobody.secret",
    "wrong secret": lambda token: f"?token={token}x",
    "name only": lambda token: f"?token={token.partition('.')[0]}",
    "too long": lambda token: "?token=a." + "x" * 600,
    "other name": lambda token: f"?Token={token}",
}


@pytest.mark.parametrize("case", BAD)
def test_s0_socket__is_refused_at_the_handshake_without_a_good_token(
    stack: RunningStack, case: str
) -> None:
    query = BAD[case](stack.spare_token())
    assert refused(f"{stack.local.ws_url}/ws{query}") in (401, 403)


def test_s0_socket__an_expired_token_is_refused_at_the_handshake(stack: RunningStack) -> None:
    expired = stack.token(Role.ADMIN, name="expired-socket", days=-1)
    assert refused(f"{stack.local.ws_url}/ws?token={expired}") in (401, 403)


@pytest.mark.parametrize("path", ["/", "/wss", "/ws/", "/ws/x", "/WS", "/api/v1/executions"])
def test_s0_socket__another_path_is_refused(stack: RunningStack, path: str) -> None:
    assert refused(f"{stack.local.ws_url}{path}?token={stack.credentials.token}") == 404


@pytest.mark.parametrize("path", ["/api/v1/batch/b/stream", "/api/v1/pipelines/run_x/stream"])
def test_s0_socket__a_path_whose_protocol_is_not_built_is_refused(
    stack: RunningStack, path: str
) -> None:
    assert refused(f"{stack.local.ws_url}{path}?token={stack.credentials.token}") >= 400


def test_s0_socket__a_client_cannot_name_another_path_in_its_query(stack: RunningStack) -> None:
    token = stack.credentials.token
    for query in ("path=/ws", "%70ath=/ws", "path=%2Fws"):
        assert refused(f"{stack.local.ws_url}/api/v1/batch/b/stream?token={token}&{query}") >= 400
    with connect(
        f"{stack.local.ws_url}/ws?token={token}&path=/other", open_timeout=PATIENCE_SECONDS
    ):
        pass


def test_s0_socket__a_message_over_the_gateways_limit_closes_it(stack: RunningStack) -> None:
    with stack.socket() as socket:
        socket.send_text("x" * 150_000)
        with pytest.raises(ConnectionClosed) as closed:
            socket.receive()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009
