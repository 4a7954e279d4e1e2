"""Every handler by its name. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

from chalicelib.core.swarms.model import ObjectSpec
from chalicelib.core.swarms.objects.base import Handler

UNKNOWN: Final = "Invalid or missing object handler"
_PLACES: Final = {
    "aggregator": "aggregator:Aggregator",
    "counter": "counter:Counter",
    "kv": "kv:KeyValue",
    "lambda": "function:Function",
    "queue": "queue:Queue",
    "timer": "timer:Timer",
    "webhook": "webhook:Webhook",
}


def names() -> tuple[str, ...]:
    """The handlers there are, in order. S3."""
    return tuple(sorted(_PLACES))


@cache
def handler(name: str) -> Handler:
    """The handler of that name, imported when first asked for. Raises KeyError."""
    module, _, attribute = _PLACES[name].partition(":")
    found: Handler = getattr(import_module(f"chalicelib.core.swarms.objects.{module}"), attribute)()
    return found


def source_file(name: str) -> str | None:
    """Where a handler's code is; None for one that is not there. S3."""
    place = _PLACES.get(name)
    return f"chalicelib/core/swarms/objects/{place.partition(':')[0]}.py" if place else None


def config_of(spec: ObjectSpec) -> Mapping[str, Any]:
    """An object's configuration, with the options of its backend where it says nothing else."""
    if spec.backend is None:
        return spec.config
    return {**spec.backend.options, **spec.config}


def problem(spec: ObjectSpec) -> str | None:
    """What is wrong with an object's handler or configuration; None when it will do."""
    if spec.handler not in _PLACES:
        return UNKNOWN
    found = handler(spec.handler).problem(config_of(spec))
    return None if found is None else f"Object {spec.name}: {found}"


def initial(spec: ObjectSpec) -> Mapping[str, Any]:
    """The state that an object begins with. Raises KeyError for a handler that is not there."""
    return handler(spec.handler).initial(config_of(spec))
