"""`mock`: accepts everything, ends its turn at once, and does what its `script` says (S3).

With `hold` in its config it goes on working until a task `release` comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.brains.base import MOST_OUTPUT, agent_of, heard, spoken
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.messages import MessagesInvalid
from chalicelib.core.swarms.mock_script import (
    counted,
    failure_of,
    filled,
    line_for,
    outgoing_of,
    script_problem,
)
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.objects.base import MOST_STATE_BYTES, size
from chalicelib.core.swarms.ports import TurnContext, TurnResult
from chalicelib.core.swarms.routing import as_text

RELEASE = "release"
"""The task that ends a hold."""


class MockBrain:
    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult:
        """Raises StepFailed `mock_failed` where the script says so, `invalid_config` (final) for a
        script that cannot be played, `too_large` (final) for what it makes too large."""
        config = agent_of(context).config
        memory = dict(context.life.memory)
        hold = config.get("hold") is True and not _is_release(mail)
        script = config.get("script", [])
        if problem := script_problem(script):
            raise StepFailed("invalid_config", problem, retryable=False)
        played = memory.get("played")
        played = played if isinstance(played, Mapping) else {}
        position = line_for(script, mail, played)
        if position is None:
            return TurnResult(memory, logs=(heard(mail),), hold=hold)
        line = script[position]
        self._sleep_or_fail(line, context)
        memory["played"] = counted(played, position)
        agent = context.node.name
        memory |= filled(line.get("remember", {}), mail, agent)
        if size(memory) > MOST_STATE_BYTES:
            raise StepFailed("too_large", "the mock remembers too much", retryable=False)
        output = as_text(filled(line["say"], mail, agent)) if "say" in line else None
        try:
            outgoing = outgoing_of(line, mail, agent)
        except MessagesInvalid as problem_found:
            raise StepFailed("too_large", str(problem_found), retryable=False) from None
        return TurnResult(
            memory,
            outgoing=outgoing,
            logs=(heard(mail), *spoken(output)),
            output=None if output is None else output[:MOST_OUTPUT],
            hold=hold,
        )

    def _sleep_or_fail(self, line: Mapping[str, Any], context: TurnContext) -> None:
        if line.get("sleep"):
            self._sleep(min(float(line["sleep"]), max(context.seconds, 0.0)))
        failure = failure_of(line)
        if failure is not None and (
            failure.tries is None or context.life.attempts <= failure.tries
        ):
            raise StepFailed("mock_failed", failure.message[:500], retryable=failure.retryable)


def _is_release(mail: Mail) -> bool:
    return mail.kind == "task" and mail.content == RELEASE
