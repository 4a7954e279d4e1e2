"""The languages put together: definitions with actions and expressions, plans with the compiler.

The core knows no actions and the actions know no plans; this is where a stage's are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.core.apply import Definition
from chalicelib.core.dialects import S2
from chalicelib.core.errors import Invalid, NotBuilt, Problem
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.model import ONE_STEP, Run, RunDetail, StepStatus
from chalicelib.core.steps import StepFailed
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.core.compiler import Compiled

PLANNED_ACTIONS: Final[tuple[str, ...]] = ()
"""Documented actions that this version does not have: apply answers 501 naming them."""


class Reader:
    """A stage's definitions: what they may say depends on its networks, the machine on its ARNs."""

    def __init__(self, found: Settings) -> None:
        self._settings = found

    def read(self, body: bytes, content_type: str) -> Definition:
        """Parse and check a definition. Raises BadRequest, TooLarge, Invalid, NotBuilt."""
        from chalicelib.actions.registry import catalogue, takes_credential
        from chalicelib.core.addresses import parse_networks
        from chalicelib.core.definitions.hashing import content_hash
        from chalicelib.core.definitions.inputs import count
        from chalicelib.core.definitions.parse import parse_document
        from chalicelib.core.definitions.workflow import read_workflow

        actions = catalogue(parse_networks(self._settings.outbound_allow))
        document = parse_document(body, content_type)
        plan = read_workflow(document, actions=actions, planned_actions=PLANNED_ACTIONS)
        if unused := [
            Problem(place, f"{step.action} takes no credential", document.line_of(place))
            for where, step in _placed(plan)
            if step.credential is not None and not takes_credential(step.action)
            for place in [f"{where}.credential"]
        ]:
            raise Invalid(f"The definition has {count(len(unused))}.", unused)
        missing = [
            Problem(place, problem.message, document.line_of(place))
            for where, step in _placed(plan)
            for problem in actions.not_built(step.action, step.params)
            for place in [f"{where}.params.{problem.location}"]
        ]
        if missing:
            raise NotBuilt("The definition is valid, but uses what is not built yet.", missing)
        return Definition(
            plan=plan,
            source=document.value,
            content_hash=content_hash(document.value),
            description=str(document.value.get("description", "")),
        )

    def compile(self, plan: Plan, *, parts_arn: str = "") -> Compiled:
        """The plan's state machine with its numbers; `parts_arn` is the machine that runs any graph.
        Raises Invalid, NotBuilt."""
        from chalicelib.core.compiler import compile_plan

        found = self._settings
        return compile_plan(
            plan, step_arn=found.step_arn, finish_arn=found.finish_arn, parts_arn=parts_arn
        )


def _placed(plan: Plan) -> Iterator[tuple[str, PlanStep]]:
    """Every step with its place in the definition, those of hooks too."""
    for where, listed in (
        ("steps", plan.steps),
        *((f"hooks.{h}", s) for h, s in plan.hooks.items()),
    ):
        for position, step in enumerate(listed):
            yield f"{where}[{position}]", step


