"""A graph workflow as it stands: a head that changes, and versions that do not (S1)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol

from chalicelib.core.runs.ports import Version

WORKFLOW_ID: Final = re.compile(r"^wf_[A-Za-z0-9_-]{1,76}\Z")
"""No workflow of S2 has such a name: theirs have no `_`."""

State = Literal["draft", "published", "paused", "archived"]
STATES: Final[tuple[State, ...]] = ("draft", "published", "paused", "archived")


@dataclass(frozen=True, slots=True)
class GraphWorkflow:
    """The head. `revision` counts every change of it; a change is written only over the revision
    that it was made from."""

    org: str
    id: str
    name: str
    description: str
    latest: int
    """The newest version, a draft or the published one."""
    content_hash: str
    """Of the newest version."""
    created_at: str
    created_by: str
    updated_at: str
    published: int = 0
    """The published version, whose trigger works; 0: none."""
    machine: str | None = None
    """The machine of the published version; all others run on the one that runs any graph."""
    gates: int = 0
    """Tasks of that machine that wait for a token."""
    paused: str | None = None
    """Why it is paused; None: it is not."""
    archived: bool = False
    revision: int = 1

    @property
    def state(self) -> State:
        """In one word. A published workflow may have a newer draft."""
        if self.archived:
            return "archived"
        if self.paused is not None:
            return "paused"
        return "published" if self.published else "draft"

    @property
    def triggered(self) -> bool:
        """Whether the published version's trigger starts runs."""
        return self.state == "published"

    def placed(self, version: Version) -> Version:
        """A version of it as runs are started of it: the published one on its own machine."""
        if self.machine is None or version.number != self.published:
            return version
        return replace(version, machine=self.machine, gates=self.gates)


@dataclass(frozen=True, slots=True)
class GraphVersion:
    """One version: immutable."""

    workflow: str
    number: int
    name: str
    description: str
    definition: Mapping[str, Any]
    content_hash: str
    created_at: str
    created_by: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """What a list of versions shows."""

    workflow: str
    number: int
    name: str
    content_hash: str
    created_at: str
    created_by: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a version is made of, checked."""

    name: str
    description: str
    definition: Mapping[str, Any]

    @property
    def hash(self) -> str:
        """The same for equal content, however it is spelled."""
        whole = [self.name, self.description, self.definition]
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class GraphStore(Protocol):
    """What has to be kept of graph workflows."""

    def get(self, org: str, workflow: str) -> GraphWorkflow | None:
        """The head, read consistently; archived ones too."""

    def version(self, org: str, workflow: str, number: int) -> GraphVersion | None: ...

    def create(self, head: GraphWorkflow, version: GraphVersion) -> GraphWorkflow | None:
        """Store a new workflow. None when it is new, else the one that has this id."""

    def save(
        self, head: GraphWorkflow, *, expected: int, version: GraphVersion | None = None
    ) -> bool:
        """Write the head over its revision `expected`, with a new version where there is one. False
        when the head is at another revision by now."""
