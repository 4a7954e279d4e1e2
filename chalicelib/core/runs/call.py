"""What a try of a step is given, and what it is made of: the words between the machine, the runners
and the actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib.core.compiler.parts import Part
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.conclude import MachineError
from chalicelib.core.runs.model import RunDetail


@dataclass(frozen=True, slots=True)
class Call:
    """What a Task state hands over. `retry` is Step Functions' count, 0 for the first try."""

    org: str
    run_id: str
    workflow: str
    version: int
    step: str
    retry: int = 0
    phase: str = ""
    """`begin` and `end` for steps that Step Functions itself waits for in between; `ask` and `call`
    for those that leave a token (`core.waits`); `failed` when it gave up on a step after whose
    failure the workflow goes on."""
    waited: Any = None
    """What `begin` had answered, handed back to `end`: the step's output."""
    signals: tuple[str, ...] = ()
    """Steps whose gates wait for this one (`chalicelib.core.runs.gates`)."""
    error: MachineError | None = None
    """Why Step Functions gave up, told to `failed`."""
    hook: str = ""
    """The hook that the step is of (`chalicelib.core.runs.hooks`); empty for the run's own."""
    index: int | None = None
    """Of a loop, which item it is about."""
    token: str = ""
    """What ends the task where it waits for more than this call."""
    parts: bool = False
    """Of a loop's first call: whether the machine can run parts of it elsewhere."""
    part: Part | None = None
    """The part of a loop that the execution runs; None for a run's own execution."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action gives: its output, and what it used (e.g. tokens by model)."""

    output: Any
    usage: Mapping[str, Any] = field(default_factory=dict)
    ended: bool = False
    """There is nothing to wait for, though steps of this action do."""


class Expressions(Protocol):
    """The expression language, as steps need it. Each raises StepFailed, never retryable."""

    def references(self, plan: Plan, step: PlanStep) -> frozenset[str]: ...

    def condition(self, plan: Plan, step: PlanStep, detail: RunDetail) -> bool: ...

    def params(self, plan: Plan, step: PlanStep, detail: RunDetail) -> Any: ...

    def late(
        self,
        plan: Plan,
        detail: RunDetail,
        value: Any,
        inputs: Mapping[str, Any],
        names: Mapping[str, Any] | None = None,
    ) -> Any: ...


LateRender = Callable[[Any, Mapping[str, Any]], Any]
"""(params held back, inputs that are known only now) → rendered params. Raises StepFailed."""
Act = Callable[[PlanStep, Any, Call, LateRender], Outcome]
"""(step, rendered params, call, rendering of what was held back) → outcome. Raises StepFailed."""


Signal = Callable[[str, str, Sequence[str]], None]
"""(org, run id, consumers): open the gates before the consumers that wait for nobody else."""


class Busy(Exception):
    """Another invocation holds this very try: Step Functions has to ask again with a new one."""
