"""Every change of a graph workflow (S1): read the head, decide, write over that very revision.

The machine of a version that is published is made before the head is written, so no head ever names
one that is not there; a publish that dies in between leaves one that the next publish finds.

What the trigger of the published version needs outside is made before the head is written and tidied
up afterwards, as for S2's workflows (`core.triggers.follow`): a change that died in between is
repaired by any later one, also by one that changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.core.apply import Triggers
from chalicelib.core.clock import Clock, parse_rfc3339, rfc3339
from chalicelib.core.errors import Conflict, IdempotencyMismatch, NotFound
from chalicelib.core.graph_workflows.model import (
    WORKFLOW_ID,
    Content,
    GraphStore,
    GraphVersion,
    GraphWorkflow,
)
from chalicelib.core.graph_workflows.triggers import triggers_of_graph
from chalicelib.core.ids import new_id, workflow_id_for_key
from chalicelib.core.runs.repeats import KEY_LIFETIME

_MOST_RACES: Final = 5


@dataclass(frozen=True, slots=True)
class Change:
    """What a head is to become, with the version that is new, if one is."""

    head: GraphWorkflow
    version: GraphVersion | None = None


Decide = Callable[[GraphWorkflow], Change | None]
"""Head as it is → the change; None for nothing to do. Raises Conflict where it cannot be."""


MakeMachine = Callable[[str, str, int], tuple[str, int]]
"""(organisation, workflow, version) → the name of a machine of its own, which is there then, and how
many of its tasks wait for a token. Raises Invalid, RateLimited, Unavailable."""


@dataclass(frozen=True, slots=True)
class GraphEditor:
    store: GraphStore
    triggers: Triggers
    make_machine: MakeMachine
    clock: Clock

    def create(
        self, org: str, content: Content, *, principal: str, key: str | None = None
    ) -> tuple[GraphWorkflow, bool]:
        """A new workflow with a first draft; whether an earlier request with the same key made it.

        Raises IdempotencyMismatch where that one had other content.
        """
        now = self.clock()
        for generation in range(1_000_000):
            named = None if key is None else workflow_id_for_key(org, key, generation)
            head = _new_head(org, named or new_id("wf", now), content, rfc3339(now), principal)
            version = _version(head.id, 1, content, head.created_at, principal)
            known = self.store.create(head, version)
            if known is None:
                return head, False
            if now - parse_rfc3339(known.created_at) > KEY_LIFETIME:
                continue
            first = self.store.version(org, known.id, 1)
            if first is None or first.content_hash != content.hash:
                raise IdempotencyMismatch(
                    "this key was already used to create something else", workflow_id=known.id
                )
            return known, True
        raise AssertionError("a key cannot have expired a million times")

    def update(
        self, org: str, workflow: str, content: Content, *, expected: int | None, principal: str
    ) -> GraphWorkflow:
        """Make the content the newest version; content that it has already changes nothing.

        Raises NotFound, and Conflict for an archived workflow and where the newest version is not
        the `expected` one.
        """
        return self._change(
            org, workflow, lambda head: self._new_version(head, content, expected, principal)
        )

    def rollback(self, org: str, workflow: str, target: int, *, principal: str) -> GraphWorkflow:
        """Make an earlier version's content the newest version again: a draft like any other.

        Raises NotFound for an unknown workflow or version, and otherwise as `update`.
        """
        version = self.store.version(org, workflow, target) if WORKFLOW_ID.match(workflow) else None
        if version is None:
            raise NotFound(f"workflow {workflow[:80]!r} has no version {target}")
        content = Content(version.name, version.description, version.definition)
        return self.update(org, workflow, content, expected=None, principal=principal)

    def publish(self, org: str, workflow: str, *, expected: int | None) -> GraphWorkflow:
        """Give the newest version a machine of its own and let its trigger work.

        Raises as `update`; Invalid for a graph that Step Functions would refuse; RateLimited when it
        takes no more machines for now; Invalid and Conflict for a trigger that cannot be (a webhook's
        path that is another's).
        """
        made: dict[int, tuple[str, int]] = {}

        def decide(head: GraphWorkflow) -> Change | None:
            _must_be_alive(head)
            _must_be_at(head, expected)
            number = head.latest
            if head.published == number and head.machine is not None:
                return None
            if number not in made:
                made[number] = self.make_machine(org, head.id, number)
            machine, gates = made[number]
            return Change(replace(head, published=number, machine=machine, gates=gates))

        return self._change(org, workflow, decide)

    def pause(self, org: str, workflow: str, *, reason: str) -> GraphWorkflow:
        """No new runs until it is resumed; runs go on. One that is paused keeps its reason.

        Raises NotFound, and Conflict for an archived workflow.
        """

        def decide(head: GraphWorkflow) -> Change | None:
            _must_be_alive(head)
            return Change(replace(head, paused=reason)) if head.paused is None else None

        return self._change(org, workflow, decide)

    def resume(self, org: str, workflow: str) -> GraphWorkflow:
        """The end of a pause. Raises as `pause`."""

        def decide(head: GraphWorkflow) -> Change | None:
            _must_be_alive(head)
            return Change(replace(head, paused=None)) if head.paused is not None else None

        return self._change(org, workflow, decide)

    def archive(self, org: str, workflow: str) -> GraphWorkflow:
        """No new runs for ever; it and its versions stay readable. Raises NotFound."""
        return self._change(
            org,
            workflow,
            lambda head: None if head.archived else Change(replace(head, archived=True)),
        )

    def _new_version(
        self, head: GraphWorkflow, content: Content, expected: int | None, principal: str
    ) -> Change | None:
        _must_be_alive(head)
        _must_be_at(head, expected)
        if head.content_hash == content.hash:
            return None
        at = rfc3339(self.clock())
        version = _version(head.id, head.latest + 1, content, at, principal)
        changed = replace(
            head,
            name=content.name,
            description=content.description,
            latest=version.number,
            content_hash=content.hash,
        )
        return Change(changed, version)

    def _change(self, org: str, workflow: str, decide: Decide) -> GraphWorkflow:
        for _ in range(_MOST_RACES):
            head = self.store.get(org, workflow) if WORKFLOW_ID.match(workflow) else None
            if head is None:
                raise NotFound("workflow not found")
            change = decide(head)
            if change is None:
                self._prepare(head)
                self.triggers.tidy(org, workflow)
                return head
            new = replace(change.head, revision=head.revision + 1, updated_at=rfc3339(self.clock()))
            self._prepare(new)
            if self.store.save(new, expected=head.revision, version=change.version):
                self.triggers.tidy(org, workflow)
                return new
        raise Conflict("the workflow is being changed by others again and again")

    def _prepare(self, head: GraphWorkflow) -> None:
        """Make what the head's trigger needs outside, if one is to work."""
        if not head.triggered:
            return
        version = self.store.version(head.org, head.id, head.published)
        if version is not None:
            found = triggers_of_graph(head.org, head.id, version.definition)
            self.triggers.prepare(head.org, head.id, head.revision, found)


def _new_head(org: str, workflow: str, content: Content, at: str, principal: str) -> GraphWorkflow:
    return GraphWorkflow(
        org=org,
        id=workflow,
        name=content.name,
        description=content.description,
        latest=1,
        content_hash=content.hash,
        created_at=at,
        created_by=principal,
        updated_at=at,
    )


def _version(workflow: str, number: int, content: Content, at: str, principal: str) -> GraphVersion:
    return GraphVersion(
        workflow,
        number,
        content.name,
        content.description,
        content.definition,
        content.hash,
        at,
        principal,
    )


def _must_be_alive(head: GraphWorkflow) -> None:
    if head.archived:
        raise Conflict("the workflow is archived", state=head.state)


def _must_be_at(head: GraphWorkflow, expected: int | None) -> None:
    if expected is not None and expected != head.latest:
        raise Conflict(
            f"the newest version is {head.latest}, not {expected}", current_version=head.latest
        )
