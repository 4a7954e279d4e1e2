"""What agents outside answer: `{state?, messages?, output?, logs?}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.brains.base import MOST_LOG, MOST_OUTPUT, heard, spoken
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.messages import MessagesInvalid, read_messages
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.objects.base import MOST_STATE_BYTES, size
from chalicelib.core.swarms.ports import TurnContext, TurnResult

MOST_LINES: Final = 30
ROLES: Final = ("system", "user", "assistant", "tool")


def read_answer(answer: Any, mail: Mail, context: TurnContext) -> TurnResult:
    """An agent's answer. Null, or an object without one of the members, leaves that as it was.

    Raises StepFailed `answer_invalid` (final), saying what is wrong.
    """
    found = {} if answer is None else answer
    if not isinstance(found, Mapping):
        raise _invalid("it must be an object")
    memory = dict(context.life.memory)
    if "state" in found:
        if not isinstance(found["state"], Mapping):
            raise _invalid("state must be an object")
        memory["state"] = found["state"]
    # Numbers too large and endless nesting have no size that would do.
    if size(memory) > MOST_STATE_BYTES:
        raise _invalid(f"state has at most {MOST_STATE_BYTES:,} bytes")
    output = found.get("output")
    if output is not None and not isinstance(output, str):
        raise _invalid("output must be a text")
    try:
        outgoing = read_messages(found.get("messages"), mail)
    except MessagesInvalid as problem:
        raise _invalid(str(problem)) from None
    return TurnResult(
        memory,
        outgoing=outgoing,
        logs=(heard(mail), *_logs(found.get("logs")), *spoken(output)),
        output=None if output is None else output[:MOST_OUTPUT],
    )


def _logs(value: Any) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_LINES:
        raise _invalid(f"logs must be a list of at most {MOST_LINES}")
    found = []
    for line in value:
        if isinstance(line, str):
            found.append(("tool", line[:MOST_LOG]))
        elif (
            isinstance(line, Mapping)
            and line.get("role") in ROLES
            and isinstance(line.get("content"), str)
        ):
            found.append((line["role"], line["content"][:MOST_LOG]))
        else:
            raise _invalid("a line of logs must be a text, or {role, content}")
    return tuple(found)


def _invalid(reason: str) -> StepFailed:
    return StepFailed("answer_invalid", f"the agent's answer: {reason}"[:500], retryable=False)
