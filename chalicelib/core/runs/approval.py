"""An approval as everybody sees it: its statuses, its id, and how an answer ends the step that asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from chalicelib.core.errors import NotFound
from chalicelib.core.runs.model import StepStatus

MOST_COMMENT_CHARACTERS: Final = 1_000
UNKNOWN: Final = "approval not found"
_ID: Final = re.compile(r"^apr_([A-Za-z0-9_-]{1,76})\.([a-z][a-z0-9_-]{0,79})\Z")


class ApprovalStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    """Nobody answered in time, or before the run was over."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One question. Times are RFC 3339; from `ends_at` on it cannot be answered."""

    org: str
    run_id: str
    step: str
    message: str
    requested_at: str
    ends_at: str
    status: ApprovalStatus = ApprovalStatus.PENDING
    comment: str | None = None
    decided_by: str | None = None
    decided_at: str | None = None

    @property
    def id(self) -> str:
        return approval_id(self.run_id, self.step)

    def shown_status(self, now: str) -> ApprovalStatus:
        """What a reader is told: one whose time is up is expired before that is written down."""
        if self.status is ApprovalStatus.PENDING and now >= self.ends_at:
            return ApprovalStatus.EXPIRED
        return self.status


@dataclass(frozen=True, slots=True)
class Answer:
    """How an approval ends: its new status, and the outcome of the step that asked."""

    status: ApprovalStatus
    at: str
    by: str | None = None
    comment: str | None = None

    @property
    def step_status(self) -> StepStatus:
        approved = self.status is ApprovalStatus.APPROVED
        return StepStatus.SUCCEEDED if approved else StepStatus.FAILED

    @property
    def error(self) -> str | None:
        words = {ApprovalStatus.REJECTED: "rejected", ApprovalStatus.EXPIRED: "timeout"}
        return words.get(self.status)

    @property
    def output(self) -> Mapping[str, Any] | None:
        """What later steps read: of a rejection too, where the workflow goes on after it."""
        if self.status is ApprovalStatus.EXPIRED:
            return None
        approved = self.status is ApprovalStatus.APPROVED
        return {"approved": approved, "by": self.by, "comment": self.comment, "at": self.at}


def approval_id(run_id: str, step: str) -> str:
    """`apr_<run id without prefix>.<step>`: it finds the approval without an index, and stands in
    a path as it is."""
    return f"apr_{run_id.removeprefix('run_')}.{step}"


def read_approval_id(text: str) -> tuple[str, str]:
    """The run id and the step. Raises NotFound for what is no approval's id."""
    match = _ID.match(text)
    if match is None:
        raise NotFound(UNKNOWN)
    return f"run_{match.group(1)}", match.group(2)
