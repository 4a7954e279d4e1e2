"""EventBridge Scheduler: what wakes timers of swarms, and ends asks that nobody answers.

The schedules are in the stage's group, beside those of triggers, and call the same Lambda. Their
names follow from what they are for, so putting and removing one twice is the same as once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chalicelib.cloud.calls import code_of, later_is_unavailable
from chalicelib.cloud.schedules import SCHEDULED_TIME
from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.errors import BadRequest, Unavailable

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_scheduler import EventBridgeSchedulerClient

TIMER: Final = "swarm_timer"
ASK: Final = "ask_timeout"
_PARTS: Final = ("", "-2")
"""A schedule of its own for each expression of a cron."""
_LATEST_SECONDS: Final = 300
_MOST_TRIES: Final = 5


class SwarmTimers:
    """Implements `core.swarms.ports.Timers`."""

    def __init__(
        self,
        client: Callable[[], EventBridgeSchedulerClient],
        *,
        group: str,
        role_arn: str,
        target_arn: str,
    ) -> None:
        self._client = client
        self._group = group
        self._role_arn = role_arn
        self._target_arn = target_arn

    def put(self, org: str, swarm: str, node: str, config: Mapping[str, Any]) -> None:
        """Wake a timer as its configuration says; what woke it before does so no more.

        One call for each expression (two where it is there already), and one to remove the second
        where there is none. Raises BadRequest for what the Scheduler refuses, Unavailable.
        """
        call = {"kind": TIMER, "org": org, "swarm": swarm, "node": node}
        found = _expressions(config)
        for part, expression in zip(_PARTS, found, strict=False):
            once = expression.startswith("at(")
            self._put(
                Name=_name("timer", org, swarm, node) + part,
                ScheduleExpression=expression,
                ActionAfterCompletion="DELETE" if once else "NONE",
                Target=self._target({**call, "scheduled": SCHEDULED_TIME}),
            )
        for part in _PARTS[len(found) :]:
            self._remove(_name("timer", org, swarm, node) + part)

    def remove(self, org: str, swarm: str, node: str) -> None:
        """Nothing wakes the timer any more. Two calls."""
        for part in _PARTS:
            self._remove(_name("timer", org, swarm, node) + part)

    def ask_until(self, org: str, swarm: str, node: str, correlation: str, at: str) -> None:
        """Tell the asker at that time, once, if the ask is still open then. The schedule goes by
        itself."""
        call = {"kind": ASK, "org": org, "swarm": swarm, "node": node, "correlation": correlation}
        self._put(
            Name=_name("ask", org, swarm, node, correlation),
            ScheduleExpression=_at(parse_rfc3339(at)),
            ActionAfterCompletion="DELETE",
            Target=self._target(call),
        )

    def _target(self, call: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "Arn": self._target_arn,
            "RoleArn": self._role_arn,
            "Input": json.dumps(call),
            "RetryPolicy": {
                "MaximumEventAgeInSeconds": _LATEST_SECONDS,
                "MaximumRetryAttempts": _MOST_TRIES,
            },
        }

    def _put(self, **schedule: Any) -> None:
        client = self._client()
        schedule |= {
            "GroupName": self._group,
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
        }
        try:
            with later_is_unavailable("EventBridge Scheduler"):
                try:
                    client.create_schedule(**schedule)
                except ClientError as error:
                    if code_of(error) != "ConflictException":
                        raise
                    client.update_schedule(**schedule)
        except ClientError as error:
            if code_of(error) == "ServiceQuotaExceededException":
                raise Unavailable("EventBridge Scheduler has no room for another one") from error
            if code_of(error) != "ValidationException":
                raise
            why = str(error.response.get("Error", {}).get("Message", ""))[:300]
            raise BadRequest(f"EventBridge Scheduler refuses a timer: {why}") from error

    def _remove(self, name: str) -> None:
        try:
            with later_is_unavailable("EventBridge Scheduler"):
                self._client().delete_schedule(Name=name, GroupName=self._group)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise


def _name(kind: str, *parts: str) -> str:
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"swarm-{kind}-{digest[:40]}"


def _expressions(config: Mapping[str, Any]) -> list[str]:
    """What the Scheduler is told of `interval_seconds`, `cron` or `at`."""
    if config.get("interval_seconds") is not None:
        minutes = max(1, int(config["interval_seconds"]) // 60)
        return [f"rate({minutes} minute{'' if minutes == 1 else 's'})"]
    if config.get("cron") is not None:
        from chalicelib.core.triggers.cron import expressions

        return list(expressions(config["cron"]))
    return [_at(parse_rfc3339(config["at"]))]


def _at(when: datetime) -> str:
    """To the second, upwards: whoever wakes early finds nothing due."""
    whole = (when + timedelta(microseconds=999_999)).replace(microsecond=0)
    return f"at({whole.replace(tzinfo=None).isoformat(timespec='seconds')})"
