"""Models and method runs in a world of one process."""

from __future__ import annotations

from typing import Any

from chalicelib.core.methods.model import Model
from tests.support.world import ORG, World


def put_model(
    world: World, name: str, model_type: str, *, description: str = "", **arguments: Any
) -> tuple[Model, str]:
    """Apply a model; it, and whether it was created, updated or unchanged."""
    return world.services.model_applier.apply(
        ORG,
        name,
        model_type=model_type,
        arguments=arguments,
        description=description,
        principal="test",
    )


def run_method(
    world: World, name: str, method: str = "run", inputs: dict[str, Any] | None = None, **more: Any
) -> str:
    """Start a method run; its id."""
    more = {"trigger": {}, "principal": "test", **more}
    started = world.services.method_starter.start(ORG, name, method, inputs=inputs or {}, **more)
    return started.run.id
