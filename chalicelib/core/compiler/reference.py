"""A small interpreter of compiled machines with a simulated clock. For tests and benchmarks only.

It knows what the compiler emits (Task, Wait, Parallel, Map, Retry, Catch, `Next` and `End`) by
the language's specification, not by the compiler: that is what makes it a judge. Lambdas take the
time they are given and raise the errors they are given; everything else takes no time. A join gate
ends when all of its producers have ended.

Branches are generators that stop at a gate whose producers have not all ended; whoever runs them
asks again after the others. Each branch has a time of its own, so in which order they are asked
changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from chalicelib.core.compiler.order import Order
from chalicelib.core.plan import Plan
from chalicelib.core.waits import PHASES


@dataclass(slots=True)
class Trace:
    """What a run did. Times are simulated seconds from the start."""

    started: dict[str, list[float]] = field(default_factory=dict)
    """Per step, when each of its tries began; of a loop, those of its first call."""
    items: dict[str, list[float]] = field(default_factory=dict)
    """Per loop, when each try of each item began."""
    finished: dict[str, float] = field(default_factory=dict)
    """Per step that succeeded, when."""
    failed: dict[str, float] = field(default_factory=dict)
    """Per step whose failure was written down so that the run could go on, when."""
    transitions: int = 0
    """States entered, and further tries: what Step Functions bills."""
    events: int = 2
    """History events, the execution's own two included."""
    makespan: float = 0.0
    error: str | None = None


class Deadlock(Exception):
    """Every branch that has not ended waits at a gate for a step that never ends."""


Branch = Generator[None, None, float]
"""Stops where it waits; gives when it ended."""


class _Failure(Exception):
    def __init__(self, error: str, at: float) -> None:
        super().__init__(error)
        self.error, self.at = error, at


def interpret(
    definition: Mapping[str, Any],
    durations: Mapping[str, float],
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
    items: Mapping[str, int] | None = None,
    tolerant: Collection[str] = (),
) -> Trace:
    """Run a definition. `durations` are seconds per step (a delay's is its wait, a loop's that of an
    item), 0 if not named; `errors[step]` are the errors of its first tries, in order, after which it
    succeeds; `items[step]` is how many items a loop has, 0 if not named; after failures of `tolerant`
    steps the run goes on.

    A failing branch ends its Parallel at once, but what the other branches would still have done
    stays in the trace. Waits before retries are taken without their jitter.

    Raises Deadlock when the machine would wait for ever.
    """
    machine = _Machine(durations, errors or {}, items or {}, tolerant)
    running = machine.run(definition, 0.0)
    while True:
        entered = machine.trace.transitions
        try:
            next(running)
        except StopIteration as ended:
            machine.trace.makespan = ended.value
            return machine.trace
        if machine.trace.transitions == entered:
            raise Deadlock


