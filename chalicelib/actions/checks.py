"""Checking an action's parameters, before its templates are rendered and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, RootModel, ValidationError

from chalicelib.actions.base import Action
from chalicelib.actions.fields import ALLOWED_NETWORKS
from chalicelib.core.addresses import Network
from chalicelib.core.definitions.locations import item, member
from chalicelib.core.errors import Problem

KEY = "[key]"
"""Pydantic's mark, at the end of a place, for "not the value but its name"."""


def suggestion(word: str, known: Sequence[str]) -> str:
    """`; did you mean …?`, or nothing where no known word is close."""
    import difflib  # only a mistake needs it

    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def template_problems(
    action: Action[Any], params: Mapping[str, Any], allowed: Sequence[Network]
) -> list[Problem]:
    """All that is surely wrong with parameters as their author wrote them.

    Unknown and missing members are, whatever the templates will say; a value is only where there
    is no `{{` in it. Literal URLs are checked against the stage's networks.
    """
    problems = action.shape_problems(params)
    try:
        action.Params.model_validate(params, context={ALLOWED_NETWORKS: tuple(allowed)})
    except ValidationError as error:
        for found in error.errors(include_url=False, include_input=False):
            if _sure(found["type"], found["loc"], params):
                problems.append(_problem(action, found["loc"], found["type"], found["msg"]))
    return problems


def literal_problems(
    action: Action[Any], params: Mapping[str, Any], allowed: Sequence[Network]
) -> list[Problem]:
    """All that is wrong with parameters that are taken as they are: `{{` is text like any other."""
    problems = action.shape_problems(params)
    try:
        action.Params.model_validate(params, context={ALLOWED_NETWORKS: tuple(allowed)})
    except ValidationError as error:
        problems += [
            _problem(action, found["loc"], found["type"], found["msg"])
            for found in error.errors(include_url=False, include_input=False)
        ]
    return problems


def members(action: Action[Any]) -> tuple[str, ...] | None:
    """The parameters an action takes, by the names their author writes; None where it takes any."""
    if issubclass(action.Params, RootModel):
        return None
    return tuple(field.alias or name for name, field in action.Params.model_fields.items())


def _sure(kind: str, place: Sequence[str | int], params: Mapping[str, Any]) -> bool:
    if kind in ("extra_forbidden", "missing"):
        return True
    if place and place[-1] == KEY:
        return not has_template(place[-2])
    return not has_template(_value_at(params, place))


def validated(
    action: Action[Any], params: Mapping[str, Any]
) -> tuple[BaseModel | None, list[Problem]]:
    """Rendered parameters as the action's model, or None and all that is wrong with them."""
    problems = action.shape_problems(params)
    try:
        model = action.Params.model_validate(params)
    except ValidationError as error:
        problems += [
            _problem(action, found["loc"], found["type"], found["msg"])
            for found in error.errors(include_url=False, include_input=False)
        ]
        return None, problems
    return (None if problems else model), problems


def has_template(value: Any) -> bool:
    """Whether any text inside `value` contains `{{`."""
    if isinstance(value, str):
        return "{{" in value
    if isinstance(value, Mapping):
        return any(has_template(item) for item in value.values())
    return isinstance(value, list | tuple) and any(has_template(item) for item in value)


def _value_at(params: Any, place: Sequence[str | int]) -> Any:
    """The value pydantic complains about; its places may go deeper than the value does."""
    value = params
    for part in place:
        if isinstance(value, str):
            break  # one text where a list may stand: it is judged as a whole, not by its letters
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            break
    return value


def _problem(action: Action[Any], place: Sequence[str | int], kind: str, message: str) -> Problem:
    if kind == "extra_forbidden":
        word = str(place[-1])
        fields = action.Params.model_fields.items() if len(place) == 1 else ()
        known = [field.alias or name for name, field in fields]
        message = f"unknown parameter{suggestion(word, known)}"
    elif kind == "missing":
        message = "is required"
    return Problem(_location(place), message.removeprefix("Value error, "))


def _location(place: Sequence[str | int]) -> str:
    """`headers.X-Count`, `allow_status[2]`: relative to the parameters."""
    found = ""
    for part in place:
        if isinstance(part, int):
            found = item(found, part)
        elif part != KEY:
            found = member(found, part)
    return found
