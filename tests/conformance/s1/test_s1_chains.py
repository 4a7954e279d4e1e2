"""S1, nodes of chains: executed over JSON-RPC against an endpoint on loopback; nothing is sent in a
simulation, and the smallest unit in a dust test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.graphs import graph
from tests.support.rpc_server import REFUSED, RpcServer, rpc_server
from tests.support.stack import CHAIN, Api, RunningStack
from tests.support.v1 import begin, ended, results

FROM, TO, TOKEN = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20
ETHER = 10**18
READ = {"chainId": CHAIN, "method": "eth_getBalance", "params": [FROM, "latest"]}
TRANSFER = {"chainId": CHAIN, "from": FROM, "to": TO, "amount": str(ETHER)}
SWAP = {
    "chainId": CHAIN,
    "from": FROM,
    "router": TO,
    "path": [TOKEN, TO],
    "amountIn": "5000",
    "amountOutMin": 1,
    "deadline": 2_000_000_000,
}
ALL = graph(
    read={"type": "evm-read", "payload": READ, "children": ["send"]},
    send={"type": "evm-transfer", "payload": TRANSFER, "children": ["swap"]},
    swap={"type": "token-swap", "payload": SWAP},
)


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org="org_s1_chains", name="s1-chains")


@pytest.fixture(scope="module")
def chain(stack: RunningStack) -> Iterator[RpcServer]:
    with rpc_server(stack.rpc_port) as found:
        yield found


@pytest.fixture(scope="module")
def ran(ours: Api, chain: RpcServer) -> dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]:
    """By mode: the run of all three nodes, and what came to the endpoint meanwhile."""
    found = {}
    for mode in ("real", "simulate", "dustTest"):
        before = len(chain.asked)
        more = {} if mode == "real" else {mode: True}
        run = ended(ours, begin(ours, ALL, **more))
        assert run["status"] == "success", run["executionState"]
        found[mode] = (run, chain.asked[before:])
    return found


def words(data: str) -> list[int]:
    """The words behind a call's selector."""
    return [int(data[at : at + 64], 16) for at in range(10, len(data), 64)]


def sent(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each["params"][0] for each in asked if each["method"] == "eth_sendTransaction"]


def test_s1_evm_read__asks_the_chain_and_gives_its_answer(ran: dict[str, Any]) -> None:
    run, asked = ran["real"]
    assert results(run)["read"] == {"result": hex(ETHER)}
    assert asked[0] == {"method": "eth_getBalance", "params": [FROM, "latest"]}


def test_s1_evm_transfer__sends_its_amount_once(ran: dict[str, Any]) -> None:
    run, asked = ran["real"]
    assert sent(asked)[0] == {"from": FROM, "to": TO, "value": hex(ETHER)}
    assert set(results(run)["send"]) == {"txHash"}


def test_s1_token_swap__calls_its_router_once(ran: dict[str, Any]) -> None:
    run, asked = ran["real"]
    swap = sent(asked)[1]
    assert (swap["from"], swap["to"], swap["data"][:10]) == (FROM, TO, "0x38ed1739")
    path = [2, int(TOKEN, 16), int(TO, 16)]
    assert words(swap["data"]) == [5000, 1, 160, int(FROM, 16), 2_000_000_000, *path]
    assert set(results(run)["swap"]) == {"txHash"} and len(asked) == 3


def test_s1_simulate__sends_nothing_out(ran: dict[str, Any]) -> None:
    run, asked = ran["simulate"]
    assert asked == []
    found = results(run)
    assert all(found[node]["simulated"] is True for node in ("read", "send", "swap"))


def test_s1_simulate__shows_the_amounts_as_they_were_written(ran: dict[str, Any]) -> None:
    run, _ = ran["simulate"]
    assert run["executionState"]["send"]["input"]["amount"] == str(ETHER)


def test_s1_simulate__has_one_fork_for_the_chain_that_three_nodes_name(
    ran: dict[str, Any],
) -> None:
    run, _ = ran["simulate"]
    assert [fork["chainId"] for fork in run["simulationForks"]] == [CHAIN]


def test_s1_dust_test__a_transfer_sends_one_wei(ran: dict[str, Any]) -> None:
    _, asked = ran["dustTest"]
    assert sent(asked)[0] == {"from": FROM, "to": TO, "value": "0x1"}


def test_s1_dust_test__a_swap_gives_one_unit(ran: dict[str, Any]) -> None:
    _, asked = ran["dustTest"]
    assert words(sent(asked)[1]["data"])[0] == 1


def test_s1_dust_test__reads_as_ever(ran: dict[str, Any]) -> None:
    run, asked = ran["dustTest"]
    assert asked[0]["method"] == "eth_getBalance" and len(asked) == 3
    assert results(run)["read"] == {"result": hex(ETHER)}


def test_s1_dust_test__shows_the_amounts_that_were_sent(ran: dict[str, Any]) -> None:
    run, _ = ran["dustTest"]
    assert run["executionState"]["send"]["input"]["amount"] == "1"
    assert run["executionState"]["swap"]["input"]["amountIn"] == "1"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({**TRANSFER, "from": REFUSED}, "rpc_error"),
        ({**TRANSFER, "chainId": CHAIN + 1}, "no_rpc_endpoint"),
        ({**TRANSFER, "to": "0x1"}, "invalid_payload"),
    ],
)
def test_s1_evm_transfer__what_cannot_be_sent_fails_the_node_with_its_reason(
    ours: Api, chain: RpcServer, payload: dict[str, Any], code: str
) -> None:
    definition = graph(send={"type": "evm-transfer", "payload": payload})
    run = ended(ours, begin(ours, definition))
    assert run["status"] == "failure"
    assert code in run["executionState"]["send"]["error"]
