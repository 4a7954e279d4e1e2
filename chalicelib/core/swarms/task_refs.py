"""A task that is a step of a run: how its mail names the step, and what its turn tells it.

The mail's id follows from the run, the step and how often the step has failed. So a call of the step
that is repeated sends the same mail, which is delivered once, and a try after a failure sends another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from chalicelib.core.swarms.model import Mail, TaskOutcome

MOST_ERROR_CHARACTERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class TaskRef:
    """The step that waits for the turn on a task; its run is of the swarm's own organisation."""

    run_id: str
    step: str

    @property
    def correlation(self) -> str:
        """What the task's mail carries; no run's id has a slash."""
        return f"{self.run_id}/{self.step}"


def task_of(mail: Mail) -> TaskRef | None:
    """Whose step a task is; None for a task that is of no run, and for a message."""
    if mail.kind != "task" or mail.correlation is None:
        return None
    run_id, _, step = mail.correlation.partition("/")
    return TaskRef(run_id, step)


def task_mail_id(org: str, ref: TaskRef, failures: int) -> str:
    """The id of the mail that a step sends after so many failures."""
    told = f"{org}\n{ref.correlation}\n{failures}".encode()
    return f"mail_{hashlib.sha256(told).hexdigest()[:26]}"


def outcome_of(
    mail: Mail, *, output: str | None = None, error: str | None = None
) -> tuple[TaskOutcome, ...]:
    """What a turn on this mail tells the step that waits; nothing where none does."""
    ref = task_of(mail)
    if ref is None:
        return ()
    why = error[:MOST_ERROR_CHARACTERS] if error is not None else None
    return (TaskOutcome(ref.run_id, ref.step, mail.id, output, why),)
