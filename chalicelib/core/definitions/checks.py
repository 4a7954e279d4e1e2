"""What has to hold between the members of a definition: names, graphs, actions, expressions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chalicelib.core.compiler.order import Order, cycle_message, find_cycles
from chalicelib.core.definitions import locations, loops
from chalicelib.core.definitions.durations import parse_duration
from chalicelib.core.definitions.inputs import RESERVED, type_problem
from chalicelib.core.definitions.ports import ActionCatalogue, ExpressionLanguage, ParseExpression
from chalicelib.core.definitions.sketch import StepList, StepSketch, read_steps
from chalicelib.core.definitions.suggestions import Suggester, quoted
from chalicelib.core.definitions.trigger_checks import trigger_problems
from chalicelib.core.errors import Problem
from chalicelib.core.plan import HOOKS
from chalicelib.core.waits import APPROVAL, PHASES

LONGEST_STEP = 900
"""Seconds: a step is one Lambda call, and Lambda allows 15 minutes."""
MOST_EXPRESSIONS = 5_000
"""In one definition. Parsing one takes about a millisecond, and apply has to answer within 29 s."""
WAITING_ACTIONS = frozenset({"delay", *PHASES})
"""Actions during which no Lambda runs, so that limit is not theirs."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which steps an expression may name, seen from where it stands."""

    known: frozenset[str]
    is_done: Callable[[str], bool]
    """Whether a known step is always over when the expression is evaluated."""
    itself: str | None = None
    late_inputs: Callable[[str], Collection[str]] = lambda place: ()
    """place in the params → inputs that only exist there."""
    no_item: str = loops.ONLY_IN_PARAMS
    """Why there is no `item` here; empty where there is."""


