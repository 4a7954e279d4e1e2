"""Archiving a workflow: no new runs, and nothing is left that would start some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import NotFound

Head_co = TypeVar("Head_co", covariant=True)


class Archive(Protocol[Head_co]):
    def archive(self, org: str, name: str, *, at: str) -> Head_co | None:
        """Archive it; its head then. None when it is unknown or archived already."""


@dataclass(frozen=True, slots=True)
class Archiver(Generic[Head_co]):
    workflows: Archive[Head_co]
    tidy: Callable[[str, str], None]
    """(org, workflow): take away what its triggers needed."""
    clock: Clock

    def archive(self, org: str, name: str) -> Head_co:
        """Archive a workflow; its head then (S2).

        The head is written first: from then on nothing starts a run. Where the process died before
        it had tidied up, archiving again does that, although it answers NotFound.

        Raises NotFound for a workflow that is unknown or archived already, Unavailable.
        """
        head = self.workflows.archive(org, name, at=rfc3339(self.clock()))
        self.tidy(org, name)
        if head is None:
            raise NotFound(f"workflow {name!r} not found")
        return head
