"""EventBridge: the rules of event triggers, on the account's default bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.cloud.calls import code_of, later_is_unavailable
from chalicelib.core.errors import Invalid, Problem, Unavailable
from chalicelib.core.triggers.follow import Placed
from chalicelib.core.triggers.model import Trigger

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_events import EventBridgeClient

EVENT: Final = "<aws.events.event.json>"
"""Where this stands in a target's input, AWS puts the whole event."""
_TARGET: Final = "fire"
_REFUSED: Final = frozenset({"InvalidEventPatternException", "ValidationException"})


class Rules:
    """Implements `core.triggers.follow.Outside` for event triggers. `prefix` begins every name."""

    def __init__(
        self, client: Callable[[], EventBridgeClient], *, prefix: str, target_arn: str
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._target_arn = target_arn

    def put(self, org: str, workflow: str, trigger: Trigger, placed: Placed) -> None:
        """Two calls. Raises Invalid for a pattern that EventBridge refuses, Unavailable."""
        call = {"kind": "event", "org": org, "workflow": workflow, "trigger": trigger.id}
        # The event is no text of ours: its place is put in behind the text that is.
        template = f'{json.dumps(call)[:-1]}, "event": {EVENT}}}'
        name = self._name(placed)
        try:
            with later_is_unavailable("EventBridge"):
                self._client().put_rule(
                    Name=name,
                    EventPattern=json.dumps(trigger.content["pattern"], separators=(",", ":")),
                    Description=f"{org} {workflow}",
                    State="ENABLED",
                )
        except ClientError as error:
            if code_of(error) not in _REFUSED:
                raise
            why = str(error.response.get("Error", {}).get("Message", ""))[:300]
            raise Invalid(
                "EventBridge refuses an event pattern", [Problem("triggers", why)]
            ) from error
        with later_is_unavailable("EventBridge"):
            answer = self._client().put_targets(
                Rule=name,
                Targets=[
                    {
                        "Id": _TARGET,
                        "Arn": self._target_arn,
                        "InputTransformer": {"InputPathsMap": {}, "InputTemplate": template},
                    }
                ],
            )
        if answer["FailedEntryCount"]:
            raise Unavailable(f"EventBridge: {answer['FailedEntries'][0].get('ErrorCode')}")

    def remove(self, org: str, workflow: str, placed: Placed) -> None:
        """Two calls: a rule has to have no target when it goes."""
        name = self._name(placed)
        try:
            with later_is_unavailable("EventBridge"):
                self._client().remove_targets(Rule=name, Ids=[_TARGET])
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
        with later_is_unavailable("EventBridge"):
            self._client().delete_rule(Name=name)

    def _name(self, placed: Placed) -> str:
        return f"{self._prefix}-{placed.name}"
