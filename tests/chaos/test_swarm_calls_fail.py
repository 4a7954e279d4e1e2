"""Each AWS call of each operation on swarms fails, in each way, and afterwards nothing is lost: no mail
missing, none handled twice, numbers without gaps, nodes as seed and overlay make them.

After the fault a new process goes on as AWS would: the stream's batch and the bell come again, and
the reconciler makes its passes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chalicelib.core.errors import BadRequest, RunyardError
from chalicelib.core.swarms.config import read_config
from chalicelib.core.swarms.heads import nodes_of
from chalicelib.core.swarms.model import AgentSpec, SwarmStatus
from tests.support.clients import Died, Fault
from tests.support.swarm_loop import Loop, mock, sends
from tests.support.world import ORG, World

SEED = {
    "agents": [mock("a", sends("b", "one", "two", when="go")), mock("b", sends("c", "from b"))],
    "objects": [{"name": "c", "handler": "counter"}],
    "topology": [["a", "b"], ["b", "c"]],
}
LOUD = [fault for fault in Fault if fault is not Fault.SENT_TWICE]


@dataclass(frozen=True)
class Operation:
    """`arrange` leaves a swarm right before the operation; `act` is what is broken."""

    name: str
    arrange: Callable[[Loop, str], None]
    act: Callable[[Loop, str], object]
    sent: int = 1
    """Tasks that `a` has got once all is done, if the operation is done too."""


def _nothing(loop: Loop, name: str) -> None:
    """There is no swarm yet."""


def _create(loop: Loop, name: str) -> object:
    return loop.swarms.create(ORG, read_config({"name": name, **SEED}), path=None)


def _created(loop: Loop, name: str) -> None:
    _create(loop, name)
    loop.flow()


def _tasked(loop: Loop, name: str) -> None:
    """A bell rings for `a`."""
    _created(loop, name)
    loop.task("a", name=name)
    loop.route()


def _sent(loop: Loop, name: str) -> None:
    """`a` has sent, and the stream shows it."""
    _tasked(loop, name)
    loop.hear()


def _paused(loop: Loop, name: str) -> None:
    _tasked(loop, name)
    loop.swarms.pause(ORG, name)
    loop.hear()


def _hear(loop: Loop, name: str) -> object:
    return loop.hear()


def _route(loop: Loop, name: str) -> object:
    batch = loop.records()
    try:
        again = loop.route(batch)
    except (RunyardError, Died):
        again = [batch[0]["dynamodb"]["SequenceNumber"]]
    if again:
        first = next(n for n, one in enumerate(batch) if _number(one) == again[0])
        loop.lost += batch[first:]
    return again


def _number(record: dict[str, dict[str, str]]) -> str:
    return record["dynamodb"]["SequenceNumber"]


OPERATIONS = [
    Operation("create", _nothing, _create, sent=0),
    Operation("task", _created, lambda loop, name: loop.task("a", name=name)),
    Operation(
        "add an agent",
        _tasked,
        lambda loop, name: loop.swarms.add_agent(ORG, name, AgentSpec("d"), ["b"], ["a"]),
    ),
    Operation("scale", _tasked, lambda loop, name: loop.swarms.scale(ORG, name, "b", 2), sent=0),
    Operation("turn", _tasked, _hear),
    Operation("deliver", _sent, _route),
    Operation("pause", _tasked, lambda loop, name: loop.swarms.pause(ORG, name)),
    Operation("resume", _paused, lambda loop, name: loop.swarms.resume(ORG, name)),
    Operation("stop", _tasked, lambda loop, name: loop.swarms.stop(ORG, name, purge=False)),
    Operation("purge", _sent, lambda loop, name: loop.swarms.stop(ORG, name, purge=True), sent=0),
]


def break_call(loop: Loop, operation: Operation, name: str, call: int, fault: Fault) -> bool:
    """Arrange, and break one call; whether the caller was told of success."""
    operation.arrange(loop, name)
    loop.fresh()
    told = False
    with (
        loop.world.calls.failing(call, fault),
        contextlib.suppress(RunyardError, Died, ExceptionGroup),
    ):
        operation.act(loop, name)
        told = True
    return told


def go_on(loop: Loop) -> None:
    """A new process: what failed comes again, and minutes pass."""
    loop.fresh()
    again, loop.lost = loop.lost, []
    if again:
        assert loop.route(again) == []
    for _ in range(3):
        loop.flow()
        loop.sweep(minutes=2)
    loop.flow()


def number_of_calls(loop: Loop, operation: Operation) -> int:
    operation.arrange(loop, "counted")
    loop.fresh()
    with loop.world.calls.counted() as calls:
        operation.act(loop, "counted")
        made = len(calls.made)
    go_on(loop)
    return made


def broken_calls(calls: int, turn: int) -> range:
    """As in test_every_call_fails: a third of them, or all with `make chaos`."""
    if os.environ.get("RUNYARD_CHAOS") == "all":
        return range(1, calls + 1)
    return range(1 + turn % min(3, calls), calls + 1, 3)


def check(loop: Loop, operation: Operation, name: str, where: str, *, told: bool) -> None:
    """Bring the swarm to rest by what a client would do, and look at everything."""
    head = loop.services.swarm_store.get(ORG, name)
    if operation.name == "purge":
        if head is not None:
            loop.swarms.stop(ORG, name, purge=True)
        left = [item["sk"] for item in loop.world.items() if item["pk"].endswith(f"#{name}")]
        assert left == [], where
        return
    if head is None:
        assert operation.name == "create" and not told, where
        _create(loop, name)
    elif operation.name == "create":
        with pytest.raises(BadRequest, match="already_exists"):
            _create(loop, name)
    if loop.head(name=name).status is SwarmStatus.STOPPED:
        loop.swarms.restart(ORG, name, delete=False)
    if loop.head(name=name).status is SwarmStatus.PAUSED:
        loop.swarms.resume(ORG, name)
    loop.flow()
    head = loop.head(name=name)
    wanted = {node.name: node for node in nodes_of(loop.swarms.effective(head))}
    assert loop.nodes(name=name) == wanted, where
    assert (head.status, head.applied) == (SwarmStatus.RUNNING, head.revision), where
    lives = {life.name: life for life in loop.services.swarm_mail.lives(ORG, name)}
    assert set(lives) == set(wanted), where
    assert {life.inbox for life in lives.values()} == {0}, where
    assert not [item for item in loop.world.items() if item["sk"].startswith("DUE#")], where
    if operation.sent:
        tasks = len(loop.contents("a", name=name))
        # A task whose answer was lost may have been put.
        assert tasks == 1 or (operation.name == "task" and not told and tasks == 0), where
        assert loop.contents("b", name=name) == ["one", "two"] * tasks, where
        assert len(loop.contents("c", name=name)) == 2 * tasks, where
    counted = dict(loop.life("c", name=name).memory)["count"]
    assert counted == len(loop.contents("c", name=name)) or operation.name == "stop", where


@pytest.mark.parametrize("fault", LOUD, ids=lambda fault: fault.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_whatever_call_fails_no_mail_is_lost_and_none_handled_twice(
    world: World, operation: Operation, fault: Fault
) -> None:
    loop = Loop(world)
    calls = number_of_calls(loop, operation)
    assert calls >= 2
    for call in broken_calls(calls, LOUD.index(fault)):
        name = f"s{call}"
        where = f"{operation.name}, call {call}, {fault.value}"
        told = break_call(loop, operation, name, call, fault)
        go_on(loop)
        check(loop, operation, name, where, told=told)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_request_that_the_sdk_sends_twice_goes_unnoticed(
    world: World, operation: Operation
) -> None:
    loop = Loop(world)
    calls = number_of_calls(loop, operation)
    for call in broken_calls(calls, OPERATIONS.index(operation)):
        name = f"s{call}"
        where = f"{operation.name}, call {call}, sent twice"
        assert break_call(loop, operation, name, call, Fault.SENT_TWICE), where
        go_on(loop)
        check(loop, operation, name, where, told=True)
