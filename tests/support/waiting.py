"""Steps that wait, driven by tests: their calls, and the tokens that were sent."""

from __future__ import annotations

from typing import Any

from chalicelib.core.runs.approval import approval_id
from tests.support.world import World

RELEASE = {
    "name": "release",
    "steps": [
        {"name": "build", "action": "transform", "params": {"tag": "v1"}},
        {
            "name": "review",
            "action": "approval",
            "params": {"message": "Release {{ steps.build.output.tag }}?", "timeout": "1h"},
        },
        {
            "name": "publish",
            "action": "transform",
            "params": {"by": "{{ steps.review.output.by }}"},
        },
    ],
}


class SentTokens:
    """What Step Functions is told: `(token, None)` of a success, `(token, error name)` else."""

    def __init__(self, world: World) -> None:
        self.told: list[tuple[str, str | None]] = []
        self.causes: list[str] = []
        machines: Any = world.services.machines
        machines.succeed = lambda token: self.told.append((token, None))
        machines.fail = self._fail

    def _fail(self, token: str, error: str, cause: str) -> None:
        self.told.append((token, error))
        self.causes.append(cause)


def ask(world: World, run_id: str, step: str = "review", *, retry: int = 0, **more: Any) -> str:
    """The call of an approval; its id."""
    token = more.pop("token", f"{run_id}-{step}-{retry}")
    world.run_step(run_id, step, phase="ask", token=token, retry=retry, **more)
    return approval_id(run_id, step)


def asked(world: World, definition: dict[str, Any] | None = None, **more: Any) -> str:
    """A run of RELEASE that waits for its approval; the run's id."""
    world.apply(definition or RELEASE)
    run_id = world.start("release", **more)
    world.run_step(run_id, "build")
    ask(world, run_id)
    return run_id


CHILD = {
    "name": "child",
    "inputs": {"n": {"type": "number"}},
    "outputs": {"double": "{{ steps.work.output.double }}"},
    "steps": [{"name": "work", "action": "transform", "params": {"double": "{{ inputs.n * 2 }}"}}],
}
PARENT = {
    "name": "parent",
    "steps": [
        {
            "name": "sub",
            "action": "workflow/run",
            "params": {"workflow": "child", "inputs": {"n": 7}},
        },
        {"name": "after", "action": "transform", "params": {}},
    ],
}


def call(world: World, run_id: str, step: str = "sub", *, retry: int = 0, **more: Any) -> None:
    """The call of a step that runs another workflow."""
    token = more.pop("token", f"{run_id}-{step}-{retry}")
    world.run_step(run_id, step, phase="call", token=token, retry=retry, **more)
