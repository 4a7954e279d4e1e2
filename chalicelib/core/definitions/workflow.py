"""A parsed document to a `Plan`: everything wrong with it at once, or a plan that will run."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from chalicelib.core.definitions import locations
from chalicelib.core.definitions.checks import Checks
from chalicelib.core.definitions.durations import parse_duration
from chalicelib.core.definitions.inputs import count
from chalicelib.core.definitions.models import StepModel, WorkflowModel
from chalicelib.core.definitions.parse import Document
from chalicelib.core.definitions.ports import (
    ActionCatalogue,
    ExpressionLanguage,
    default_language,
)
from chalicelib.core.definitions.shapes import shape_problems
from chalicelib.core.definitions.sketch import StepList
from chalicelib.core.definitions.suggestions import Suggester
from chalicelib.core.errors import Invalid, NotBuilt, Problem
from chalicelib.core.plan import HOOKS, ForEach, InputSpec, Plan, PlanStep, RetryPolicy
from chalicelib.core.waits import timeout_of


def read_workflow(
    document: Document,
    *,
    actions: ActionCatalogue,
    language: ExpressionLanguage | None = None,
    planned_actions: Collection[str] = (),
) -> Plan:
    """The plan of a definition (S2).

    Raises Invalid with every problem found, each with its place and line, sorted by line; and
    NotBuilt, naming each place, when the definition is valid but uses what does not exist yet:
    actions in `planned_actions`, and params that the catalogue calls not built.
    """
    value = document.value
    if not isinstance(value, Mapping):
        problem = Problem("", "a definition is an object with `name` and `steps`", 1)
        raise Invalid("The definition has 1 problem.", [problem])
    suggester = Suggester()
    checks = Checks(
        value,
        actions=actions,
        planned_actions=planned_actions,
        language=language or default_language(),
        suggester=suggester,
    )
    problems = [*shape_problems(value, suggester), *checks.all()]
    if problems:
        detail = f"The definition has {count(len(problems))}."
        raise Invalid(detail, _with_lines(problems, document))
    model = WorkflowModel.model_validate(value)
    if missing := [*_not_built(model, actions, planned_actions)]:
        detail = (
            f"The definition is valid, but uses what is not built yet in {len(missing)} places."
        )
        raise NotBuilt(detail.replace("1 places", "1 place"), _with_lines(missing, document))
    return _plan(model, checks.steps)


def _with_lines(problems: list[Problem], document: Document) -> list[Problem]:
    found = [
        Problem(problem.location, problem.message, document.line_of(problem.location))
        for problem in problems
    ]
    return sorted(dict.fromkeys(found), key=lambda problem: problem.line or 0)


def _not_built(
    model: WorkflowModel, actions: ActionCatalogue, planned_actions: Collection[str]
) -> Iterator[Problem]:
    listed = [("steps", model.steps)]
    listed += [(f"hooks.{hook}", getattr(model.hooks, hook)) for hook in HOOKS if model.hooks]
    for location, step in (
        (locations.item(where, position), step)
        for where, steps in listed
        for position, step in enumerate(steps)
    ):
        if step.action in planned_actions:
            yield Problem(f"{location}.action", f"the action `{step.action}` is not built yet")
            continue
        for problem in actions.not_built(step.action, step.params):
            yield Problem(locations.under(f"{location}.params", problem.location), problem.message)


def _plan(model: WorkflowModel, listed: StepList) -> Plan:
    return Plan(
        name=model.name,
        steps=tuple(_step(step, tuple(listed.graph[step.name])) for step in model.steps),
        inputs=tuple(
            InputSpec(
                name=name,
                type=spec.type,
                description=spec.description,
                default=spec.default,
                has_default="default" in spec.model_fields_set,
            )
            for name, spec in model.inputs.items()
        ),
        outputs=model.outputs,
        env=model.env,
        timeout_seconds=_seconds(model.timeout),
        max_parallel=model.max_parallel_executions,
        on_limit=model.on_limit or "queue",
        hooks={
            hook: tuple(_step(step, ()) for step in steps)
            for hook in HOOKS
            if model.hooks and (steps := getattr(model.hooks, hook))
        },
    )


def _step(step: StepModel, depends_on: tuple[str, ...]) -> PlanStep:
    return PlanStep(
        name=step.name,
        action=step.action,
        params=step.params,
        depends_on=depends_on,
        condition=step.if_,
        retry=_retry(step),
        timeout_seconds=timeout_of(step.action, step.params, _seconds(step.timeout)),
        continue_on_error=step.continue_on_error,
        credential=step.credential,
        for_each=None
        if step.for_each is None
        else ForEach(step.for_each, step.max_concurrency, step.max_items),
    )


def _retry(step: StepModel) -> RetryPolicy:
    if step.retry is None:
        return RetryPolicy()
    return RetryPolicy(
        max_attempts=step.retry.max_attempts,
        # Step Functions waits whole seconds, at least one.
        interval_seconds=math.ceil(parse_duration(step.retry.interval)),
        backoff_rate=2.0 if step.retry.backoff == "exponential" else 1.0,
    )


def _seconds(timeout: str | None) -> int | None:
    return None if timeout is None else int(parse_duration(timeout))
