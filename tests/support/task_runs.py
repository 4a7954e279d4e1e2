"""Agents' tasks as runs, driven by tests: their steps' calls, and what Step Functions is told."""

from __future__ import annotations

from typing import Any

from chalicelib.core.runs.model import Run, Step
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.task_refs import TaskRef, task_mail_id
from tests.support.swarm_loop import SWARM, Loop, mock
from tests.support.waiting import SentTokens
from tests.support.world import ORG, World

SEED = {
    "agents": [
        mock(
            "a",
            {"when": "go", "say": "went: {{content}}"},
            {"when": "no", "fail": {"message": "I will not", "retryable": False}},
        ),
        mock("b", hold=True),
    ],
}
WORKFLOW: dict[str, Any] = {
    "name": "handing-on",
    "outputs": {"said": "{{ steps.give.output.output }}"},
    "steps": [
        {
            "name": "give",
            "action": "swarm/task",
            "params": {"swarm": SWARM, "agent": "a", "task": "go {{ inputs.where }}"},
        },
    ],
    "inputs": {"where": {"type": "string", "default": "home"}},
}


def with_give(**more: Any) -> dict[str, Any]:
    """WORKFLOW with other members of its step."""
    (step,) = WORKFLOW["steps"]
    return {**WORKFLOW, "steps": [{**step, **more}]}


class Tasks:
    """A swarm at work, and runs that give it tasks."""

    def __init__(self, world: World, *, watched: bool = True) -> None:
        """Not `watched`, tokens go to moto, which knows none of them."""
        self.world = world
        self.watched = watched
        self.keys: dict[str, str] = {}
        """Run → the key that it was started with."""
        self.loop = Loop(world)
        self.loop.create(SEED)
        self.loop.flow()
        if watched:
            self.sent = SentTokens(world)

    def fresh(self) -> None:
        """A new process."""
        self.loop.fresh()
        if self.watched:
            told = self.sent.told
            self.sent = SentTokens(self.world)
            self.sent.told = told

    def started(self, agent: str = "a", task: str = "go", **more: Any) -> str:
        """A run of one task; its id."""
        more = {"trigger": {"type": "api"}, "principal": "test", **more}
        starter = self.world.services.task_starter
        return str(starter.start(ORG, SWARM, agent, task, **more).run.id)

    def handed_on(self, definition: dict[str, Any] | None = None, **more: Any) -> str:
        """A run of a workflow with such a step; its id."""
        self.world.apply(definition or WORKFLOW)
        return self.world.start("handing-on", **more)

    def call(self, run_id: str, step: str = "task", *, retry: int = 0, **more: Any) -> None:
        """The call of the step."""
        token = more.pop("token", f"{run_id}-{step}-{retry}")
        self.world.run_step(run_id, step, phase="task", token=token, retry=retry, **more)

    def waiting(self, agent: str = "a", task: str = "go", **more: Any) -> str:
        """A run whose task was sent; its id."""
        run_id = self.started(agent, task, **more)
        self.call(run_id)
        return run_id

    def run(self, run_id: str) -> Run:
        found = self.world.services.runs.get(ORG, run_id)
        assert found is not None
        return found

    def step(self, run_id: str, name: str = "task") -> Step:
        detail = self.world.services.runs.detail(ORG, run_id)
        assert detail is not None
        found = detail.step(name)
        assert found is not None
        return found

    def mail_id(self, run_id: str, step: str = "task", failures: int = 0) -> str:
        return task_mail_id(ORG, TaskRef(run_id, step), failures)

    def mails(self, agent: str = "a") -> list[Mail]:
        """All that an agent ever got."""
        from chalicelib.store.swarm_items import mail_from

        prefix = f"!MAIL#{agent}#"
        found = [mail_from(i) for i in self.world.items() if i["sk"].startswith(prefix)]
        return sorted(found, key=lambda mail: mail.number)

    def sweep(self, **forward: float) -> dict[str, int]:
        """A look of the reconciler at runs; its repairs."""
        self.world.clock.forward(**forward)
        report = self.world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        repairs: dict[str, int] = report.repairs
        return repairs
