"""The turn engine on fakes: how much one commit takes, what is tried again and what is given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import (
    MOST_CONTENT_BYTES,
    AgentSpec,
    Backend,
    Mail,
    Node,
    NodeKind,
    NodeLife,
    NodeState,
    ObjectSpec,
    Outgoing,
)
from chalicelib.core.swarms.ports import TurnCommit, TurnContext, TurnResult
from chalicelib.core.swarms.turn import TurnTaker
from chalicelib.core.swarms.turn_limits import MOST_MEMORY_BYTES, check_limits, is_fast

NOW = "2026-03-18T09:00:00.000Z"
MOCK = Node("a", NodeKind.AGENT, AgentSpec("a", Backend("mock")))
LIFE = NodeLife("a", NodeKind.AGENT, NodeState.IDLE, 1, "s", NOW)
MODEL = Node("a", NodeKind.AGENT, AgentSpec("a", Backend("bedrock")))


@dataclass
class Box:
    """A node's store and mailbox, the bell and the timers: as little as the engine needs."""

    of: Node = MOCK
    life_now: NodeLife = LIFE
    mails: list[Mail] = field(default_factory=list)
    commits: list[TurnCommit] = field(default_factory=list)
    begun: int = 0
    rings: list[Mapping[str, str]] = field(default_factory=list)
    until: list[tuple[str, str]] = field(default_factory=list)
    lose: int = 0
    """Commits that somebody else overtakes."""

    def give(self, *contents: str, kind: str = "task") -> None:
        for content in contents:
            number = len(self.mails) + 1
            self.mails.append(Mail(number, f"m{number}", kind, "direct", None, content, NOW))
        self.life_now = replace(self.life_now, received=len(self.mails))

    def life(self, org: str, swarm: str, node: str) -> NodeLife:
        return self.life_now

    def node(self, org: str, swarm: str, node: str) -> Node:
        return self.of

    def nodes(self, org: str, swarm: str) -> list[Node]:
        return [self.of]

    def pending(self, org: str, swarm: str, life: NodeLife, most: int) -> list[Mail]:
        return self.mails[life.handled :][:most]

    def begin_turn(self, org: str, swarm: str, life: NodeLife) -> NodeLife:
        self.begun += 1
        self.life_now = replace(life, state=NodeState.WORKING, attempts=life.attempts + 1)
        return self.life_now

    def commit(self, org: str, swarm: str, commit: TurnCommit) -> bool:
        if self.lose:
            self.lose -= 1
            return False
        self.commits.append(commit)
        self.life_now = replace(commit.after, received=len(self.mails))
        return True

    def ring(self, org: str, swarm: str, nodes: Mapping[str, str]) -> None:
        self.rings.append(nodes)

    def ask_until(self, org: str, swarm: str, node: str, correlation: str, at: str) -> None:
        self.until.append((correlation, at))

    def skills(self, org: str, swarm: str, node: Node) -> tuple[tuple[str, str], ...]:
        return ()

    def kinds(self, org: str, swarm: str) -> Mapping[str, NodeKind]:
        return {}


@dataclass
class Says:
    """A brain that does what a function says."""

    does: Callable[[Mail], TurnResult]

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult:
        return self.does(mail)


def quiet(mail: Mail) -> TurnResult:
    return TurnResult({"seen": mail.number})


def take(
    box: Any,
    does: Callable[[Mail], TurnResult] = quiet,
    *,
    again: bool = False,
    seconds: Sequence[float] = (),
) -> int:
    left = list(seconds)
    taker = TurnTaker(
        box, box, box, box, lambda org, node: Says(does), box, lambda: parse_rfc3339(NOW)
    )
    return taker.take(
        "org", "swarm", "a", again=again, seconds=lambda: left.pop(0) if left else 60.0
    )


def test_a_mocks_mail_is_taken_25_at_a_time_in_order() -> None:
    box = Box()
    box.give(*map(str, range(60)))
    assert take(box) == 60
    assert [commit.after.handled for commit in box.commits] == [25, 50, 60]
    assert box.commits[0].after.message_count == 25
    assert box.begun == 0


def test_a_model_takes_one_piece_at_a_time_and_the_try_is_counted_first() -> None:
    box = Box(of=MODEL)
    box.give("x", "y")
    assert take(box) == 2
    assert (box.begun, [commit.after.handled for commit in box.commits]) == (2, [1, 2])
    assert box.life_now.attempts == 0


def test_a_bell_that_was_heard_before_counts_the_try_first() -> None:
    box = Box()
    box.give("x")
    assert take(box, again=True) == 1
    assert box.begun == 1


