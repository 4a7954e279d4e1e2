"""EventBridge Scheduler: the schedules of cron triggers, one group of them per stage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chalicelib.cloud.calls import code_of, later_is_unavailable
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import Invalid, Problem, Unavailable
from chalicelib.core.triggers.follow import Placed
from chalicelib.core.triggers.model import Trigger

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_scheduler import EventBridgeSchedulerClient

SCHEDULED_TIME: Final = "<aws.scheduler.scheduled-time>"
"""Where this stands in the input, AWS puts the time that the schedule was due."""
_PARTS: Final = ("", "-2")
"""A schedule of its own for each expression: days of the month, days of the week."""
_LATEST_SECONDS: Final = 3_600
_MOST_TRIES: Final = 20


class Schedules:
    """Implements `core.triggers.follow.Outside` for cron triggers."""

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

    def put(self, org: str, workflow: str, trigger: Trigger, placed: Placed) -> None:
        """One call for each expression, two where the schedule is there already.

        Raises Invalid for a time zone that AWS does not know (yet), Unavailable.
        """
        call = {
            "kind": trigger.kind,
            "org": org,
            "workflow": workflow,
            "trigger": trigger.id,
            "scheduled": SCHEDULED_TIME,
        }
        for part, told in zip(_PARTS, _told(trigger), strict=False):
            self._put(
                **told,
                Name=placed.name + part,
                GroupName=self._group,
                ScheduleExpressionTimezone=trigger.content["timezone"],
                FlexibleTimeWindow={"Mode": "OFF"},
                Description=f"{org} {workflow}",
                Target={
                    "Arn": self._target_arn,
                    "RoleArn": self._role_arn,
                    "Input": json.dumps(call),
                    "RetryPolicy": {
                        "MaximumEventAgeInSeconds": _LATEST_SECONDS,
                        "MaximumRetryAttempts": _MOST_TRIES,
                    },
                },
            )

    def remove(self, org: str, workflow: str, placed: Placed) -> None:
        """One call for each part that there may be."""
        for part in _PARTS:
            try:
                with later_is_unavailable("EventBridge Scheduler"):
                    self._client().delete_schedule(Name=placed.name + part, GroupName=self._group)
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise

    def _put(self, **schedule: Any) -> None:
        client = self._client()
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
            raise Invalid(
                "EventBridge Scheduler refuses a trigger", [Problem("triggers", why)]
            ) from error


def _told(trigger: Trigger) -> list[dict[str, Any]]:
    """What a schedule is to be told of when it is due: one for each expression."""
    if trigger.kind == "rrule":
        from chalicelib.core.triggers.rrule import read_rule

        found, now = read_rule(trigger.content["rrule"], trigger.content["timezone"]), utc_now()
        if found.end is not None and found.end <= now:
            raise Invalid("the rule is over", [Problem("triggers", "its UNTIL has passed")])
        told: dict[str, Any] = {"ScheduleExpression": found.expression}
        if found.start is not None and found.start > now:  # AWS takes none that has passed
            told["StartDate"] = found.start
        return [told | ({"EndDate": found.end} if found.end is not None else {})]
    from chalicelib.core.triggers.cron import expressions

    schedule = trigger.content["schedule"]
    return [{"ScheduleExpression": expression} for expression in expressions(schedule)]
