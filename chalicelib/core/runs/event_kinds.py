"""The kinds of events (S0) and their members as JSON Schemas, for clients' documents.

`events.py` makes events; this says what they look like. A test makes one of every kind and holds it
against its entry here, which allows no other members.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.core.runs.events import METHOD_OUTPUT, MOST_OUTPUT_BYTES

Schema = Mapping[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 1}
_VERSION: Final[Schema] = {
    "type": "integer",
    "minimum": 0,
    "description": "0 of an agent's task, which is of no applied version.",
}
_RUN: Final[Mapping[str, Schema]] = {
    "runId": {"type": "string", "pattern": "^run_"},
}
_STEP: Final[Mapping[str, Schema]] = {
    "step": {"type": "string", "description": "The step's name."},
    "attempt": {"type": "integer", "minimum": 0, "description": "The first try is 1."},
}
_END: Final[Mapping[str, Schema]] = {**_RUN, "status": _TEXT}
_WHY: Final[Mapping[str, Schema]] = {"message": _TEXT}


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event of a kind has beside `kind`, `at` and `seq`."""

    meaning: str
    members: Mapping[str, Schema]
    optional: Mapping[str, Schema] = field(default_factory=dict)

    def schema(self, kind: str) -> Schema:
        """The schema of the whole event."""
        always = {
            "kind": {"const": kind},
            "at": {"type": "string", "description": "When, RFC 3339 in UTC."},
            "seq": {**_COUNT, "description": "Its number in the run's log, without gaps."},
        }
        return {
            "type": "object",
            "description": self.meaning,
            "required": [*always, *self.members],
            "properties": {**always, **self.members, **self.optional},
            "additionalProperties": False,
        }


KINDS: Final[Mapping[str, Kind]] = {
    "started": Kind(
        "The run was stored.",
        {**_RUN, "workflow": _TEXT, "version": _VERSION},
        {"sourceRunId": {"type": "string", "description": "The run that this one retries."}},
    ),
    "step_started": Kind("A try of a step began.", {**_STEP, "action": _TEXT}),
    "step_completed": Kind("The step succeeded.", _STEP),
    "step_failed": Kind("The step failed for good.", _STEP, {"error": _TEXT}),
    "step_skipped": Kind("The step's `if` was not true.", _STEP),
    "approval_requested": Kind(
        "A step asks a person.", {"step": _TEXT, "approvalId": _TEXT, "message": _TEXT}
    ),
    "suspended": Kind("The run waits for an approval.", {**_RUN, "step": _TEXT}),
    METHOD_OUTPUT: Kind(
        "A method run, or an agent's task, succeeded. Over "
        f"{MOST_OUTPUT_BYTES:,} bytes the output is read elsewhere.",
        _RUN,
        {
            "output": {"description": "The output itself."},
            "bytes": {**_COUNT, "description": "How large an output is that is not here."},
            "outputAt": {"type": "string", "description": "The REST path that has it."},
        },
    ),
    "completed": Kind("The run succeeded. Ends the log.", _END),
    "cancelled": Kind("The run was cancelled. Ends the log.", _END, _WHY),
    "error": Kind("The run failed or ran out of time. Ends the log.", _END, _WHY),
}
"""Every kind there is. Those in TERMINAL_KINDS come last in a log, and once."""