class Checks:
    """The checks of one document. Each method yields the problems it finds."""

    def __init__(
        self,
        value: Mapping[str, Any],
        *,
        actions: ActionCatalogue,
        planned_actions: Collection[str],
        language: ExpressionLanguage,
        suggester: Suggester,
    ) -> None:
        self._value = value
        self._actions = actions
        self._action_names = frozenset(actions.names())
        self._planned_actions = planned_actions
        self._language = language
        self._suggester = suggester
        self._expressions_seen = 0
        self._inputs_known = frozenset(_object(value.get("inputs"))) | {RESERVED}
        self.steps = read_steps(value.get("steps"), "steps")

    def all(self) -> Iterator[Problem]:
        """Every problem of the document that is no matter of shape."""
        yield from self._inputs()
        yield from trigger_problems(self._value, self._suggester)
        yield from self._steps(self.steps, others=())
        names = frozenset(self.steps.graph)
        hooks = _object(self._value.get("hooks"))
        for hook in HOOKS:
            listed = read_steps(hooks.get(hook), f"hooks.{hook}")
            yield from self._steps(listed, others=names)
            yield from _hook_steps(listed)
        for name, template in _object(self._value.get("outputs")).items():
            scope = _Scope(names, names.__contains__)
            yield from self._templates(template, locations.member("outputs", name), scope)

    def _inputs(self) -> Iterator[Problem]:
        for name, spec in _object(self._value.get("inputs")).items():
            location = locations.member("inputs", name)
            if name == RESERVED:
                yield Problem(location, "is reserved: it says what started the run")
            if not isinstance(spec, Mapping) or "default" not in spec:
                continue
            wanted = spec.get("type", "string")
            if wanted in ("string", "number", "boolean") and (
                message := type_problem(wanted, spec["default"])
            ):
                yield Problem(f"{location}.default", message)

    def _steps(self, listed: StepList, *, others: Collection[str]) -> Iterator[Problem]:
        """One list of steps; `others` are steps outside of it that are done before it."""
        counts = Counter(step.name for step in listed.steps)
        seen: set[str] = set(others)
        for step in listed.steps:
            if step.name is not None and step.name in seen:
                yield Problem(f"{step.location}.name", f"another step is named {quoted(step.name)}")
            seen.add(step.name or "")
            yield from self._dependencies(step, counts)
        cycles = find_cycles(listed.graph)
        places = {step.name: step.location for step in listed.steps}
        for cycle in cycles:
            yield Problem(f"{places[cycle[0]]}.depends_on", cycle_message(cycle))
        order = Order.of(listed.graph) if not cycles and listed.has_unique_names else None
        known = frozenset(others) | frozenset(listed.graph)
        for step in listed.steps:
            yield from self._action(step)
            yield from loops.problems(step)
            yield from self._expressions(step, _scope(step, known, frozenset(others), order))

    def _dependencies(self, step: StepSketch, names: Mapping[str | None, int]) -> Iterator[Problem]:
        counts: Counter[str] = Counter()
        for position, needed in step.depends_on:
            location = f"{step.location}.depends_on[{position}]"
            counts[needed] += 1
            if needed == step.name:
                yield Problem(location, "a step cannot wait for itself")
            elif needed not in names:
                known = [name for name in names if name and name != step.name]
                hint = self._suggester.hint(needed, known)
                yield Problem(location, f"unknown step {quoted(needed)}{hint}")
            elif counts[needed] == 2:
                yield Problem(location, f"{quoted(needed)} is listed twice")

    def _action(self, step: StepSketch) -> Iterator[Problem]:
        if step.timeout is not None and step.action not in WAITING_ACTIONS:
            try:
                too_long = parse_duration(step.timeout) > LONGEST_STEP
            except ValueError:
                too_long = False  # the shape's problem
            if too_long:
                message = "must be at most 15m: a step is one Lambda call"
                yield Problem(f"{step.location}.timeout", message)
        if step.action == APPROVAL and step.tries > 1:
            message = "an approval is asked for once: a rejection is final, and so is a timeout"
            yield Problem(f"{step.location}.retry.max_attempts", message)
        if step.action is None or step.action in self._planned_actions:
            return
        if step.action not in self._action_names:
            hint = self._suggester.hint(step.action, self._action_names)
            yield Problem(f"{step.location}.action", f"unknown action {quoted(step.action)}{hint}")
        elif step.params is not None:
            for problem in self._actions.check_params(step.action, step.params):
                location = locations.under(f"{step.location}.params", problem.location)
                yield Problem(location, problem.message)

    def _expressions(self, step: StepSketch, scope: _Scope) -> Iterator[Problem]:
        if step.condition is not None:
            location = f"{step.location}.if"
            parse = self._language.condition
            yield from self._expression(step.condition, location, scope, parse)
        if step.for_each is not None:
            location = f"{step.location}.for_each"
            yield from self._expression(step.for_each, location, scope, self._language.condition)
            scope = replace(scope, no_item="")
        if step.params is not None:
            location = f"{step.location}.params"
            if step.action in self._action_names:
                late_inputs = partial(self._actions.late_inputs, step.action)
                scope = replace(scope, late_inputs=late_inputs)
            yield from self._templates(step.params, location, scope)

    def _templates(self, value: Any, location: str, scope: _Scope) -> Iterator[Problem]:
        try:
            found = list(self._language.templates(value))
        except self._language.error as error:
            place = locations.under(location, getattr(error, "location", None) or "")
            yield Problem(place, _message(error))
            return
        for relative, text in found:
            place = locations.under(location, relative)
            late = scope.late_inputs(relative)
            yield from self._expression(text, place, scope, self._language.parse, late)

    def _expression(
        self,
        text: str,
        location: str,
        scope: _Scope,
        parse: ParseExpression,
        late: Collection[str] = (),
    ) -> Iterator[Problem]:
        self._expressions_seen += 1
        if self._expressions_seen > MOST_EXPRESSIONS:
            if self._expressions_seen == MOST_EXPRESSIONS + 1:
                message = f"the definition has more than {MOST_EXPRESSIONS:,} expressions; this is the next"
                yield Problem(location, message)
            return
        try:
            expression = parse(text, steps=scope.known)
        except self._language.error as error:
            yield Problem(location, _message(error))
            return
        for name in sorted(expression.roots & loops.NAMES) if scope.no_item else ():
            yield Problem(location, f"the expression names `{name}`: {scope.no_item}")
        known = self._inputs_known.union(late)
        for name in sorted(expression.input_references - known):
            hint = self._suggester.hint(name, known)
            yield Problem(location, f"the expression names unknown input {quoted(name)}{hint}")
        for name in sorted(expression.step_references):
            if name == scope.itself:
                yield Problem(location, "a step cannot use its own result")
            elif name not in scope.known:
                hint = self._suggester.hint(name, scope.known)
                yield Problem(location, f"the expression names unknown step {quoted(name)}{hint}")
            elif not scope.is_done(name):
                yield Problem(
                    location,
                    f"the expression names {quoted(name)}, which need not be done by then: add it "
                    "to `depends_on`",
                )


def _hook_steps(listed: StepList) -> Iterator[Problem]:
    """What a step of a hook may not have: its steps run one after the other, and none waits."""
    for step in listed.steps:
        if step.has_depends_on:
            yield Problem(f"{step.location}.depends_on", "the steps of a hook run in order")
        if step.action in WAITING_ACTIONS:
            yield Problem(f"{step.location}.action", f"a hook cannot have a {quoted(step.action)}")


def _scope(
    step: StepSketch, known: frozenset[str], others: frozenset[str], order: Order | None
) -> _Scope:
    """What a step's expressions may name. Without an order (cycles, double names) any step."""
    if order is None or step.name is None:
        return _Scope(known, known.__contains__, step.name)
    index = order.index
    position = index[step.name]
    return _Scope(
        known, lambda name: name in others or order.precedes(index[name], position), step.name
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _message(error: Exception) -> str:
    column = getattr(error, "column", None)
    return f"{getattr(error, 'message', error)}" + (f" (column {column})" if column else "")
