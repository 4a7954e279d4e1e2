"""Asks are open until the reply or the end comes, and only the first of both counts (S3)."""

from __future__ import annotations

from typing import Any

import pytest
from swarm_mail import NOW, a_context, a_mail, an_agent

from chalicelib.brains.keeping import AskKeeping
from chalicelib.brains.mock import MockBrain
from chalicelib.core.swarms import asks
from chalicelib.core.swarms.model import Outgoing
from chalicelib.core.swarms.ports import TurnResult

ASK = Outgoing("writer", "well?", "ask", "ask_1")
UNTIL = "2026-03-18T09:05:00.000Z"


def opened(*asked: Outgoing, now: str = NOW, seconds: int = 300) -> dict[str, Any]:
    return asks.opened({"mine": 1}, asked or (ASK,), now, seconds)


def test_an_ask_that_is_sent_is_open_until_its_time() -> None:
    memory = opened(ASK, Outgoing("writer", "no ask"), Outgoing(None, "x", "broadcast"))
    assert asks.pending(memory) == (asks.Ask("ask_1", "writer", UNTIL),)
    assert asks.visible(memory) == {"mine": 1}
    assert asks.fresh({}, memory) == asks.pending(memory)
    assert asks.fresh(memory, memory) == ()


def test_the_end_is_a_whole_second_and_not_too_early() -> None:
    memory = opened(now="2026-03-18T09:00:00.001Z", seconds=1)
    assert asks.pending(memory)[0].until == "2026-03-18T09:00:02.000Z"


def test_an_ask_is_over_only_when_its_time_has_come_and_nobody_replied() -> None:
    memory = opened()
    assert asks.expire(memory, "ask_1", NOW) is None
    over = asks.expire(memory, "ask_1", UNTIL)
    assert over is not None
    mail = asks.timeout_mail(over, number=3, at=UNTIL)
    assert mail.content == {"error": "timeout", "to": "writer"}
    assert (mail.type, mail.kind, mail.correlation) == ("reply", "message", "ask_1")
    assert asks.is_timeout(mail)
    assert asks.expire(asks.closed(memory, "ask_1"), "ask_1", UNTIL) is None
    assert asks.KEY not in asks.closed(memory, "ask_1")


def test_a_node_has_a_hundred_open_asks_and_forgets_the_oldest() -> None:
    memory = opened(*(Outgoing("w", 1, "ask", f"ask_{n}") for n in range(101)))
    assert [ask.correlation for ask in asks.pending(memory)][:2] == ["ask_1", "ask_2"]


@pytest.mark.parametrize("memory", [{}, {asks.KEY: 3}, {asks.KEY: {"a": 3}}])
def test_a_memory_without_asks_has_none(memory: dict[str, Any]) -> None:
    assert asks.pending(memory) == ()


@pytest.mark.parametrize(("given", "seconds"), [(None, 300), (5, 5), (0, 300), (True, 300)])
def test_how_long_is_the_nodes_to_say(given: Any, seconds: int) -> None:
    assert asks.seconds_of({} if given is None else {"ask_seconds": given}) == seconds


def turn(mail: Any, memory: dict[str, Any]) -> TurnResult:
    config = {
        "script": [
            {"when": "go", "ask": {"to": "writer", "content": "well?"}},
            {"when": {"type": "reply"}, "remember": {"heard": "{{content}}"}},
        ]
    }
    node = an_agent(config=config)
    return AskKeeping(MockBrain(), config).turn(mail, a_context(node, memory))


def test_a_brain_never_sees_asks_and_a_reply_closes_them() -> None:
    asked = turn(a_mail("go"), {})
    (ask,) = asks.pending(asked.memory)
    assert asked.outgoing == (Outgoing("writer", "well?", "ask", ask.correlation),)
    reply = a_mail({"yes": 1}, type="reply", correlation=ask.correlation)
    told = turn(reply, dict(asked.memory))
    assert asks.pending(told.memory) == ()
    assert told.memory["heard"] == {"yes": 1}


def test_an_end_after_the_reply_changes_nothing_and_one_before_tells_the_brain() -> None:
    asked = turn(a_mail("go"), {})
    (ask,) = asks.pending(asked.memory)
    end = asks.timeout_mail(ask, number=2, at=UNTIL)
    first = turn(end, dict(asked.memory))
    assert first.memory["heard"] == {"error": "timeout", "to": "writer"}
    assert turn(end, dict(first.memory)) == TurnResult(first.memory)


def test_the_correlation_is_the_same_in_each_try() -> None:
    assert turn(a_mail("go"), {}) == turn(a_mail("go"), {})
