"""The brain of any node. A new backend is one file and one line here.

The table holds places, not objects: a cold start imports the backend that is used and no other.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from chalicelib.brains.base import World
from chalicelib.brains.keeping import AskKeeping
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import Node, ObjectSpec
from chalicelib.core.swarms.ports import Brain

_PLACES: Final = {
    "bedrock": "model:ModelBrain",
    "bwrap": "model:ModelBrain",
    "docker": "containers:ContainerBrain",
    "http": "http:HttpBrain",
    "lambda": "function:FunctionBrain",
    "local": "model:ModelBrain",
    "mock": "mock:MockBrain",
    "ssh": "hosts:HostBrain",
}


def backends() -> tuple[str, ...]:
    """The backends there are, in order."""
    return tuple(sorted(_PLACES))


def brain_for(node: Node, world: World) -> Brain:
    """What runs the node's turns: its agent's backend, or its object's handler.

    Raises StepFailed `unknown_backend` (final). Whether the stage has it switched on is decided at
    create (`core.swarms.backends`).
    """
    if isinstance(node.spec, ObjectSpec):
        from chalicelib.brains.objects import ObjectBrain

        return AskKeeping(ObjectBrain(world), node.spec.config)
    backend = node.spec.backend.type
    if backend not in _PLACES:
        raise StepFailed("unknown_backend", f"no backend {backend[:64]!r}", retryable=False)
    if backend == "mock":
        from chalicelib.brains.mock import MockBrain

        return AskKeeping(MockBrain(), node.spec.config)
    module, _, attribute = _PLACES[backend].partition(":")
    brain: Brain = getattr(import_module(f"chalicelib.brains.{module}"), attribute)(world)
    return AskKeeping(brain, node.spec.config)
