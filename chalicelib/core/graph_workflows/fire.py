"""The trigger of a graph workflow fires: at most one run for each occurrence, as often as it may (S1).

Only the published version's trigger starts runs, and they are of that version. A trigger with a cooldown
or a most number of runs writes down what it starts before it starts it:

    claim: one conditional update of the trigger's count ── start the run
                                                        └─ died here: the same occurrence passes again
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol

from chalicelib.core.clock import Clock, parse_rfc3339, rfc3339
from chalicelib.core.errors import Conflict, RateLimited
from chalicelib.core.graph_workflows.model import GraphStore, GraphVersion, GraphWorkflow
from chalicelib.core.graph_workflows.start import Request, WorkflowStarter
from chalicelib.core.graph_workflows.triggers import Limits, limits_of, triggers_of_graph
from chalicelib.core.ids import run_id_for_key
from chalicelib.core.runs.ports import RunStore
from chalicelib.core.runs.repeats import Started
from chalicelib.core.triggers.model import Trigger
from chalicelib.core.triggers.rrule import read_rule


class Claim(Enum):
    """Whether a trigger may start a run now."""

    GRANTED = "granted"
    COOLING = "cooling"
    SPENT = "spent"


class FiringStore(Protocol):
    def claim(
        self,
        org: str,
        workflow: str,
        trigger: str,
        occurrence: str,
        *,
        now: datetime,
        limits: Limits,
    ) -> Claim:
        """Count one run of a trigger, if it may start one; the same occurrence again counts once."""


@dataclass(frozen=True, slots=True)
class Armed:
    """A trigger that works: of which workflow, and of which version of it."""

    head: GraphWorkflow
    version: GraphVersion
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class GraphFirer:
    store: GraphStore
    starter: WorkflowStarter
    firings: FiringStore
    runs: RunStore
    tidy: Callable[[str, str], None]
    """(org, workflow): take away what no version wants any more."""
    clock: Clock

    def struck(self, org: str, workflow: str, trigger_id: str, scheduled: str) -> Started | None:
        """The clock struck. `scheduled` is the time that the schedule was due, where it is known.

        None where the published version has no such trigger, where the rule is not in force, and
        where the trigger may start no run now. Raises what `WorkflowStarter.run` raises.
        """
        armed = self.armed(org, workflow)
        if armed is None or armed.trigger.id != trigger_id:
            self.tidy(org, workflow)
            return None
        rule, zone = armed.trigger.content["rrule"], armed.trigger.content["timezone"]
        due = self._due(scheduled)
        if not read_rule(rule, zone).covers(due):
            return None
        at = rfc3339(due)
        run_id = run_id_for_key(org, armed.trigger.key(at))
        limits = limits_of(armed.version.definition)
        if limits.some and self.runs.get(org, run_id) is None:
            claim = self.firings.claim(
                org, workflow, trigger_id, at, now=self.clock(), limits=limits
            )
            if claim is not Claim.GRANTED:
                return None
        told = {"type": "cron", "rrule": rule, "timezone": zone, "time": at}
        request = Request(payload={"time": at}, run_id=run_id)
        return self._start(armed, request, told, "trigger:cronjob")

    def webhook(
        self,
        armed: Armed,
        *,
        payload: Any,
        headers: Mapping[str, str],
        occurrence: str,
        key: str | None,
        principal: str,
    ) -> Started:
        """A request came whose signature, or token, is good. With the same `key` it is the same run
        for 24 hours. A body that is no object is the payload's `value`. `headers` are not kept.

        Raises RateLimited during the trigger's cooldown, Conflict when it has started all its runs,
        and otherwise as `WorkflowStarter.run`.
        """
        limits = limits_of(armed.version.definition)
        if limits.some:
            once = occurrence if key is not None else secrets.token_hex(16)
            self._must_be_granted(armed, once, limits)
        body = payload if isinstance(payload, Mapping) else {"value": payload}
        request = Request(payload={} if payload is None else body, key=key)
        return self._start(armed, request, {"type": "webhook"}, principal)

    def armed(self, org: str, workflow: str) -> Armed | None:
        """The trigger that works now; None for a workflow without one."""
        head = self.store.get(org, workflow)
        if head is None or not head.triggered:
            return None
        version = self.store.version(org, workflow, head.published)
        if version is None:
            return None
        found = triggers_of_graph(org, workflow, version.definition)
        return Armed(head, version, found[0]) if found else None

    def _start(
        self, armed: Armed, request: Request, told: Mapping[str, Any], principal: str
    ) -> Started:
        head = armed.head
        number = armed.version.number
        return self.starter.run(
            head.org, head.id, request, number=number, trigger=told, principal=principal
        )

    def _must_be_granted(self, armed: Armed, occurrence: str, limits: Limits) -> None:
        head = armed.head
        claim = self.firings.claim(
            head.org, head.id, armed.trigger.id, occurrence, now=self.clock(), limits=limits
        )
        if claim is Claim.COOLING:
            seconds = -(-limits.cooldown_ms // 1000)
            raise RateLimited("the trigger is cooling down", retry_after=seconds)
        if claim is Claim.SPENT:
            raise Conflict(f"the trigger has started its {limits.max_runs:,} runs")

    def _due(self, scheduled: str) -> datetime:
        """When it was due. EventBridge says so; where it does not (the local emulator leaves its
        placeholder as it is), it is the minute that it is."""
        try:
            return parse_rfc3339(scheduled)
        except ValueError:
            return self.clock().replace(second=0, microsecond=0)


def before(now: datetime, limits: Limits) -> str:
    """The latest time of a run after which the next one may start now."""
    return rfc3339(now - timedelta(milliseconds=limits.cooldown_ms))
