"""Runs that are no real ones: simulations, and dust tests (S1).

In a simulation nothing leaves the system: nodes with effects answer with their stub. In a dust test
everything happens, with amounts of the smallest unit there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.core.errors import Invalid, Problem
from chalicelib.core.graphs.chains import shown_endpoint
from chalicelib.core.graphs.definition import Graph

SIMULATION, DUST = "simulation", "dust"
AMOUNTS: Final = frozenset({"amount", "amountIn", "value"})
"""Members that are amounts, at any depth of a payload."""
CHAIN_ID: Final = "chainId"


def mode_of(*, simulate: bool, dust_test: bool) -> str | None:
    """How a run is meant. Raises Invalid when both are asked for."""
    if simulate and dust_test:
        problem = Problem("dustTest", "cannot be asked for together with `simulate`")
        raise Invalid("a run is either a simulation or a dust test", [problem])
    return SIMULATION if simulate else DUST if dust_test else None


def dusted(value: Any) -> Any:
    """A rendered payload with every amount replaced by one unit; a text stays a text. What members
    that a node reads itself may name (`$own`) is left as it is."""
    if isinstance(value, Mapping):
        return {
            name: member if name == "$own" else _dust(member) if name in AMOUNTS else dusted(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [dusted(member) for member in value]
    return value


def simulation_forks(
    graph: Graph, run_id: str, endpoints: Mapping[int, str]
) -> list[dict[str, Any]]:
    """One fork for each chain that the graph names, by number (S1). Nothing is asked in a simulation;
    `rpcUrl` is the origin of the chain's endpoint, of `endpoints`, which a real run would ask, or
    empty where there is none."""
    chains = sorted({chain for node in graph.nodes.values() for chain in _chains(node.payload)})
    return [
        {
            CHAIN_ID: chain,
            "forkId": f"fork_{run_id.removeprefix('run_')}_{chain}",
            "rpcUrl": shown_endpoint(endpoints.get(chain, "")),
        }
        for chain in chains
    ]


def _dust(value: Any) -> Any:
    if isinstance(value, str):
        return "1"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 1
    return dusted(value)


def _chains(value: Any) -> Iterator[int]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name == CHAIN_ID and isinstance(member, int | str) and str(member).isdigit():
                yield int(member)
            yield from _chains(member)
    elif isinstance(value, list):
        for member in value:
            yield from _chains(member)