@pytest.mark.parametrize(
    "more",
    [{"paused": True}, {"held": True}, {"state": NodeState.STOPPED}],
    ids=lambda more: next(iter(more)),
)
def test_who_is_paused_held_or_stopped_takes_no_turn(more: Any) -> None:
    box = Box()
    box.give("x")
    box.life_now = replace(box.life_now, **more)
    assert take(box) == 0
    assert box.commits == []


def test_mail_that_fails_three_times_is_dead_and_what_went_before_it_is_kept() -> None:
    tries: list[int] = []

    def does(mail: Mail) -> TurnResult:
        if mail.content == "bad":
            tries.append(mail.number)
            raise StepFailed("broken", "no")
        return quiet(mail)

    box = Box()
    box.give("good", "bad", "fine")
    assert take(box, does) == 3
    # The first time it stood behind another one, whose commit came first and counted the try.
    assert tries == [2, 2, 2]
    assert [commit.dead for commit in box.commits] == [(), (2,), ()]
    assert [commit.after.state for commit in box.commits] == ["idle", "error", "idle"]
    (event,) = box.commits[1].events
    assert (event.event_type, event.metadata["code"]) == ("agent_error", "broken")


def test_a_final_failure_is_not_tried_again() -> None:
    def does(mail: Mail) -> TurnResult:
        raise StepFailed("refused", "never", retryable=False)

    box = Box(of=MODEL)
    box.give("x")
    assert take(box, does) == 1
    assert (box.begun, box.commits[0].dead) == (1, (1,))


def test_a_turn_that_broke_off_three_times_is_given_up_without_another_try() -> None:
    box = Box(of=MODEL)
    box.give("x")
    box.life_now = replace(box.life_now, attempts=3)

    def does(mail: Mail) -> TurnResult:
        raise AssertionError("it must not be asked again")

    assert take(box, does) == 1
    assert (box.begun, box.commits[0].dead) == (0, (1,))


def test_an_objects_failure_is_a_crash_of_its_handler() -> None:
    def does(mail: Mail) -> TurnResult:
        raise StepFailed("broken", "no", retryable=False)

    box = Box(of=Node("a", NodeKind.OBJECT, ObjectSpec("a", "counter")))
    box.give("x")
    take(box, does)
    assert box.commits[0].events[0].event_type == "handler_crashed"


def test_when_time_is_short_the_bell_rings_again_for_the_rest() -> None:
    box = Box(of=MODEL)
    box.give("x", "y", "z")
    assert take(box, seconds=[60, 60, 1, 1, 1]) < 3
    assert len(box.rings) == 1
    assert set(box.rings[0]) == {"a"}


def test_a_commit_that_was_overtaken_is_no_turn() -> None:
    box = Box(lose=2)
    box.give("x")
    assert take(box) == 1
    assert len(box.commits) == 1


def test_a_hold_ends_the_commit_and_the_turns() -> None:
    box = Box()
    box.give("x", "y")
    assert take(box, lambda mail: TurnResult({}, hold=True)) == 1
    assert (box.life_now.held, box.life_now.state) == (True, NodeState.WORKING)


def test_an_ask_gets_its_timer_before_the_commit() -> None:
    asked = {"_asks": {"ask_1": {"to": "b", "until": "2026-03-18T09:05:00.000Z"}}}
    box = Box()
    box.give("x")
    take(box, lambda mail: TurnResult(asked))
    assert box.until == [("ask_1", "2026-03-18T09:05:00.000Z")]


def test_messages_are_told_of_when_they_are_taken_up_and_tasks_are_not() -> None:
    box = Box()
    box.give("x")
    box.give("y", kind="message")
    take(box)
    assert [event.event_type for event in box.commits[0].events] == ["message_received"]


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (TurnResult({}, outgoing=(Outgoing("b", "x"),) * 501), "too_much_sent"),
        (TurnResult({}, outgoing=(Outgoing("b", "x" * 90_000),) * 3), "too_much_sent"),
        (
            TurnResult({}, outgoing=(Outgoing("b", "x" * (MOST_CONTENT_BYTES + 1)),)),
            "message_too_large",
        ),
        (TurnResult({"x": "x" * MOST_MEMORY_BYTES}), "memory_too_large"),
    ],
    ids=["messages", "bytes", "one message", "memory"],
)
def test_a_turn_over_the_limits_is_refused_for_good(result: TurnResult, code: str) -> None:
    with pytest.raises(StepFailed) as refused:
        check_limits(result)
    assert (refused.value.code, refused.value.retryable) == (code, False)


def test_who_asks_somebody_outside_is_not_fast() -> None:
    def made(handler: str, backend: Backend | None = None) -> Node:
        return Node("o", NodeKind.OBJECT, ObjectSpec("o", handler, backend))

    fast = [is_fast(node) for node in (MOCK, MODEL, made("counter"), made("webhook"))]
    assert fast == [True, False, True, False]
    assert not is_fast(made("counter", Backend("lambda")))
