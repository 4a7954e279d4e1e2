"""A plan as one state machine, and the refusal of what Step Functions would refuse later."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.core.compiler.decompose import Block, Leaf, Series, decompose
from chalicelib.core.compiler.history import DELAY, MOST_EVENTS, estimate_events
from chalicelib.core.compiler.hooks import compile_hooks
from chalicelib.core.compiler.loops import STATES, Body, Names, loop_states
from chalicelib.core.compiler.order import Order
from chalicelib.core.compiler.states import (
    Place,
    State,
    delay_states,
    failed_state,
    finish_state,
    gate_state,
    task_state,
)
from chalicelib.core.compiler.tokens import token_state
from chalicelib.core.errors import Invalid, Problem
from chalicelib.core.plan import ForEach, Plan, PlanStep
from chalicelib.core.waits import PHASES

MOST_BYTES = 1_000_000
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Compiled:
    """A machine, ready to publish. `text` is the definition as compact JSON: equal for equal plans.

    `states` counts what a run without retries and failures enters on all levels, gates and `Finish`
    included, and so pays as transitions; of a loop, one item. `gates` counts the join gates.
    `estimated_events` takes every try that the retry policies allow, and as many items as may be.
    `tokens` counts the tasks that wait for a token: gates, approvals, child workflows.
    """

    definition: dict[str, Any]
    text: str
    states: int
    parallels: int
    gates: int
    estimated_events: int
    hooks: str | None = None
    """The definition of the machine of its hooks, where it has some."""
    tokens: int = 0


def compile_plan(plan: Plan, *, step_arn: str, finish_arn: str, parts_arn: str = "") -> Compiled:
    """Compile a plan for the two Lambdas behind it. `parts_arn` is the machine that runs any graph:
    parts of loops with bodies run there (`compiler.parts`).

    Every step becomes one Task (a `delay` two and a Wait; one with `for_each` a Map between two; one
    with `continue_on_error` has another for its failure). Dependencies are kept exactly, with join
    gates where sequences and parallels do not suffice. A last state `Finish` is reached in success
    and in failure.

    Raises Invalid for cycles, unknown dependencies, names that are double or over 80 characters, a
    definition over 1,000,000 bytes and an estimated history over 25,000 events.
    """
    _check_steps(plan.steps)
    # Before anything grows with the square of the steps.
    _check_events(plan.steps, parallels=0, gates=0)
    shared = _Shared(plan, step_arn, parts_arn)
    finish = shared.free_name("Finish")
    start, states = _Builder(shared).states(end=finish, catch=finish)
    events = _check_events(plan.steps, parallels=shared.parallels, gates=shared.gates)
    definition: dict[str, Any] = {"Comment": f"Runyard: {plan.name}"[:LONGEST_NAME]}
    if plan.timeout_seconds is not None:
        definition["TimeoutSeconds"] = plan.timeout_seconds
    definition |= {"StartAt": start, "States": {**states, finish: finish_state(finish_arn)}}
    text = json.dumps(definition, separators=(",", ":"), ensure_ascii=False)
    if (size := len(text.encode())) > MOST_BYTES:
        _refuse(f"compiles to {size:,} bytes", f"{MOST_BYTES:,}")
    return Compiled(
        definition=definition,
        text=text,
        states=shared.states + 1,
        parallels=shared.parallels,
        gates=shared.gates,
        estimated_events=events,
        hooks=compile_hooks(plan, step_arn),
        tokens=shared.gates + sum(step.action in PHASES for step in plan.steps),
    )


class _Shared:
    """What is one for the whole machine: what has been counted, and the names that are taken."""

    def __init__(self, plan: Plan, step_arn: str, parts_arn: str) -> None:
        self.plan = plan
        self.step_arn = step_arn
        self.parts_arn = parts_arn
        self.states = 0
        self.parallels = 0
        self.gates = 0
        self._names = {step.name for step in plan.steps}
        self._bodies: dict[str, list[PlanStep]] = {}
        for step in plan.steps:
            self._bodies.setdefault(step.within, []).append(step)

    def inside(self, loop: str) -> list[PlanStep]:
        """The steps directly in a loop's body; of `""`, those of the workflow itself."""
        return self._bodies.get(loop, [])

    def free_name(self, wanted: str) -> str:
        """`wanted`, or with a number where a step has that name."""
        name, number = wanted[:LONGEST_NAME], 2
        while name in self._names:
            name = f"{wanted[: LONGEST_NAME - 6]} {number}"
            number += 1
        self._names.add(name)
        return name


