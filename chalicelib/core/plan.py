"""The one internal representation every front end parses into, and the compiler and workers read.

A plan is immutable and content only: no ids, no organisation, no times. It is stored with a
version as JSON and read back by the step worker, so `to_dict` and `from_dict` are inverses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal, Self

from chalicelib.core.instances import split

InputType = Literal["string", "number", "boolean", "object", "array"]
"""The last two are of graphs only."""
OnLimit = Literal["queue", "reject"]
Language = Literal["cel", "graph"]
"""What params and conditions are written in: CEL (S2), or the expressions of node graphs (S1)."""
HOOKS: Final = ("on_success", "on_failure", "on_finish")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max_attempts` counts all tries; waits start at `interval_seconds` and grow by `backoff_rate`."""

    max_attempts: int = 1
    interval_seconds: int = 1
    backoff_rate: float = 1.0


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One declared input. Without a default it has to be given when a run starts."""

    name: str
    type: InputType = "string"
    description: str = ""
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class ForEach:
    """A step whose action runs once for each item of a list: the value of the expression `items`.

    At most `max_concurrency` at the same time; a list of more than `max_items` fails the step.
    """

    items: str
    max_concurrency: int = 10
    max_items: int = 1_000


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step: what it does (`action`, `params`), when (`depends_on`, `condition`) and how often."""

    name: str
    action: str
    params: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    retry: RetryPolicy = RetryPolicy()
    timeout_seconds: int | None = None
    continue_on_error: bool = False
    credential: str | None = None
    """The name of a secret. Plans of versions before there was one lack it, which means None."""
    for_each: ForEach | None = None
    node: str = ""
    """Of a node of a graph, its type (S1)."""
    within: str = ""
    """The loop in whose body the step is, which runs its steps once for each item, in order; such a
    loop has no action of its own. Empty for a step of the workflow itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole workflow. `steps` keep the author's order; `outputs` are templates or None."""

    name: str
    steps: tuple[PlanStep, ...]
    inputs: tuple[InputSpec, ...] = ()
    outputs: Mapping[str, Any] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: int | None = None
    max_parallel: int | None = None
    """How many runs may be live at once; None: any number."""
    on_limit: OnLimit = "queue"
    hooks: Mapping[str, tuple[PlanStep, ...]] = field(default_factory=dict)
    """Steps that run in order once a run is over, by `HOOKS`; only lists that have some."""

    language: Language = "cel"

    def step(self, name: str) -> PlanStep:
        """The step of that name. An instance's name gives the step as it is called there
        (`core.instances`). Raises KeyError."""
        own, at = split(name)
        for step in self.steps:
            if step.name == own:
                return replace(step, name=name) if at else step
        raise KeyError(name)

    def inside(self, loop: str = "") -> tuple[PlanStep, ...]:
        """The steps directly in a loop's body; without a name, those of the workflow itself."""
        return tuple(step for step in self.steps if step.within == loop)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; `Plan.from_dict` reads it back to an equal plan."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        inputs = tuple(InputSpec(**spec) for spec in data["inputs"])
        hooks = {hook: _steps_from(steps) for hook, steps in data.get("hooks", {}).items()}
        steps = _steps_from(data["steps"])
        return cls(**{**data, "steps": steps, "inputs": inputs, "hooks": hooks})


def _steps_from(listed: Iterable[Mapping[str, Any]]) -> tuple[PlanStep, ...]:
    return tuple(
        PlanStep(
            **{
                **step,
                "depends_on": tuple(step["depends_on"]),
                "retry": RetryPolicy(**step["retry"]),
                "for_each": ForEach(**loop) if (loop := step.get("for_each")) else None,
            }
        )
        for step in listed
    )
