"""Swarms on the running stack: a mesh of agents, the emulator restarted under them, and workers that
are killed in the middle of a turn. No message is lost, none comes twice, each pair's keep their order."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.faults import eventually, kill_workers
from tests.support.stack import Api, CountingServer, RunningStack
from tests.support.swarm_api import SwarmApi, until
from tests.support.swarm_mesh import (
    START,
    assert_all_arrived_once_and_in_order,
    mailbox,
    mesh,
)

AGENTS, TARGETS, EACH = 20, 5, 25


def start_all(stack: RunningStack, swarm: SwarmApi, agents: int) -> None:
    """Every agent gets its task, from several clients at once."""

    def start(number: int) -> None:
        mine = SwarmApi(Api(stack.api.base_url, stack.api.token), swarm.name)
        mine.task(f"n{number}", START)

    with ThreadPoolExecutor(4) as clients:
        list(clients.map(start, range(agents)))


def at_rest(found: list[dict[str, Any]], messages: int) -> bool:
    """All tasks and messages are handled and nothing waits."""
    handled = sum(agent["message_count"] for agent in found)
    return handled == messages + len(found) and not any(agent["inbox_size"] for agent in found)


def check(stack: RunningStack, swarm: SwarmApi, agents: int, each: int) -> None:
    boxes = {f"n{n}": mailbox(stack.table, swarm.name, f"n{n}") for n in range(agents)}
    assert_all_arrived_once_and_in_order(boxes, each)


def test_a_mesh_of_20_agents_loses_no_message_and_keeps_each_pairs_order(
    stack: RunningStack, say: Callable[[str], None]
) -> None:
    swarm = SwarmApi.create(stack.api, **mesh(AGENTS, TARGETS, EACH))
    began = time.monotonic()
    start_all(stack, swarm, AGENTS)
    until(lambda: swarm.get("/agents")["agents"], lambda found: at_rest(found, AGENTS * EACH))
    took = time.monotonic() - began
    check(stack, swarm, AGENTS, EACH)
    routed = swarm.get("/events", params={"event_type": "message_routed", "limit": "1000"})
    assert routed["count"] == AGENTS * EACH
    say(f"{AGENTS} agents, {AGENTS * EACH} messages: {took:.1f} s")


def test_messages_survive_a_restart_of_the_emulator(stack: RunningStack) -> None:
    swarm = SwarmApi.create(stack.api, **mesh(AGENTS, TARGETS, EACH))
    start_all(stack, swarm, AGENTS)
    until(
        lambda: swarm.get("/agents")["agents"],
        lambda found: any(agent["message_count"] for agent in found),
    )
    stack.local.restart_emulator()

    def over() -> bool:
        stack.reconcile()
        return at_rest(swarm.get("/agents")["agents"], AGENTS * EACH)

    # Bells that were lost are rung again a minute after anything was done last.
    eventually("all messages are handled", over, 200)
    check(stack, swarm, AGENTS, EACH)


def test_a_turn_whose_worker_is_killed_is_taken_again_and_sends_once(
    stack: RunningStack, server: CountingServer
) -> None:
    asks = {"name": "asker", "backend": {"type": "http", "url": f"{server.url}/hold"}}
    tells = {
        "name": "teller",
        "backend": "mock",
        "config": {"script": [{"when": "*", "sleep": 4, "send": [{"to": "ear", "content": "x"}]}]},
    }
    ear = {"name": "ear", "backend": "mock"}
    swarm = SwarmApi.create(stack.api, agents=[asks, tells, ear], topology=[["teller", "ear"]])
    swarm.task("asker", "work")
    swarm.task("teller", "work")
    eventually("the server is asked", lambda: server.count("/hold") == 1)
    assert kill_workers(stack, "TakeTurn") >= 1
    server.hold.set()
    swarm.handled("asker", 1)
    swarm.handled("ear", 1)
    assert server.count("/hold") == 2
    assert mailbox(stack.table, swarm.name, "ear") == ["x"]
    assert swarm.agent("asker")["state"] == "idle"


def test_a_turn_that_always_takes_its_worker_down_is_given_up(
    stack: RunningStack, server: CountingServer
) -> None:
    asks = {"name": "asker", "backend": {"type": "http", "url": f"{server.url}/hold"}}
    swarm = SwarmApi.create(stack.api, agents=[asks])
    swarm.task("asker", "deadly")
    for tries in (1, 2, 3):
        eventually("the server is asked", lambda tries=tries: server.count("/hold") == tries)
        assert kill_workers(stack, "TakeTurn") >= 1
    server.hold.set()
    until(lambda: swarm.agent("asker"), lambda found: found["state"] == "error")
    (told,) = swarm.events("agent_error")
    assert told["metadata"]["code"] == "crashed"
    swarm.task("asker", "harmless")
    swarm.handled("asker", 1)
    assert server.count("/hold") == 4
