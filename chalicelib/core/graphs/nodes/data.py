"""Nodes that shape data: `log`, `filter`, `pluck`, `format`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.graphs.conditions import condition_problems, holds
from chalicelib.core.graphs.expressions import INDEX, ITEM, ExpressionProblem
from chalicelib.core.graphs.templates import MOST_TEXT, as_text, render
from chalicelib.core.steps import StepFailed

MOST_ELEMENTS: Final = 100_000


def log(payload: Mapping[str, Any], now: str) -> dict[str, Any]:
    """`{message, loggedAt}`."""
    return {"message": payload["message"], "loggedAt": now}


def filter_(payload: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`{filtered}`: the elements for which the condition holds, with each as `$item`."""
    condition = payload["filter"]
    for _, message in condition_problems(condition, "filter"):
        raise StepFailed("invalid_payload", f"filter {message}", retryable=False)
    try:
        return {
            "filtered": [
                element
                for index, element in enumerate(_elements(payload["array"], "array"))
                if holds(condition, {**own, ITEM: element, INDEX: index})
            ]
        }
    except ExpressionProblem as problem:
        raise StepFailed("expression", f"filter: {problem}", retryable=False) from problem


def pluck(payload: Mapping[str, Any]) -> dict[str, Any]:
    """`{values}`: one member of each element, or of each an object of several; null for what is not
    there."""
    wanted = payload["field"]
    elements = _elements(payload["array"], "array")
    if isinstance(wanted, str):
        return {"values": [_member(element, wanted) for element in elements]}
    if not all(isinstance(name, str) for name in wanted):
        raise StepFailed("invalid_payload", "fields: must be texts", retryable=False)
    return {"values": [{name: _member(each, name) for name in wanted} for each in elements]}


def format_(payload: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`{formatted}`: the template for each element of `data`, joined. `data` that is no list is one
    element; without any the template is rendered once."""
    data = payload.get("data")
    elements = _elements(data, "data") if isinstance(data, list) else [data]
    template, separator = payload["template"], payload.get("separator", "\n")
    parts: list[str] = []
    size = 0
    try:
        for index, element in enumerate(elements):
            parts.append(as_text(render(template, {**own, ITEM: element, INDEX: index})))
            size += len(parts[-1]) + len(separator)
            if size > MOST_TEXT:
                message = f"the text has more than {MOST_TEXT:,} characters"
                raise StepFailed("too_large", message, retryable=False)
    except ExpressionProblem as problem:
        raise StepFailed("expression", f"template: {problem}", retryable=False) from problem
    return {"formatted": separator.join(parts)}


def _elements(value: list[Any], name: str) -> list[Any]:
    if len(value) > MOST_ELEMENTS:
        message = f"{name}: more than {MOST_ELEMENTS:,} elements"
        raise StepFailed("too_large", message, retryable=False)
    return value


def _member(element: Any, path: str) -> Any:
    """`a.b` is a member of a member, unless there is one of just that name."""
    if isinstance(element, Mapping) and path in element:
        return element[path]
    for part in path.split("."):
        element = element.get(part) if isinstance(element, Mapping) else None
    return element
