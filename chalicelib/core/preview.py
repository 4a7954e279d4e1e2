"""What an apply would do, without doing it: it reads the workflow's head and latest version only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from chalicelib.core.apply import Definition, WorkflowStore, named
from chalicelib.core.compiler import Compiled
from chalicelib.core.differences import Change, changes, text_diff
from chalicelib.core.plan import Plan


@dataclass(frozen=True, slots=True)
class Preview:
    """`current_version` is None for a new workflow; `next_version` is the one it would then have."""

    action: Literal["create", "update", "unchanged"]
    current_version: int | None
    next_version: int
    definition: Definition
    compiled: Compiled
    changes: list[Change]
    diff: str


@dataclass(frozen=True, slots=True)
class Previewer:
    workflows: WorkflowStore
    read: Callable[[bytes, str], Definition]
    """As an `Applier` has it."""
    compile: Callable[[Plan], Compiled]
    """Plan → the state machine with its numbers. Raises Invalid, NotBuilt."""

    def preview(self, org: str, name: str, body: bytes, content_type: str) -> Preview:
        """What applying this definition would change (S2). Nothing is stored or created.

        Raises what an apply would raise: BadRequest, Invalid, NotBuilt, TooLarge.
        """
        definition = named(self.read(body, content_type), name)
        compiled = self.compile(definition.plan)
        head = self.workflows.head(org, name)
        if head is None:
            added = changes({}, definition.source)
            diff = text_diff({}, definition.source, old="nothing", new=f"{name}, version 1")
            return Preview("create", None, 1, definition, compiled, added, diff)
        same = head.content_hash == definition.content_hash and not head.archived
        current = self.workflows.version(org, name, head.latest)
        before = current.source if current is not None else {}
        following = head.latest if same else head.latest + 1
        return Preview(
            action="unchanged" if same else "update",
            current_version=head.latest,
            next_version=following,
            definition=definition,
            compiled=compiled,
            changes=changes(before, definition.source),
            diff=text_diff(
                before,
                definition.source,
                old=f"{name}, version {head.latest}",
                new=f"{name}, version {following}",
            ),
        )
