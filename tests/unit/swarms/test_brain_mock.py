"""The mock does what its script says, and nothing else (S3)."""

from __future__ import annotations

from typing import Any

import pytest
from swarm_mail import a_context, a_mail, an_agent

from chalicelib.brains.mock import MockBrain
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import Mail, Outgoing
from chalicelib.core.swarms.ports import TurnResult


def turn(
    mail: Mail | None = None,
    memory: dict[str, Any] | None = None,
    *,
    attempts: int = 1,
    slept: list[float] | None = None,
    **config: Any,
) -> TurnResult:
    context = a_context(an_agent(config=config), memory, attempts=attempts)
    sleep = (slept if slept is not None else []).append
    return MockBrain(sleep).turn(mail or a_mail(), context)


def test_without_a_script_it_accepts_and_says_nothing() -> None:
    found = turn(a_mail({"any": "thing"}))
    assert (found.outgoing, found.output, found.hold, found.memory) == ((), None, False, {})
    assert found.logs == (("user", '[direct from writer] {"any":"thing"}'),)


def test_it_holds_until_it_is_released() -> None:
    assert turn(hold=True).hold
    assert turn(a_mail("release"), hold=True).hold, "a message is no task"
    assert not turn(a_mail("release", sender=None), hold=True).hold
    assert not turn(hold="yes").hold


def test_the_first_line_that_fits_is_played() -> None:
    script = [
        {"when": "bye", "say": "gone"},
        {"when": "hello", "reply": "hello {{from}}, I am {{agent}}", "say": "greeted"},
        {"when": "*", "say": "what?"},
    ]
    found = turn(a_mail("oh hello"), script=script)
    assert found.outgoing == (Outgoing("writer", "hello writer, I am coder", "reply"),)
    assert found.output == "greeted"
    assert found.logs[-1] == ("assistant", "greeted")
    assert turn(a_mail("x"), script=script).output == "what?"


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({"type": "ask"}, True),
        ({"type": "direct"}, False),
        ({"kind": "message", "from": "writer"}, True),
        ({"kind": "task"}, False),
        ({"contains": "ell", "type": "ask"}, True),
        ({"contains": "bye"}, False),
        ({}, True),
    ],
)
def test_conditions_must_all_hold(when: dict[str, str], fits: bool) -> None:
    found = turn(a_mail(type="ask"), script=[{"when": when, "say": "yes"}])
    assert (found.output == "yes") is fits


def test_one_line_can_do_several_things_in_one_order() -> None:
    line = {
        "broadcast": "all",
        "send": [{"to": "a", "content": "{{content}}"}, {"to": "b", "content": "<{{content}}>"}],
        "ask": {"to": "c", "content": 1},
        "reply": None,
    }
    mail = a_mail({"n": 1}, type="ask", correlation="ask_0")
    reply, first, second, asked, everybody = turn(mail, script=[line]).outgoing
    assert reply == Outgoing("writer", None, "reply", "ask_0")
    assert (first.content, second.content) == ({"n": 1}, '<{"n":1}>')
    assert (asked.to, asked.type, bool(asked.correlation)) == ("c", "ask", True)
    assert everybody == Outgoing(None, "all", "broadcast")


def test_a_task_has_nobody_to_reply_to() -> None:
    assert turn(a_mail(sender=None), script=[{"reply": "x"}]).outgoing == ()


def test_a_line_is_played_as_often_as_it_says() -> None:
    script = [{"say": "once", "times": 1, "remember": {"seen": "{{content}}"}}, {"say": "then"}]
    first = turn(a_mail([1]), script=script)
    assert (first.output, first.memory["seen"]) == ("once", [1])
    second = turn(a_mail(), dict(first.memory), script=script)
    assert (second.output, second.memory["seen"]) == ("then", [1])


def test_a_failure_is_that_of_a_backend_and_may_pass() -> None:
    with pytest.raises(StepFailed) as caught:
        turn(script=[{"fail": "no power"}])
    assert (caught.value.code, caught.value.message) == ("mock_failed", "no power")
    assert caught.value.retryable
    script = [{"fail": {"message": "m", "tries": 2, "retryable": False}, "say": "at last"}]
    with pytest.raises(StepFailed) as caught:
        turn(attempts=2, script=script)
    assert not caught.value.retryable
    assert turn(attempts=3, script=script).output == "at last"


def test_it_sleeps_where_it_is_told_to() -> None:
    slept: list[float] = []
    turn(slept=slept, script=[{"sleep": 0.5}])
    assert slept == [0.5]


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("x", "script must be a list"),
        ([1], "script[0]: it must be an object"),
        ([{}, {"shout": 1}], "script[1]: unknown: shout"),
        ([{"when": 3}], "when must be"),
        ([{"when": {"colour": "red"}}], "when has texts under"),
        ([{"when": {"from": 3}}], "when has texts under"),
        ([{"send": {"content": 1}}], "send must be"),
        ([{"ask": ["writer"]}], "ask must be"),
        ([{"say": 1}], "say must be"),
        ([{"sleep": 11}], "sleep is at most"),
        ([{"sleep": True}], "sleep must be"),
        ([{"times": 0}], "times must be"),
        ([{"remember": []}], "remember must be"),
        ([{"fail": 1}], "fail must be"),
        ([{"fail": {"tries": "2"}}], "fail.tries"),
        ([{}] * 101, "at most 100 lines"),
    ],
)
def test_a_script_that_cannot_be_played_fails_with_the_place(script: Any, problem: str) -> None:
    with pytest.raises(StepFailed) as caught:
        turn(script=script)
    assert problem in caught.value.message
    assert not caught.value.retryable


def test_whatever_came_in_can_be_passed_on() -> None:
    for content in ("x" * 100_000, '"' * 100_000, "ü" * 50_000):
        found = turn(a_mail(content), script=[{"broadcast": "{{content}}"}])
        assert found.outgoing[0].content == content


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(StepFailed) as caught:
        turn(script=[{"broadcast": "x" * 100_001}])
    assert caught.value.code == "too_large"
    with pytest.raises(StepFailed):
        turn(memory={"old": "x" * 190_000}, script=[{"remember": {"new": "x" * 20_000}}])
