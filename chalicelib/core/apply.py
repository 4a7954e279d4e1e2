"""Applying a workflow: parse, check, compile, publish. Unchanged content makes no new version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import Conflict, Invalid, NotFound, Problem
from chalicelib.core.plan import Plan
from chalicelib.core.runs.ports import Machines, Version
from chalicelib.core.triggers.model import Trigger, triggers_of

if TYPE_CHECKING:
    from chalicelib.core.compiler import Compiled

_MOST_RACES = 5


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition that was read: its plan, the content as it was given, and the content's hash."""

    plan: Plan
    source: dict[str, Any]
    content_hash: str
    description: str


def named(definition: Definition, name: str) -> Definition:
    """The definition, if it is of the workflow that was asked for. Raises Invalid otherwise."""
    if definition.plan.name != name:
        what = f"is {definition.plan.name!r}, but the path says {name!r}"
        raise Invalid("the definition names another workflow", [Problem("name", what)])
    return definition


class HeadOf(Protocol):
    """What apply has to know of a workflow's head."""

    @property
    def latest(self) -> int: ...
    @property
    def content_hash(self) -> str: ...
    @property
    def archived(self) -> bool: ...


class WorkflowStore(Protocol):
    def head(self, org: str, name: str) -> HeadOf | None: ...

    def version(self, org: str, workflow: str, number: int) -> Version | None: ...

    def publish(self, org: str, version: Version, *, description: str, expected: int) -> bool: ...


class Triggers(Protocol):
    """What makes schedules and the like follow the definitions (`core.triggers.follow`)."""

    def prepare(
        self, org: str, workflow: str, number: int, triggers: Sequence[Trigger]
    ) -> None: ...

    def tidy(self, org: str, workflow: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did (contract: `{name, version, status, content_hash}`)."""

    name: str
    version: int
    status: Literal["created", "updated", "unchanged"]
    content_hash: str


@dataclass(frozen=True, slots=True)
class Applier:
    workflows: WorkflowStore
    machines: Machines
    read: Callable[[bytes, str], Definition]
    """(body, content type) → definition. Raises BadRequest, Invalid, NotBuilt, TooLarge."""
    compile: Callable[[Plan], Compiled]
    """Plan → the state machine. Raises Invalid, NotBuilt."""
    triggers: Triggers
    clock: Clock

    def apply(
        self, org: str, name: str, body: bytes, content_type: str, *, principal: str
    ) -> Applied:
        """Make the definition the workflow's newest version (S2).

        The machine is published before the version is stored: an apply that dies in between
        leaves a machine that the next apply of the same content finds again, never a version
        without one. Two applies at once get two versions, one behind the other. What its triggers
        need is made before the version is stored and tidied up afterwards, also for unchanged
        content: an apply that died in between is repaired by repeating it.

        Raises what `read` and `compile` raise, Invalid for a trigger that AWS refuses, Conflict
        when other applies keep coming first or a webhook's path is taken, RateLimited when Step
        Functions takes no more machines for now, Unavailable when AWS throttles.
        """
        definition = named(self.read(body, content_type), name)
        return self._publish(org, definition, principal=principal)

    def rollback(self, org: str, name: str, to_version: int, *, principal: str) -> Applied:
        """Make an earlier version's content the newest version again (S2).

        It is as if that content had been applied: to the current content nothing happens, and an
        archived workflow comes back. Its machine is published once more, in case it was deleted.

        Raises NotFound for an unknown workflow or version, and otherwise as `apply`.
        """
        version = self.workflows.version(org, name, to_version)
        if version is None:
            raise NotFound(f"workflow {name!r} has no version {to_version}")
        definition = Definition(
            plan=version.plan,
            source=dict(version.source),
            content_hash=version.content_hash,
            description=str(version.source.get("description", "")),
        )
        return self._publish(org, definition, principal=principal)

    def _publish(self, org: str, definition: Definition, *, principal: str) -> Applied:
        name = definition.plan.name
        triggers = triggers_of(org, name, definition.source)
        machine: str | None = None
        hooks: str | None = None
        gates = 0
        for _ in range(_MOST_RACES):
            head = self.workflows.head(org, name)
            same = head is not None and head.content_hash == definition.content_hash
            if head is not None and same and not head.archived:
                self.triggers.prepare(org, name, head.latest, triggers)
                self.triggers.tidy(org, name)
                return Applied(name, head.latest, "unchanged", definition.content_hash)
            if machine is None:
                compiled = self.compile(definition.plan)
                machine, gates = self.machines.publish(name, compiled.text), compiled.tokens
                if compiled.hooks is not None:
                    hooks = self.machines.publish(f"{name}-hooks", compiled.hooks)
            expected = head.latest if head is not None else 0
            version = Version(
                workflow=name,
                number=expected + 1,
                content_hash=definition.content_hash,
                machine=machine,
                gates=gates,
                hooks=hooks,
                plan=definition.plan,
                source=definition.source,
                created_at=rfc3339(self.clock()),
                created_by=principal,
            )
            self.triggers.prepare(org, name, version.number, triggers)
            stored = self.workflows.publish(
                org, version, description=definition.description, expected=expected
            )
            if stored:
                self.triggers.tidy(org, name)
                status: Literal["created", "updated"] = "created" if expected == 0 else "updated"
                return Applied(name, version.number, status, definition.content_hash)
        raise Conflict(f"workflow {name!r} is being applied by others again and again")
