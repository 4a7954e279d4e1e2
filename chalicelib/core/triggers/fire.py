"""A trigger fires: at most one run for each occurrence, and none for a trigger that is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core.clock import Clock, parse_rfc3339, rfc3339
from chalicelib.core.ids import run_id_for_key
from chalicelib.core.runs.model import TRIGGER_INPUT
from chalicelib.core.runs.ports import Version, VersionStore
from chalicelib.core.runs.repeats import Started, hash_of
from chalicelib.core.runs.start import Starter
from chalicelib.core.triggers.cron import latest_occurrence
from chalicelib.core.triggers.model import Trigger, triggers_of
from chalicelib.core.triggers.patterns import is_about_our_own


@dataclass(frozen=True, slots=True)
class Cause:
    """What a trigger was set off by. `occurrence` names it: the same one starts one run."""

    occurrence: str
    told: Mapping[str, Any]
    """For the run's own item, where every write carries it along: small."""
    payload: Any = None
    headers: Mapping[str, str] | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Firer:
    versions: VersionStore
    starter: Starter
    tidy: Callable[[str, str], None]
    """(org, workflow): take away what no version wants any more."""
    machine_prefix: str
    """What the names of this stage's state machines begin with."""
    clock: Clock

    def cron(self, org: str, workflow: str, trigger_id: str, scheduled: str) -> Started | None:
        """The clock struck. `scheduled` is the time that the schedule was due, where it is known.

        None where the newest version has no such trigger. Raises what `Starter.begin` raises.
        """
        found = self._wanted(org, workflow, trigger_id)
        if found is None:
            return None
        version, trigger = found
        schedule, zone = trigger.content["schedule"], trigger.content["timezone"]
        due = rfc3339(self._due(scheduled, schedule, zone))
        told = {"type": "cron", "schedule": schedule, "timezone": zone, "time": due}
        return self.start(org, version, trigger, Cause(due, told))

    def event(
        self, org: str, workflow: str, trigger_id: str, event: Mapping[str, Any]
    ) -> Started | None:
        """An event matched. None where the newest version has no such trigger, and for an event
        that every run of ours brings about. Raises as `cron`."""
        if is_about_our_own(event, self.machine_prefix):
            return None
        found = self._wanted(org, workflow, trigger_id)
        if found is None:
            return None
        version, trigger = found
        told = {"type": "event", "time": event["time"]}
        return self.start(org, version, trigger, Cause(event["id"], told, payload=event))

    def webhook(
        self,
        org: str,
        version: Version,
        trigger: Trigger,
        *,
        payload: Any,
        headers: Mapping[str, str],
        occurrence: str,
        key: str | None,
        principal: str,
    ) -> Started:
        """A request came whose signature, or token, is good. With the same `key` it is the same
        run for 24 hours; without one each request starts its own.

        Raises as `Starter.begin`.
        """
        path = trigger.content["path"]
        cause = Cause(occurrence, {"type": "webhook"}, payload, headers, path)
        return self.start(org, version, trigger, cause, principal=principal, key=key, once=False)

    def start(
        self,
        org: str,
        version: Version,
        trigger: Trigger,
        cause: Cause,
        *,
        principal: str | None = None,
        key: str | None = None,
        once: bool = True,
    ) -> Started:
        """Start this version's run for what set the trigger off, or find the one that it started.

        Inputs are the defaults; `inputs.trigger` says what happened. `once`: one run for this
        occurrence for ever; otherwise as the idempotency key says. Raises as `Starter.begin`.
        """
        whole = {
            "path": cause.path,
            "payload": cause.payload,
            "headers": dict(cause.headers or {}),
        }
        inputs = self.starter.check_inputs(version.plan, {})
        return self.starter.begin(
            org,
            version,
            {**inputs, TRIGGER_INPUT: whole},
            request_hash=hash_of(["trigger", trigger.id, cause.occurrence]),
            trigger=cause.told,
            principal=principal or f"trigger:{trigger.kind}",
            idempotency_key=key,
            run_id=run_id_for_key(org, trigger.key(cause.occurrence)) if once else None,
        )

    def _wanted(self, org: str, workflow: str, trigger_id: str) -> tuple[Version, Trigger] | None:
        """The newest version and its trigger. Whoever fires in vain takes himself away."""
        version = self.versions.latest(org, workflow)
        if version is not None:
            for trigger in triggers_of(org, workflow, version.source):
                if trigger.id == trigger_id:
                    return version, trigger
        self.tidy(org, workflow)
        return None

    def _due(self, scheduled: str, schedule: str, timezone: str) -> datetime:
        """When it was due. EventBridge says so; where it does not (the local emulator leaves its
        placeholder as it is), it is the last time that the schedule names."""
        try:
            return parse_rfc3339(scheduled)
        except ValueError:
            now = self.clock()
            return latest_occurrence(schedule, timezone, now) or now
