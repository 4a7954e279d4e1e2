"""Every action by its name. A new one is one file and one line here.

The table holds places, not objects: a cold start imports the action that is used and no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from chalicelib.actions.base import JSON, Action, ActionContext
from chalicelib.actions.checks import (
    literal_problems,
    members,
    suggestion,
    template_problems,
    validated,
)
from chalicelib.core.addresses import Network
from chalicelib.core.definitions.locations import under
from chalicelib.core.errors import Problem
from chalicelib.core.steps import StepFailed

_PLACES = {
    "ai/completion": "chalicelib.actions.ai_completion:AiCompletion",
    "ai/embed": "chalicelib.actions.ai_embed:AiEmbed",
    "approval": "chalicelib.actions.approval:ApprovalAction",
    "delay": "chalicelib.actions.delay:Delay",
    "email/send": "chalicelib.actions.email_send:EmailSend",
    "events/put": "chalicelib.actions.events_put:EventsPut",
    "http/request": "chalicelib.actions.http_request:HttpRequest",
    "lambda/invoke": "chalicelib.actions.lambda_invoke:LambdaInvoke",
    "s3/get": "chalicelib.actions.s3_get:S3Get",
    "s3/list": "chalicelib.actions.s3_list:S3List",
    "s3/put": "chalicelib.actions.s3_put:S3Put",
    "slack/send": "chalicelib.actions.slack_send:SlackSend",
    "sns/publish": "chalicelib.actions.sns_publish:SnsPublish",
    "sqs/send": "chalicelib.actions.sqs_send:SqsSend",
    "swarm/task": "chalicelib.actions.swarm_task:SwarmTask",
    "text/chunk": "chalicelib.actions.text_chunk:TextChunk",
    "transform": "chalicelib.actions.transform:Transform",
    "workflow/run": "chalicelib.actions.workflow_run:WorkflowRun",
}


def names() -> tuple[str, ...]:
    """The actions there are, in order. S2."""
    return tuple(sorted(_PLACES))


@cache
def get(name: str) -> Action[Any]:
    """The action of that name, imported when first asked for. Raises KeyError."""
    module, _, attribute = _PLACES[name].partition(":")
    action: Action[Any] = getattr(import_module(module), attribute)()
    return action


def check_params(
    name: str, params: Mapping[str, Any], allowed: Sequence[Network] = ()
) -> list[Problem]:
    """All that is surely wrong with a step's parameters before their templates are rendered.

    Locations are relative to the parameters (`headers.X`); an unknown action is a problem at "".
    `allowed` are the stage's networks, for literal URLs.
    """
    if name not in _PLACES:
        return [Problem("", f"unknown action {name!r}{suggestion(name, names())}")]
    action = get(name)
    inner = [
        Problem(under(place, problem.location), problem.message)
        for place, other, given in action.nested(params)
        for problem in check_params(other, given, allowed)
    ]
    return [*template_problems(action, params, allowed), *inner]


def takes_credential(name: str) -> bool:
    """Whether a step of this action may name a credential."""
    return name in _PLACES and get(name).signs_in


def not_built(name: str, params: Mapping[str, Any]) -> list[Problem]:
    """The documented parameters used here that this version does not have: apply answers 501."""
    if name not in _PLACES:
        return []
    later = get(name).later
    return [Problem(member, "is not implemented yet") for member in params if member in later]


def run(name: str, rendered_params: Mapping[str, Any], context: ActionContext) -> JSON:
    """Checks the rendered parameters fully, runs the action and returns its output.

    Raises StepFailed: what the action raises, or one of these, all final: `unknown_action`,
    `invalid_params` (naming every problem), `not_implemented`.
    """
    if name not in _PLACES:
        raise StepFailed("unknown_action", f"there is no action {name!r}", retryable=False)
    action = get(name)
    missing = not_built(name, rendered_params)
    if missing:
        raise StepFailed("not_implemented", _sentence(missing), retryable=False)
    model, problems = validated(action, rendered_params)
    if model is None:
        raise StepFailed("invalid_params", _sentence(problems), retryable=False)
    return action.run(model, context)


def _sentence(problems: Sequence[Problem]) -> str:
    return "; ".join(
        f"{problem.location}: {problem.message}" if problem.location else problem.message
        for problem in problems
    )


class Catalogue:
    """The actions as the definitions' checks want to see them, for one stage's networks."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = tuple(allowed)

    def names(self) -> tuple[str, ...]:
        return names()

    def check_params(self, action: str, params: Mapping[str, Any]) -> list[Problem]:
        return check_params(action, params, self._allowed)

    def check_literal(self, action: str, params: Mapping[str, Any]) -> list[Problem]:
        """All that is wrong with parameters in which no template is rendered (method runs)."""
        return literal_problems(get(action), params, self._allowed)

    def members(self, action: str) -> tuple[str, ...] | None:
        """The parameters an action takes; None where it takes any."""
        return members(get(action))

    def late_inputs(self, action: str, place: str) -> tuple[str, ...]:
        return get(action).late_inputs(place)

    def not_built(self, action: str, params: Mapping[str, Any]) -> list[Problem]:
        return not_built(action, params)


def catalogue(allowed_networks: Sequence[Network]) -> Catalogue:
    """What `chalicelib.core.definitions` is handed to check a workflow's steps with."""
    return Catalogue(allowed_networks)
