"""Making the outside follow the definitions: schedules, rules and claimed paths.

Each thing outside that works for a trigger is written down in a *register* before it is made, with
the number of the version that wants it. An apply does three things in this order:

    prepare    for each trigger: register it under the new version's number, make it outside
    publish    the head points at the new version: from now on only its triggers start runs
    tidy       what the head does not want is taken away outside, then from the register

Whatever is there too much starts nothing: a firing starts a run only if the newest version has this
very trigger. Whatever is missing can only be missing before the publish. So an apply that dies in
between is repaired by the next one, by archiving, or by a firing that nobody wants any more.

Two applies at once do not take away each other's: a tidy looks only at what stands under numbers up
to the head's, an apply registers under a higher one, and each mark in the register is one
conditional write. A thing that is being taken away is not taken over; a new one gets another name.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.triggers.model import Kind, Trigger, triggers_of

FORGOTTEN_AFTER: Final = timedelta(hours=1)
"""When what an apply prepared and never published may go. An apply lives for 29 s at most."""
_ORDER: Final = ("webhook", "event", "cron", "rrule")
"""What can be refused comes first."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A line of the register: something outside, by its name, that works for a trigger."""

    name: str
    trigger: str
    kind: Kind
    version: int
    """The newest version that has asked for it."""
    at: str
    path: str = ""
    """Of a webhook: the path that it claims."""
    leaving: bool = False
    """It is being taken away: nobody may rely on it any more."""


class Register(Protocol):
    def all(self, org: str, workflow: str) -> Sequence[Placed]:
        """Every line of a workflow's register, read consistently."""

    def keep(self, org: str, workflow: str, placed: Placed) -> bool:
        """Write the line, new or under its new number. False when it is leaving, or stands under
        a higher number."""

    def leave(self, org: str, workflow: str, placed: Placed) -> bool:
        """Mark the line as leaving. False when it has changed since it was read."""

    def forget(self, org: str, workflow: str, placed: Placed) -> None:
        """Take a line that is leaving out of the register."""


class Outside(Protocol):
    """One kind of thing that works for triggers. Both may be repeated."""

    def put(self, org: str, workflow: str, trigger: Trigger, placed: Placed) -> None:
        """Make it, or make it what it should be. Raises Invalid and Conflict for what cannot be."""

    def remove(self, org: str, workflow: str, placed: Placed) -> None:
        """Take it away; one that is not there is fine."""


class HeadOf(Protocol):
    @property
    def latest(self) -> int: ...
    @property
    def archived(self) -> bool: ...


class Sourced(Protocol):
    @property
    def source(self) -> Mapping[str, Any]: ...


class Heads(Protocol):
    def head(self, org: str, name: str) -> HeadOf | None: ...

    def version(self, org: str, workflow: str, number: int) -> Sourced | None: ...


@dataclass(frozen=True, slots=True)
class Follower:
    """Implements `core.apply.Triggers`."""

    register: Register
    workflows: Heads
    outside: Mapping[Kind, Outside]
    clock: Clock

    def prepare(self, org: str, workflow: str, number: int, triggers: Sequence[Trigger]) -> None:
        """Make what these triggers need, for the version of this number; nothing for none.

        Raises what `Outside.put` raises, and Unavailable.
        """
        if not triggers:
            return
        names = {
            placed.trigger: placed.name
            for placed in self.register.all(org, workflow)
            if not placed.leaving
        }
        for trigger in sorted(triggers, key=lambda trigger: _ORDER.index(trigger.kind)):
            placed = self._keep(org, workflow, number, trigger, names.get(trigger.id))
            self.outside[trigger.kind].put(org, workflow, trigger, placed)

    def tidy(self, org: str, workflow: str) -> None:
        """Take away what the newest version does not want; everything of an archived workflow.

        One read where there is nothing. Raises Unavailable.
        """
        lines = self.register.all(org, workflow)
        if not lines:
            return
        head = self.workflows.head(org, workflow)
        number = head.latest if head is not None else 0
        wanted = self._wanted(org, workflow, head)
        dead = rfc3339(self.clock() - FORGOTTEN_AFTER)
        for placed in lines:
            if placed.version > number and placed.at > dead:
                continue  # an apply that is on its way wants it
            if placed.trigger in wanted and not placed.leaving:
                continue
            if self.register.leave(org, workflow, placed):
                self.outside[placed.kind].remove(org, workflow, placed)
                self.register.forget(org, workflow, placed)

    def _wanted(self, org: str, workflow: str, head: HeadOf | None) -> frozenset[str]:
        if head is None or head.archived:
            return frozenset()
        version = self.workflows.version(org, workflow, head.latest)
        source = version.source if version is not None else {}
        return frozenset(trigger.id for trigger in triggers_of(org, workflow, source))

    def _keep(
        self, org: str, workflow: str, number: int, trigger: Trigger, known: str | None
    ) -> Placed:
        """The trigger's line: the one that is there, else a new one under a name of its own."""
        # At most 34 characters: a stage's prefix goes in front of it, and rules have 64.
        own = f"{trigger.id}-{secrets.token_hex(4)}"
        path = str(trigger.content.get("path", ""))
        placed = Placed(known or own, trigger.id, trigger.kind, number, rfc3339(self.clock()), path)
        if not self.register.keep(org, workflow, placed):
            placed = replace(placed, name=own)
            self.register.keep(org, workflow, placed)
        return placed