def check_inputs(plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """A run's inputs with defaults; of a graph's run what `core.graphs` makes of its payload.
    Raises Invalid with every problem."""
    if plan.language == "graph":
        from chalicelib.core.graphs.inputs import run_inputs

        return run_inputs(plan, given)
    from chalicelib.core.definitions.inputs import check_inputs as check

    return check(plan.inputs, given)


def context_of(plan: Plan, detail: RunDetail) -> dict[str, Any]:
    """What an expression sees (S2): `inputs, steps, env, trigger, execution`."""
    trigger = dict(detail.trigger)
    return {
        "inputs": {**detail.inputs, "trigger": trigger},
        "steps": {
            step.name: {"output": step.output, "error": step.error}
            for step in detail.steps
            if step.status in (StepStatus.SUCCEEDED, StepStatus.FAILED)
        },
        "env": dict(plan.env),
        "trigger": trigger,
        "execution": _execution(detail.run),
    }


def _execution(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "workflow": run.workflow,
        "version": run.version,
        "started_at": run.started_at,
        "status": S2[run.status],
        "error": run.error,
    }


class StepExpressions:
    """Implements `core.runs.step.Expressions`. CEL is loaded only for steps that use it."""

    def references(self, plan: Plan, step: PlanStep) -> frozenset[str]:
        """The steps whose outputs this one reads; all it depends on if it computes the name."""
        from chalicelib.core.expressions import parse, parse_condition

        names = [other.name for other in plan.steps]
        found: set[str] = set()
        texts = [(parse, text) for text in templates_of(step.params)]
        if step.condition is not None:
            texts.append((parse_condition, step.condition))
        for read, text in texts:
            expression = read(text, steps=names)
            found |= expression.step_references
            if expression.dynamic_steps:
                found |= set(names)
        return frozenset(found & set(names))

    def condition(self, plan: Plan, step: PlanStep, detail: RunDetail) -> bool:
        from chalicelib.core.expressions import ExpressionError, condition

        names = [other.name for other in plan.steps]
        try:
            return condition(step.condition or "true", context_of(plan, detail), steps=names)
        except ExpressionError as problem:
            raise StepFailed("expression", f"if: {problem}", retryable=False) from problem

    def params(self, plan: Plan, step: PlanStep, detail: RunDetail) -> Any:
        """The step's params, rendered; those of a model's tools stay as they were written. The
        params of a method run (S0) and of an agent's task (S3) are its inputs, as they are."""
        if detail.run.type in ONE_STEP:
            return dict(detail.inputs)
        now, put_back = held_back(step)
        return put_back(rendered(plan, now, context_of(plan, detail)))

    def late(
        self,
        plan: Plan,
        detail: RunDetail,
        value: Any,
        inputs: Mapping[str, Any],
        names: Mapping[str, Any] | None = None,
    ) -> Any:
        """What `params` held back, with `inputs` beside the run's own, and with names of its own
        (`item`, `index`). Raises StepFailed."""
        context = {**context_of(plan, detail), **(names or {})}
        return rendered(plan, value, {**context, "inputs": {**context["inputs"], **inputs}})


def held_back(step: PlanStep) -> tuple[Any, Callable[[Any], Any]]:
    """A step's params without its tools' own, which name what the model will say, and a function
    that puts those back. What is put back has not been rendered, so nothing is rendered twice."""
    tools = step.params.get("tools")
    if step.action != "ai/completion" or not isinstance(tools, list):
        return step.params, lambda rendered: rendered
    bare = [_without_params(tool) for tool in tools]

    def put_back(rendered: Any) -> Any:
        whole = [
            {**tool, "params": given["params"]}
            if isinstance(given, Mapping) and "params" in given
            else tool
            for tool, given in zip(rendered["tools"], tools, strict=True)
        ]
        return {**rendered, "tools": whole}

    return {**step.params, "tools": bare}, put_back


def _without_params(tool: Any) -> Any:
    if not isinstance(tool, Mapping):
        return tool
    return {name: value for name, value in tool.items() if name != "params"}


def rendered(plan: Plan, value: Any, context: Mapping[str, Any]) -> Any:
    if not templates_of(value):
        return value
    from chalicelib.core.expressions import ExpressionError, render

    names = [step.name for step in plan.steps]
    try:
        return render(value, context, steps=names)
    except ExpressionError as problem:
        raise StepFailed("expression", str(problem), retryable=False) from problem


def render_outputs(plan: Plan, detail: RunDetail) -> Any:
    """The run's `outputs`; None for a workflow that declares none. Raises ValueError."""
    if plan.outputs is None:
        return None
    from chalicelib.core.expressions import render

    names = [step.name for step in plan.steps]
    return render(dict(plan.outputs), context_of(plan, detail), steps=names)


def templates_of(params: Any) -> list[str]:
    """Expressions in a step's params, without loading CEL where there is no template at all."""
    if not _mentions_template(params):
        return []
    from chalicelib.core.expressions import templates

    return [text for _, text in templates(params)]


def _mentions_template(value: Any) -> bool:
    if isinstance(value, str):
        return "{{" in value
    if isinstance(value, Mapping):
        return any(_mentions_template(member) for member in value.values())
    return isinstance(value, list) and any(_mentions_template(member) for member in value)