class _Machine:
    def __init__(
        self,
        durations: Mapping[str, float],
        errors: Mapping[str, Sequence[str]],
        items: Mapping[str, int],
        tolerant: Collection[str],
    ) -> None:
        self._items = items
        self._tolerant = tolerant
        self._durations = durations
        self._errors = {step: list(names) for step, names in errors.items()}
        self._waited: set[str] = set()
        self.trace = Trace()

    def run(self, machine: Mapping[str, Any], at: float) -> Branch:
        """Run one machine or branch from `at`; when it ended. Raises _Failure when it failed."""
        name: str | None = machine["StartAt"]
        waiting = ""
        while name is not None:
            state = machine["States"][name]
            self.trace.transitions += 1
            self.trace.events += 2
            following: str | None = None if state.get("End") else state["Next"]
            try:
                match state["Type"]:
                    case "Task" if "gate" in _told(state):
                        at = yield from self._gate(state, at)
                    case "Task":
                        at = self._task(state, at)
                        waiting = _told(state).get("step", "")
                    case "Wait":
                        at += self._durations.get(waiting, 0.0)
                    case "Parallel":
                        at = yield from self._parallel(state, at)
                    case "Map":
                        at = yield from self._map(state, at)
            except _Failure as failure:
                caught = [
                    catcher["Next"]
                    for catcher in state.get("Catch", [])
                    if matches(catcher["ErrorEquals"], failure.error)
                ]
                if not caught:
                    raise
                at, following = failure.at, caught[0]
                self.trace.error = failure.error
            name = following
        return at

    def _gate(self, state: Mapping[str, Any], at: float) -> Branch:
        self.trace.events += 4
        producers = state["Parameters"]["Payload"]["gate"]
        while not self.trace.finished.keys() >= set(producers):
            yield
        return max(at, *(self.trace.finished[producer] for producer in producers))

    def _parallel(self, state: Mapping[str, Any], at: float) -> Branch:
        self.trace.events += 2
        ends: list[float] = []
        failures: list[_Failure] = []
        running = [self.run(branch, at) for branch in state["Branches"]]
        while running:
            entered, waiting = self.trace.transitions, []
            for branch in running:
                try:
                    next(branch)
                    waiting.append(branch)
                except StopIteration as ended:
                    ends.append(ended.value)
                except _Failure as failure:
                    failures.append(failure)
            if waiting and self.trace.transitions == entered:
                if failures:
                    break
                yield
            running = waiting
        if failures:
            raise min(failures, key=lambda failure: failure.at)
        return max(ends)

    def _map(self, state: Mapping[str, Any], at: float) -> Branch:
        """Items start in order, each as soon as one of the places is free. The first that fails
        ends it."""
        self.trace.events += 2
        processor = state["ItemProcessor"]
        step = processor["States"][processor["StartAt"]]["Parameters"]["step"]
        free = [at] * state["MaxConcurrency"]
        for _ in range(self._items.get(step, 0)):
            self.trace.events += 2
            heappush(free, (yield from self.run(processor, heappop(free))))
        return max(free)

    def _task(self, state: Mapping[str, Any], at: float) -> float:
        """One task with all its tries; when it succeeded. Raises _Failure with the last error."""
        step = _told(state).get("step")
        if step is None:
            self.trace.events += 3
            return at
        phase = _told(state).get("phase", "")
        if phase in PHASES.values():
            self.trace.events += 1
            phase = ""  # it takes the time that somebody takes to answer
        if phase in ("failed", "give up"):
            self.trace.events += 3
            if phase == "give up" and step not in self._tolerant:
                raise _Failure("StepRefused", at)
            self.trace.failed[step] = at
            return at
        behind, errs = phase in ("end", "collect"), phase in ("", "begin", "item")
        started = self.trace.items if phase == "item" else self.trace.started
        used = [0] * len(state["Retry"])
        while True:
            self.trace.events += 3
            if not behind:
                started.setdefault(step, []).append(at)
            at += self._durations.get(step, 0.0) if phase in ("", "item") else 0.0
            pending = self._errors.get(step)
            if not pending or not errs:
                if phase == "" or behind:
                    self.trace.finished[step] = at
                return at
            error = pending.pop(0)
            position = next(
                (
                    position
                    for position, retrier in enumerate(state["Retry"])
                    if matches(retrier["ErrorEquals"], error)
                ),
                None,
            )
            if position is None:
                raise _Failure(error, at)
            retrier = state["Retry"][position]
            if used[position] >= retrier.get("MaxAttempts", 3):
                raise _Failure(error, at)
            wait = retrier.get("IntervalSeconds", 1) * (
                retrier.get("BackoffRate", 2.0) ** used[position]
            )
            at += min(wait, retrier.get("MaxDelaySeconds", wait))
            used[position] += 1
            self.trace.transitions += 1


def _told(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a task's Lambda is told."""
    found: Mapping[str, Any] = state["Parameters"].get("Payload", state["Parameters"])
    return found


def matches(names: Sequence[str], error: str) -> bool:
    """Whether a retrier or catcher for `names` takes an error."""
    if error in names or "States.ALL" in names:
        return True
    return "States.TaskFailed" in names and error != "States.Timeout"


def critical_path(plan: Plan, durations: Mapping[str, float]) -> float:
    """Seconds of the longest chain of dependencies: no schedule can be shorter."""
    return max(_earliest(plan, durations).values(), default=0.0)


def level_barriers(plan: Plan, durations: Mapping[str, float]) -> float:
    """Seconds when every step waits for all of the levels before it: the usual compilation."""
    levels = _earliest(plan, {step.name: 1.0 for step in plan.steps})
    slowest: dict[float, float] = {}
    for name, level in levels.items():
        slowest[level] = max(slowest.get(level, 0.0), durations.get(name, 0.0))
    return sum(slowest.values())


def _earliest(plan: Plan, durations: Mapping[str, float]) -> dict[str, float]:
    """When each step ends if it starts as soon as its own dependencies are done."""
    order = Order.of({step.name: step.depends_on for step in plan.steps})
    ends: dict[str, float] = {}
    for index in order.topological:
        step = plan.steps[index]
        begin = max((ends[needed] for needed in step.depends_on), default=0.0)
        ends[step.name] = begin + durations.get(step.name, 0.0)
    return ends
