"""Pydantic's errors as problems an author can act on: our places, our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chalicelib.core.definitions import locations
from chalicelib.core.definitions.models import (
    CronTrigger,
    EventTrigger,
    HooksModel,
    InputModel,
    RetryModel,
    StepModel,
    WebhookTrigger,
    WorkflowModel,
)
from chalicelib.core.definitions.suggestions import Suggester, quoted
from chalicelib.core.errors import Problem

_WANTED = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
}
_TRIGGERS: dict[str, type[BaseModel]] = {
    "cron": CronTrigger,
    "webhook": WebhookTrigger,
    "event": EventTrigger,
}


def shape_problems(value: Any, suggester: Suggester) -> list[Problem]:
    """Everything in `value` that does not have the shape of a definition (`models`)."""
    try:
        WorkflowModel.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True, include_input=True)
        return [_problem(value, detail, suggester) for detail in details]
    return []


def _problem(value: Any, detail: ErrorDetails, suggester: Suggester) -> Problem:
    path = _author_path(value, detail["loc"])
    location = ""
    for step in path:
        location = (
            locations.item(location, step)
            if isinstance(step, int)
            else locations.member(location, step)
        )
    if detail["type"] == "extra_forbidden":
        word = str(path[-1])
        hint = suggester.hint(word, _members(path[:-1], value))
        return Problem(location, f"unknown member {quoted(word)}{hint}")
    return Problem(location, _message(detail))


def _author_path(value: Any, loc: Sequence[int | str]) -> list[int | str]:
    """Pydantic's path without what the author never wrote: tags of unions, `[key]` marks."""
    path: list[int | str] = []
    here: Any = value
    for position, step in enumerate(loc):
        last = position == len(loc) - 1
        if step == "[key]" and last:
            break
        # A union's tag is the one thing in the path that is not in the document.
        in_object = isinstance(here, Mapping) and step in here
        if in_object or (isinstance(here, list) and isinstance(step, int)):
            here = here[step]
        elif not last:
            continue
        path.append(step)
    return path


def _message(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx") or {}
    if kind == "missing":
        return "is missing"
    if kind in _WANTED:
        return f"{_WANTED[kind]}, not {_kind(detail['input'])}"
    if kind == "value_error":
        return str(context["error"])
    if kind in ("literal_error", "union_tag_invalid"):
        expected = context.get("expected") or context.get("expected_tags")
        return f"must be one of {expected}"
    if kind == "union_tag_not_found":
        return "must be an object with a `type`: 'cron', 'webhook', 'event'"
    if kind == "string_pattern_mismatch":
        return f"must match {str(context['pattern']).replace(chr(92) + 'z', '$')}"
    if kind in ("string_too_long", "too_long"):
        return f"is too long: at most {context['max_length']:,}"
    if kind in ("string_too_short", "too_short"):
        return "must not be empty"
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']}"
    if kind == "less_than_equal":
        return f"must be at most {context['le']}"
    return detail["msg"]


def _kind(value: Any) -> str:
    names = {str: "text", bool: "true or false", int: "a number", float: "a number"}
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "an object"
    return names.get(type(value), "a list")


def _members(path: Sequence[int | str], value: Any) -> list[str]:
    """The member names that are known at a place; what its path says decides which model it is."""
    words = [step for step in path if isinstance(step, str)]
    model: type[BaseModel] = WorkflowModel
    if words:
        models: dict[str, type[BaseModel]] = {
            "inputs": InputModel,
            "steps": StepModel,
            "hooks": HooksModel if len(words) == 1 else StepModel,
        }
        model = models.get(words[0], WorkflowModel)
        if words[-1] == "retry" and model is StepModel:
            model = RetryModel
        if words[0] == "triggers" and isinstance(path[1], int):
            model = _TRIGGERS.get(value["triggers"][path[1]].get("type"), CronTrigger)
    return [field.alias or name for name, field in model.model_fields.items()]
