"""`lambda`: an agent that is a function of its author's. It is sent and answers what the backend
`http` is and does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.brains.answers import read_answer
from chalicelib.brains.base import World, agent_of, asked
from chalicelib.core.reach import Reach
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.ports import TurnContext, TurnResult


@dataclass(frozen=True, slots=True)
class FunctionBrain:
    world: World

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult:
        """Raises StepFailed: what `invoked` raises, and `answer_invalid`."""
        arn = agent_of(context).backend.options.get("arn")
        if not isinstance(arn, str):
            raise StepFailed("invalid_config", "the backend lambda needs arn", retryable=False)
        reach = self.world.reach(context.org)
        answer = invoked(self.world, reach, arn, asked(mail, context))
        return read_answer(answer, mail, context)


def invoked(world: World, reach: Reach, arn: str, payload: Mapping[str, Any]) -> Any:
    """What a function returns: by its name or ARN, `:<version or alias>` behind it or not.

    Raises StepFailed: `resource_not_allowed`, `function_error`, and what AWS's failures mean.
    """
    from chalicelib.actions.base import ActionContext
    from chalicelib.actions.registry import run

    function, qualifier = arn, None
    if arn.startswith("arn:") and arn.count(":") == 7:
        function, _, qualifier = arn.rpartition(":")
    params: dict[str, Any] = {"function": function, "payload": payload}
    if qualifier is not None:
        params["qualifier"] = qualifier
    context = ActionContext(
        http=world.http(), bedrock=world.bedrock, remaining=lambda: 0.0, aws=world.aws, reach=reach
    )
    return run("lambda/invoke", params, context)["payload"]
