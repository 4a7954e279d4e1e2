"""Nodes of chains, executed over JSON-RPC against a server of the test's own, and simulated (S1)."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.graphs.modes import DUST, SIMULATION
from chalicelib.core.steps import StepRefused
from tests.component.outbound_servers import Server, reply, serving
from tests.support.followed import Machines
from tests.support.graph_runs import begin, graph, node, root, states
from tests.support.world import World

FROM, TO = "0x" + "a1" * 20, "0x" + "b2" * 20
HASH = "0x" + "cd" * 32
READ = {"chainId": 31337, "method": "eth_getBalance", "params": [FROM, "latest"]}
TRANSFER = {"chainId": 31337, "from": FROM, "to": TO, "amount": "1000000000000000000"}
SWAP = {"chainId": 31337, "from": FROM, "router": TO, "path": [FROM, TO], "amountIn": 5}


def answering(answer: Any) -> Callable[[socket.socket, Server], None]:
    return lambda sock, _: sock.sendall(
        reply("200 OK", json.dumps(answer).encode(), "Content-Type: application/json")
    )


def ran(world: World, kind: str, payload: dict[str, Any], **more: Any) -> Any:
    """The state of the one node after its run."""
    run_id = begin(world, graph(root=root("n"), n=node(kind, payload=payload)), **more)
    Machines(world).run(run_id)
    return states(world, run_id)["n"]


def asked(server: Server) -> list[Any]:
    return [json.loads(request.body) for request in server.requests]


@pytest.fixture
def chained(world: World) -> Callable[[Server], World]:
    def connect(server: Server) -> World:
        world.services = world.fresh(rpc_endpoints=f"31337={server.url('/rpc')}")
        return world

    return connect


def test_a_read_asks_the_chains_endpoint(chained: Callable[[Server], World]) -> None:
    with serving({"/rpc": answering({"jsonrpc": "2.0", "id": 1, "result": "0x64"})}) as server:
        state = ran(chained(server), "evm-read", READ)
        assert (state["status"], state["result"]) == ("success", {"result": "0x64"})
        (request,) = asked(server)
        assert (request["method"], request["params"]) == ("eth_getBalance", [FROM, "latest"])


@pytest.mark.parametrize(("mode", "value"), [(None, hex(10**18)), (DUST, "0x1")])
def test_a_transfer_sends_its_amount_and_in_a_dust_test_one_wei(
    chained: Callable[[Server], World], mode: str | None, value: str
) -> None:
    with serving({"/rpc": answering({"jsonrpc": "2.0", "id": 1, "result": HASH})}) as server:
        state = ran(chained(server), "evm-transfer", TRANSFER, mode=mode)
        assert state["result"] == {"txHash": HASH}
        (request,) = asked(server)
        assert request["method"] == "eth_sendTransaction"
        assert request["params"] == [{"from": FROM, "to": TO, "value": value}]


def test_a_swap_calls_its_router(chained: Callable[[Server], World]) -> None:
    with serving({"/rpc": answering({"jsonrpc": "2.0", "id": 1, "result": HASH})}) as server:
        state = ran(chained(server), "token-swap", {**SWAP, "deadline": 99})
        assert state["result"] == {"txHash": HASH}
        (sent,) = asked(server)[0]["params"]
        words = [sent["data"][10:][at : at + 64] for at in range(0, len(sent["data"]) - 10, 64)]
        assert (sent["to"], sent["data"][:10]) == (TO, "0x38ed1739")
        assert [int(word, 16) for word in words] == [
            5,
            0,
            160,
            int(FROM, 16),
            99,
            2,
            int(FROM, 16),
            int(TO, 16),
        ]


def test_what_the_endpoint_refuses_fails_the_node_and_is_not_asked_again(
    chained: Callable[[Server], World],
) -> None:
    refusal = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "no funds"}}
    with serving({"/rpc": answering(refusal)}) as server:
        state = ran(chained(server), "evm-transfer", TRANSFER)
        assert state["status"] == "failure"
        assert "no funds" in state["error"]
        assert len(server.requests) == 1


def test_a_try_that_was_cut_off_is_not_sent_a_second_time(
    chained: Callable[[Server], World],
) -> None:
    with serving({"/rpc": answering({"jsonrpc": "2.0", "id": 1, "result": HASH})}) as server:
        world = chained(server)
        run_id = begin(world, graph(root=root("n"), n=node("evm-transfer", payload=TRANSFER)))
        with pytest.raises(StepRefused, match="may have sent it"):
            world.run_step(run_id, "n", retry=1)
        assert server.requests == []


def test_a_chain_without_an_endpoint_fails_its_node(world: World) -> None:
    assert "no RPC endpoint for the chain 31337" in ran(world, "evm-read", READ)["error"]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("evm-read", READ), ("evm-transfer", TRANSFER), ("token-swap", SWAP)],
)
def test_in_a_simulation_no_chain_is_asked(
    chained: Callable[[Server], World], kind: str, payload: dict[str, Any]
) -> None:
    with serving({}) as server:
        state = ran(chained(server), kind, payload, mode=SIMULATION)
        assert state["result"]["simulated"] is True
        assert server.requests == []


@pytest.mark.parametrize(
    ("kind", "wrong", "message"),
    [
        ("evm-read", {"method": "eth_sendRawTransaction"}, "none that only reads"),
        ("evm-transfer", {"to": "me"}, "to: must be an address"),
        ("evm-transfer", {"amount": "-1"}, "amount: must be a whole number"),
        ("token-swap", {"path": [FROM]}, "at least two tokens"),
    ],
)
def test_values_that_are_none_never_reach_a_chain(
    chained: Callable[[Server], World], kind: str, wrong: dict[str, Any], message: str
) -> None:
    whole = {"evm-read": READ, "evm-transfer": TRANSFER, "token-swap": SWAP}[kind]
    with serving({}) as server:
        state = ran(chained(server), kind, {**whole, **wrong})
        assert message in state["error"]
        assert server.requests == []
