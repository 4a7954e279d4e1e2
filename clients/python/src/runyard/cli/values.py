"""The inputs of a run, from words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from runyard.cli.shell import Shell


def whole(shell: Shell, text: str) -> dict[str, Any]:
    """`--inputs`: a JSON object, as it is, in `@file`, or at `-`. Raises UsageError."""
    try:
        if text == "-":
            found = _json(shell.read_input())
        elif text.startswith("@"):
            found = _json((shell.folder / Path(text[1:])).read_bytes())
        else:
            found = _json(text)
    except OSError as error:
        raise click.UsageError(f"--inputs {text}: {error.strerror}") from error
    except ValueError as error:
        raise click.UsageError("--inputs is no JSON") from error
    if not isinstance(found, dict):
        raise click.UsageError('--inputs has to be an object: {"name": value}')
    return found


def pairs(words: Iterable[str], definition: Mapping[str, Any]) -> dict[str, Any]:
    """`-i key=value`, each as the type that the workflow declares for it. What it does not declare
    is sent as text: the API tells that there is no such input. Raises UsageError."""
    inputs = definition.get("inputs")
    declared = inputs if isinstance(inputs, dict) else {}
    found = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise click.UsageError(f"-i {word}: an input is given as key=value")
        one = declared.get(name)
        kind = one.get("type") if isinstance(one, dict) else None
        found[name] = _typed(name, text, str(kind))
    return found


def _typed(name: str, text: str, kind: str) -> Any:
    if kind == "number":
        return _number(name, text)
    if kind == "boolean":
        if text not in ("true", "false"):
            raise click.UsageError(f"-i {name}: neither true nor false")
        return text == "true"
    return text


def _number(name: str, text: str) -> int | float:
    try:
        found = _json(text)
    except ValueError:
        found = None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise click.UsageError(f"-i {name}: not a number")
    return found


def _json(text: str | bytes) -> Any:
    """JSON's values and no others: Python would also take NaN and infinities. Raises ValueError."""
    return json.loads(text, parse_constant=_refused, parse_float=_finite)


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    found = float(text)
    return found if math.isfinite(found) else _refused(text)
