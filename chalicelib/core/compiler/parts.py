"""A loop whose iterations do not fit into one execution's history: parts of them, each in an execution
of its own.

    name ── far? ── `name (items)`: Map over the iterations ──┬── `name (end)`
              └──── `name (parts)`: Map over the parts ───────┘
                        └ `name (part)`: an execution of the machine that runs any graph

A part is some iterations that follow each other. Parts follow each other, too: each execution is waited
for before the next one starts. Stopping one stops what it waits for. What the loop's first call answers
says which way is taken: `{"far": false, "indices": […]}` or `{"far": true, "parts": […]}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from chalicelib.core.compiler.states import State
from chalicelib.core.instances import iteration

PART_EVENTS: Final = 8
"""Of a part: its item started and succeeded, its task entered, scheduled, started, submitted, succeeded
and exited."""
CHOICE_EVENTS: Final = 2
STARTED_BY: Final = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"
"""The member of an execution's input that Step Functions' console knows."""
MEMBER: Final = "part"
"""The member of an execution's input that says which part it is of."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some iterations of a loop, from `start` to before `end`. `of` is the loop's name, an instance's
    where it is in another one."""

    of: str
    start: int
    end: int

    @property
    def execution(self) -> str:
        """What its execution is called among those of its run."""
        return f"{self.of}:{self.start}"

    def as_dict(self) -> dict[str, Any]:
        return {"of": self.of, "start": self.start, "end": self.end}

    @classmethod
    def of_run(cls, run: Mapping[str, Any]) -> Self | None:
        """The part that an execution's input is about; None for a run's own execution."""
        found = run.get(MEMBER)
        return None if found is None else cls(found["of"], int(found["start"]), int(found["end"]))

    def indices(self) -> list[dict[str, str]]:
        """What the Map over its iterations goes over."""
        return [{"at": iteration(self.of, index)} for index in range(self.start, self.end)]


def iterations(loop: str, total: int, size: int | None = None) -> dict[str, Any]:
    """What the first call of a loop answers: all iterations, or parts of so many of them."""
    if size is None:
        return {"far": False, "indices": Part(loop, 0, total).indices()}
    parts = (Part(loop, start, min(total, start + size)) for start in range(0, total, size))
    return {"far": True, "parts": [part.as_dict() for part in parts]}


def far_choice(parts: str, items: str) -> State:
    """Which way a loop takes."""
    far = {"Variable": "$.loop.far", "BooleanEquals": True, "Next": parts}
    return {"Type": "Choice", "Choices": [far], "Default": items}


def parts_map(part: str, arn: str, machine: State) -> State:
    """The Map over the parts, without where it goes. `part` names its one state, `machine` is the
    parameter that says which machine runs it, `arn` is any ARN of the same partition."""
    names = ("org", "run_id", "workflow", "version")
    given = {f"{name}.$": f"$$.Execution.Input.{name}" for name in names}
    task = {
        "Type": "Task",
        "Resource": f"arn:{arn.split(':')[1]}:states:::states:startExecution.sync",
        "Parameters": {
            **machine,
            "Input": {**given, f"{MEMBER}.$": "$", f"{STARTED_BY}.$": "$$.Execution.Id"},
        },
        "ResultPath": None,
        "End": True,
    }
    return {
        "Type": "Map",
        "ItemsPath": "$.loop.parts",
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": part, "States": {part: task}},
        "ResultPath": None,
    }
