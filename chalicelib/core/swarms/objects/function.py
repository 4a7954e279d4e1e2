"""`lambda`: a Lambda of the author's decides.

Config `arn`, or the object's backend's. It is invoked with `{state, message: {id, from, type,
content, at, correlation}, config}` and answers `{state, messages}`, both optional: `state` an
object, `messages` a list of `{to, content}`, `{broadcast: content}` and `{reply: content}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.messages import MessagesInvalid, read_messages, told
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.objects.base import (
    MOST_STATE_BYTES,
    UNWRITABLE,
    Config,
    Handled,
    Invoke,
    State,
    refuse,
    size,
)


class Function:
    def initial(self, config: Config) -> State:
        given = config.get("state")
        if isinstance(given, Mapping) and size(given) <= MOST_STATE_BYTES:
            return dict(given)
        return {}

    def problem(self, config: Config) -> str | None:
        arn = config.get("arn")
        if not isinstance(arn, str) or not 0 < len(arn) <= 300:
            return "arn must name a Lambda function"
        return None

    def handle(self, state: State, mail: Mail, config: Config, now: str) -> Handled:
        problem = self.problem(config)
        if problem is not None:
            return refuse(state, mail, "invalid_config", problem)
        if size(mail.content) >= UNWRITABLE:
            return refuse(state, mail, "invalid_content", "it cannot be sent as JSON")
        payload = {"state": state, "message": told(mail), "config": config}
        return Handled(state, effect=Invoke(config["arn"], payload))

    def answered(self, state: State, mail: Mail, config: Config, answer: Any, now: str) -> Handled:
        if answer is None:
            return Handled(state)
        if not isinstance(answer, Mapping):
            raise _invalid("it must be an object or null")
        after = answer.get("state", state)
        if not isinstance(after, Mapping):
            raise _invalid("state must be an object")
        if size(after) > MOST_STATE_BYTES:
            raise _invalid(f"state has at most {MOST_STATE_BYTES:,} bytes")
        try:
            return Handled(dict(after), read_messages(answer.get("messages"), mail))
        except MessagesInvalid as problem:
            raise _invalid(str(problem)) from None


def _invalid(reason: str) -> StepFailed:
    return StepFailed("answer_invalid", f"the function's answer: {reason}", retryable=False)
