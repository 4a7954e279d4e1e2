"""200 agents exchange 10,000 messages on the local stack: `make load-swarms` prints what it took.

It is no part of `make test`: pytest does not collect files of this name unless they are named.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.e2e.test_swarms import at_rest, check, start_all
from tests.support.stack import RunningStack
from tests.support.swarm_api import SwarmApi
from tests.support.swarm_mesh import mesh

AGENTS, TARGETS, EACH = 200, 10, 50
LONGEST_SECONDS = 1_800
LOOK_SECONDS = 5


def test_10000_messages_among_200_agents(stack: RunningStack, say: Callable[[str], None]) -> None:
    swarm = SwarmApi.create(stack.api, **mesh(AGENTS, TARGETS, EACH))
    began = time.monotonic()
    start_all(stack, swarm, AGENTS)
    tasks = time.monotonic() - began
    end = began + LONGEST_SECONDS
    # Seldom: each look is a Query, which costs the emulator as much as the swarm has items.
    while not at_rest(swarm.get("/agents")["agents"], AGENTS * EACH):
        assert time.monotonic() < end, swarm.get("/agents")["agents"][:5]
        time.sleep(LOOK_SECONDS)
    took = time.monotonic() - began
    check(stack, swarm, AGENTS, EACH)
    say(
        f"{AGENTS} agents, {AGENTS * EACH:,} messages: {took:.0f} s ({tasks:.0f} s of it for the"
        f" tasks), {AGENTS * EACH / took:.0f} messages a second; none lost, none twice, in order"
    )