class _Builder:
    """Writes the states of the workflow itself, or of a loop's body."""

    def __init__(self, shared: _Shared, loop: str = "") -> None:
        self._shared = shared
        self._looped = bool(loop)
        self._steps = shared.inside(loop)
        self._timeout = shared.plan.timeout_seconds
        self._step_arn = shared.step_arn
        found = decompose(Order.of({step.name: step.depends_on for step in self._steps}))
        self._block = found.block
        self._gates = found.gates
        shared.gates += len(found.gates)
        self._signals: dict[int, list[str]] = {}
        for consumer, producers in found.gates.items():
            for producer in producers:
                self._signals.setdefault(producer, []).append(self._steps[consumer].name)

    def states(self, *, end: str | None, catch: str | None) -> tuple[str, State]:
        """All of them, and the name of the first. The last goes to `end`, or ends."""
        return self.branch(self._block, end=end, catch=catch)

    def branch(self, block: Block, *, end: str | None, catch: str | None) -> tuple[str, State]:
        """The states of a block and the name of the first. The last goes to `end`, or ends.

        Recurses once per nested Parallel, which `decompose` limits.
        """
        parts = block.parts if isinstance(block, Series) else [block]
        names = [self._name_of(part) for part in parts]
        firsts = [self._gate_of(part) or name for part, name in zip(parts, names, strict=True)]
        states: State = {}
        for part, name, first, following in zip(
            parts, names, firsts, [*firsts[1:], end], strict=True
        ):
            if first != name and isinstance(part, Leaf):
                states[first] = self._gate(part.step, Place(name, catch, looped=self._looped))
            states |= self._part(part, name, Place(following, catch, looped=self._looped))
        return firsts[0], states

    def _gate_of(self, part: Block) -> str | None:
        """The name of the gate before a part, if it is a step that has one."""
        if not isinstance(part, Leaf) or part.step not in self._gates:
            return None
        return self._shared.free_name(f"{self._steps[part.step].name} (gate)")

    def _gate(self, consumer: int, place: Place) -> State:
        self._shared.states += 1
        waited_for = [self._steps[producer] for producer in self._gates[consumer]]
        producers = [producer.name for producer in waited_for]
        tolerant = [producer.name for producer in waited_for if producer.continue_on_error]
        name = self._steps[consumer].name
        return gate_state(name, producers, self._step_arn, place, self._timeout, tolerant=tolerant)

    def _name_of(self, part: Block) -> str:
        if isinstance(part, Leaf):
            return self._steps[part.step].name
        self._shared.parallels += 1
        return self._shared.free_name(f"Parallel {self._shared.parallels}")

    def _part(self, part: Block, name: str, place: Place) -> dict[str, State]:
        if isinstance(part, Leaf):
            step = self._steps[part.step]
            place = replace(place, signals=tuple(self._signals.get(part.step, ())))
            if step.for_each is not None or not step.continue_on_error:
                return self._step(step, place)
            failed = self._shared.free_name(f"{name} (failed)")
            states = self._step(step, replace(place, failed=failed))
            return {**states, failed: failed_state(step, self._step_arn, place)}
        self._shared.states += 1
        branches = []
        for inner in part.parts:
            start, states = self.branch(inner, end=None, catch=None)
            branches.append({"StartAt": start, "States": states})
        return {
            name: {
                "Type": "Parallel",
                "Branches": branches,
                "ResultPath": None,
                **place.catcher(),
                **place.arrow(),
            }
        }

    def _step(self, step: PlanStep, place: Place) -> dict[str, State]:
        if step.for_each is not None:
            return self._loop(step, step.for_each, place)
        if step.action != DELAY:
            self._shared.states += 1
            if step.action in PHASES:
                return {step.name: token_state(step, self._step_arn, place, self._timeout)}
            return {step.name: task_state(step, self._step_arn, place)}
        self._shared.states += 3
        wait, end = (
            self._shared.free_name(f"{step.name} (wait)"),
            self._shared.free_name(f"{step.name} (end)"),
        )
        return delay_states(step, self._step_arn, place, wait=wait, end=end)

    def _loop(self, step: PlanStep, loop: ForEach, place: Place) -> dict[str, State]:
        words = ["items", "item", "end", "failed"]
        body, parts_arn = None, self._shared.parts_arn
        if self._shared.inside(step.name):
            words += ["far", "parts", "part"] if parts_arn else []
            body = Body(*_Builder(self._shared, step.name).states(end=None, catch=None))
        names = Names(*(self._shared.free_name(f"{step.name} ({word})") for word in words))
        self._shared.states += STATES if body is None else STATES - (0 if parts_arn else 1)
        return loop_states(step, loop, self._step_arn, place, names, body=body, parts_arn=parts_arn)


def _check_steps(steps: tuple[PlanStep, ...]) -> None:
    problems = [] if steps else [Problem("steps", "must not be empty")]
    counts = Counter(step.name for step in steps)
    for position, step in enumerate(steps):
        if len(step.name) > LONGEST_NAME:
            message = f"has {len(step.name)} characters; a state's name has at most {LONGEST_NAME}"
            problems.append(Problem(f"steps[{position}].name", message))
        if counts[step.name] > 1:
            message = f"more than one step is named `{step.name[:LONGEST_NAME]}`"
            problems.append(Problem(f"steps[{position}].name", message))
    if problems:
        raise Invalid("The steps cannot become a state machine.", problems)


def _check_events(steps: tuple[PlanStep, ...], *, parallels: int, gates: int) -> int:
    events = estimate_events(steps, parallels=parallels, gates=gates)
    if events > MOST_EVENTS:
        what = f"may need {events:,} history events, retries included"
        if loops := [step.name for step in steps if step.for_each is not None]:
            names = ", ".join(f"`{name}`" for name in loops[:5])
            what += f" and `max_items` items in each loop ({names}: lower it)"
        _refuse(what, f"{MOST_EVENTS:,}")
    return events


def _refuse(what: str, most: str) -> None:
    raise Invalid(
        "The workflow is too large for Step Functions.",
        [Problem("steps", f"the workflow {what}; Step Functions takes at most {most}")],
    )
