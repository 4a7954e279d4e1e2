"""Bells: whoever's rings takes turns, several agents and objects side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.services import Services
from chalicelib.telemetry import logger

_AT_ONCE: Final = 10
_LEFT_OVER: Final = 2.0
"""Seconds before the function's end at which a turn has to be over."""


@dataclass(slots=True)
class _Node:
    """A node whose bell rang."""

    org: str
    swarm: str
    name: str
    messages: list[str] = field(default_factory=list)
    again: bool = False
    """Whether a bell of it was heard before and came to nothing."""


def take_turns(
    found: Services, records: Sequence[Mapping[str, Any]], remaining: Callable[[], float]
) -> dict[str, Any]:
    """A batch of bells; the answer names those that have to ring again.

    `remaining` says how many seconds this invocation has left. A failure that nobody expects is one
    node's own: it is written to the log, its bell rings again, and others are not kept from theirs.
    """
    nodes = _nodes(records)
    taker = found.swarm_turns  # and with it all clients: boto3 cannot make two at once
    failed: list[str] = []

    def take(node: _Node) -> int:
        return taker.take(
            node.org,
            node.swarm,
            node.name,
            again=node.again,
            seconds=lambda: remaining() - _LEFT_OVER,
        )

    with ThreadPoolExecutor(min(_AT_ONCE, max(1, len(nodes)))) as threads:
        turns = [(node, threads.submit(take, node)) for node in nodes]
    for node, turn in turns:
        told = {"org": node.org, "swarm": node.swarm, "node": node.name}
        problem = turn.exception()
        if problem is None:
            logger.info("turns", extra={**told, "handled": turn.result()})
            continue
        failed += node.messages
        trace = (type(problem), problem, problem.__traceback__)
        logger.error("a turn broke off", extra=told, exc_info=trace)
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}


def _nodes(records: Sequence[Mapping[str, Any]]) -> list[_Node]:
    """The nodes of a batch, each once."""
    nodes: dict[tuple[str, str, str], _Node] = {}
    for record in records:
        bell = json.loads(record["body"])
        key = (bell["org"], bell["swarm"], bell["node"])
        node = nodes.setdefault(key, _Node(*key))
        node.messages.append(record["messageId"])
        if int(record["attributes"]["ApproximateReceiveCount"]) > 1:
            node.again = True
    return list(nodes.values())
